"""Interfaces, addresses, routes and source addresses."""

from __future__ import annotations

from random import Random

import pytest

from synfin.errors import UsageError
from synfin.host import Host
from synfin.host.interfaces import Interfaces, link_local_from_mac
from synfin.host.routes import Route, RouteTable
from synfin.wire.addresses import Address, as_address, format_address, parse_mac, parse_prefix


def routed() -> Host:
    host = Host("R", rng=Random(1))
    host.add_interface("eth0", ["10.0.0.1/24", "fd00::1/64"])
    host.add_interface("eth1", ["192.0.2.1/25", "2001:db8::1/64"])
    host.add_route("0.0.0.0/0", via="10.0.0.254")
    host.add_route("::/0", via="fd00::ff")
    host.add_route("198.51.100.0/24", via="192.0.2.126")
    host.add_route("198.51.100.128/25", via="10.0.0.253", source="192.0.2.1")
    return host


def way(host: Host, destination: str) -> str:
    path = host._routes.path(as_address(destination))
    if path is None:
        return "none"
    return f"{path.interface.name} {format_address(path.next_hop)} {format_address(path.source)}"


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("10.0.0.7", "eth0 10.0.0.7 10.0.0.1"),
        ("192.0.2.7", "eth1 192.0.2.7 192.0.2.1"),
        ("192.0.2.200", "eth0 10.0.0.254 10.0.0.1"),  # /25: not on the link
        ("198.51.100.1", "eth1 192.0.2.126 192.0.2.1"),
        ("198.51.100.129", "eth0 10.0.0.253 192.0.2.1"),
        ("8.8.8.8", "eth0 10.0.0.254 10.0.0.1"),
        ("fd00::7", "eth0 fd00::7 fd00::1"),
        ("2001:db8::7", "eth1 2001:db8::7 2001:db8::1"),
        ("2001:db9::7", "eth0 fd00::ff fd00::1"),
        ("10.0.0.1", "lo 10.0.0.1 10.0.0.1"),
        ("127.0.0.1", "lo 127.0.0.1 127.0.0.1"),
        ("127.9.9.9", "lo 127.9.9.9 127.0.0.1"),
        ("::1", "lo ::1 ::1"),
        ("fd00::1", "lo fd00::1 fd00::1"),
        ("10.0.0.255", "eth0 10.0.0.255 10.0.0.1"),
        ("192.0.2.127", "eth1 192.0.2.127 192.0.2.1"),
        ("255.255.255.255", "eth0 255.255.255.255 10.0.0.1"),
        ("ff02::1", "eth0 ff02::1 fd00::1"),
    ],
)
def test_longest_prefix_and_source_address(destination: str, expected: str) -> None:
    """[RFC1122-22] [MUST-44]"""
    host = routed()
    assert way(host, destination) == expected
    assert way(host, destination) == expected  # from the cache too


@pytest.mark.parametrize(
    ("prefix", "inside", "outside"),
    [
        ("10.0.0.1/31", "10.0.0.0", "10.0.0.2"),
        ("10.0.0.1/32", None, "10.0.0.0"),
        ("10.0.0.1/0", "203.0.113.1", None),
        ("10.0.0.1/8", "10.255.0.1", "11.0.0.1"),
    ],
)
def test_the_mask_decides_what_is_on_the_link(prefix: str, inside: str | None, outside: str | None) -> None:
    """[RFC1122-22]"""
    host = Host("R", rng=Random(1))
    host.add_interface("eth0", [prefix])
    if inside is not None:
        assert way(host, inside) == f"eth0 {inside} 10.0.0.1"
    if outside is not None:
        assert way(host, outside) == "none"


def test_a_new_route_counts_at_once() -> None:
    host = routed()
    assert way(host, "8.8.8.8") == "eth0 10.0.0.254 10.0.0.1"
    host.add_route("8.8.8.0/24", via="192.0.2.100")
    assert way(host, "8.8.8.8") == "eth1 192.0.2.100 192.0.2.1"
    host.add_route("8.8.8.0/24", via="192.0.2.101")  # replaced
    assert way(host, "8.8.8.8") == "eth1 192.0.2.101 192.0.2.1"


def test_route_cache_is_limited() -> None:
    interfaces = Interfaces()
    interface = interfaces.add("eth0", 1500, None)
    interfaces.add_address(interface, *parse_prefix("10.0.0.1/8"))
    table = RouteTable(interfaces, 16)
    table.add(Route(as_address("10.0.0.0"), 8, interface, None, None))
    for number in range(200):
        assert table.path(Address(b"\x0a\x00\x01" + bytes((number,)))) is not None
        assert len(table._cache) <= 16


@pytest.mark.parametrize(
    ("prefix", "options", "message"),
    [
        ("0.0.0.0/0", {"via": "172.16.0.1"}, "is on no link of this host"),
        ("0.0.0.0/0", {"via": "198.51.100.1"}, "is on no link of this host"),  # itself behind a gateway
        ("0.0.0.0/0", {"via": "fd00::1"}, "other address family"),
        ("0.0.0.0/0", {}, "give via="),
        ("0.0.0.0/0", {"interface": "eth9"}, "no interface 'eth9'; it has lo, eth0, eth1"),
        ("0.0.0.0/0", {"via": "10.0.0.254", "source": "10.0.0.9"}, "is not an address of this host"),
        ("0.0.0.0/33", {"via": "10.0.0.254"}, "between 0 and 32"),
    ],
)
def test_a_bad_route_is_refused(prefix: str, options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        routed().add_route(prefix, **options)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("224.0.0.1/24", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("0.0.0.1/8", r"0\.x"),
        ("10.0.0.255/24", "broadcast address of its own subnet"),
        ("ff02::5/64", "multicast"),
        ("::/64", "broadcast, multicast"),
        ("10.0.0.1/24", "already has this address"),
        ("10.0.0.1/40", "between 0 and 32"),
    ],
)
def test_a_bad_address_is_refused(address: str, message: str) -> None:
    """[RFC1122-07]"""
    host = Host("R", rng=Random(1))
    host.add_interface("eth0", ["10.0.0.1/24"])
    with pytest.raises(UsageError, match=message):
        host.add_address("eth0", address)


def test_bad_interfaces_are_refused() -> None:
    host = Host("R", rng=Random(1))
    host.add_interface("eth0", [])
    with pytest.raises(UsageError, match="already an interface"):
        host.add_interface("eth0", [])
    with pytest.raises(UsageError, match="MTU is 67"):
        host.add_interface("eth1", [], mtu=67)
    with pytest.raises(UsageError, match="not a group address"):
        host.add_interface("eth1", [], mac="03:00:00:00:00:01")
    with pytest.raises(UsageError, match="IPv6 needs an MTU of 1280"):
        host.add_interface("eth1", ["fd00::1/64"], mtu=1279)


def test_ethernet_interfaces_with_ipv6_have_a_link_local_address() -> None:
    """RFC 4291 2.1 and appendix A."""
    host = Host("R", rng=Random(1))
    interface = host.add_interface("eth0", ["fd00::1/64"], mac="02:11:22:33:44:55")
    assert [format_address(address) for address, _ in interface.networks] == ["fd00::1", "fe80::11:22ff:fe33:4455"]
    assert format_address(link_local_from_mac(parse_mac("00:00:5e:00:53:01"))) == "fe80::200:5eff:fe00:5301"
    assert way(host, "fe80::9") == "eth0 fe80::9 fe80::11:22ff:fe33:4455"
    assert way(host, "fd00::9") == "eth0 fd00::9 fd00::1"
    assert way(host, "ff02::1:ff00:9") == "eth0 ff02::1:ff00:9 fe80::11:22ff:fe33:4455"


def test_source_has_the_longest_common_prefix() -> None:
    """RFC 6724 5 rule 8."""
    host = Host("R", rng=Random(1))
    host.add_interface("eth0", ["10.1.0.1/8", "10.2.0.1/16", "10.2.3.1/24"])
    assert way(host, "10.2.3.9") == "eth0 10.2.3.9 10.2.3.1"
    assert way(host, "10.2.200.9") == "eth0 10.2.200.9 10.2.0.1"
    assert way(host, "10.1.9.9") == "eth0 10.1.9.9 10.1.0.1"
