"""The parser: what scripts mean, and what it says about text that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from synfin.drill import ScriptError, load, parse, print_script
from synfin.drill.model import (
    Applied,
    Array,
    Code,
    Either,
    IcmpPacket,
    IpInfo,
    Member,
    Number,
    Option,
    Range,
    Rest,
    Shell,
    Structure,
    Symbol,
    Syscall,
    TcpPacket,
    Text,
    Time,
    UdpPacket,
)
from tests.drill.samples import EVERYTHING, KERNEL, OURS

MILLISECOND = 1_000_000


@pytest.mark.parametrize("path", [*KERNEL, *OURS], ids=lambda path: path.stem)
def test_print_and_parse_again_is_identity(path: Path) -> None:
    script = load(path)
    text = print_script(script)
    assert parse(text) == script
    assert print_script(parse(text)) == text


def test_everything_survives_print_and_parse() -> None:
    script = parse(EVERYTHING)
    assert parse(print_script(script)) == script


def test_all_kernel_scripts_are_here() -> None:
    assert len(KERNEL) == 35


def actions(text: str) -> list[object]:
    return [event.action for event in parse(text).events]


def test_parts_of_a_script() -> None:
    script = parse(EVERYTHING)
    assert script.option("tolerance_usecs") == "20000"
    assert script.option("mss") == "a b"
    assert script.option("non_fatal") == ""
    assert script.option("mtu") is None
    assert script.init == "sysctl -q net.ipv4.tcp_ecn=0"
    assert script.cleanup == "echo end"
    assert script.events[-1].action == Syscall("close", (Number(4),), Number(0))
    assert (script.events[0].line, script.events[0].column) == (9, 1)
    assert (script.events[3].line, script.events[3].column) == (12, 10)


def test_times() -> None:
    events = parse("+.5 `a` 1.25 `b` +.1~+.2 `c` 1~2.5 `d` * `e` +0....1 f() = 0").events
    assert [event.time for event in events] == [
        Time("absolute", 500 * MILLISECOND),  # the first event is relative to nothing
        Time("absolute", 1250 * MILLISECOND),
        Time("relative", 100 * MILLISECOND, 200 * MILLISECOND),
        Time("absolute", 1000 * MILLISECOND, 2500 * MILLISECOND),
        Time("any"),
        Time("relative", 0),
    ]
    blocking = events[-1].action
    assert isinstance(blocking, Syscall)
    assert blocking.end == 100 * MILLISECOND


def test_tcp_packet() -> None:
    packet, answer = actions(
        "0 < [ect0,ttl 9] 7 > 8 SEW.3 4:10(6)! ack 2 win 9 urg 1 <mss 5,sack 1:2 3:4> +0 > - 0:0(0) win ... <...>"
    )
    assert packet == TcpPacket(
        True,
        "SEW",
        Range(4, 10, 6, absolute=True),
        ack_flag=True,
        ace=3,
        ack=2,
        window=9,
        urgent=1,
        options=(Option("mss", (5,)), Option("sack", (1, 2, 3, 4))),
        ip=IpInfo(ecn="ect0", ttl=9),
        ports=(7, 8),
    )
    assert answer == TcpPacket(False, "", Range(0, 0, 0), any_window=True, options=None)


def test_other_packets() -> None:
    assert actions(
        "0 < icmp unreachable frag_needed mtu 1200 [1:3(2)] 0 < icmp 3 4 0 > udp 1 > 2 (30) 0 < udp (0)"
    ) == [
        IcmpPacket(True, "unreachable", "frag_needed", 1200, Range(1, 3, 2)),
        IcmpPacket(True, "3", "4"),
        UdpPacket(False, 30, ports=(1, 2)),
        UdpPacket(True, 0),
    ]


def test_timestamp_without_value() -> None:
    (packet,) = actions("0 > . 1:1(0) ack 1 <TS val ... ecr 7>")
    assert isinstance(packet, TcpPacket)
    assert packet.options == (Option("TS", (None, 7)),)


def test_system_call() -> None:
    (call,) = actions('0 f(..., -0x1f, A|B, [1], {onoff=1, iov(2)=[{"x", 3}]}, htons(80)) = -1 EAGAIN (Try (again)')
    assert call == Syscall(
        "f",
        (
            Rest(),
            Number(-31, hexadecimal=True),
            Either((Symbol("A"), Symbol("B"))),
            Array((Number(1),)),
            Structure(
                (
                    Member("onoff", Number(1)),
                    Member("iov", Array((Structure((Member("", Text("x")), Member("", Number(3)))),)), Number(2)),
                )
            ),
            Applied("htons", (Number(80),)),
        ),
        Number(-1),
        "EAGAIN",
        "Try (again",
    )


def test_commands_and_code() -> None:
    assert actions("0 `ls // x` +0 %{ assert a == 1 # }%") == [Shell("ls // x"), Code("assert a == 1 #")]


def test_words_are_replaced_but_not_in_quoted_text() -> None:
    script = parse('0 f(N, "N", N_, 0xN) = N'.replace("0xN", "0x2F"), defines={"N": "1|M", "M": "2", "F": "9"})
    call = script.events[0].action
    assert call == Syscall(
        "f",
        (Either((Number(1), Number(2))), Text("N"), Symbol("N_"), Number(0x2F, hexadecimal=True)),
        Either((Number(1), Number(2))),
    )


def test_a_replaced_word_keeps_its_place() -> None:
    with pytest.raises(ScriptError) as caught:
        parse("0 f(N, N) = 0\n0 N", defines={"N": "a_very_long_name"})
    assert (caught.value.line, caught.value.column) == (2, 4)


def test_definitions_in_the_script_give_way_to_those_of_the_caller() -> None:
    text = "--define=N=1\n#define M 2\n0 f(N, M) = 0"
    assert parse(text).events[0].action == Syscall("f", (Number(1), Number(2)), Number(0))
    changed = parse(text, defines={"N": "3", "M": "4"})
    assert changed.events[0].action == Syscall("f", (Number(3), Number(4)), Number(0))


@pytest.mark.parametrize(
    ("defines", "names"), [({}, ["c", "d"]), ({"A": ""}, ["a", "d"]), ({"A": "", "B": ""}, ["a", "b", "d"])]
)
def test_conditions(defines: dict[str, str], names: list[str]) -> None:
    text = "#ifdef A\n0 `a`\n#ifdef B\n0 `b`\n#endif\n#else\n0 `c`\n#endif\n#ifndef C\n0 `d`\n#endif\n"
    assert [event.action for event in parse(text, defines=defines).events] == [Shell(name) for name in names]


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("", 1, 1, "an event"),
        ("--mss\n", 2, 1, "an event"),
        ("hello", 1, 1, "a time"),
        ("0 socket(", 1, 10, "a value"),
        ("0 socket()", 1, 11, "'=' and what socket returns"),
        ("0 socket() = 3\n+0 read(3 4) = 0", 2, 11, "',' or ')'"),
        ("0 f() = -1 again", 1, 12, "an error name"),
        ("0 f() = -1 EAGAIN (x", 1, 21, "')' to end this note"),
        ("0 < X 0:0(0)", 1, 5, "flags"),
        ("0 < SS 0:0(0)", 1, 5, "each flag once"),
        ("0 < S 0:10(11)", 1, 12, "length 10, which is 10 - 0"),
        ("0 < S 0:0(0) win 65536", 1, 18, "a window of at most 65535"),
        ("0 < S 0:0(0) <mss>", 1, 18, "a segment size"),
        ("0 < S 0:0(0) <msss 5>", 1, 15, "an option (nop"),
        ("0 < S 0:0(0) <nop mss 5>", 1, 19, "',' and another option, or '>'"),
        ("0 < . 0:0(0) ack 1 <sack 1>", 1, 27, "':' and the right edge"),
        ("0 < . 0:0(0) <TS ecr 1>", 1, 18, "'val' of a timestamp"),
        ("0 < [ect2] . 0:0(0)", 1, 6, "ect0, ect1"),
        ("0 < 80 . 0:0(0)", 1, 8, "'>' between two ports"),
        ("+.2~.3 `x`", 1, 5, "both times relative"),
        ("+.2~+.1 `x`", 1, 5, "not before its start"),
        ("+.2....1 f() = 0", 1, 7, "not before its start"),
        ("1.1234567891 `x`", 1, 1, "nine digits"),
        ("0 `x", 1, 5, "` to end this command"),
        ("0 %{ x", 1, 7, "}% to end this code"),
        ('0 f("x) = 0', 1, 5, "a string that ends with"),
        ("0 /* x", 1, 3, "*/ to end this comment"),
        ("#ifdef X\n0 `x`", 1, 1, "#endif"),
        ("0 `x`\n  #else", 2, 3, "#ifdef before #else"),
        ("#ifdef X\n#else\n#else\n#endif", 3, 1, "has had its #else"),
        ("0 `x` `y`\n0 `z`", 2, 1, "the end of the script"),
        ("0 f(" + "[" * 40 + ") = 0", 1, 38, "at most 32 brackets"),
        ("0 f(" + "1" * 30 + ") = 0", 1, 5, "at most 20 digits"),
    ],
)
def test_errors_say_where_and_what_was_expected(text: str, line: int, column: int, expected: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse(text, "a.pkt")
    error = caught.value
    assert expected in error.expected
    assert (error.line, error.column) == (line, column)
    assert str(error).startswith(f"a.pkt:{line}:{column}: expected ")


def test_error_points_at_the_place() -> None:
    with pytest.raises(ScriptError) as caught:
        parse("0 f() = 0\n\t+0 g(3 4) = 0", "a.pkt")
    assert caught.value.pointer() == ("a.pkt:2:9: expected ',' or ')', found '4'\n    \t+0 g(3 4) = 0\n    \t       ^")


def test_circle_of_words_is_an_error() -> None:
    with pytest.raises(ScriptError, match="in a circle"):
        parse("0 f(A) = 0", defines={"A": "B x", "B": "A y"})


def test_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "bad.pkt"
    path.write_bytes(b"0 `x`\n\xff\xfe")
    with pytest.raises(ScriptError, match=r"bad.pkt:2:1: expected a text file in UTF-8"):
        load(path)
