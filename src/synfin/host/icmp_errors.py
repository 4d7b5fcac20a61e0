"""ICMP errors that this host sends, for both families (RFC 792, RFC 1122 3.2.2, RFC 4443 2.4).

Responsible for when an error may be sent at all and how often; the caller says what was wrong, and `quotable` in a
`Datagram` already says whether the address and the fragment allow an error.
"""

from __future__ import annotations

from typing import final

from synfin.errors import WireError
from synfin.host.core import Core, Datagram
from synfin.host.interfaces import Interface, Interfaces
from synfin.host.ip_output import IpOutput
from synfin.host.limits import TokenBucket
from synfin.wire import icmpv4, icmpv6
from synfin.wire.addresses import Address, Endpoint
from synfin.wire.icmpv4 import Icmpv4Message, build_icmpv4
from synfin.wire.icmpv6 import Icmpv6Message, build_icmpv6
from synfin.wire.ipv6 import Ipv6Packet
from synfin.wire.quote import parse_quote


@final
class IcmpErrors:
    """Sends errors; one token bucket for both families [RFC4443-05]."""

    __slots__ = ("_bucket", "_core", "_interfaces", "_output")

    def __init__(self, core: Core, interfaces: Interfaces, output: IpOutput) -> None:
        self._core = core
        self._interfaces = interfaces
        self._output = output
        self._bucket = TokenBucket(core.config.icmp_errors_per_second, core.config.icmp_error_burst)

    def port_unreachable(self, datagram: Datagram, now: int) -> None:
        """Nobody listens on the port of a datagram [RFC1122-16] [RFC4443-07]."""
        if not datagram.quotable:
            return
        if len(datagram.src) == 4:
            message = icmpv4.unreachable(icmpv4.PORT_UNREACHABLE, datagram.packet)
            self._send_v4(message, datagram.dst, datagram.src, datagram.interface, now)
        else:
            message6 = icmpv6.unreachable(icmpv6.PORT_UNREACHABLE, datagram.packet)
            self._send_v6(message6, datagram.dst, datagram.src, datagram.interface, now)

    def protocol_unreachable(self, datagram: Datagram, now: int) -> None:
        """Nobody takes the protocol of an IPv4 datagram [RFC1122-16]."""
        if datagram.quotable:
            message = icmpv4.unreachable(icmpv4.PROTOCOL_UNREACHABLE, datagram.packet)
            self._send_v4(message, datagram.dst, datagram.src, datagram.interface, now)

    def unknown_next_header(self, datagram: Datagram, code: int, now: int) -> None:
        """Nobody takes the next header of an IPv6 datagram; the pointer names the field [RFC4443-10]."""
        if datagram.quotable:
            message = icmpv6.parameter_problem(code, datagram.at, datagram.packet)
            self._send_v6(message, datagram.dst, datagram.src, datagram.interface, now)

    def parameter_problem_v6(
        self, packet: Ipv6Packet, data: bytes, interface: Interface, code: int, pointer: int, now: int
    ) -> None:
        """Octet `pointer` of `data` makes no sense [RFC4443-10].  The caller has looked at the addresses."""
        message = icmpv6.parameter_problem(code, pointer, data)
        self._send_v6(message, packet.dst, packet.src, interface, now)

    def reassembly_time_exceeded(self, first: bytes, interface: Interface, now: int) -> None:
        """The fragments after `first` did not come in time [RFC1122-26] [RFC4443-09]."""
        quote = parse_quote(first)
        if len(quote.src) == 4:
            message = icmpv4.time_exceeded(icmpv4.REASSEMBLY_EXCEEDED, first)
            self._send_v4(message, quote.dst, quote.src, interface, now)
        else:
            message6 = icmpv6.time_exceeded(icmpv6.REASSEMBLY_EXCEEDED, first)
            self._send_v6(message6, quote.dst, quote.src, interface, now)

    def _send_v4(self, message: Icmpv4Message, ours: Address, to: Address, interface: Interface, now: int) -> None:
        counters = self._core.counters
        if not self._allowed(message.body, to, interface, now):
            return
        if not self._bucket.take(now):
            counters["IcmpOutRateLimitGlobal"] += 1
            self._core.rule("icmp-error-limited", now, "", Endpoint(ours, 0), Endpoint(to, 0))
            return
        path = self._output.reply_path(interface, to)
        if path is None:
            counters["IcmpOutErrors"] += 1
            return
        counters["IcmpOutMsgs"] += 1
        if message.type == icmpv4.UNREACHABLE:
            counters["IcmpOutDestUnreachs"] += 1
        elif message.type == icmpv4.TIME_EXCEEDED:
            counters["IcmpOutTimeExcds"] += 1
        else:
            counters["IcmpOutParmProbs"] += 1
        source = ours if ours in self._interfaces.local else path.source
        hop_limit = self._core.config.hop_limit
        self._output.send(path, source, to, icmpv4.PROTOCOL, build_icmpv4(message), now, hop_limit, note="icmp-error")

    def _send_v6(self, message: Icmpv6Message, ours: Address, to: Address, interface: Interface, now: int) -> None:
        counters = self._core.counters
        if not self._allowed(message.body, to, interface, now):
            return
        if not self._bucket.take(now):
            counters["Icmp6OutRateLimitHost"] += 1
            self._core.rule("icmp-error-limited", now, "", Endpoint(ours, 0), Endpoint(to, 0))
            return
        path = self._output.reply_path(interface, to)
        if path is None:
            counters["Icmp6OutErrors"] += 1
            return
        counters["Icmp6OutMsgs"] += 1
        if message.type == icmpv6.UNREACHABLE:
            counters["Icmp6OutDestUnreachs"] += 1
        elif message.type == icmpv6.TIME_EXCEEDED:
            counters["Icmp6OutTimeExcds"] += 1
        else:
            counters["Icmp6OutParmProblems"] += 1
        source = ours if ours in self._interfaces.local else path.source
        hop_limit = self._core.config.hop_limit
        payload = build_icmpv6(message, source, to)
        self._output.send(path, source, to, icmpv6.PROTOCOL, payload, now, hop_limit, note="icmp-error")

    def _allowed(self, packet: bytes, to: Address, interface: Interface, now: int) -> bool:
        """Never about an ICMP error or a redirect, and never to somebody who is not one host [RFC1122-15] [RFC4443-04].

        That the packet was no broadcast, no multicast and not a later fragment is known from `quotable`.
        """
        bad = not interface.is_loopback and self._interfaces.is_bad_source(to)
        try:
            quote = parse_quote(packet)
        except WireError:
            # Its headers are cut, which is what the error is about; it cannot be known for an ICMP error.
            return not bad
        if quote.protocol == icmpv4.PROTOCOL:
            bad = bad or not quote.transport or quote.transport[0] in icmpv4.ERROR_TYPES
        elif quote.protocol == icmpv6.PROTOCOL:
            bad = bad or not quote.transport or quote.transport[0] < 128 or quote.transport[0] == icmpv6.REDIRECT
        if bad:
            self._core.rule("icmp-error-forbidden", now, "", remote=Endpoint(to, 0))
        return not bad
