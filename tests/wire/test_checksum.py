"""The Internet checksum against the definition, against RFC 1071's example, and against scapy."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.utils import checksum as scapy_checksum

from synfin.wire.addresses import parse_address
from synfin.wire.checksum import checksum, ones_sum, pseudo_header_sum

# Every branch of ones_sum, both sides of every limit, odd and even.
SIZES = (0, 1, 2, 3, 19, 20, 383, 384, 385, 386, 1_459, 1_460, 4_095, 4_096, 4_097, 4_098, 5_119, 5_120, 5_121, 65_535)


def by_definition(data: bytes) -> int:
    """RFC 1071 1, word by word with end-around carry."""
    total = 0
    for at in range(0, len(data), 2):
        total += data[at] << 8 | (data[at + 1] if at + 1 < len(data) else 0)
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def test_example_of_rfc_1071() -> None:
    data = bytes.fromhex("0001f203f4f5f6f7")
    assert ones_sum(data) % 0xFFFF == 0xDDF2
    assert checksum(data) == 0xFFFF - 0xDDF2


@pytest.mark.parametrize("size", SIZES)
def test_random_data_of_any_size(size: int) -> None:
    data = random.Random(size).randbytes(size)
    assert checksum(data) == by_definition(data) == scapy_checksum(data)


@pytest.mark.parametrize("size", SIZES)
def test_the_two_zeros(size: int) -> None:
    """All zero octets sum up to 0 (checksum FFFF), all ones to FFFF (checksum 0), which the remainder cannot tell."""
    assert checksum(bytes(size)) == 0xFFFF
    assert checksum(b"\xff" * (size + size % 2)) == (0 if size else 0xFFFF)


@given(st.binary(max_size=600), st.binary(max_size=600))
def test_pieces_add_up(left: bytes, right: bytes) -> None:
    left += bytes(len(left) % 2)
    assert checksum(right, ones_sum(left)) == checksum(left + right)


@given(st.binary(min_size=2, max_size=5_000))
def test_data_with_its_checksum_sums_up_to_zero(data: bytes) -> None:
    data += bytes(len(data) % 2)
    assert (ones_sum(data) + checksum(data)) % 0xFFFF == 0


def test_pseudo_headers_of_both_families() -> None:
    """[RFC9293-E03]: 96 bits for IPv4, 320 for IPv6, laid out here by hand."""
    one, two = parse_address("192.0.2.1"), parse_address("192.0.2.2")
    octets = one + two + bytes((0, 6)) + (1_000).to_bytes(2, "big")
    assert pseudo_header_sum(one, two, 6, 1_000) % 0xFFFF == ones_sum(octets) % 0xFFFF
    one, two = parse_address("2001:db8::1"), parse_address("fe80::2")
    octets = one + two + (70_000).to_bytes(4, "big") + bytes((0, 0, 0, 17))
    assert pseudo_header_sum(one, two, 17, 70_000) % 0xFFFF == ones_sum(octets) % 0xFFFF
