"""简体中文：有关关闭、放弃和 TIME_WAIT 的规则，为什么是这样。"""

from __future__ import annotations

from typing import Final

CLOSING: Final[dict[str, str]] = {
    "why.rule.fin-acked": (
        "确认号已越过 {who} 的 FIN，说明对端的协议栈收齐了全部数据，也知道不会再有。能这样肯定，是因为 FIN 有自己的"
        "序号：如果它只是一个标志，就没有哪个确认号能指明它。对端的应用可能一个字节还没读；ACK 只代表协议栈（RFC "
        "9293 3.10.7.4 第五步）。"
    ),
    "why.rule.fin-received": (
        "FIN 之前的数据都到齐了，FIN 本身就此生效：RCV.NXT 越过它加一，{who} 的应用读完剩下的数据就得知文件结束。关"
        "闭的只是 {peer} 的方向。{who} 还可以发，{peer} 的协议栈也必须接收，除非它的应用已经完全离开（RFC 9293 "
        "3.10.7.4 第八步）。"
    ),
    "why.rule.fin-received-and-acked": (
        "在 FIN_WAIT_1 中，关闭 {peer} 方向的这个报文段，或者更早的一个，同时也确认了 {who} 的 FIN：除了等旧报文段"
        "消失，再没有什么可等。倘若确认号小一，同样的 FIN 就会走向 CLOSING。看标志是分不出来的，因为每个 FIN 都带 "
        "ACK（RFC 9293 3.10.7.4）。"
    ),
    "why.rule.close-call": (
        "{who} 的应用调用了 shutdown() 或 close()。FIN 不会插队：它排在还没发完的数据之后，也可能要和它们一起等窗口。"
        "shutdown() 之后这一端还能读；close() 之后不能，此后到达的数据会得到 RST。若还在 SYN_SENT，这次尝试就此结束，"
        "不发 FIN（RFC 9293 3.10.4、3.6.1）。"
    ),
    "why.rule.abort-call": (
        "{who} 的应用不要正常的结束：调用 abort，把 SO_LINGER 设为 0，或者 close() 时还有数据没读。排队的内容全部丢"
        "弃，控制块删除；对端若还有连接，就发给它一个 RST，只发一次。没有 FIN，也没有 TIME_WAIT。RST 要是丢了，对端"
        "下次发送时才会发现（RFC 9293 3.10.5）。"
    ),
    "why.rule.time-wait-over": (
        "距最后一个 FIN 已过去两倍的报文段最大生存时间：足够让我方最后的 ACK 丢失、对端的 FIN 再来一次，也足够让旧"
        "报文段全部消失。到现在，这个四元组才可以放心重用。它限定的是网络能记住多久，并不保证最后的 ACK 已经送达："
        "对端也可能重传到放弃（RFC 9293 3.4.2、3.6.1）。"
    ),
    "linux.rule.time-wait-over": "TIME_WAIT 为 60 秒，即 MSL 取 30 秒的两倍，没有 sysctl 能改。",
    "why.rule.fin-wait-2-timeout": (
        "{who} 的应用已经放手，对端却不关闭。反正没有人再读，主机可以放弃这个条目，不必为每个健忘的对端一直保留。"
        "RFC 9293 3.6 没有这样的时限；shutdown() 之后也不设限，因为还有人在读。如果 {peer} 后来终于发 FIN，已没有连"
        "接，得到的是 RST。"
    ),
    "linux.rule.fin-wait-2-timeout": (
        "tcp_fin_timeout（60 秒）只管应用已经关闭的连接；它并不改变 TIME_WAIT，尽管笔记常这样说。"
    ),
    "why.rule.retransmission-limit": (
        "达到 R2：{who} 重传了那么久，或那么多次，再试也没有意义。RFC 9293 3.8.3 要求数据至少坚持 100 秒，SYN 至少"
        "三分钟，好让断掉的路由来得及恢复。连接以超时错误结束（半连接则悄悄消失），不再发送任何东西，连 RST 也不发："
        "几分钟都不回应的一方，多半也听不到它。"
    ),
    "linux.rule.retransmission-limit": (
        "改为按次数计算：数据重传 15 次（快速路径上约 924 秒），已关闭套接字的 FIN 重传 8 次；SYN 在 131 到 135 秒"
        "后失败，SYN,ACK 到 63 秒为止。"
    ),
    "why.rule.user-timeout": (
        "应用自己规定了数据可以多久得不到确认，现在到时了；它的规定代替 R2，可长可短。没有这个规定，对端死了至少要"
        "几分钟才能发现，对许多程序来说太迟。至于对端，仍然一无所知：它也许全都收到了。控制块被删除，应用得知超时（"
        "RFC 9293 3.8.3、3.10.8）。"
    ),
    "linux.rule.user-timeout": (
        "在 TCP_USER_TIMEOUT 之后的下一次重传时才结束连接，而且从第一次重传开始计算；窗口一直关闭的连接，即使探测有"
        "回应也会结束。"
    ),
    "why.rule.user-timeout-adopted": (
        "对端用用户超时选项告知：它在毫无音讯时愿意把连接保留多久，也许因为它正在移动途中。{who} 自己没有要求，就取"
        "双方数值中较长的，但限制在一定范围内：比对端先放弃，对方的准备就白费了；没有上限，陌生人就能占住内存几个星"
        "期（RFC 5482 3.1）。"
    ),
    "why.rule.user-timeout-ignored": (
        "对端告知了它的用户超时，但 {who} 的应用已经设定了自己的，应用的决定比陌生人的愿望更有分量。这个选项只是建"
        "议：没有什么要协商，两端各用各的定时器，短的那个到期，连接也就没了（RFC 5482 3.1）。"
    ),
    "why.rule.keep-alive-timeout": (
        "没有数据在途，别的机制不可能察觉：{who} 几次探问 {peer} 是否还在，一点回音也没有。丢一个探测说明不了什么，"
        "所以要数几次；最后还发一个 RST，以防对方其实还在。保活默认关闭，由应用开启，而且要静默两小时才发第一个探测，"
        "因为网络短暂中断不该杀死空闲的连接（RFC 9293 3.8.4）。"
    ),
    "why.rule.icmp-hard-error": (
        "在 SYN_SENT，还没有任何事实证明 {peer} 存在，所以“端口不可达”或“协议不可达”会立即结束这次尝试，应用不必等"
        "几分钟。连接打开以后，同样的报文只作记录：对端已经证明它在，而 ICMP 很容易伪造。它引用的序号还必须正在途中"
        "（RFC 9293 3.9.2.2、RFC 5927 5.2）。"
    ),
    "why.rule.r1-reached": (
        "连续几次（默认三次）重传没有回应。{who} 并不放弃，只把怀疑传下去：IP 应当另找路由，或核对邻居的地址；应用"
        "则收到一个软错误。第二道门槛 R2 要晚得多，到那时才结束连接。之所以分两步，是因为路由坏了，往往在有人放弃之"
        "前早就能修好（RFC 9293 3.8.3）。"
    ),
}

TIME_WAIT: Final[dict[str, str]] = {
    "why.rule.time-wait-fin-again": (
        "{who} 见过这个 FIN，也确认过；它又来了，说明那个 ACK 丢了。TIME_WAIT 就是为这一刻准备的：{who} 再发一次 "
        "ACK，否则对端只能徒劳地重传，或者得到 RST，把一个好好的连接当成失败。2MSL 重新计时，因为这个 ACK 也可能丢"
        "（RFC 9293 3.10.7.4、3.6.1）。"
    ),
    "why.rule.time-wait-old-segment": (
        "旧连接的报文段迟到了，或者对端糊涂了。它的数据早已交付，或不属于任何人，所以丢弃；回一个 ACK，让发送方看清"
        "序号走到了哪里。按 RFC 只有 FIN 才重启 2MSL：零星的旧报文段不应让这个条目没完没了地留着（RFC 9293 3.10.7.4）。"
    ),
    "linux.rule.time-wait-old-segment": "任何带 ACK 的报文段都会让时间重新计算。",
    "why.rule.time-wait-acceptable": (
        "这个报文段合乎要求，却没有带来新东西，多半是对端迟到的 ACK。要回答也只能是又一个 ACK，而双方若用 ACK 回答 "
        "ACK，就永远停不下来。所以 {who} 保持沉默，计时照常继续（RFC 9293 3.10.7.4）。"
    ),
    "linux.rule.time-wait-acceptable": "它会重启定时器；空报文段在窗口之内但不正好在期望的序号上，还会得到应答。",
    "why.rule.time-wait-rst-ignored": (
        "RFC 1337 称之为“暗杀 TIME-WAIT”：旧的重复报文段引得 {who} 回 ACK，对端此时已是 CLOSED，就用 RST 回答，这个"
        " RST 若被采信，条目在 2MSL 之前老早就没了，旧报文段便可能混进新连接。连接反正已经结束，在这里忽略 RST 没有"
        "任何损失（RFC 1337 3）。"
    ),
    "linux.rule.time-wait-rst-ignored": "只有 tcp_rfc1337=1 时才这样；默认情况下，这样的 RST 会结束 TIME_WAIT。",
    "why.rule.time-wait-rst": (
        "RST 的序号正好是期望值，按 RFC 9293 3.10.7.4，它像在别的状态一样结束 TIME_WAIT。RFC 1337 指出了危险：{who} "
        "可能是被旧的重复报文段引得回了 ACK，这个 RST 正是对那个 ACK 的回答，于是防旧重复的保护反被旧重复拆掉。是否"
        "服从可以设定；Linux 默认服从。"
    ),
    "why.rule.time-wait-reopened": (
        "这个 SYN 的序号或时间戳在旧连接的一切之后，所以不可能是旧的重复，再等下去也保护不了谁。新的一代立即开始，"
        "{who} 自己的初始序列号取在旧序号之上。之所以行得通，是因为同一四元组的初始序列号随时钟增长；如果完全随机，"
        "就成了碰运气（RFC 6191 2）。"
    ),
    "linux.rule.time-wait-reopened": "也是这样，只是正好在期望序号上的 SYN 算作旧的；新序列号比旧的高 65,537。",
    "why.rule.time-wait-old-syn": (
        "这个 SYN 的序号不在旧连接之后，时间戳也不更新：它可能正是当初打开旧连接的那个 SYN，迟到了几分钟。据此建立"
        "连接，等于让幽灵复活。所以丢弃；真正的客户端一秒后会再试，时钟已把它的序号推向前（RFC 6191 2）。"
    ),
    "linux.rule.time-wait-old-syn": "会回一个 ACK；RFC 6191 要求沉默。",
    "why.rule.time-wait-paws": (
        "时间戳比 {who} 见过的最后一个还旧，说明这个报文段离开对端的时间，早于许多早已到达的报文段。PAWS 能抓住序号"
        "抓不住的情况：在高速路径上，一个报文段的生存时间之内，序号可能已经绕了一圈。报文段丢弃，再回一个 ACK，以防"
        "对端只是慢了些（RFC 7323 5.3）。"
    ),
    "why.rule.time-wait-table-full": (
        "条目虽小，也不是不要钱，数量因此有上限。{who} 不等 2MSL，立即删除这个连接，两种保护也就一起放弃：最后的 "
        "ACK 若丢了，对端重传的 FIN 会得到 RST；旧报文段也可能碰上新连接。这个上限保护的是内存，不是用来清除 "
        "TIME_WAIT 的手段（RFC 9293 3.6.1）。"
    ),
    "linux.rule.time-wait-table-full": (
        "上限是 tcp_max_tw_buckets。设为 1 时实测：条目立即被销毁，对端重传的 FIN 得到 RST。"
    ),
}

MESSAGES: Final[dict[str, str]] = {**CLOSING, **TIME_WAIT}
