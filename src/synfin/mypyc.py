"""What the compiler needs to be told, and one thing that it leaves undone.

`mypyc_attr`: `allow_interpreted_subclasses` tells the compiler that users may subclass a compiled class; `acyclic` that
instances can be no part of a reference cycle, so that the garbage collector need not know them: 16 octets less each,
and nothing to look through.  That is only for values that hold numbers, octets and other such values.  mypy and mypyc
see the decorator of `mypy_extensions`; at run time nothing needs to happen, and that package need not be there.
`own_caches`: compiled subclasses of an abstract class answer `isinstance` from one cache that all of them share, so one
negative answer would stand for all; with caches of their own they answer as interpreted ones do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr

    def _abc_init(cls: type) -> None:
        """Of CPython's `abc`: a fresh cache for a class."""
else:
    from _abc import _abc_init

    def mypyc_attr(*names, **values):  # noqa: D103
        return lambda decorated: decorated


def own_caches(root: type) -> None:
    """Give the abstract class `root`, and every class below it, a cache of its own; interpreted ones have theirs."""
    if "_abc_impl" not in root.__dict__:
        _abc_init(root)
    subclasses: list[type] = root.__subclasses__()
    for below in subclasses:
        own_caches(below)


__all__ = ["mypyc_attr", "own_caches"]
