"""简体中文：连接如何结束的各章。"""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "learn.four-way.title": "为什么是四次挥手，什么时候是三次",
    "learn.four-way.1": (
        "连接是两条数据流，每条各自关闭。FIN 的意思是“我没有更多数据了”；它占一个序号，因此像数据一样得到确认。两个 "
        "FIN 加两个确认，共四次。"
    ),
    "learn.four-way.2": (
        "A 关闭：FIN，seq={fin}。B 的协议栈立刻确认 {fin_ack}；它无从知道自己的应用是否说完了。应用在 {gap} 之后关闭"
        "：FIN，seq={fin_b}；A 最后的 ACK 是 {last}。A 走的是 {path_a}，B 走的是 {path_b}。"
    ),
    "learn.four-way.3": (
        "如果 B 的应用一读到末尾就关闭，ACK 和 FIN 就合在一个报文段里：共 {three} 个，A 走的是 {three_path}。跳过 "
        "FIN_WAIT_2 的原因是这个报文段确认了 A 的 FIN，而不是两个标志同时出现。"
    ),
    "learn.four-way.watch.four": "RFC 9293 图 12：A 关闭，B 稍后关闭。",
    "learn.four-way.watch.three": "B 立刻关闭：三个报文段。",
    "learn.four-way.watch.fin_lost": "第一个 FIN 丢失。",
    "learn.four-way.watch.ack_lost": (
        "对第一个 FIN 的确认丢失：B 自己的 FIN 里又带了这个确认，A 的定时器还没来得及重传。"
    ),
    "learn.four-way.watch.second_lost": "第二个 FIN 丢失：B 在 LAST_ACK 里重传。",
    "learn.four-way.wrong.1": (
        "“四次”是常见情形，不是规定。Linux 服务器读到末尾就调用 close() 时，只发一个 FIN,ACK：三次。"
    ),
    "learn.four-way.wrong.2": (
        "笔记画的 FIN 不带 ACK。其实每个 FIN 都带 ACK（这里是 {flags}），第一个 SYN 之后的每个报文段都带，部分复位除外"
        "。"
    ),
    "learn.four-way.wrong.3": (
        "“把客户端的序列号值 +1 作为 ACK 报文的序列号值”混淆了两个字段：那是确认号。另外，任何一方都可以先关闭，客户端"
        "只是例子。"
    ),
    "learn.four-way.ask.1": "A 的 FIN 是 seq={fin}，没有数据。B 发送的确认号是多少？",
    "learn.four-way.why.1": "FIN 占一个序号。",
    "learn.four-way.ask.2": "B 的应用立刻关闭，它的 FIN 同时确认了 A 的 FIN。A 在 FIN_WAIT_1 之后是什么状态？",
    "learn.four-way.why.2": "两个方向都已关闭并得到确认：除了等旧报文段消失，再没有什么可等。",
    "learn.four-way.ask.3": "B 对 A 的 FIN 的确认丢了；30 毫秒后 B 的应用也关闭。A 接着发送什么？",
    "learn.four-way.why.3": "B 的 FIN 再次带来了确认，早于 A 的定时器到期。A 不必重传，只需确认 B 的 FIN。",
    "learn.half-close.title": "半关闭：说完了，还在听",
    "learn.half-close.1": (
        "shutdown(SHUT_WR) 发出 FIN，但继续读。A 处于 {state}，B 处于 {peer}；B 又发了 {read} 个字节，A 照样读到。A 的"
        "确认都是 seq={seq}：FIN 之后它再没有序号可用。"
    ),
    "learn.half-close.2": "此后再写是调用者的错误：{error}。对端不会受到打扰。",
    "learn.half-close.3": (
        "close() 则不同：连读也放弃。之后到达的数据找不到人，得到的是 {late}；B 走的是 {late_b}。如果到达的数据还没读走"
        "就关闭，则立刻发出 {unread} 而不是 FIN，让对端知道数据丢了（RFC 9293 3.6.1）。"
    ),
    "learn.half-close.watch.half": "A 说完了，B 还有 24 个字节。",
    "learn.half-close.watch.late": "对比：调用 close()，数据来得太晚。",
    "learn.half-close.watch.unread": "对比：还有未读数据就 close()。",
    "learn.half-close.wrong.1": "“半关闭”（发出 FIN 之后）与“半打开”（一端忘记了状态）是两回事；笔记把它们混为一谈。",
    "learn.half-close.wrong.2": "“停止发送数据”说得不全：它不再发送数据，但确认一直发到最后。",
    "learn.half-close.ask.1": "A 已经发出 FIN。B 从 seq=300 起发送 24 个字节。A 用哪个确认号回答？",
    "learn.half-close.why.1": "接收照常进行：300 + 24。",
    "learn.half-close.ask.2": "A 已经调用 close()，B 又发来数据。A 回答什么？",
    "learn.half-close.why.2": "再也不会有人读它们，不能让 B 以为有人读了。",
    "learn.half-close.ask.3": "B 的数据还在 A 的缓冲区里，A 的应用没有读就调用 close()。A 发送什么？",
    "learn.half-close.why.3": "若发 FIN，就等于说一切正常。这个复位来自活着的连接，所以带有自己的序号和确认号。",
    "learn.simultaneous-close.title": "同时关闭与 CLOSING",
    "learn.simultaneous-close.1": (
        "双方的应用都在得知对方的 FIN 之前关闭。双方都在 FIN_WAIT_1，收到的 FIN 都没有确认自己的：A 的 FIN 说 "
        "ack={fin_ack}，而 B 的 FIN 正是这个序号，所以还没有被确认到。"
    ),
    "learn.simultaneous-close.2": (
        "CLOSING 正是这个意思：对方的 FIN 到了，对我的 FIN 的确认还没到。随后的 ACK（{covers}）使双方都进入 "
        "TIME_WAIT：{path}。"
    ),
    "learn.simultaneous-close.3": (
        "双方都要等 2MSL，这里是 {wait}。只要一方在收到对方 FIN 之后才关闭，这一切就不会发生。"
    ),
    "learn.simultaneous-close.watch.cross": "RFC 9293 图 13。",
    "learn.simultaneous-close.watch.lost": "两个 ACK 之一丢失：A 在 CLOSING 里重传 FIN，B 在 TIME_WAIT 里应答。",
    "learn.simultaneous-close.wrong.1": (
        "笔记对 CLOSING 的描述是对的。漏掉的是：此后双方都要经过 TIME_WAIT，而不只是一方。"
    ),
    "learn.simultaneous-close.wrong.2": (
        "决定进入 CLOSING 还是 TIME_WAIT 的不是标志位。每个 FIN 都带 ACK，看的是确认号。"
    ),
    "learn.simultaneous-close.ask.1": "B 处于 FIN_WAIT_1，收到的 FIN 没有确认自己的 FIN。它去往哪个状态？",
    "learn.simultaneous-close.why.1": "两样东西到了一样，还缺一样。FIN_WAIT_2 正好相反：得到了确认，还没有收到 FIN。",
    "learn.simultaneous-close.ask.2": "对 A 的 FIN 的确认丢了。A 处于 CLOSING，接着发送什么？",
    "learn.simultaneous-close.why.2": "它的 FIN 仍未被确认，定时器会重传。",
    "learn.simultaneous-close.ask.3": "A 比 B 早 50 毫秒关闭，单程 10 毫秒。A 会经过 CLOSING 吗？",
    "learn.simultaneous-close.why.3": "B 的应用关闭时，B 的协议栈早已确认了 A 的 FIN：{later}。",
    "learn.time-wait.title": "TIME_WAIT 的两个理由：拿掉它看看",
    "learn.time-wait.1": (
        "先关闭的一方要等两倍最大报文段寿命，这里是 {wait}，然后才忘记。第一个理由：最后的 ACK 可能丢失。那时 B 会重传 "
        "FIN（第一个运行里共 {fins} 个 FIN），必须有人应答。A 应答了，并重新计时：总共 {whole}。"
    ),
    "learn.time-wait.2": (
        "拿掉 TIME_WAIT：B 的 FIN 遇到的是陌生人，得到的是 {again}。B 的应用早已关闭，数据没有损失；但有序的结束变成了"
        "出错。"
    ),
    "learn.time-wait.3": (
        "第二个理由：旧报文段的副本可能还在网络里游荡。A 处于 TIME_WAIT 时不能再用同样的四元组：connect() 失败"
        "，{error}。拿掉 TIME_WAIT，新连接就建立了。这时只剩序列号在保护它：靠时钟，旧订单被识破，只读到 {stopped} 次。"
        "连时钟也拿掉，就读到 {twice} 次。"
    ),
    "learn.time-wait.4": (
        "TIME_WAIT 不是铁板一块。序号更大或时间戳更新的新 SYN 会立刻结束它（RFC 6191）：名为 again 的运行在 {reopened} "
        "就有了应答。旧的复位在这里不能结束它（{ignored}），这是 RFC 1337 的要求。"
    ),
    "learn.time-wait.watch.lost": "最后的 ACK 丢失。",
    "learn.time-wait.watch.stranger": "同样的情形，没有 TIME_WAIT。",
    "learn.time-wait.watch.guarded": "旧订单的副本迟到，而 A 想用同一端口再次连接。",
    "learn.time-wait.watch.old": "同样的情形，没有 TIME_WAIT，初始序列号也固定。",
    "learn.time-wait.watch.again": "序号更大的新 SYN 结束了 TIME_WAIT。",
    "learn.time-wait.watch.duplicate": (
        "旧数据和一个单独的 ACK 到达处于 TIME_WAIT 的 A：对数据回一个 ACK，对 ACK 不作回答。"
    ),
    "learn.time-wait.wrong.1": "“保证最后的 ACK 一定能到达”说过头了：它只是给 B 再问一次的机会。B 的重传次数可能用完。",
    "learn.time-wait.wrong.2": (
        "“2MSL”在 Linux 上总共 60 秒（这里有一次重传的 FIN，共 {linux}），没有任何 sysctl 能改。RFC 的 MSL 为 2 分钟，"
        "合计 4 分钟。"
    ),
    "learn.time-wait.wrong.3": "“已失效的连接请求”不是重点，那由握手对付。TIME_WAIT 防的是旧数据。",
    "learn.time-wait.ask.1": "A 处于 TIME_WAIT，B 的 FIN 又来了一次。到 CLOSED 为止的 240 秒从哪一刻算起？",
    "learn.time-wait.why.1": "新的 ACK 也可能像上一个那样丢失，所以重新开始等待。",
    "learn.time-wait.ask.2": "没有 TIME_WAIT，而最后的 ACK 丢了。A 对重传的 FIN 回答什么？",
    "learn.time-wait.why.2": "A 已经没有这个连接了。",
    "learn.time-wait.ask.3": "A 处于 TIME_WAIT，又从同一端口向同一服务器 connect()。调用得到什么？",
    "learn.time-wait.why.3": "四元组在 TIME_WAIT 结束之前一直被占用。什么也不会发出。",
    "learn.many-time-waits.title": "TIME_WAIT 太多，以及每个 Linux 参数究竟做什么",
    "learn.many-time-waits.1": (
        "只有先关闭的一方才有 TIME_WAIT（同时关闭时双方都有）；而只有同时又主动连出的一方才可能缺端口。这里 A 有四个端"
        "口：{worked} 个连接成功，第五次调用失败，{error}。Linux 上每对地址加对方端口有 28232 个。"
    ),
    "learn.many-time-waits.2": "服务器在 80 端口上有十万个 TIME_WAIT 也不缺什么：它们共用一个端口，每一项都很小。",
    "learn.many-time-waits.3": (
        "有用的办法：复用连接（HTTP Keep-Alive、连接池）；让对方先关闭；更多地址；扩大 "
        "ip_local_port_range。tcp_tw_reuse 只对新的主动连出有效，只在有时间戳时有效，只在一秒之后有效，而且不会减少条目"
        "。SO_LINGER 0 以 {reset} 结束，没有 TIME_WAIT（这里失败 {lingered} 次），也没有了尚在途中的数据。"
    ),
    "learn.many-time-waits.4": (
        "没用的办法：tcp_fin_timeout 管的是孤儿连接的 FIN_WAIT_2，这里改了它毫无变化（照样失败 {timeout} 次）"
        "。tcp_max_tw_buckets 是安全上限：超过就销毁条目，对端的 FIN 会得到 RST。tcp_tw_recycle 害苦了 NAT 后面的客户端"
        "，4.12 起已删除。SO_KEEPALIVE 与此无关。"
    ),
    "learn.many-time-waits.watch.ports": "四个端口，五个连接。",
    "learn.many-time-waits.watch.linger": "SO_LINGER，时间为 0。",
    "learn.many-time-waits.wrong.1": "危害是“占用内存和端口”：端口只在上述情形才成问题，内存几乎从不是问题。",
    "learn.many-time-waits.wrong.2": (
        "“调整操作系统参数，缩短 TIME_WAIT”：Linux 没有这样的参数，60 秒在编译内核时就定死了。在这个实验里可以缩短"
        "（MSL 50 毫秒：失败 {short} 次），代价是失去上一章的保护。"
    ),
    "learn.many-time-waits.wrong.3": "“使用 Keep-Alive”指的是 HTTP 的，不是 TCP 的。",
    "learn.many-time-waits.ask.1": "四个端口都在 TIME_WAIT。第五次 connect() 得到什么？",
    "learn.many-time-waits.why.1": "没有可选的本地端口了。什么也不会发给服务器。",
    "learn.many-time-waits.ask.2": (
        "A 把 tcp_fin_timeout（这里是 fin_wait_2_timeout）设成一毫秒。五次调用现在失败几次？"
    ),
    "learn.many-time-waits.why.2": "它限制的是 FIN_WAIT_2，不是 TIME_WAIT。",
    "learn.many-time-waits.ask.3": "A 使用时间为 0 的 SO_LINGER。每个连接的最后一个报文段是什么？",
    "learn.many-time-waits.why.3": "用复位代替 FIN：对端的应用得到错误，没有交付的数据就丢了。",
    "learn.close-wait.title": "CLOSE_WAIT 堆积，以及 FIN_WAIT_2",
    "learn.close-wait.1": (
        "CLOSE_WAIT 的意思是：对端已经关闭，自己的应用还没有。没有任何定时器在走。第一个运行里 B 的应用从不关闭；一天之"
        "后 B 仍在 {b}，A 仍在 {a}。"
    ),
    "learn.close-wait.2": "药方在程序里：有描述符没人关闭。一旦调用 close()，B 就走 {freed}。没有哪个 sysctl 能代劳。",
    "learn.close-wait.3": (
        "另一端在 FIN_WAIT_2 等待。RFC 没有时限：第三个运行里 A 等了 {rfc}，B 拖多久就等多久。Linux 对孤儿连接（即 "
        "close() 之后）设了时限：A 在 {linux} 后忘记，B 的 FIN 得到 {rst}。shutdown() 之后，Linux 也是一直等。"
    ),
    "learn.close-wait.watch.stuck": "B 的应用从不关闭；过了一天。",
    "learn.close-wait.watch.closed": "它在十秒后关闭。",
    "learn.close-wait.watch.waits": "A 已关闭，B 拖了九十秒：按 RFC。",
    "learn.close-wait.watch.linux": "同样的情形，按 Linux 的做法。",
    "learn.close-wait.wrong.1": (
        "“FIN_WAIT_2 会超时”只在 Linux 上、只在 close() 之后成立（tcp_fin_timeout，60 秒），RFC 里没有。"
    ),
    "learn.close-wait.wrong.2": "只要对端还活着，保活对 CLOSE_WAIT 没有帮助：对端的协议栈会应答探测。",
    "learn.close-wait.wrong.3": "“对方告诉我暂时还有数据要传”并不在报文里：对方只是确认了 FIN，也许根本没有数据要发。",
    "learn.close-wait.ask.1": "B 的应用从不关闭。一天之后 B 处于什么状态？",
    "learn.close-wait.why.1": "除了应用自己，或者一个复位，什么也不能结束它。",
    "learn.close-wait.ask.2": "按 Linux 的做法，A 在 90 秒前调用了 close()，B 现在才关闭。A 对 B 的 FIN 回答什么？",
    "learn.close-wait.why.2": "孤儿连接在 FIN_WAIT_2 停留 60 秒后已被忘记。",
    "learn.close-wait.ask.3": "B 在 CLOSE_WAIT 里打开了保活；A 还活着，处于 FIN_WAIT_2。后来 B 处于什么状态？",
    "learn.close-wait.why.3": "A 的协议栈应答每一个探测。保活找的是死掉的对端，不是忘事的程序。",
    "learn.resets.title": "RST：谁会发，谁会信",
    "learn.resets.1": (
        "复位用来回答不属于任何连接的报文段。对关闭端口上的 SYN，它是 {flags}，seq={seq}，ack={ack}：没有确认号可借用，"
        "只好用确认这个 SYN 来证明自己。connect() 得到“{refused}”。"
    ),
    "learn.resets.2": (
        "半打开的连接就是这样被发现的。A 崩溃后忘了一切；B 发送数据；A 用 B 的确认号作序号回答 {rst}，B 的应用得"
        "到“{found}”。"
    ),
    "learn.resets.3": (
        "复位也可以伪造。RFC 5961 规定，只有序号正好是期待值才相信。名为 checks 的运行里有四次尝试，起决定作用的规则依"
        "次是：{rules}。在窗口内但不正好：回挑战 ACK。窗口之外：沉默。连接中的 SYN：也回挑战 ACK。"
    ),
    "learn.resets.4": "没有人确认复位，它也不会重传。如果丢了，另一端就停在 {lost}，直到它发送点什么。",
    "learn.resets.watch.refused": "端口上没有人监听。",
    "learn.resets.watch.half": "A 崩溃、重启，然后 B 发送数据（图 10）。",
    "learn.resets.watch.again": "A 崩溃、重启，并用同一端口再次连接（图 9）。",
    "learn.resets.watch.checks": "伪造的复位，以及伪造的 SYN。",
    "learn.resets.watch.abort": "应用主动中止。",
    "learn.resets.wrong.1": (
        "“RST 为 1 表示连接出现异常”漏掉了：多数复位很平常，比如连接被拒、还有未读数据就 close()、SO_LINGER 0。"
    ),
    "learn.resets.wrong.2": "“已建立的连接收到 SYN 就复位”是 RFC 793 的做法，已经过时：现在回挑战 ACK。",
    "learn.resets.wrong.3": "RFC 9293 3.5.2 希望发出复位的一方经过 TIME_WAIT；Linux 则立刻删除连接。",
    "learn.resets.ask.1": "A 的 SYN 是 seq=100，没有人监听。复位里的确认号是多少？",
    "learn.resets.why.1": "它确认了 SYN，占一个序号。A 由此知道它回答的正是这个 SYN。",
    "learn.resets.ask.2": "攻击者发给 B 一个复位，序号在窗口内，但不是期待的那个。B 发送什么？",
    "learn.resets.why.2": "回一个带有真实序号的挑战 ACK。真想复位的对端随后可以用正确的序号再来。",
    "learn.resets.ask.3": "A 中止连接，它的复位丢了。B 处于什么状态？",
    "learn.resets.why.3": "B 什么也没听到，也没有人重传。等它发送数据时才会发现。",
}
