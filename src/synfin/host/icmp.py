"""ICMP messages that come in, for both families: echo, errors about our packets, neighbour discovery.

Responsible for finding whom an error is about [MUST-54] and what it is called; how a connection or an endpoint takes it
is their affair (RFC 1122 4.2.3.9, RFC 5927).  Errors that we send are in `icmp_errors`.
"""

from __future__ import annotations

from typing import Final, final

from synfin.host.core import Core, Datagram, Upper
from synfin.host.interfaces import Interfaces
from synfin.host.ip_output import IpOutput
from synfin.host.ndp import Ndp
from synfin.host.ping import Ping, Pings
from synfin.host.pmtu import MIN_MTU_V4, MIN_MTU_V6, next_plateau
from synfin.host.routes import Path
from synfin.wire import icmpv4, icmpv6
from synfin.wire.addresses import Address, Endpoint, is_unspecified
from synfin.wire.icmpv4 import Icmpv4Message, build_icmpv4, parse_icmpv4
from synfin.wire.icmpv6 import Icmpv6Message, build_icmpv6, parse_icmpv6
from synfin.wire.quote import Quote, parse_quote

NET_UNREACHABLE: Final = "net-unreachable"
HOST_UNREACHABLE: Final = "host-unreachable"
PROTOCOL_UNREACHABLE: Final = "protocol-unreachable"
PORT_UNREACHABLE: Final = "port-unreachable"
PACKET_TOO_BIG: Final = "packet-too-big"
SOURCE_ROUTE_FAILED: Final = "source-route-failed"
ADMIN_PROHIBITED: Final = "admin-prohibited"
TIME_EXCEEDED: Final = "time-exceeded"
PARAMETER_PROBLEM: Final = "parameter-problem"

# RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1 [RFC792-05]
_UNREACHABLE_V4: Final = (
    NET_UNREACHABLE,
    HOST_UNREACHABLE,
    PROTOCOL_UNREACHABLE,
    PORT_UNREACHABLE,
    PACKET_TOO_BIG,
    SOURCE_ROUTE_FAILED,
    NET_UNREACHABLE,
    HOST_UNREACHABLE,
    HOST_UNREACHABLE,
    ADMIN_PROHIBITED,
    ADMIN_PROHIBITED,
    NET_UNREACHABLE,
    HOST_UNREACHABLE,
    ADMIN_PROHIBITED,
    ADMIN_PROHIBITED,
    ADMIN_PROHIBITED,
)
# RFC 4443 3.1: no route, prohibited, beyond scope, address, port, source policy, reject route
_UNREACHABLE_V6: Final = (
    NET_UNREACHABLE,
    ADMIN_PROHIBITED,
    NET_UNREACHABLE,
    HOST_UNREACHABLE,
    PORT_UNREACHABLE,
    ADMIN_PROHIBITED,
    ADMIN_PROHIBITED,
)
# Multicast listener discovery (RFC 2710, RFC 3810): between hosts and routers, of no interest to others
_MLD_COUNTERS: Final[dict[int, str]] = {
    130: "Icmp6InGroupMembQueries",
    131: "Icmp6InGroupMembResponses",
    132: "Icmp6InGroupMembReductions",
    143: "Icmp6InMLDv2Reports",
}
# Timestamp, information and address mask messages (RFC 6918) [RFC792-08] [RFC1122-21]
_OBSOLETE_V4: Final = (13, 14, 15, 16, 17, 18)
_OBSOLETE_COUNTERS: Final[dict[int, str]] = {13: "IcmpInTimestamps", 17: "IcmpInAddrMasks"}


@final
class ErrorDispatch:
    """Finds the upper protocol that an error is about.  `uppers` is shared with `IpInput`."""

    __slots__ = ("_core", "_interfaces", "_output", "uppers")

    def __init__(self, core: Core, interfaces: Interfaces, output: IpOutput, uppers: dict[int, Upper]) -> None:
        self._core = core
        self._interfaces = interfaces
        self._output = output
        self.uppers = uppers
        core.undeliverable = self.undeliverable

    def undeliverable(self, packet: bytes, kind: str, now: int, mtu: int) -> None:
        """One of our own packets did not get out; the transport learns it in the same way as from ICMP."""
        self._tell(parse_quote(packet), kind, now, mtu)

    def error(self, kind: str, quoted: bytes, now: int, mtu: int) -> None:
        """An error came in.  Raises `WireError` when it does not say what it is about."""
        quote = parse_quote(quoted)
        if quote.src not in self._interfaces.local:
            self._core.rule("icmp-error-about-unknown", now, kind, remote=Endpoint(quote.dst, 0))
            return
        if kind == PACKET_TOO_BIG:
            mtu = self._checked_mtu(quote, mtu, now)
            if mtu == 0:
                return
        self._tell(quote, kind, now, mtu)

    def learn_mtu(self, destination: Address, mtu: int, now: int) -> None:
        """An upper protocol has recognised its packet: later ones that may be fragmented are cut to `mtu`."""
        self._output.pmtu.learn(destination, mtu, now)

    def _tell(self, quote: Quote, kind: str, now: int, mtu: int) -> None:
        if quote.fragment_offset > 0:
            self._core.rule("icmp-error-about-unknown", now, kind, remote=Endpoint(quote.dst, 0))
            return
        upper = self.uppers.get(quote.protocol)
        if upper is not None:
            upper.icmp_error(kind, quote.src, quote.dst, quote.transport, now, mtu)

    def _checked_mtu(self, quote: Quote, mtu: int, now: int) -> int:
        """The MTU to use, 0 when the claim is impossible [RFC5927-06] [RFC5927-09]."""
        v4 = len(quote.dst) == 4
        if v4 and mtu < MIN_MTU_V4:
            # Old routers leave the field zero (RFC 1191 7.1).
            mtu = next_plateau(quote.total_length) if mtu == 0 else MIN_MTU_V4
        if not v4 and mtu < MIN_MTU_V6:
            self._core.rule("icmp-mtu-below-minimum", now, f"MTU {mtu}", remote=Endpoint(quote.dst, 0))
            return 0
        if mtu >= quote.total_length:
            detail = f"MTU {mtu} for a packet of {quote.total_length} octets"
            self._core.rule("icmp-mtu-not-smaller", now, detail, remote=Endpoint(quote.dst, 0))
            return 0
        return mtu


@final
class Icmp4(Upper):
    """ICMP for IPv4."""

    __slots__ = ("_core", "_dispatch", "_interfaces", "_output", "_pings")

    def __init__(
        self, core: Core, interfaces: Interfaces, output: IpOutput, dispatch: ErrorDispatch, pings: Pings
    ) -> None:
        self._core = core
        self._interfaces = interfaces
        self._output = output
        self._dispatch = dispatch
        self._pings = pings

    def receive(self, datagram: Datagram, now: int) -> None:
        """Take a message; unknown types are dropped silently [RFC1122-13]."""
        counters = self._core.counters
        counters["IcmpInMsgs"] += 1
        message = parse_icmpv4(datagram.payload)
        kind = message.type
        if kind == icmpv4.ECHO_REQUEST:
            counters["IcmpInEchos"] += 1
            self._echo(message, datagram, now)
        elif kind == icmpv4.ECHO_REPLY:
            counters["IcmpInEchoReps"] += 1
            if not self._pings.reply(datagram.src, message.identifier, message.sequence, datagram.hop_limit, now):
                self._core.rule("icmp-echo-unasked", now, "", remote=Endpoint(datagram.src, 0))
        elif message.is_error:
            self._core.passes_on(datagram, True)
            self._error(message, datagram, now)
        elif kind in _OBSOLETE_V4:
            if kind in _OBSOLETE_COUNTERS:
                counters[_OBSOLETE_COUNTERS[kind]] += 1
            self._core.rule("icmp-obsolete", now, f"type {kind}", remote=Endpoint(datagram.src, 0))
        else:
            counters["IcmpInErrors"] += 1
            self._core.rule("icmp-unknown-type", now, f"type {kind}", remote=Endpoint(datagram.src, 0))

    def _error(self, message: Icmpv4Message, datagram: Datagram, now: int) -> None:
        counters = self._core.counters
        remote = Endpoint(datagram.src, 0)
        if datagram.to_group:
            self._core.rule("icmp-error-about-unknown", now, "sent to a group", remote=remote)
        elif message.type == icmpv4.SOURCE_QUENCH:
            counters["IcmpInSrcQuenchs"] += 1
            self._core.rule("icmp-source-quench", now, "", remote=remote)  # [MUST-55] [RFC5927-04]
        elif message.type == icmpv4.REDIRECT:
            counters["IcmpInRedirects"] += 1
            self._core.rule("icmp-redirect-ignored", now, "", remote=remote)
        elif message.type == icmpv4.UNREACHABLE:
            counters["IcmpInDestUnreachs"] += 1
            if message.code >= len(_UNREACHABLE_V4):
                self._core.rule("icmp-unknown-type", now, f"type 3 code {message.code}", remote=remote)
                return
            self._dispatch.error(_UNREACHABLE_V4[message.code], message.body, now, message.next_hop_mtu)
        elif message.type == icmpv4.TIME_EXCEEDED:
            counters["IcmpInTimeExcds"] += 1
            self._dispatch.error(TIME_EXCEEDED, message.body, now, 0)
        else:
            counters["IcmpInParmProbs"] += 1
            self._dispatch.error(PARAMETER_PROBLEM, message.body, now, 0)

    def _echo(self, request: Icmpv4Message, datagram: Datagram, now: int) -> None:
        """Answer from the address that was asked [RFC1122-19]; groups are not answered [RFC1122-20]."""
        remote = Endpoint(datagram.src, 0)
        if datagram.to_group:
            self._core.rule("icmp-echo-to-group", now, "", remote=remote)
            return
        if not self._core.config.echo_replies:
            self._core.rule("icmp-echo-ignored", now, "", remote=remote)
            return
        path = self._output.reply_path(datagram.interface, datagram.src)
        if path is None:
            self._core.no_route(now, "echo reply", remote=remote)
            return
        counters = self._core.counters
        counters["IcmpOutMsgs"] += 1
        counters["IcmpOutEchoReps"] += 1
        payload = build_icmpv4(icmpv4.echo_reply(request))
        hop_limit = self._core.config.hop_limit
        self._output.send(
            path, datagram.dst, datagram.src, icmpv4.PROTOCOL, payload, now, hop_limit, datagram.traffic_class,
            note="echo-reply",
        )  # fmt: skip

    def icmp_error(self, kind: str, src: Address, dst: Address, quoted: bytes, now: int, mtu: int) -> None:
        """An error about an ICMP message of ours: only echo requests wait for something."""
        if len(quoted) < 8:
            self._core.rule("icmp-error-short", now, kind, remote=Endpoint(dst, 0))
            return
        if quoted[0] == icmpv4.ECHO_REQUEST:
            _ping_error(self._core, self._dispatch, self._pings, kind, dst, quoted, now, mtu)

    def send_request(self, ping: Ping, path: Path, source: Address, now: int) -> None:
        """Send an echo request."""
        self._core.counters["IcmpOutMsgs"] += 1
        self._core.counters["IcmpOutEchos"] += 1
        payload = build_icmpv4(icmpv4.echo_request(ping.identifier, ping.sequence, _pattern(ping.size)))
        hop_limit = self._core.config.hop_limit
        self._output.send(path, source, ping.address, icmpv4.PROTOCOL, payload, now, hop_limit, note="echo-request")


@final
class Icmp6(Upper):
    """ICMP for IPv6."""

    __slots__ = ("_core", "_dispatch", "_interfaces", "_ndp", "_output", "_pings")

    def __init__(
        self, core: Core, interfaces: Interfaces, output: IpOutput, dispatch: ErrorDispatch, pings: Pings, ndp: Ndp
    ) -> None:
        self._core = core
        self._interfaces = interfaces
        self._output = output
        self._dispatch = dispatch
        self._pings = pings
        self._ndp = ndp

    def receive(self, datagram: Datagram, now: int) -> None:
        """Take a message; unknown informational types are dropped silently [RFC4443-02]."""
        counters = self._core.counters
        counters["Icmp6InMsgs"] += 1
        message = parse_icmpv6(datagram.payload, datagram.src, datagram.dst)
        kind = message.type
        remote = Endpoint(datagram.src, 0)
        if message.is_neighbor_discovery:
            self._ndp.receive(message, datagram, now)
        elif kind == icmpv6.ECHO_REQUEST:
            counters["Icmp6InEchos"] += 1
            self._echo(message, datagram, now)
        elif kind == icmpv6.ECHO_REPLY:
            counters["Icmp6InEchoReplies"] += 1
            if not self._pings.reply(datagram.src, message.identifier, message.sequence, datagram.hop_limit, now):
                self._core.rule("icmp-echo-unasked", now, "", remote=remote)
        elif message.is_error:
            self._core.passes_on(datagram, True)
            self._error(message, datagram, now)
        elif kind in _MLD_COUNTERS:
            counters[_MLD_COUNTERS[kind]] += 1
        else:
            self._core.rule("icmp-unknown-type", now, f"type {kind}", remote=remote)

    def _error(self, message: Icmpv6Message, datagram: Datagram, now: int) -> None:
        counters = self._core.counters
        remote = Endpoint(datagram.src, 0)
        if datagram.to_group:
            self._core.rule("icmp-error-about-unknown", now, "sent to a group", remote=remote)
        elif message.type == icmpv6.UNREACHABLE:
            counters["Icmp6InDestUnreachs"] += 1
            code = message.code
            kind = _UNREACHABLE_V6[code] if code < len(_UNREACHABLE_V6) else HOST_UNREACHABLE
            self._dispatch.error(kind, message.body, now, 0)
        elif message.type == icmpv6.PACKET_TOO_BIG:
            counters["Icmp6InPktTooBigs"] += 1
            self._dispatch.error(PACKET_TOO_BIG, message.body, now, message.mtu)
        elif message.type == icmpv6.TIME_EXCEEDED:
            counters["Icmp6InTimeExcds"] += 1
            self._dispatch.error(TIME_EXCEEDED, message.body, now, 0)
        elif message.type == icmpv6.PARAMETER_PROBLEM:
            counters["Icmp6InParmProblems"] += 1
            # An unknown next header is what IPv4 calls an unreachable protocol (RFC 4443 3.4).
            unknown = message.code == icmpv6.UNKNOWN_NEXT_HEADER
            self._dispatch.error(PROTOCOL_UNREACHABLE if unknown else PARAMETER_PROBLEM, message.body, now, 0)
        else:
            # Unknown errors are passed up as well [RFC4443-02]; no meaning, so only a hint.
            counters["Icmp6InErrors"] += 1
            self._dispatch.error(PARAMETER_PROBLEM, message.body, now, 0)

    def _echo(self, request: Icmpv6Message, datagram: Datagram, now: int) -> None:
        """Answer from the address that was asked, or from one of ours if that was a group [RFC4443-06] [RFC4443-11]."""
        remote = Endpoint(datagram.src, 0)
        if not self._core.config.echo_replies or is_unspecified(datagram.src):
            self._core.rule("icmp-echo-ignored", now, "", remote=remote)
            return
        path = self._output.reply_path(datagram.interface, datagram.src)
        if path is None:
            self._core.no_route(now, "echo reply", remote=remote)
            return
        counters = self._core.counters
        counters["Icmp6OutMsgs"] += 1
        counters["Icmp6OutEchoReplies"] += 1
        source = path.source if datagram.to_group else datagram.dst
        payload = build_icmpv6(icmpv6.echo_reply(request), source, datagram.src)
        hop_limit = self._core.config.hop_limit
        self._output.send(
            path, source, datagram.src, icmpv6.PROTOCOL, payload, now, hop_limit, datagram.traffic_class,
            note="echo-reply",
        )  # fmt: skip

    def icmp_error(self, kind: str, src: Address, dst: Address, quoted: bytes, now: int, mtu: int) -> None:
        """An error about an ICMPv6 message of ours: only echo requests wait for something."""
        if len(quoted) < 8:
            self._core.rule("icmp-error-short", now, kind, remote=Endpoint(dst, 0))
            return
        if quoted[0] == icmpv6.ECHO_REQUEST:
            _ping_error(self._core, self._dispatch, self._pings, kind, dst, quoted, now, mtu)

    def send_request(self, ping: Ping, path: Path, source: Address, now: int) -> None:
        """Send an echo request."""
        self._core.counters["Icmp6OutMsgs"] += 1
        self._core.counters["Icmp6OutEchos"] += 1
        message = icmpv6.echo_request(ping.identifier, ping.sequence, _pattern(ping.size))
        payload = build_icmpv6(message, source, ping.address)
        hop_limit = self._core.config.hop_limit
        self._output.send(path, source, ping.address, icmpv6.PROTOCOL, payload, now, hop_limit, note="echo-request")


def _ping_error(
    core: Core, dispatch: ErrorDispatch, pings: Pings, kind: str, dst: Address, quoted: bytes, now: int, mtu: int
) -> None:
    identifier = int.from_bytes(quoted[4:6], "big")
    sequence = int.from_bytes(quoted[6:8], "big")
    if not pings.failed(dst, identifier, sequence, kind, now):
        core.rule("icmp-error-about-unknown", now, kind, remote=Endpoint(dst, 0))
    elif kind == PACKET_TOO_BIG:
        dispatch.learn_mtu(dst, mtu, now)


def _pattern(size: int) -> bytes:
    """Data of an echo request: 0, 1, 2, ... so that a changed octet is seen in a capture."""
    return (bytes(range(256)) * (size // 256 + 1))[:size]
