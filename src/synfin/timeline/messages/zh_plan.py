"""简体中文：对一次运行做的改动，以及故意违反 TCP 的规则。"""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "app.set": "设置：{detail}",
    "app.stop-reading": "停止读取",
    "app.read-on": "恢复读取",
    "rule.teach-established-on-syn": "{who} 只凭一个 SYN 就当作连接已建立：本课假设两次握手就够",
    "rule.teach-no-time-wait": "本课假设没有 TIME_WAIT：{who} 立刻忘掉这个连接",
    "why.rule.teach-established-on-syn": (
        "这是反事实的演示，违反 RFC 9293 3.5。真正的 TCP 停在 SYN_RECEIVED，直到有人确认 {who} 自己的初始序列号：单独一"
        "个 SYN 什么也证明不了，它可能是从前某个连接遗落在网络里的，也可能是伪造的地址。这里 {who} 信了它，告诉了应用，"
        "于是可能守着一个对端从来没有要过的连接。"
    ),
    "why.rule.teach-no-time-wait": (
        "这是反事实的演示，违反 RFC 9293 3.6。真正的 TCP 把这个连接的序号再保留两倍报文段最大生存时间，为的是回答再次到"
        "来的 FIN，并把旧报文段挡在同一对端口的下一个连接之外。这里 {who} 的最后一个 ACK 一发出就全忘了，此后到达的东西"
        "遇到的是陌生人。"
    ),
    "scenario.old-data": "旧报文段的副本到达时，A 已用同一端口再次连接；有 TIME_WAIT 就不会走到这一步",
}
