"""How two ends agree on ECN: flags of SYN and SYN-ACK, and what to do when the path does not like them.

RFC 3168 6.1.1 for classic ECN, RFC 9768 3.1 for AccECN with its falling back to the classic kind and to none.  What
happens afterwards is in `ecn` and `steps_ecn`.
"""

from __future__ import annotations

from synfin.tcp.accecn import BROKEN, CEP_START, HANDSHAKE, UNCHANGED, field_of
from synfin.tcp.ecn import (
    ACCURATE,
    ASKED_ACCURATE,
    ASKED_CLASSIC,
    CE,
    CLASSIC,
    ECN_FLAGS,
    NOT_ECT,
    PRECISE,
    Ecn,
)
from synfin.tcp.state import SYN_SENT
from synfin.tcp.tcb import Tcb
from synfin.wire.tcp import AE, CWR, ECE, Segment

ASKS = {"on": ASKED_CLASSIC, "accecn": ASKED_ACCURATE, "on_accept_accecn": ASKED_CLASSIC}
ACCEPTS_ACCURATE = ("accecn", "on_accept_accecn", "accept_accecn")
ACCURATE_TRIES = 2  # SYNs, or SYN-ACKs, with the flags of AccECN before one without [RFC9768-04]


def ace_of(flags: int) -> int:
    """AE, CWR and ECE as one number, as RFC 9768 writes them."""
    return flags >> 6 & 7


def start(tcb: Tcb) -> None:
    """An active OPEN begins: prepare what the configuration asks for (RFC 3168 6.1.1)."""
    asks = ASKS.get(tcb.config.ecn)
    if asks is not None:
        tcb.ecn = Ecn(CLASSIC, asks)


def syn_flags(tcb: Tcb) -> int:
    """The flags of our SYN [RFC3168-01] [RFC9768-01]; after losses without them [RFC3168-09] [RFC9768-04]."""
    ecn = tcb.ecn
    if ecn is None:
        return 0
    lost = tcb.retransmits if tcb.config.ecn_fallback else 0
    if ecn.asked == ASKED_ACCURATE and lost < ACCURATE_TRIES:
        return AE | CWR | ECE
    if ecn.asked == ASKED_CLASSIC and lost == 0:
        return CWR | ECE
    if not ecn.unasked:
        ecn.unasked = True
        ecn.sends = False  # RFC 3168 6.1.1, RFC 9768 3.1.5: whoever has sent such a SYN may not use ECT
        tcb.note("ecn-fallback")
    return 0


def syn_ack_flags(tcb: Tcb) -> int:
    """The flags of our SYN-ACK; those of AccECN tell the ECN field of the SYN [RFC9768-01]."""
    ecn = tcb.ecn
    if ecn is None:
        return 0
    accurate = ecn.accurate
    if accurate is None:
        return ECE
    if tcb.retransmits >= ACCURATE_TRIES and tcb.config.ecn_fallback:  # RFC 9768 3.2.3.2.2
        ecn.sends = False
        return 0
    return accurate.syn_ace << 6


def take_syn(tcb: Tcb, segment: Segment) -> None:
    """A SYN without ACK came (RFC 3168 6.1.1, RFC 9768 table 2): decide what our SYN-ACK says."""
    config = tcb.config.ecn
    flags = segment.flags & ECN_FLAGS
    ours = tcb.ecn
    tcb.ecn = None
    if config == "off" or flags == 0:
        return
    accurate = config in ACCEPTS_ACCURATE
    if tcb.state is SYN_SENT:  # simultaneous open: our own SYN has said already what we can
        if ours is None or ours.unasked:
            return
        accurate = ours.asked == ASKED_ACCURATE
    if accurate and flags != CWR | ECE:
        # Combinations that mean nothing yet are those of some later AccECN [RFC9768-03].
        ecn = Ecn(ACCURATE)
        assert ecn.accurate is not None
        ecn.accurate.syn_ace = HANDSHAKE[segment.ecn]
        tcb.ecn = ecn
        tcb.note("accecn-agreed")
    elif flags & (CWR | ECE) == CWR | ECE and (segment.ecn == NOT_ECT or flags & AE):
        # AE beside them is an AccECN request to one who does not know it; without it a SYN must be Not-ECT.
        tcb.ecn = Ecn(_classic_mode(tcb))
        tcb.note("ecn-agreed")
    else:
        tcb.note("ecn-refused")


def take_syn_again(tcb: Tcb, segment: Segment) -> bool:
    """The SYN that we have answered came again; False: with flags that contradict the first one [RFC9768-06]."""
    ecn = tcb.ecn
    if ecn is None:
        return True
    flags = segment.flags & ECN_FLAGS
    if flags == 0:  # the peer has given up on ECN, or something on the path has [RFC9768-05]
        ecn.sends = False
        return True
    return (flags == CWR | ECE) == (ecn.mode != ACCURATE) or tcb.config.ecn not in ACCEPTS_ACCURATE


def take_syn_ack(tcb: Tcb, segment: Segment) -> None:
    """The SYN-ACK came: ECN is on from here, or it is not [RFC3168-01] [RFC9768-02]."""
    ecn = tcb.ecn
    if ecn is None:
        return
    ace = ace_of(segment.flags)
    if ecn.asked == ASKED_ACCURATE and ace not in (0b000, 0b001, BROKEN):
        _enter_accurate(tcb, ecn, ace, segment.ecn)
    elif ace & 0b011 == 0b001 and not ace & 0b100:
        ecn.mode = _classic_mode(tcb)
        tcb.note("ecn-agreed")
    else:
        tcb.ecn = None
        tcb.note("ecn-refused")


def _enter_accurate(tcb: Tcb, ecn: Ecn, ace: int, field: int) -> None:
    """RFC 9768 3.1.2 and 3.2.2.1: our first ACK tells how the SYN-ACK came [RFC9768-08]."""
    ready = Ecn(ACCURATE, ecn.asked)
    ready.sends = ecn.sends
    ready.unasked = ecn.unasked
    accurate = ready.accurate
    assert accurate is not None
    accurate.handshake = HANDSHAKE[field]
    if field == CE:
        accurate.came_cep = CEP_START + 1
    if ace not in UNCHANGED and field_of(ace) != NOT_ECT:  # we have sent it Not-ECT (RFC 9768 3.2.2.3)
        ready.sends = False
        tcb.note("accecn-path-mangles")
    tcb.ecn = ready
    tcb.note("accecn-agreed")


def take_third(tcb: Tcb, segment: Segment) -> None:
    """The segment that ends our passive opening tells how our SYN-ACK came (RFC 9768 table 4)."""
    ecn = tcb.ecn
    if ecn is None or ecn.accurate is None:
        return
    ace = ace_of(segment.flags)
    if ecn.accurate.is_zeroed(ace):  # [RFC9768-13]
        ecn.sends = False
        tcb.note("accecn-ace-zero")
        return
    if segment.payload or segment.options.sack:  # then it is the counter already (RFC 9768 3.2.2.1)
        return
    ecn.accurate.on_handshake(ace)
    if field_of(ace) != NOT_ECT:
        ecn.sends = False
        tcb.note("accecn-path-mangles")


def _classic_mode(tcb: Tcb) -> int:
    return PRECISE if tcb.congestion.ecn == "precise" else CLASSIC
