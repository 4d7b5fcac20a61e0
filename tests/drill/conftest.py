"""Scripts of this folder are tests; those that the stack does not pass say why in their own comment.

A script with the comment `// kernel only: reason` tells what Linux does and the stack, also with the preset linux, does
not: it must fail here, so that the comment goes when the stack learns it.
"""

from __future__ import annotations

import pytest

from synfin.drill.plugin import ScriptItem, pytest_collect_file
from tests.drill.samples import remarks

__all__ = ["pytest_collect_file"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not isinstance(item, ScriptItem):
            continue
        reason = " ".join(remarks(item.path, "kernel only"))
        if reason:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
