"""The counters of a host, by the names of `/proc/net/snmp`, `/proc/net/snmp6` and `/proc/net/netstat`.

Responsible for the names, and for which rule and which reason to send a segment goes with which counter.  TCP counters
are common to both families, as they are on Linux.
"""

from __future__ import annotations

from typing import Final

_IP: Final = (
    "InReceives InHdrErrors InAddrErrors InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes "
    "ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates"
)
_ICMP: Final = (
    "InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos InEchoReps "
    "InTimestamps InAddrMasks OutMsgs OutErrors OutRateLimitGlobal OutDestUnreachs OutTimeExcds OutParmProbs OutEchos "
    "OutEchoReps"
)
_ICMP6: Final = (
    "InMsgs InErrors InCsumErrors InDestUnreachs InPktTooBigs InTimeExcds InParmProblems InEchos InEchoReplies "
    "InGroupMembQueries InGroupMembResponses InGroupMembReductions InMLDv2Reports InRouterSolicits "
    "InRouterAdvertisements InNeighborSolicits InNeighborAdvertisements InRedirects OutMsgs OutErrors "
    "OutRateLimitHost OutDestUnreachs OutTimeExcds OutParmProblems OutEchos OutEchoReplies OutNeighborSolicits "
    "OutNeighborAdvertisements"
)
_UDP: Final = "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti"
_TCP: Final = (
    "ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors"
)
_TCP_EXT: Final = (
    "OfoPruned TCPMemoryPressures TCPRcvQDrop "
    "SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts OutOfWindowIcmps TW TWRecycled TWKilled PAWSEstab "
    "PAWSTimewait DelayedACKs ListenOverflows ListenDrops TCPFastRetrans TCPSlowStartRetrans TCPTimeouts "
    "TCPAbortOnData TCPAbortOnClose TCPAbortOnTimeout TCPAbortOnLinger TCPDeferAcceptDrop TCPTimeWaitOverflow "
    "TCPReqQFullDoCookies TCPReqQFullDrop TCPOFOQueue TCPOFODrop TCPChallengeACK TCPSYNChallenge TCPSynRetrans "
    "TCPACKSkippedChallenge TCPFastOpenActive TCPFastOpenActiveFail "
    "TCPFastOpenPassive TCPFastOpenPassiveFail TCPFastOpenListenOverflow TCPFastOpenCookieReqd TCPFastOpenBlackhole "
    "TCPFastOpenPassiveAltKey TCPWinProbe TCPKeepAlive "
    "TCPZeroWindowDrop TCPSackRecovery TCPRenoRecovery TCPSackRecoveryFail TCPRenoRecoveryFail TCPSACKReneging "
    "TCPSACKReorder TCPSACKDiscard TCPLostRetransmit TCPLossProbes TCPLossProbeRecovery TCPDSACKOldSent "
    "TCPDSACKOfoSent TCPDSACKRecv TCPDSACKUndo TCPFullUndo TCPLossUndo TCPSpuriousRTOs"
)
_IP_EXT: Final = (
    "InTruncatedPkts InMcastPkts InBcastPkts InOctets OutOctets InCsumErrors "
    "InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts ReasmOverlaps"
)
_IP6_ECN: Final = "InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts"


def _names() -> list[str]:
    out: list[str] = []
    for prefix, text in (
        ("Ip", _IP),
        ("Ip6", _IP),
        ("Ip6", _IP6_ECN),
        ("Icmp", _ICMP),
        ("Icmp6", _ICMP6),
        ("Udp", _UDP),
        ("Udp6", _UDP),
        ("Tcp", _TCP),
        ("TcpExt", _TCP_EXT),
        ("IpExt", _IP_EXT),
    ):
        out.extend([prefix + name for name in text.split()])
    return out


NAMES: Final[tuple[str, ...]] = tuple(_names())

# By the ECN field of a packet that came in (RFC 3168 5).
ECN_V4: Final = ("IpExtInNoECTPkts", "IpExtInECT1Pkts", "IpExtInECT0Pkts", "IpExtInCEPkts")
ECN_V6: Final = ("Ip6InNoECTPkts", "Ip6InECT1Pkts", "Ip6InECT0Pkts", "Ip6InCEPkts")

# Which counter goes up with a rule that decided about what came in.
RULE_COUNTERS: Final[dict[str, tuple[str, ...]]] = {
    "ipv4-truncated": ("IpExtInTruncatedPkts",),
    "ipv4-bad-version": ("IpInHdrErrors",),
    "ipv4-bad-header-length": ("IpInHdrErrors",),
    "ipv4-bad-total-length": ("IpExtInTruncatedPkts",),
    "ipv4-bad-checksum": ("IpInHdrErrors", "IpExtInCsumErrors"),
    "ipv4-option-bad-length": ("IpInHdrErrors",),
    "ip-not-for-us": ("IpInAddrErrors",),
    "ip6-not-for-us": ("Ip6InAddrErrors",),
    "ip-bad-source": ("IpInAddrErrors",),
    "ip6-bad-source": ("Ip6InAddrErrors",),
    "ip-source-route": ("IpInDiscards",),
    "tcp-truncated": ("TcpInErrs",),
    "tcp-bad-offset": ("TcpInErrs",),
    "tcp-option-bad-length": ("TcpInErrs",),
    "tcp-bad-checksum": ("TcpInErrs", "TcpInCsumErrors"),
    "defer-accept": ("TcpExtTCPDeferAcceptDrop",),
    "fast-open-accepted": ("TcpExtTCPFastOpenPassive",),
    "fast-open-bad-cookie": ("TcpExtTCPFastOpenPassiveFail",),
    "fast-open-cookie-asked": ("TcpExtTCPFastOpenCookieReqd",),
    "fast-open-old-key": ("TcpExtTCPFastOpenPassiveAltKey",),
    "fast-open-queue-full": ("TcpExtTCPFastOpenListenOverflow",),
    "fast-open-text-acked": ("TcpExtTCPFastOpenActive",),
    "fast-open-text-refused": ("TcpExtTCPFastOpenActiveFail",),
    "fast-open-blocked": ("TcpExtTCPFastOpenBlackhole",),
    "paws": ("TcpExtPAWSEstab",),
    "time-wait-paws": ("TcpExtPAWSTimewait",),
    "time-wait-rst": ("TcpExtTWKilled",),
    "time-wait-reopened": ("TcpExtTWRecycled",),
    "time-wait-table-full": ("TcpExtTCPTimeWaitOverflow",),
    "challenge-limited": ("TcpExtTCPACKSkippedChallenge",),
    "syn-in-window": ("TcpExtTCPSYNChallenge",),
    "text-out-of-order": ("TcpExtTCPOFOQueue",),
    "reassembly-full": ("TcpExtTCPOFODrop",),
    "tcp-memory-pressure": ("TcpExtTCPMemoryPressures",),
    "tcp-memory-pruned": ("TcpExtOfoPruned",),
    "tcp-memory-full": ("TcpExtTCPRcvQDrop",),
    "rst-returns-to-listen": ("TcpExtEmbryonicRsts",),
    "icmp-bad-sequence": ("TcpExtOutOfWindowIcmps",),
    "text-after-close": ("TcpExtTCPAbortOnData",),
    "seq-zero-window": ("TcpExtTCPZeroWindowDrop",),
    "sack-block-ignored": ("TcpExtTCPSACKDiscard",),
    "sack-reneged": ("TcpExtTCPSACKReneging",),
    "reordering-seen": ("TcpExtTCPSACKReorder",),
    "recovery-by-sack": ("TcpExtTCPSackRecovery",),
    "recovery-by-duplicates": ("TcpExtTCPRenoRecovery",),
    "recovery-failed": ("TcpExtTCPSackRecoveryFail",),
    "recovery-by-duplicates-failed": ("TcpExtTCPRenoRecoveryFail",),
    "retransmission-lost": ("TcpExtTCPLostRetransmit",),
    "loss-probe-repaired": ("TcpExtTCPLossProbeRecovery",),
    "dsack-received": ("TcpExtTCPDSACKRecv",),
    "text-duplicate": ("TcpExtTCPDSACKOldSent",),
    "text-duplicate-held": ("TcpExtTCPDSACKOfoSent",),
    "undo-dsack": ("TcpExtTCPDSACKUndo",),
    "undo-timestamps": ("TcpExtTCPFullUndo",),
    "undo-timeout": ("TcpExtTCPLossUndo",),
    "undo-frto": ("TcpExtTCPSpuriousRTOs",),
    "ipv6-truncated": ("Ip6InHdrErrors",),
    "ipv6-bad-version": ("Ip6InHdrErrors",),
    "ipv6-bad-payload-length": ("Ip6InHdrErrors",),
    "ipv6-extension-truncated": ("Ip6InHdrErrors",),
    "ipv6-too-many-extensions": ("Ip6InHdrErrors",),
    "ipv6-option-bad-length": ("Ip6InHdrErrors",),
    "ipv6-too-many-options": ("Ip6InHdrErrors",),
    "ip6-option-unknown": ("Ip6InHdrErrors",),
    "ip6-routing-header": ("Ip6InHdrErrors",),
    "ip6-header-bad": ("Ip6InHdrErrors",),
    "ip6-fragment-no-header": ("Ip6InHdrErrors",),
    "ip-fragment-overlap": ("IpExtReasmOverlaps",),
    "icmpv4-truncated": ("IcmpInErrors",),
    "icmpv4-bad-checksum": ("IcmpInErrors", "IcmpInCsumErrors"),
    "icmpv6-truncated": ("Icmp6InErrors",),
    "icmpv6-bad-checksum": ("Icmp6InErrors", "Icmp6InCsumErrors"),
}

# Which counter goes up with the reason why a segment is sent (`Segment.why`).
WHY_COUNTERS: Final[dict[str, str]] = {
    "challenge-ack": "TcpExtTCPChallengeACK",
    "ack-delayed": "TcpExtDelayedACKs",
    "zero-window-probe": "TcpExtTCPWinProbe",
    "keep-alive-probe": "TcpExtTCPKeepAlive",
    "retransmit-timeout": "TcpExtTCPTimeouts",
    "retransmit-fast": "TcpExtTCPFastRetrans",
    "retransmit-partial-ack": "TcpExtTCPFastRetrans",
    "retransmit-sack": "TcpExtTCPFastRetrans",
    "retransmit-unsure": "TcpExtTCPFastRetrans",
    "retransmit-rescue": "TcpExtTCPFastRetrans",
    "retransmit-rack": "TcpExtTCPFastRetrans",
    "retransmit-tail-probe": "TcpExtTCPLossProbes",
    "tail-loss-probe": "TcpExtTCPLossProbes",
    "retransmit-slow-start": "TcpExtTCPSlowStartRetrans",
    "reset-half-duplex-close": "TcpExtTCPAbortOnClose",
    "reset-linger": "TcpExtTCPAbortOnLinger",
}


def new_counters() -> dict[str, int]:
    """Every counter at zero, in a fixed order."""
    return dict.fromkeys(NAMES, 0)
