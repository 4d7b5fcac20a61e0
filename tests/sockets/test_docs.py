"""docs/sockets.md tells the truth: its example runs, and its table of options is the one in the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from synfin.sockets import constants as c
from synfin.sockets.tcp import TcpSocket

TEXT: Final = (Path(__file__).parent.parent.parent / "docs" / "sockets.md").read_text(encoding="utf-8")
LEVELS: Final = {name: getattr(c, name) for name in ("SOL_SOCKET", "IPPROTO_IP", "IPPROTO_IPV6", "IPPROTO_TCP")}


def test_the_example_runs() -> None:
    code = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert code is not None
    exec(compile(code.group(1), "docs/sockets.md", "exec"), {})


def test_the_table_of_options_is_complete() -> None:
    written = set()
    for level, number in LEVELS.items():
        row = re.search(rf"^\| {level} \| (.*) \|$", TEXT, re.MULTILINE)
        assert row is not None, level
        names = re.findall(r"\b(?:SO|IP|IPV6|TCP)_[A-Z0-9_]+", row.group(1))
        written |= {(number, getattr(c, name)) for name in names}
    assert written == TcpSocket.OPTIONS.keys()


def test_options_that_can_only_be_read_are_named_so() -> None:
    read_only = {option for option, how in TcpSocket.OPTIONS.items() if how.set is None}
    names = re.findall(r"to be read only: ([A-Z_ ]+)", TEXT)
    assert {getattr(c, name) for group in names for name in group.split()} == {option for _, option in read_only}
