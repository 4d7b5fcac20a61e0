"""A host without I/O: interfaces, ARP and neighbour discovery, IPv4 and IPv6, ICMP, UDP, and the TCP demultiplexer.

| file | what |
|---|---|
| `host` | the façade: frames and time in, frames out; the calls of applications |
| `interfaces`, `routes` | our addresses, and which way a packet takes |
| `neighbors`, `arp`, `ndp` | who has which MAC address |
| `ip_input`, `fragments`, `ip_output`, `pmtu` | packets in and out, reassembly, fragmentation |
| `icmp`, `icmp_errors`, `ping` | messages in, errors out, echo requests of ours |
| `udp`, `ports` | datagrams; ephemeral ports of both transports |
| `demux`, `tcp_output`, `slots` | which connection a segment is for; which connections have something to do |
| `timers`, `limits`, `counters`, `rules`, `core`, `config` | deadlines, rates, counters and names, shared state |
"""

from synfin.host.config import HostConfig
from synfin.host.host import Host
from synfin.host.interfaces import Interface
from synfin.host.ping import Ping
from synfin.host.udp import UdpEndpoint, UdpMessage

__all__ = ["Host", "HostConfig", "Interface", "Ping", "UdpEndpoint", "UdpMessage"]
