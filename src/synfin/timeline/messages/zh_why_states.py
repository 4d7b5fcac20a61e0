"""简体中文：每个状态是什么意思，谁会进入，停留多久，从外面看得到什么。"""

from __future__ import annotations

from typing import Final

STATES: Final[dict[str, str]] = {
    "why.state.CLOSED": (
        "CLOSED 的意思是“没有控制块”，RFC 9293 3.3.2 称它为虚构的状态。每个连接都从这里开始，又回到这里：正常关闭、"
        "被复位，或是放弃重试。这里什么都不记，也没有定时器，所以 ss 里看不到它。此时再有报文段发到这对地址和端口，"
        "就用 RST 告诉对方没有这个连接；唯独 RST 不回应，否则两个糊涂的端点会互相应答个没完。"
    ),
    "why.state.LISTEN": (
        "程序调用了 listen()：没有发出任何报文，也还不知道对端是谁，直到监听套接字被关闭为止。在 RFC 的模型里，收到"
        "第一个 SYN 的就是这个控制块本身；而实际的协议栈（本栈也是）让监听者一直留在 LISTEN，每个 SYN 另生一个子连"
        "接。ss -l 的 Recv-Q 是等待 accept() 的连接数，Send-Q 是其上限。会积压的正是它们，以及排在更前面的半连接（"
        "RFC 9293 3.10.7.2）。"
    ),
    "why.state.SYN_SENT": (
        "调用了 connect()，SYN 已经发出，双方的初始序列号都还没有谈妥。正常情况下只停留一个往返。得不到应答就再发 "
        "SYN，间隔逐次加长，至少坚持三分钟（RFC 9293 3.8.3）；若收到确认了这个 SYN 的 RST，则立刻失败。ss 显示 "
        "SYN-SENT 和重传定时器。大量出现说明 SYN 被默默丢弃，多半是防火墙。有的笔记写作 SYN_SEND，指的就是它。"
    ),
    "why.state.SYN_RECEIVED": (
        "收到了 SYN，也回了 SYN,ACK，只差对方确认我方的 SYN。一般停留一个往返，最长到 SYN,ACK 重传无果为止。ss 写作"
        " SYN-RECV，笔记写作 SYN_RCVD。大量出现的原因：最后的 ACK 丢了、全连接队列满了，或者有人用伪造的 SYN 洪泛；"
        "开了 SYN Cookie 则什么也看不到。笔记称之为“半连接”，而 RFC 9293 3.5.1 的 half-open 另有所指：一端丢了状态"
        "的连接。"
    ),
    "why.state.ESTABLISHED": (
        "就这一端所知，双方的初始序列号都已告知并得到确认，数据可以双向流动。两端进入这个状态相差半个往返，从来不是"
        "同一时刻。想停留多久都可以：没有数据就什么也不发，断网一整天连接也还在。因此 ESTABLISHED（ss 写作 ESTAB）"
        "并不证明对端还活着，只有发送数据或者保活探测才能知道（RFC 9293 3.3.2、3.8.4）。"
    ),
    "why.state.FIN_WAIT_1": (
        "这一端先关闭了自己的方向，FIN 还没有得到确认，甚至可能还排在没发完的数据后面。通常一个往返就过去了，所以 "
        "ss 里很少见到。如果停着不走，说明对端没有声音，或者它的窗口一直关着，FIN 送不过去；对端一直沉默，最后就放"
        "弃。双方也可能同时处于这个状态。RFC 9293 3.3.2 的说法是：等待对方的 FIN，或者等待自己 FIN 的确认。"
    ),
    "why.state.FIN_WAIT_2": (
        "我方的 FIN 已得到确认，这个方向彻底关闭，而对端还可以继续发，这就是半关闭。它等的是对端的 FIN，也就是等对"
        "端的应用。RFC 9293 没有规定时限；shutdown() 之后也确实不该有。对端忘了关闭时，它就在 ss 里越积越多，而在对"
        "端那边，同样的连接显示为 CLOSE-WAIT。有些笔记说它“一定会超时”，那不是 RFC 的规定。"
    ),
    "why.state.CLOSE_WAIT": (
        "对端的 FIN 已经收到并确认，自己的应用读到了文件结束，却还没有关闭。它仍可以继续写；如果对端只是 shutdown()，"
        "这些数据照样会被读走。没有任何定时器会结束这个状态，也没有内核参数管它，只能等应用调用 close()。所以 ss 里"
        " CLOSE-WAIT 不断增加，就说明有程序忘了关连接（RFC 9293 3.3.2、3.6）。"
    ),
    "why.state.CLOSING": (
        "双方都发了 FIN，两个 FIN 在途中交错，对方的 FIN 比对我方 FIN 的确认先到。现在只差这个确认，所以停留大约一"
        "个往返，ss 里难得一见。若一直停着，多半是对端已经不在，FIN 会重传到放弃为止。之后两端都进入 TIME_WAIT（RFC "
        "9293 3.6，图 13）。"
    ),
    "why.state.LAST_ACK": (
        "对端先关闭，随后我方应用也关闭了，现在等对方确认我方的 FIN，这是整个连接的最后一个报文段。需要一个往返；"
        "FIN 或它的确认丢了，就重传 FIN，直到得到确认或者放弃。它后面没有 TIME_WAIT：那是先关闭的一端的负担。ss 里"
        "大量出现，说明对端已经从网络上消失（RFC 9293 3.3.2）。"
    ),
    "why.state.TIME_WAIT": (
        "双方都发过 FIN，我方的也已得到确认，但这一端还要停留两倍的报文段最大生存时间：对方的 FIN 若再来，好补发最"
        "后的 ACK；也让旧报文段在同一对地址和端口被重新使用之前消失。RFC 9293 取 MSL 为 2 分钟，合计 4 分钟（3.4.2、"
        "3.6.1）。进入它的是先关闭的一端，不一定是客户端。ss 里它常常最多，其实很省内存，只有对外发起连接的一方才会"
        "为它缺端口。"
    ),
}

LINUX: Final[dict[str, str]] = {
    "linux.state.LISTEN": (
        "全连接队列比 backlog 多容纳一个。队列满时，新的 SYN 被默默丢弃；tcp_syncookies=1 时，SYN 队列长到 backlog "
        "就开始用 SYN Cookie。"
    ),
    "linux.state.SYN_SENT": (
        "Linux 6.18 在第 0、1、2、3、4、5、7 秒发出 SYN，前四次重试不退避；131 到 135 秒后放弃，不到 RFC 要求的三分钟。"
    ),
    "linux.state.SYN_RECEIVED": (
        "显示为 SYN-RECV。SYN,ACK 在 1、3、7、15、31 秒后重传，63 秒时删除该条目。监听套接字自己一直处于 LISTEN。"
    ),
    "linux.state.FIN_WAIT_1": "套接字关闭之后，FIN 在 0.2、0.6、1.5、3.1、6.5、13、26、53 秒后重传，108 秒时放弃。",
    "linux.state.FIN_WAIT_2": (
        "套接字已关闭的，经过 tcp_fin_timeout（60 秒）就结束，之后再来的 FIN 得到 RST。只做了 shutdown() 的则无限等"
        "待，与 RFC 一致。已关闭的只剩一条记录，序号在期望值之后的任何 RST 或 SYN 都会结束它。"
    ),
    "linux.state.CLOSE_WAIT": (
        "与 RFC 一样，没有定时器也没有 sysctl 会结束它。序号等于对方 FIN（比期望值小 1）的 RST 在这里也被采信。"
    ),
    "linux.state.CLOSING": "序号等于对方 FIN（比期望值小 1）的 RST 也会结束它；按 RFC 5961 应当忽略。",
    "linux.state.LAST_ACK": "序号等于对方 FIN（比期望值小 1）的 RST 也会结束它，因为有些协议栈会发这样的 RST。",
    "linux.state.TIME_WAIT": (
        "总共 60 秒，没有 sysctl 能改；tcp_fin_timeout 管的是 FIN_WAIT_2。任何带 ACK 的报文段都会让它重新计时，不限"
        "于重传的 FIN；序号正好等于期望值的 RST 会终止它，除非 tcp_rfc1337=1。"
    ),
}

MESSAGES: Final[dict[str, str]] = {**STATES, **LINUX}
