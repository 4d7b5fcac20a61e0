"""The parser of scripts: text in, a `Script` out, or one `ScriptError` that says where and what was expected.

Responsible for the order of options, commands and events, for times, and for system calls.  Packets are read by
`parse_packet`, words and numbers by `lexer`, comments and conditions by `source`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from synfin.drill.errors import ScriptError
from synfin.drill.lexer import Lexer
from synfin.drill.model import (
    ABSOLUTE,
    ANY,
    RELATIVE,
    Action,
    Applied,
    Array,
    Code,
    Either,
    Event,
    Expression,
    Member,
    Number,
    Rest,
    Script,
    Shell,
    Structure,
    Symbol,
    Syscall,
    Text,
    Time,
)
from synfin.drill.parse_packet import parse_packet
from synfin.drill.source import Source

MAX_DEPTH: Final = 32  # brackets within brackets
MAX_SCRIPT_BYTES: Final = 1_000_000

_OPTION: Final = re.compile(r"--([A-Za-z][A-Za-z0-9_-]*)(?:=(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s`]*)))?")
_TIME: Final = "a time (1.5, +.1, +.1~+.2 or *)"


def parse(text: str, path: str = "<script>", defines: Mapping[str, str] | None = None) -> Script:
    """Read a script; `defines` replace words, as `-D NAME=value` does.  Raises `ScriptError` and nothing else."""
    lexer = Lexer(Source(text, path, defines))
    options = _options(lexer)
    init = _command(lexer) if lexer.peek("`") else ""
    events: list[Event] = []
    cleanup = ""
    while not lexer.at_end():
        if lexer.peek("`") and events:
            cleanup = _command(lexer)
            if not lexer.at_end():
                raise lexer.error("the end of the script behind the cleanup command")
            break
        events.append(_event(lexer, first=not events))
    if not events:
        raise lexer.error(f"an event, which begins with {_TIME}")
    return Script(tuple(options), tuple(events), init, cleanup, path, lexer.source.lines)


def load(path: str | Path, defines: Mapping[str, str] | None = None) -> Script:
    """Read a script from a file.  Raises `ScriptError` and `OSError`."""
    data = Path(path).read_bytes()
    if len(data) > MAX_SCRIPT_BYTES:
        raise ScriptError(str(path), 1, 1, f"a script of at most {MAX_SCRIPT_BYTES} octets", f"{len(data)}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScriptError(str(path), line, 1, "a text file in UTF-8", f"octet {data[error.start]:#04x}") from None
    return parse(text, str(path), defines)


def _options(lexer: Lexer) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    while lexer.peek("--"):
        found = lexer.match(_OPTION)
        if found is None:
            raise lexer.error("an option (--name or --name=value)")
        out.append((found[1], next((value for value in found.groups()[1:] if value is not None), "")))
    return out


def _command(lexer: Lexer) -> str:
    lexer.expect("`")
    return lexer.until("`", "` to end this command")


def _event(lexer: Lexer, first: bool) -> Event:
    lexer.space()
    start = lexer.at
    time = _time(lexer)
    if first and time.kind == RELATIVE:
        time = Time(ABSOLUTE, time.start, time.end)  # the first event has nothing to be relative to
    action = _action(lexer, time)
    line, column = lexer.source.place(start)
    return Event(time, action, line, column, lexer.source.place(max(lexer.at - 1, start))[0])


def _time(lexer: Lexer) -> Time:
    if lexer.take("*"):
        return Time(ANY)
    kind = RELATIVE if lexer.take("+") else ABSOLUTE
    begin = lexer.duration(_TIME)
    if not lexer.take("~"):
        return Time(kind, begin)
    at = lexer.at
    if lexer.take("+") != (kind == RELATIVE):
        raise lexer.error("both times relative (with +) or both absolute", at)
    end = lexer.duration("the end of the range of times")
    if end < begin:
        raise lexer.error("an end of the range that is not before its start", at)
    return Time(kind, begin, end)


def _action(lexer: Lexer, time: Time) -> Action:
    if lexer.peek("..."):
        lexer.take("...")
        lexer.take("+")
        at = lexer.at
        end = lexer.duration("the time at which the call returns")
        if end < time.start or time.kind == ANY:
            raise lexer.error("a return of the call that is not before its start", at)
        return _syscall(lexer, end)
    if lexer.peek("<") or lexer.peek(">"):
        return parse_packet(lexer)
    if lexer.peek("`"):
        return Shell(_command(lexer))
    if lexer.take("%{"):
        return Code(lexer.until("}%", "}% to end this code").strip())
    if not lexer.peek_word():
        raise lexer.error("a packet (< or >), a system call, `a command` or %{ code }%")
    return _syscall(lexer, None)


# System calls


def _syscall(lexer: Lexer, end: int | None) -> Syscall:
    name = lexer.word("the name of a system call")
    lexer.expect("(", f"'(' and the arguments of {name}")
    arguments = _items(lexer, ")", 0)
    lexer.expect("=", f"'=' and what {name} returns")
    result = _expression(lexer, 0)
    errno = note = ""
    if lexer.peek_word():
        at = lexer.at
        errno = lexer.word("an error name such as EAGAIN")
        if not errno.startswith("E") or not errno.isupper() or not errno.isalnum():
            raise lexer.error("an error name such as EAGAIN, or the next event", at)
    if lexer.take("("):
        note = lexer.until(")", "')' to end this note").strip()
    return Syscall(name, arguments, result, errno, note, end)


def _items(lexer: Lexer, close: str, depth: int) -> tuple[Expression, ...]:
    """Expressions with commas between them, up to and with `close`."""
    out: list[Expression] = []
    if lexer.take(close):
        return ()
    while True:
        out.append(_expression(lexer, depth))
        if not lexer.take(","):
            break
    lexer.expect(close, f"',' or {close!r}")
    return tuple(out)


def _expression(lexer: Lexer, depth: int) -> Expression:
    if depth > MAX_DEPTH:
        raise lexer.error(f"at most {MAX_DEPTH} brackets within each other")
    parts = [_single(lexer, depth)]
    while lexer.take("|"):
        parts.append(_single(lexer, depth))
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


def _single(lexer: Lexer, depth: int) -> Expression:
    if lexer.take("..."):
        return Rest()
    if lexer.take("["):
        return Array(_items(lexer, "]", depth + 1))
    if lexer.take("{"):
        return _structure(lexer, depth + 1)
    if lexer.peek('"'):
        return Text(lexer.string())
    if lexer.peek_number():
        return Number(*lexer.number_as_written("a number"))
    if lexer.take("-"):
        value, hexadecimal = lexer.number_as_written("a number behind '-'")
        return Number(-value, hexadecimal)
    name = lexer.word("a value: a number, a name, a string, '...', [list] or {structure}")
    if lexer.take("("):
        return Applied(name, _items(lexer, ")", depth + 1))
    return Symbol(name)


def _structure(lexer: Lexer, depth: int) -> Structure:
    members: list[Member] = []
    if lexer.take("}"):
        return Structure(())
    while True:
        value = _expression(lexer, depth)
        member = Member("", value)
        if lexer.take("="):
            if isinstance(value, Symbol):
                member = Member(value.name, _expression(lexer, depth))
            elif isinstance(value, Applied) and len(value.arguments) == 1:
                member = Member(value.name, _expression(lexer, depth), value.arguments[0])
            else:
                raise lexer.error("'=' only behind the name of a member")
        members.append(member)
        if not lexer.take(","):
            break
    lexer.expect("}", "',' or '}'")
    return Structure(tuple(members))
