"""Addresses, prefixes, endpoints, and what kind an address is."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.errors import UsageError
from synfin.wire import addresses
from synfin.wire.addresses import Address, Endpoint, as_address, as_endpoint, parse_address

V4 = st.binary(min_size=4, max_size=4).map(Address)
V6 = st.binary(min_size=16, max_size=16).map(Address)
ANY = V4 | V6


@given(ANY)
def test_text_and_octets(address: Address) -> None:
    text = addresses.format_address(address)
    assert text == str(ipaddress.ip_address(bytes(address)))
    assert parse_address(text) == address
    assert as_address(text) == as_address(address) == address
    assert addresses.is_v6(address) is (":" in text)


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::g", "fe80::1%eth0", "10.0.0.1/8", "01.2.3.4"]
)
def test_bad_addresses_are_the_callers_mistake(text: str) -> None:
    with pytest.raises(UsageError, match=r"address|zone"):
        parse_address(text)


@pytest.mark.parametrize("value", [b"", b"abc", 7, None, bytearray(4)])
def test_octets_of_the_wrong_length_or_type(value: Any) -> None:
    with pytest.raises(UsageError, match="not an address"):
        as_address(value)


def test_endpoints() -> None:
    made = as_endpoint(("192.0.2.1", 80))
    assert made == Endpoint(parse_address("192.0.2.1"), 80)
    assert as_endpoint(made) == made
    assert as_endpoint((parse_address("::1"), 0)).port == 0
    assert str(made) == "192.0.2.1:80"
    assert str(as_endpoint(("2001:db8::1", 443))) == "[2001:db8::1]:443"


@pytest.mark.parametrize("port", [-1, 65_536, "80", 80.0, True, None])
def test_bad_ports(port: Any) -> None:
    with pytest.raises(UsageError, match="between 0 and 65535"):
        as_endpoint(("192.0.2.1", port))


@pytest.mark.parametrize("value", ["192.0.2.1:80", ("192.0.2.1",), ("192.0.2.1", 1, 2), None])
def test_what_is_not_an_endpoint(value: Any) -> None:
    with pytest.raises(UsageError, match=r"give \(address, port\)"):
        as_endpoint(value)


@pytest.mark.parametrize(
    ("text", "address", "length"),
    [("10.0.0.1/24", "10.0.0.1", 24), ("10.0.0.1", "10.0.0.1", 32), ("fd00::1/64", "fd00::1", 64), ("::1", "::1", 128),
     ("0.0.0.0/0", "0.0.0.0", 0)],
)  # fmt: skip
def test_prefixes(text: str, address: str, length: int) -> None:
    assert addresses.parse_prefix(text) == (parse_address(address), length)


@pytest.mark.parametrize(
    "text", ["10.0.0.1/33", "::/129", "10.0.0.1/", "10.0.0.1/-1", "10.0.0.1/a", "/8", "::/²", "1.2.3.4/1111"]
)
def test_bad_prefixes(text: str) -> None:
    with pytest.raises(UsageError):
        addresses.parse_prefix(text)


@given(ANY, st.integers(0, 128))
def test_network_and_membership(address: Address, length: int) -> None:
    length = min(length, len(address) * 8)
    network = addresses.network_of(address, length)
    reference = ipaddress.ip_network((bytes(address), length), strict=False)
    assert bytes(network) == reference.network_address.packed
    assert addresses.in_prefix(address, network, length)
    if length:
        other = Address((int.from_bytes(network, "big") ^ 1 << len(address) * 8 - length).to_bytes(len(address), "big"))
        assert not addresses.in_prefix(other, network, length)
        assert not addresses.in_prefix(other, address, length)


def test_families_never_match() -> None:
    assert not addresses.in_prefix(parse_address("::"), parse_address("0.0.0.0"), 0)


@given(V4, st.integers(0, 32))
def test_directed_broadcast(address: Address, length: int) -> None:
    """RFC 1122 3.2.1.3, and none for point-to-point prefixes."""
    made = addresses.broadcast_of(address, length)
    if length > 30:
        assert made is None
    else:
        assert made == ipaddress.ip_network((bytes(address), length), strict=False).broadcast_address.packed
    assert addresses.broadcast_of(parse_address("::1"), 64) is None


@given(ANY)
def test_kinds_agree_with_the_standard_library(address: Address) -> None:
    reference = ipaddress.ip_address(bytes(address))
    assert addresses.is_multicast(address) is reference.is_multicast
    assert addresses.is_unspecified(address) is reference.is_unspecified
    assert addresses.is_loopback(address) is reference.is_loopback
    assert addresses.is_link_local(address) is reference.is_link_local


@pytest.mark.parametrize(
    ("text", "kinds"),
    [("0.0.0.0", "unspecified"), ("::", "unspecified"), ("127.255.0.1", "loopback"), ("::1", "loopback"),
     ("224.0.0.1", "multicast"), ("239.255.255.255", "multicast"), ("240.0.0.1", ""), ("223.255.255.255", ""),
     ("ff02::1", "multicast"), ("169.254.9.9", "link_local"), ("169.253.9.9", ""), ("fe80::1", "link_local"),
     ("febf::1", "link_local"), ("fec0::1", ""), ("255.255.255.255", "broadcast"), ("10.0.0.1", "")],
)  # fmt: skip
def test_kinds(text: str, kinds: str) -> None:
    address = parse_address(text)
    for kind in ("unspecified", "loopback", "multicast", "link_local", "broadcast"):
        assert getattr(addresses, f"is_{kind}")(address) is (kind == kinds), kind


def test_multicast_link_addresses() -> None:
    assert addresses.solicited_node(parse_address("2001:db8::12:3456")) == parse_address("ff02::1:ff12:3456")
    assert addresses.multicast_mac(parse_address("ff02::1:ff12:3456")) == bytes.fromhex("3333ff123456")
    assert addresses.multicast_mac(parse_address("239.255.1.2")) == bytes.fromhex("01005e7f0102")


def test_link_addresses() -> None:
    mac = addresses.parse_mac("02:00:5E:00:00:0a")
    assert mac == bytes.fromhex("02005e00000a") == addresses.parse_mac("02-00-5e-00-00-0a")
    assert addresses.format_mac(mac) == "02:00:5e:00:00:0a"
    assert addresses.is_group_mac(addresses.BROADCAST_MAC)
    assert addresses.is_group_mac(addresses.multicast_mac(addresses.ALL_NODES_V6))
    assert not addresses.is_group_mac(mac)


@pytest.mark.parametrize(
    "text", ["", "02:00:00:00:00", "02:00:00:00:00:00:00", "2:0:0:0:0:1", "02:00:00:00:00:0g", "020000000001"]
)
def test_bad_link_addresses(text: str) -> None:
    with pytest.raises(UsageError, match="MAC"):
        addresses.parse_mac(text)
