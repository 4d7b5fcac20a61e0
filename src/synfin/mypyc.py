"""`mypyc_attr`: `allow_interpreted_subclasses` tells the compiler that users may subclass a compiled class.

mypy and mypyc see the decorator of `mypy_extensions`; at run time nothing needs to happen, and that package need not be
there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr
else:

    def mypyc_attr(*names, **values):  # noqa: D103
        return lambda decorated: decorated


__all__ = ["mypyc_attr"]
