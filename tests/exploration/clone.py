"""Copies of whole object graphs (of interpreted classes only), and descriptions of them.

Compiled classes cannot be copied, but both kinds show their attributes as descriptors of the class.
"""

from __future__ import annotations

from enum import Enum
from random import Random
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any, Final

from synfin.config import TcpConfig
from synfin.tcp.cookies import CookieJar
from synfin.tcp.recovery.idle import NOTHING_LOST, NOTHING_SENT
from synfin.tcp.timers import NEVER, Timers
from synfin.trace import Trace
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import Segment
from synfin.wire.tcp_options import TcpOptions

ATOMIC: Final = (
    int, str, bytes, bool, float, type, type(None), Enum, TcpConfig, Endpoint, Segment, TcpOptions, Trace, Random,
)  # fmt: skip
SHARED: Final = (CookieJar, OSError, FunctionType)
COMPILED: Final = not isinstance(Timers.__dict__["deadlines"], MemberDescriptorType)
_ATTRIBUTES: Final[dict[type, tuple[str, ...]]] = {}
_IS_ATOMIC: Final[dict[type, bool]] = {}

# Attributes that tell what was, not what will be; or that are the same in every run.
IGNORED: Final = frozenset(
    """
    _trace trace config gate handler jar rng data counters local remote link_mss isn
    now opened_at octets_resent bytes_text_sent segments_in segments_out text_segments_in text_segments_out
    retransmits_total out_of_order last_data_sent last_data_received last_ack_received last_ack_sent_at refresh_idle
    rtt rtt_seq rtt_started progress_at resent_at retransmits limit_challenges ts_recent_at events ack_policy
    error soft_error _congestion congestion resend_why _count syn_lost send_window receive_window duplicates limited
    inflation recover partial sample cwnd_edge chrono pacer rate_delivered rate_interval rate_app_limited rule ts_offset
    window
    older newer oldest newest sent_at first_sent_at flight_sent_at delivered delivered_at recent_sent_at recent_end
    recent_rtt fack original_delivered rate_record prior_pipe prior_lost lost_total min_rtt echo rto_at
    reordering reorderings timeouts dsacks overflows undone reduced_at
    undo_una undo_echo undo_octets probe_sampled dsack_end lost_again lost_again_sent_at app_limited
    """.split()  # noqa: SIM905
)
TIMES: Final = frozenset({"expires"})


def attributes(kind: type) -> tuple[str, ...]:
    """Names of the data attributes that instances of `kind` have."""
    found = _ATTRIBUTES.get(kind)
    if found is None:
        names = []
        for name in dir(kind):
            if name.startswith("__"):
                continue
            if isinstance(_look_up(kind, name), MemberDescriptorType | GetSetDescriptorType):
                names.append(name)
        found = tuple(names)
        _ATTRIBUTES[kind] = found
    return found


def _look_up(kind: type, name: str) -> Any:
    for base in kind.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


def _atomic(kind: type) -> bool:
    found = _IS_ATOMIC.get(kind)
    if found is None:
        found = issubclass(kind, ATOMIC) or issubclass(kind, SHARED) or not hasattr(kind, "__mro__")
        _IS_ATOMIC[kind] = found
    return found


def clone(value: Any, seen: dict[int, Any] | None = None) -> Any:
    """A deep copy; values that never change are shared."""
    kind = type(value)
    if _atomic(kind) or value is NOTHING_SENT or value is NOTHING_LOST:
        return value
    if seen is None:
        seen = {}
    copied = seen.get(id(value))
    if copied is not None:
        return copied
    if kind is list:
        made: Any = []
        seen[id(value)] = made
        made.extend([clone(item, seen) for item in value])
        return made
    if kind is tuple:
        return tuple([clone(item, seen) for item in value])
    if kind is dict:
        made = {}
        seen[id(value)] = made
        for key, item in value.items():
            made[key] = clone(item, seen)
        return made
    if kind is bytearray:
        return bytearray(value)
    made = kind.__new__(kind)
    seen[id(value)] = made
    for name in attributes(kind):
        try:
            item = getattr(value, name)
        except AttributeError:
            continue
        setattr(made, name, clone(item, seen))
    for name, item in getattr(value, "__dict__", {}).items():
        setattr(made, name, clone(item, seen))
    return made


def plain(value: Any, now: int) -> Any:
    """A hashable description in which all times count from `now`."""
    kind = type(value)
    if _atomic(kind):
        return value.value if isinstance(value, Enum) else value
    if kind is list or kind is tuple:
        return tuple([plain(item, now) for item in value])
    if kind is dict:
        return tuple([(key, plain(item, now)) for key, item in value.items()])
    if kind is bytearray:
        return bytes(value)
    if kind is Timers:
        return tuple([NEVER if deadline == NEVER else deadline - now for deadline in value.deadlines])
    described: list[Any] = [kind.__name__]
    for name in attributes(kind):
        if name in IGNORED:
            continue
        try:
            item = getattr(value, name)
        except AttributeError:
            continue
        described.append(item - now if name in TIMES else plain(item, now))
    for name, item in getattr(value, "__dict__", {}).items():
        if name not in IGNORED:
            described.append(plain(item, now))
    return tuple(described)
