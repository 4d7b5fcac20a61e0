"""SYN cookies (RFC 4987 3.6): a keyed hash that lets a listener keep no state.  Fast open's are in `fastopen`."""

from __future__ import annotations

from hashlib import blake2s
from random import Random
from typing import Final, final

from synfin.config import SECOND
from synfin.wire.addresses import Endpoint

PERIOD: Final = 64 * SECOND  # a cookie is good for this period and the next
MSS_TABLE: Final = (216, 536, 1_220, 1_300, 1_360, 1_440, 1_460, 8_940)


@final
class CookieJar:
    """Makes and checks cookies; the key is drawn from the injected generator and never shown."""

    __slots__ = ("_key",)

    def __init__(self, rng: Random) -> None:
        self._key = rng.randbytes(16)

    def syn_cookie(self, local: Endpoint, remote: Endpoint, irs: int, mss: int, now: int) -> int:
        """The ISN of our SYN-ACK: 5 bits of time, 3 bits for the largest known MSS below `mss`, 24 bits of hash."""
        index = 0
        while index + 1 < len(MSS_TABLE) and MSS_TABLE[index + 1] <= mss:
            index += 1
        period = now // PERIOD
        return (period & 0x1F) << 27 | index << 24 | self._hash24(local, remote, irs, period, index)

    def check_syn_cookie(self, local: Endpoint, remote: Endpoint, irs: int, iss: int, now: int) -> int:
        """The MSS that the cookie `iss` stands for; 0 for one that we have not made or that is too old."""
        index = iss >> 24 & 0x7
        for period in (now // PERIOD, now // PERIOD - 1):
            fresh = (period & 0x1F) << 27 | index << 24 | self._hash24(local, remote, irs, period, index)
            if period >= 0 and fresh == iss:
                return MSS_TABLE[index]
        return 0

    def _hash24(self, local: Endpoint, remote: Endpoint, irs: int, period: int, index: int) -> int:
        digest = blake2s(key=self._key, person=b"syn", digest_size=3)
        for end in (local, remote):
            digest.update(end.address)
            digest.update(end.port.to_bytes(2, "big"))
        digest.update(irs.to_bytes(4, "big") + (period & 0xFFFF_FFFF).to_bytes(4, "big") + bytes([index]))
        return int.from_bytes(digest.digest(), "big")
