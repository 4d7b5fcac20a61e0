"""Script numbers and live numbers: one `Flow` per connection maps between them, in both directions.

Scripts count from 0; live connections start at random.  Ours (the remote side's) initial number is chosen by the
runner, that of the stack under test is learned from its first SYN.  Live numbers are wire numbers (32 bit).
"""

from __future__ import annotations

from typing import Final, final

MODULO: Final = 1 << 32
STAMPS: Final = 4_096  # timestamps of the stack under test that are remembered per connection


@final
class Flow:
    """One connection between `local_port` of the stack under test (None until it is known) and `remote_port`.

    `remote_base` and `local_base` are what is added to script numbers to make live ones.
    """

    __slots__ = (
        "_first_stamp", "_last_stamp", "_stamps", "ended", "fd", "highest", "injected_stamps", "local_base",
        "local_fin", "local_known", "local_port", "remote_base", "remote_fin", "remote_port",
    )  # fmt: skip

    def __init__(self, local_port: int | None, remote_port: int, remote_base: int) -> None:
        self.local_port = local_port
        self.remote_port = remote_port
        self.remote_base = remote_base
        self.local_base = 0
        self.local_known = False
        self.fd: int | None = None  # script's descriptor of the socket
        self.ended = False
        self.highest: int | None = None  # live number behind the last octet that was expected
        self.local_fin = False
        self.remote_fin = False
        self.injected_stamps: set[int] = set()  # what timestamps we have sent; only ever asked for membership
        self._stamps: dict[int, int] = {}  # script value -> live value
        self._first_stamp: tuple[int, int] | None = None
        self._last_stamp: tuple[int, int] | None = None

    # Sequence numbers: "inbound" is what we send to the stack under test

    def learn(self, live: int, script: int) -> None:
        """The first SYN of the stack under test has the number `live`, which the script calls `script`."""
        if not self.local_known:
            self.local_base = (live - script) % MODULO
            self.local_known = True

    def inbound_seq(self, script: int, absolute: bool = False) -> int:
        """The live number of text that we send."""
        return script % MODULO if absolute else (script + self.remote_base) % MODULO

    def inbound_ack(self, script: int, absolute: bool = False) -> int:
        """The live number of text of the stack under test: acknowledgments, SACK edges and quotes that we send."""
        return script % MODULO if absolute else (script + self.local_base) % MODULO

    def outbound_seq(self, live: int) -> int:
        """The script's number of text that the stack under test sent (below 2**32)."""
        return (live - self.local_base) % MODULO

    def outbound_ack(self, live: int) -> int:
        """The script's number of an acknowledgment or SACK edge that the stack under test sent."""
        return (live - self.remote_base) % MODULO

    # Timestamps: ours are sent as they are written; theirs are remembered under the script's name for them

    def note_stamp(self, script: int, live: int) -> None:
        """The script calls the timestamp `live` of the stack under test `script`."""
        if len(self._stamps) < STAMPS or script in self._stamps:
            self._stamps[script] = live
        if self._first_stamp is None:
            self._first_stamp = (script, live)
        self._last_stamp = (script, live)

    @property
    def first_stamp(self) -> tuple[int, int] | None:
        """Script and live value of the first timestamp that the stack under test sent."""
        return self._first_stamp

    def inbound_echo(self, script: int) -> int:
        """The live timestamp that the script calls `script`; one that never was is as far off as the script says."""
        found = self._stamps.get(script)
        if found is not None:
            return found
        if self._last_stamp is None:
            return script % MODULO
        return (script - self._last_stamp[0] + self._last_stamp[1]) % MODULO


def nearest(number: int, near: int) -> int:
    """`number` (below 2**32) as the value closest to `near`: scripts may count beyond one turn."""
    ahead = (number - near) % MODULO
    return near + (ahead if ahead < MODULO // 2 else ahead - MODULO)
