"""TCP options: every kind, any order and alignment, illegal lengths, and the layout that is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.errors import UsageError, WireError
from synfin.wire import tcp_options
from synfin.wire.tcp_options import (
    NO_OPTIONS,
    TcpOptions,
    describe_options,
    encode_options,
    options_length,
    parse_options,
)

TS = bytes.fromhex("080a0000000100000002")

WORD = st.integers(0, 0xFFFF_FFFF)
COOKIE = st.integers(2, 8).flatmap(lambda half: st.binary(min_size=2 * half, max_size=2 * half))
RECOGNISED = {2, 3, 4, 5, 8, 28, 34}
OTHER = st.tuples(st.integers(2, 255).filter(lambda kind: kind not in RECOGNISED), st.binary(max_size=18))
TLV = st.builds(lambda kind, value: bytes((kind, 2 + len(value))) + value, st.integers(2, 255), st.binary(max_size=10))
OPTIONS = st.builds(
    TcpOptions,
    mss=st.none() | st.integers(0, 0xFFFF),
    window_scale=st.none() | st.integers(0, 255),
    sack_permitted=st.booleans(),
    sack=st.lists(st.tuples(WORD, WORD), max_size=4).map(tuple),
    ts_val=st.none() | WORD,
    ts_ecr=st.just(0),
    user_timeout=st.none() | st.integers(0, 0xFFFF),
    fast_open=st.none() | st.just(b"") | COOKIE,
    others=st.lists(OTHER, max_size=3).map(tuple),
).filter(lambda options: options_length(options) <= 40)


@given(OPTIONS, WORD)
def test_what_was_built_is_read_as_the_same_value(options: TcpOptions, ts_ecr: int) -> None:
    if options.ts_val is not None:
        options.ts_ecr = ts_ecr
    raw = encode_options(options)
    parsed = parse_options(raw)
    assert parsed == options
    assert parsed.raw == raw
    assert encode_options(parsed) == raw
    assert len(raw) == options_length(options) == options_length(parsed)
    assert len(raw) % 4 == 0


@given(st.lists(TLV | st.just(b"\x01"), max_size=10).map(b"".join), st.binary(max_size=8))
def test_any_list_that_can_be_read_is_built_again_to_the_octet(octets: bytes, rest: bytes) -> None:
    """Padding, order and repetition survive, because `raw` does."""
    raw = (octets + b"\x00" + rest)[:40] if len(octets) < 40 else b""
    raw += bytes(-len(raw) % 4)
    options = parse_options(raw)
    assert encode_options(options) == raw
    assert parse_options(encode_options(options)) == options


def test_no_options_are_one_shared_value() -> None:
    assert parse_options(b"") is NO_OPTIONS
    assert encode_options(NO_OPTIONS) == b""
    assert encode_options(TcpOptions()) == b""
    assert options_length(NO_OPTIONS) == 0


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("020405b4", TcpOptions(mss=1460)),
        ("030307", TcpOptions(window_scale=7)),
        ("0402", TcpOptions(sack_permitted=True)),
        ("050a0000000100000002", TcpOptions(sack=((1, 2),))),
        ("0512fffffff0000000100000000100000002", TcpOptions(sack=((0xFFFF_FFF0, 16), (1, 2)))),
        ("080a0000000100000002", TcpOptions(ts_val=1, ts_ecr=2)),
        ("1c048001", TcpOptions(user_timeout=0x8001)),
        ("2202", TcpOptions(fast_open=b"")),
        ("220601020304", TcpOptions(fast_open=b"\1\2\3\4")),
        ("1312" + "ab" * 16, TcpOptions(others=((tcp_options.MD5, b"\xab" * 16),))),
        ("1d040102", TcpOptions(others=((tcp_options.AO, b"\1\2"),))),
        ("1e0300", TcpOptions(others=((tcp_options.MPTCP, b"\0"),))),
        ("ac05010203", TcpOptions(others=((tcp_options.ACCECN_0, b"\1\2\3"),))),
        ("ae02", TcpOptions(others=((tcp_options.ACCECN_1, b""),))),
        ("fe04f989", TcpOptions(others=((tcp_options.EXPERIMENT_2, b"\xf9\x89"),))),
        ("63020000", TcpOptions(others=((99, b""),))),
    ],
)
@pytest.mark.parametrize("before", ["", "01", "0101", "010101", "6302"])
@pytest.mark.parametrize("after", ["", "00", "01", "00ff03", "6302"])
def test_each_kind_at_any_alignment(octets: str, value: TcpOptions, before: str, after: str) -> None:
    """[MUST-4] [MUST-5] [MUST-64]; nothing behind End-of-Option-List is looked at [MUST-69]."""
    unknown = ((99, b""),)
    parsed = parse_options(bytes.fromhex(before + octets + after))
    ended = octets.endswith("0000") and octets.startswith("63")
    front = unknown if before == "6302" else ()
    back = unknown if after == "6302" and not ended else ()
    value = TcpOptions(
        value.mss, value.window_scale, value.sack_permitted, value.sack, value.ts_val, value.ts_ecr,
        value.user_timeout, value.fast_open, front + value.others + back,
    )  # fmt: skip
    assert parsed == value


def test_the_order_does_not_matter() -> None:
    parts = [bytes.fromhex(part) for part in ("020405b4", "030307", "0402", "080a0000000100000002", "01")]
    wanted = TcpOptions(1460, 7, True, (), 1, 2)
    for turn in range(len(parts)):
        turned = parts[turn:] + parts[:turn]
        assert parse_options(b"".join(turned)) == wanted
        assert parse_options(b"".join(turned[::-1])) == wanted


def test_unknown_kinds_are_passed_over_by_their_length() -> None:
    """[MUST-6] [MUST-68]."""
    parsed = parse_options(bytes.fromhex("c8060204ffff") + bytes.fromhex("020405b4"))
    assert parsed.mss == 1460
    assert parsed.others == ((200, bytes.fromhex("0204ffff")),)
    assert parsed.other(200) == bytes.fromhex("0204ffff")
    assert parsed.other(201) is None


@pytest.mark.parametrize(
    "octets",
    ["0200", "0201", "02", "0205ffff", "0101010102", "080b" + "00" * 8, "c8ff", "c800", "01c801", "05",
     "2214" + "00" * 16],
)  # fmt: skip
def test_lengths_that_cannot_be_walked_over(octets: str) -> None:
    """[MUST-7]: 0, 1, beyond the header; the segment is dropped and counted, and nothing falls over."""
    with pytest.raises(WireError) as caught:
        parse_options(bytes.fromhex(octets))
    assert caught.value.rule == "tcp-option-bad-length"


@pytest.mark.parametrize(
    "octets",
    ["0203ff", "0206ffffffff", "0302", "03040101", "040300", "0502", "0509" + "00" * 7, "050b" + "00" * 9,
     "0806ffffffff", "080b" + "00" * 9, "1c03ff", "2203ff", "2204ffff", "2207" + "00" * 5, "2214" + "00" * 18],
)  # fmt: skip
def test_a_known_kind_of_the_wrong_length_is_kept_unread(octets: str) -> None:
    """[RFC2018-10] [RFC7413-02] and the like: the option is ignored, the ones after it are not."""
    raw = bytes.fromhex(octets)
    parsed = parse_options(raw + bytes.fromhex("1c040005"))
    assert parsed.others == ((raw[0], raw[2:]),)
    assert parsed == TcpOptions(user_timeout=5, others=parsed.others)


def test_of_two_of_a_kind_the_last_one_counts() -> None:
    parsed = parse_options(bytes.fromhex("020405b4" + "02040200" + "01010101"))
    assert parsed.mss == 512
    assert encode_options(parsed) == bytes.fromhex("020405b4" + "02040200" + "01010101")


@pytest.mark.parametrize(
    ("options", "octets"),
    [
        (TcpOptions(1460, 7, True, (), 1, 2), "020405b4 0402080a0000000100000002 01030307"),
        (TcpOptions(1460, 7, True), "020405b4 01010402 01030307"),
        (TcpOptions(1460, 7, False, (), 1, 2), "020405b4 0101080a0000000100000002 01030307"),
        (TcpOptions(1460), "020405b4"),
        (TcpOptions(ts_val=1, ts_ecr=2), "0101080a0000000100000002"),
        (TcpOptions(sack=((1, 2),), ts_val=1, ts_ecr=2), "0101080a0000000100000002 0101050a0000000100000002"),
        (TcpOptions(user_timeout=5, fast_open=b""), "1c040005 22020101"),
        (TcpOptions(fast_open=b"\1\2\3\4"), "220601020304 0101"),
        (TcpOptions(others=((30, b"\1\2\3"),)), "1e05010203 000000"),
    ],
)
def test_layout(options: TcpOptions, octets: str) -> None:
    """Where Linux would put them; End-of-Option-List and zeros at the end [MUST-69]."""
    assert encode_options(options) == bytes.fromhex(octets)


def test_four_sack_blocks_fit_without_timestamps_and_three_with() -> None:
    four = ((1, 2), (3, 4), (5, 6), (7, 8))
    assert len(encode_options(TcpOptions(sack=four))) == 36
    assert len(encode_options(TcpOptions(sack=four[:3], ts_val=0))) == 40
    with pytest.raises(UsageError, match="40 fit"):
        encode_options(TcpOptions(sack=four, ts_val=0))
    assert options_length(TcpOptions(sack=four, ts_val=0)) == 48


@pytest.mark.parametrize(
    "options",
    [
        TcpOptions(mss=65_536), TcpOptions(mss=-1), TcpOptions(window_scale=256), TcpOptions(ts_val=1 << 32),
        TcpOptions(ts_val=1, ts_ecr=-1), TcpOptions(sack=((0, 1 << 32),)), TcpOptions(user_timeout=65_536),
        TcpOptions(fast_open=b"abc"), TcpOptions(fast_open=b"ab"), TcpOptions(fast_open=bytes(18)),
        TcpOptions(others=((0, b""),)), TcpOptions(others=((1, b""),)), TcpOptions(others=((256, b""),)),
        TcpOptions(others=((99, bytes(254)),)), TcpOptions(others=((99, bytes(39)),)), TcpOptions(raw=bytes(41)),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_the_callers_mistake(options: TcpOptions) -> None:
    with pytest.raises(UsageError):
        encode_options(options)


def test_values_for_people() -> None:
    options = TcpOptions(1460, 7, True, ((1, 2), (3, 4)), 5, 6, 0x8001, b"\xab\xcd\xef\x01", ((19, b"\1"), (99, b"")))
    assert describe_options(options) == [
        "mss 1460", "sackOK", "TS val 5 ecr 6", "wscale 7", "sack 1:2 3:4", "uto 1 min", "tfo abcdef01", "md5 01",
        "kind 99",
    ]  # fmt: skip
    assert describe_options(TcpOptions(user_timeout=9, fast_open=b"")) == ["uto 9 s", "tfo request"]
    assert describe_options(NO_OPTIONS) == []
    assert repr(TcpOptions(1460)) == "TcpOptions(mss 1460)"


def test_equality_is_of_meaning() -> None:
    assert parse_options(b"\x01\x01" + TS) == parse_options(TS + b"\x01\x01")
    assert hash(parse_options(b"\x01\x01" + TS)) == hash(parse_options(TS + b"\x01\x01"))
    changed = [
        TcpOptions(mss=1), TcpOptions(window_scale=1), TcpOptions(sack_permitted=True), TcpOptions(sack=((1, 2),)),
        TcpOptions(ts_val=1), TcpOptions(ts_ecr=1), TcpOptions(user_timeout=1), TcpOptions(fast_open=b""),
        TcpOptions(others=((99, b""),)),
    ]  # fmt: skip
    for value in changed:
        assert value != NO_OPTIONS
    assert NO_OPTIONS != "no options"
