"""Routes of a host: longest prefix match, gateways, and the path that a destination is reached by.

Responsible for "which interface, which next hop, which of our addresses" (RFC 1122 3.3.1, [MUST-44]); resolving the
next hop to a link-layer address is `neighbors`.
"""

from __future__ import annotations

from typing import final

from synfin.errors import UsageError
from synfin.host.interfaces import Interface, Interfaces, has_link_scope
from synfin.wire.addresses import Address, is_link_local, is_multicast


@final
class Route:
    """`network`/`length` is reached through `interface`, and `gateway` when it is not on the link."""

    __slots__ = ("gateway", "interface", "length", "network", "source")

    def __init__(
        self, network: Address, length: int, interface: Interface, gateway: Address | None, source: Address | None
    ) -> None:
        self.network = network
        self.length = length
        self.interface = interface
        self.gateway = gateway
        self.source = source


@final
class Path:
    """How one destination is reached now: interface, next hop on its link, and our address towards it."""

    __slots__ = ("interface", "next_hop", "source")

    def __init__(self, interface: Interface, next_hop: Address, source: Address) -> None:
        self.interface = interface
        self.next_hop = next_hop
        self.source = source


@final
class RouteTable:
    """Routes by prefix length, with a bounded memory of paths looked up before [RFC1122-22] [RFC1122-23]."""

    __slots__ = ("_cache", "_cache_limit", "_interfaces", "_v4", "_v6", "generation")

    def __init__(self, interfaces: Interfaces, cache_limit: int) -> None:
        self._interfaces = interfaces
        self._v4: dict[int, dict[int, Route]] = {}
        self._v6: dict[int, dict[int, Route]] = {}
        self._cache: dict[Address, Path] = {}
        self._cache_limit = cache_limit
        self.generation = 0  # grows with every change, so that whoever keeps a Path can see that it is old

    def add(self, route: Route) -> None:
        """Add a route; one with the same prefix is replaced."""
        bits = len(route.network) * 8
        if not 0 <= route.length <= bits:
            raise UsageError(f"a prefix length must be between 0 and {bits}, not {route.length}")
        tables = self._v4 if bits == 32 else self._v6
        if route.length not in tables:
            tables[route.length] = {}
            ordered = sorted(tables.items(), reverse=True)
            tables.clear()
            tables.update(ordered)
        tables[route.length][int.from_bytes(route.network, "big") >> (bits - route.length)] = route
        self.changed()

    def changed(self) -> None:
        """Forget all cached paths."""
        self._cache.clear()
        self.generation += 1

    def routes(self) -> list[Route]:
        """All routes, IPv4 first, longest prefixes first."""
        return [route for tables in (self._v4, self._v6) for table in tables.values() for route in table.values()]

    def lookup(self, destination: Address) -> Route | None:
        """The route with the longest prefix that holds `destination`."""
        bits = len(destination) * 8
        number = int.from_bytes(destination, "big")
        tables = self._v4 if bits == 32 else self._v6
        for length, table in tables.items():
            route = table.get(number >> (bits - length))
            if route is not None:
                return route
        return None

    def path(self, destination: Address) -> Path | None:
        """How to reach `destination`; None without a route or without an address of ours in its family."""
        path = self._cache.get(destination)
        if path is None:
            path = self._find(destination)
            if path is not None:
                if len(self._cache) >= self._cache_limit:
                    self._cache.clear()
                self._cache[destination] = path
        return path

    def path_on(self, interface: Interface, destination: Address) -> Path | None:
        """How to reach `destination` on one interface, whatever the routes say (groups, broadcasts, link-local)."""
        source = interface.source_for(destination)
        return None if source is None else Path(interface, destination, source)

    def _find(self, destination: Address) -> Path | None:
        interfaces = self._interfaces
        if interfaces.is_local(destination):
            own = destination if destination in interfaces.local else None
            source = own if own is not None else interfaces.loopback.source_for(destination)
            return None if source is None else Path(interfaces.loopback, destination, source)
        for interface in interfaces.by_index:
            if destination in interface.broadcasts and interface.networks:
                path = self.path_on(interface, destination)
                if path is not None:
                    return path
        route = None if len(destination) == 16 and has_link_scope(destination) else self.lookup(destination)
        if route is None:
            if is_multicast(destination) or has_link_scope(destination):
                # Groups and link-local destinations without a route go to the first interface with the family.
                for interface in interfaces.by_index:
                    path = self.path_on(interface, destination)
                    if path is not None:
                        return path
            return None
        next_hop = destination if route.gateway is None else route.gateway
        source = route.source
        if source is None:
            source = route.interface.source_for(next_hop if not is_link_local(next_hop) else destination)
        return None if source is None else Path(route.interface, next_hop, source)
