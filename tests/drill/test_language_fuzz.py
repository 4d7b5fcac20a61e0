"""Whatever text comes: the parser gives a script that survives printing, or its one error with a place."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.drill import ScriptError, parse, print_script
from tests.drill.samples import EVERYTHING, KERNEL

CORPUS = [EVERYTHING, *(path.read_text(encoding="utf-8") for path in KERNEL)]
PIECES = [
    "0", "+0", "+.1", "+.1~+.2", "*", "...", ".1", "<", ">", "S", "S.", ".", ".5", "-", "P.", "0:0(0)", "1:11(10)", "!",
    "ack", "win", "urg", "1", "65535", "0xff", "<...>", "<nop,nop>", "mss", "sackOK", "TS val", "ecr", "FO", "sack",
    "1:2", "[", "]", "(", ")", "{", "}", ",", "|", "=", "f", "socket(", "EAGAIN", "icmp", "unreachable", "mtu", "udp",
    "`x`", "`", "%{", "}%", '"', '"x"', "\\", "//", "/*", "*/", "#ifdef A", "#else", "#endif", "#define A B", "\n", " ",
    "--x=1", "--define=S=P", "ect0", "tos", "A", "B",
]  # fmt: skip


def check(text: str, defines: dict[str, str] | None = None) -> None:
    try:
        script = parse(text, defines=defines)
    except ScriptError as error:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1
        assert error.expected
        return
    # The words that were replaced are not replaced again.
    plain = type(script)(
        tuple(option for option in script.options if option[0] != "define"),
        script.events,
        script.init,
        script.cleanup,
    )
    assert parse(print_script(plain)) == plain


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    check(text)


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=40),
    st.sampled_from(["", " "]),
    st.dictionaries(st.sampled_from("AB"), st.sampled_from(PIECES), max_size=2),
)
def test_any_order_of_pieces(pieces: list[str], joint: str, defines: dict[str, str]) -> None:
    check(joint.join(pieces), defines)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(CORPUS), st.data())
def test_scripts_with_something_changed(script: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(script)))
    end = data.draw(st.integers(start, min(len(script), start + 30)))
    new = data.draw(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)))
    check(script[:start] + new + script[end:])
