"""Scripts as text: what `parse` reads gives the same `Script` again.

Responsible for one way to write each thing; comments and the words that conditions left out are not kept.
"""

from __future__ import annotations

from typing import Final, assert_never

from synfin.drill.model import (
    ANY,
    ECN_ORDERS,
    RELATIVE,
    Action,
    Applied,
    Array,
    Code,
    Either,
    Event,
    Expression,
    IcmpPacket,
    IpInfo,
    Member,
    Number,
    Option,
    Range,
    Rest,
    Script,
    Shell,
    Structure,
    Symbol,
    Syscall,
    TcpPacket,
    Text,
    Time,
    UdpPacket,
)

_SECOND: Final = 1_000_000_000
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def print_script(script: Script) -> str:
    """The whole script, one event a line."""
    lines = [f"--{name}={_option_value(value)}" if value else f"--{name}" for name, value in script.options]
    if script.init:
        lines.append(f"`{script.init}`")
    if lines:
        lines.append("")
    lines.extend(print_event(event) for event in script.events)
    if script.cleanup:
        lines.extend(["", f"`{script.cleanup}`"])
    return "\n".join(lines) + "\n"


def _option_value(value: str) -> str:
    if not any(character.isspace() or character == "`" for character in value) and value[0] not in "'\"":
        return value
    return f'"{value}"' if '"' not in value else f"'{value}'"


def print_event(event: Event) -> str:
    """One event with its time."""
    action = event.action
    if isinstance(action, Syscall) and action.end is not None:
        return f"{print_time(event.time)}...{print_seconds(action.end)} {print_action(action)}"
    return f"{print_time(event.time)} {print_action(action)}"


def print_seconds(ns: int) -> str:
    """Seconds with as many decimals as are needed."""
    text = f"{ns // _SECOND}.{ns % _SECOND:09d}".rstrip("0")
    return text.removesuffix(".")


def print_time(time: Time) -> str:
    """`+.1`, `1.5`, `*`, or a range of them."""
    if time.kind == ANY:
        return "*"
    sign = "+" if time.kind == RELATIVE else ""
    start = f"{sign}{print_seconds(time.start)}"
    return start if time.end is None else f"{start}~{sign}{print_seconds(time.end)}"


def print_action(action: Action) -> str:
    """What happens, without its time."""
    if isinstance(action, TcpPacket):
        return print_tcp(action)
    if isinstance(action, IcmpPacket):
        return _icmp(action)
    if isinstance(action, UdpPacket):
        return " ".join([*_head(action.inbound, action.ip), "udp", *_ports(action.ports), f"({action.length})"])
    if isinstance(action, Syscall):
        arguments = ", ".join(map(print_expression, action.arguments))
        errno = f" {action.errno}" if action.errno else ""
        note = f" ({action.note})" if action.note else ""
        return f"{action.name}({arguments}) = {print_expression(action.result)}{errno}{note}"
    if isinstance(action, Shell):
        return f"`{action.command}`"
    if isinstance(action, Code):
        return f"%{{ {action.text} }}%"
    assert_never(action)


# System calls


def print_expression(value: Expression) -> str:
    """One argument."""
    if isinstance(value, Rest):
        return "..."
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, Symbol):
        return value.name
    if isinstance(value, Text):
        return '"' + "".join(map(_escaped, value.value)) + '"'
    if isinstance(value, Either):
        return "|".join(map(print_expression, value.parts))
    if isinstance(value, Array):
        return "[" + ", ".join(map(print_expression, value.items)) + "]"
    if isinstance(value, Structure):
        return "{" + ", ".join(map(_member, value.members)) + "}"
    if isinstance(value, Applied):
        return f"{value.name}({', '.join(map(print_expression, value.arguments))})"
    assert_never(value)


def _number(value: Number) -> str:
    if not value.hexadecimal:
        return str(value.value)
    return f"-{-value.value:#x}" if value.value < 0 else f"{value.value:#x}"


def _escaped(character: str) -> str:
    known = _ESCAPES.get(character)
    if known is not None:
        return known
    return f"\\x{ord(character):02x}" if ord(character) < 32 else character


def _member(member: Member) -> str:
    if not member.name:
        return print_expression(member.value)
    size = f"({print_expression(member.size)})" if member.size is not None else ""
    return f"{member.name}{size}={print_expression(member.value)}"


# Packets


def _head(inbound: bool, ip: IpInfo) -> list[str]:
    words = [ip.ecn] if ip.ecn else []
    if ip.tos is not None:
        words.append(f"tos {ip.tos:#04x}")
    if ip.ttl is not None:
        words.append(f"ttl {ip.ttl}")
    if ip.flow_label is not None:
        words.append(f"flowlabel {ip.flow_label:#x}")
    sign = "<" if inbound else ">"
    return [sign, f"[{', '.join(words)}]"] if words else [sign]


def _ports(ports: tuple[int, int] | None) -> list[str]:
    return [f"{ports[0]} > {ports[1]}"] if ports is not None else []


def print_range(value: Range) -> str:
    """`first:end(length)`."""
    return f"{value.first}:{value.end}({value.length}){'!' if value.absolute else ''}"


def print_flags(packet: TcpPacket) -> str:
    """`S.`, `P.`, `.`, `-`."""
    dot = "." if packet.ack_flag else ""
    ace = str(packet.ace) if packet.ace is not None else ""
    return f"{packet.flags}{dot}{ace}" or "-"


def print_tcp(packet: TcpPacket) -> str:
    """One line of TCP."""
    words = [
        *_head(packet.inbound, packet.ip),
        *_ports(packet.ports),
        print_flags(packet),
        print_range(packet.sequence),
    ]
    if packet.ack is not None:
        words.append(f"ack {packet.ack}")
    if packet.any_window:
        words.append("win ...")
    elif packet.window is not None:
        words.append(f"win {packet.window}")
    if packet.urgent is not None:
        words.append(f"urg {packet.urgent}")
    if packet.options is None:
        words.append("<...>")
    elif packet.options:
        words.append(f"<{','.join(map(print_option, packet.options))}>")
    return " ".join(words)


def print_option(option: Option) -> str:
    """One TCP option."""
    name, numbers, data = option.name, option.numbers, option.data
    if name == "sack":
        return "sack " + " ".join(f"{numbers[i]}:{numbers[i + 1]}" for i in range(0, len(numbers) - 1, 2))
    if name == "TS":
        val, ecr = ("..." if number is None else str(number) for number in numbers)
        return f"TS val {val} ecr {ecr}"
    if name in ECN_ORDERS:
        fields = zip(ECN_ORDERS[name], numbers, strict=True)
        return " ".join(["ECN", *(f"{field} {number}" for field, number in fields if number is not None)])
    return " ".join([name, *map(str, numbers), *([data.hex()] if data else [])])


def _icmp(packet: IcmpPacket) -> str:
    words = [*_head(packet.inbound, packet.ip), "icmp", packet.type]
    if packet.code:
        words.append(packet.code)
    if packet.mtu is not None:
        words.append(f"mtu {packet.mtu}")
    if packet.quoted is not None:
        words.append(f"[{print_range(packet.quoted)}]")
    if packet.quoted_udp is not None:
        words.append(f"[udp ({packet.quoted_udp})]")
    return " ".join(words)
