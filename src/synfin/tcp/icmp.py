"""ICMP errors about our segments (RFC 9293 3.9.2.2, RFC 5927) and the path MTU they may tell (RFC 1191, RFC 8201)."""

from __future__ import annotations

from errno import ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT, EOPNOTSUPP, EPROTO
from typing import Final

from synfin.errors import UsageError
from synfin.tcp import negotiate
from synfin.tcp.endings import fail
from synfin.tcp.events import Event
from synfin.tcp.state import CLOSED, LISTEN, SYN_SENT, TIME_WAIT
from synfin.tcp.steps_loss import resend_all
from synfin.tcp.tcb import CANCELLED, MSS_FLOOR, Tcb

IPV6_MSS_FLOOR: Final = 1_220  # every IPv6 link carries 1,280 octets (RFC 8201 4)

# kind: (errno, text, hard): only hard ones may end a connection, and only before it is synchronized [SHLD-26]
KINDS: Final[dict[str, tuple[int, str, bool]]] = {
    "net-unreachable": (ENETUNREACH, "Network is unreachable", False),
    "host-unreachable": (EHOSTUNREACH, "No route to host", False),
    "protocol-unreachable": (ENOPROTOOPT, "Protocol not available", True),
    "port-unreachable": (ECONNREFUSED, "Connection refused", True),
    "source-route-failed": (EOPNOTSUPP, "Source route failed", False),
    "admin-prohibited": (EHOSTUNREACH, "Administratively prohibited", False),
    "time-exceeded": (EHOSTUNREACH, "Time to live exceeded", False),
    "parameter-problem": (EPROTO, "Protocol error", False),
    "packet-too-big": (0, "", False),
}


def icmp_error(tcb: Tcb, kind: str, seq: int, mtu: int, now: int) -> None:
    """Act on an error that quotes one of our segments with wire number `seq` [MUST-54].

    A number that is not in flight is ignored (RFC 5927 4.1).  Soft errors are told and remembered [SHLD-25] [MUST-47];
    nothing but a hard error before the handshake ends a connection [MUST-56a] [MUST-56b] [MUST-56c].
    """
    if kind not in KINDS:
        raise UsageError(f"unknown ICMP error {kind!r}; known: {', '.join(sorted(KINDS))}")
    tcb.now = now
    state = tcb.state
    if state is CLOSED or state is LISTEN or state is TIME_WAIT:
        return
    if (seq - tcb.snd_una) & 0xFFFF_FFFF >= max(tcb.flight(), 1):
        tcb.note("icmp-bad-sequence", kind)
        return
    if kind == "packet-too-big":
        shrink(tcb, mtu)
        return
    number, text, hard = KINDS[kind]
    error = OSError(number, text)  # OSError() itself picks the subclass by errno
    if hard and state is SYN_SENT:
        fail(tcb, error, Event.REFUSED, "icmp-hard-error")
        return
    tcb.soft_error = error
    tcb.note("icmp-soft-error", kind)
    tcb.tell(Event.SOFT_ERROR)


def shrink(tcb: Tcb, mtu: int) -> None:
    """The path takes only packets of `mtu` octets: smaller segments from now on, unacknowledged ones once more."""
    header = 40 if len(tcb.local.address) == 4 else 60
    if header == 40:
        size = max(max(mtu, tcb.config.path_mtu_min) - header, MSS_FLOOR)  # [RFC5927-09]
    else:
        size = max(mtu - header, IPV6_MSS_FLOOR)
    if size >= tcb.path_mss:
        return
    tcb.note("icmp-smaller-mtu", f"{mtu} octets")
    tcb.path_mss = size
    negotiate.set_segment_size(tcb)
    if tcb.snd_una < tcb.snd_nxt and tcb.state is not SYN_SENT:
        tcb.rtt_seq = CANCELLED
        resend_all(tcb, "retransmit-smaller-mtu")
        tcb.resend_now = "retransmit-smaller-mtu"
