"""Bytes to values and back, without behaviour: one file per protocol.

Each file has slotted value classes, `parse_X(data, ...)` that raises only `WireError`, and `build_X(value, ...)`.
Building what was parsed gives the same octets (except that a checksum of 0xFFFF may come back as 0, its equal), and
parsing what was built gives the same value.  `rules.py` lists every name that a `WireError` can carry.

    addresses, checksum         RFC 1071, RFC 4291          icmpv4      RFC 792, RFC 1191
    ethernet, arp               RFC 894, RFC 826            icmpv6      RFC 4443, RFC 4861
    ipv4                        RFC 791                     udp         RFC 768
    ipv6                        RFC 8200                    tcp, tcp_options   RFC 9293 3.1, RFC 7323, RFC 2018, ...
    quote                       the packet inside an ICMP error
"""
