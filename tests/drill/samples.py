"""Scripts that tests of the language share."""

from __future__ import annotations

import re
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"
KERNEL = sorted((SCRIPTS / "kernel").glob("*.pkt"))  # the 35 that are older than this project's interpreter
BOTH = [path for folder in ("kernel", "both") for path in sorted((SCRIPTS / folder).rglob("*.pkt"))]  # pass on Linux
RFC = sorted((SCRIPTS / "rfc").rglob("*.pkt"))
OURS = [path for path in [*BOTH, *RFC] if path not in KERNEL]


def remarks(path: Path, word: str) -> list[str]:
    """What the comments `// word: …` of a script say, line by line."""
    text = path.read_text(encoding="utf-8")
    return re.findall(rf"^// {word}: *(.*\S)$", text, re.MULTILINE)


# What has no meaning over IPv6.
IPV4_ONLY = {
    "pmtu-frag-needed": "an MTU of 1200 is below the least one of IPv6 (RFC 8200 5): such a message is ignored",
}

# One of everything that the language has.
EVERYTHING = r"""
// A comment
--tolerance_usecs=20000   // behind an option
--ip_version=ipv4
--define=SIZE=1000
--mss='a b' --non_fatal
`sysctl -q net.ipv4.tcp_ecn=0`

0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, {sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr("192.168.0.1")}, ...) = 0
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0 /* two
lines */ +0...0.5 accept(3, ..., [16]) = 4
+.1 < [ect0, tos 0x10, ttl 9] 40000 > 8080 SEWA. 0:0(0) win 65535 <mss SIZE,nop,nop,sackOK,wscale 7,TS val 1 ecr 0,eol>
0.2~.3 > S. 0:0(0) ack 1 win ... <...>
* > (flowlabel 0x12345) .5 1:1(0) ack 1 <nop,nop,TS val ... ecr ...>
+1~+2.5 < - 4294967295:4294967296(1)! <FO,FO 0a0b0c0d,FOEXP,FOEXP 1234,md5 00112233445566778899aabbccddeeff>
+0 < FRPU 5:5(0) ack 1 win 0 urg 3 <sack 1:2 3:4,ECN e0b 1 ceb 2 e1b 3,ECN ceb 7,kind 253 0a,kind 9,raw 0203>
+0 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]
+0 < icmp 3 4 [1:2(1)]
+0 > udp 5 > 6 (1000)
+0 `echo "hello // world"`
+0 %{
# assertions
assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd
}%
+0 sendmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 10}, {"a\"b\n\x01", 3}], msg_flags=0}, MSG_MORE) = -1 EAGAIN (No)
+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=0}], 1, -1) = 0x2 (flags O_RDWR)
+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0
#ifdef NEVER
+0 this is not read
#else
+0 close(4) = 0
#endif
`echo end`
"""
