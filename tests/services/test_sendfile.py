"""A file goes out by mapping: every octet, from any offset, as fast as the window allows."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from synfin.errors import UsageError
from synfin.services.sendfile import send_file
from synfin.tcp import Connection
from tests.host.support import B4, Pair


def opened(pair: Pair) -> tuple[Connection, Connection]:
    listener = pair.b.listen(80, 0)
    ours = pair.a.connect(B4, 80, 0)
    pair.run(100)
    theirs = listener.accept()
    assert theirs is not None
    return ours, theirs


@pytest.mark.parametrize("offset", [0, 1, 4_095, 4_096, 700_001])
def test_the_file_arrives_from_its_offset_on(offset: int, tmp_path: Path) -> None:
    text = Random(offset).randbytes(1_200_000)
    path = tmp_path / "file"
    path.write_bytes(text)
    pair = Pair()
    lost = Random(1)
    ours, theirs = opened(pair)
    pair.lost = lambda name, frame: name == "A" and lost.random() < 0.01  # sent again from the file
    descriptor = os.open(path, os.O_RDONLY)
    got = b""
    sent = offset
    try:
        for _ in range(4_000):
            sent += send_file(ours, descriptor, sent, len(text), pair.now)
            pair.run(10)
            got += theirs.read(1 << 20, pair.now) if theirs.readable else b""
            if len(got) == len(text) - offset:
                break
        assert sent == len(text)
        assert send_file(ours, descriptor, sent, 1, pair.now) == 0
    finally:
        os.close(descriptor)
    assert got == text[offset:]


def test_as_much_as_is_asked_for_and_no_more_than_fits(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1_000_000)
    pair = Pair()
    ours, theirs = opened(pair)
    with path.open("rb") as file:
        assert send_file(ours, file.fileno(), 5, 7, pair.now) == 7
        assert send_file(ours, file.fileno(), 12, 1 << 40, pair.now) == ours.config.send_buffer_bytes - 7
        assert send_file(ours, file.fileno(), 0, 1, pair.now) == 0
        pair.run(100)
        assert theirs.readable > 0
        ours.shutdown(pair.now)
        with pytest.raises(BrokenPipeError):
            send_file(ours, file.fileno(), 0, 1, pair.now)
        for offset, count in ((-1, 1), (0, -1)):
            with pytest.raises(UsageError, match="at least 0"):
                send_file(ours, file.fileno(), offset, count, pair.now)
