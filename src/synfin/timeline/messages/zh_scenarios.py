"""简体中文：每个场景一行说明，以及场景末尾的说明：RFC 怎么规定，Linux 怎么做，笔记哪里不准确。

`note.S06.1` 属于该编号的所有场景，`note.名称.1` 只属于一个场景。
"""

from __future__ import annotations

from typing import Final

LINES: Final[dict[str, str]] = {
    "scenario.whole-life": "连接的一生：三次握手、双向数据、四次挥手、TIME_WAIT、CLOSED",
    "scenario.handshake": "三次握手，带序号和确认号",
    "scenario.syn-data": "SYN 携带数据，服务器不支持 TFO",
    "scenario.fast-open": "TCP Fast Open：第一次连接取得 Cookie，第二次使用它",
    "scenario.fast-open-bad-cookie": "TCP Fast Open，但服务器不认得 Cookie",
    "scenario.ack-with-data": "第三个报文段携带数据",
    "scenario.open-states": "什么能改变 SYN_SENT 和 LISTEN，什么不能",
    "scenario.old-duplicate-syn": "为什么不是两次握手：失效的旧 SYN 抢在真正的 SYN 之前到达",
    "scenario.old-duplicate-syn-closed": "旧 SYN 到达，而客户端根本没有连接",
    "scenario.old-duplicate-syn-race": "旧 SYN 到达，真正的 SYN 又抢在 RST 之前",
    "scenario.syn-lost": "第一次握手的 SYN 丢失",
    "scenario.syn-never-answered": "SYN 永远到不了：connect() 重试几次、坚持多久",
    "scenario.synack-lost": "第二次握手的 SYN,ACK 丢失",
    "scenario.ack-lost": "第三次握手的 ACK 丢失，双方都没有数据要发",
    "scenario.ack-lost-data": "第三次握手的 ACK 丢失，随后客户端发送数据",
    "scenario.ack-lost-server-first": "第三次握手的 ACK 丢失，而服务器有话要说",
    "scenario.ack-lost-always": "所有 ACK 都丢失：B 放弃了，A 还以为连接存在",
    "scenario.syn-cookie-ack-lost": "SYN Cookie 遇上第三次握手丢失：双方永远等下去",
    "scenario.accept-queue-full": "全连接队列已满：第三次握手被忽略，就像丢失了一样",
    "scenario.syn-received": "看见 SYN_RECEIVED：第三个报文段被扣住半秒",
    "scenario.syn-flood": "SYN 洪泛塞满队列，正常客户端得不到应答",
    "scenario.syn-flood-cookies": "同样的 SYN 洪泛，启用 SYN Cookie：正常客户端照常连上",
    "scenario.simultaneous-open": "双方同时打开",
    "scenario.close": "四次挥手",
    "scenario.fin-lost": "第一个 FIN 丢失",
    "scenario.fin-ack-lost": "对第一个 FIN 的 ACK 丢失",
    "scenario.second-fin-lost": "第二个 FIN 丢失",
    "scenario.half-close": "半关闭：A 说完了，B 还在发",
    "scenario.close-then-data": "A 彻底关闭之后又有数据到达",
    "scenario.close-unread": "A 没有读完收到的数据就关闭",
    "scenario.fin-number": "数据和 FIN 在同一个报文段：FIN 也占一个序号",
    "scenario.fin-before-data": "FIN 先到，它前面的数据还没到",
    "scenario.three-way-close": "B 立刻关闭：ACK 与 FIN 合在一起，三次就够了",
    "scenario.simultaneous-close": "双方同时关闭：CLOSING",
    "scenario.simultaneous-close-ack-lost": "双方同时关闭，其中一个 ACK 丢失",
    "scenario.last-ack-lost": "最后一个 ACK 丢失：TIME_WAIT 的用处",
    "scenario.time-wait-old-duplicate": "旧的重复报文段到达处于 TIME_WAIT 的连接",
    "scenario.time-wait-reset": "旧的 RST 到达处于 TIME_WAIT 的连接",
    "scenario.time-wait-reuse": "新的 SYN 使 TIME_WAIT 中的连接重新打开",
    "scenario.time-wait-missing": "TIME_WAIT 被提前结束：旧数据被当成新数据",
    "scenario.time-wait-ports": "端口全部处于 TIME_WAIT：connect() 失败",
    "scenario.linger-reset": "SO_LINGER 0：用 RST 代替 FIN，没有 TIME_WAIT",
    "scenario.close-wait": "B 的应用一直不关闭：永远停在 CLOSE_WAIT",
    "scenario.fin-wait-2": "A 在 FIN_WAIT_2 等了九十秒（不妨再加 --preset linux 看看）",
    "scenario.refused": "没有人监听：连接被拒绝",
    "scenario.half-open": "A 崩溃后忘了一切，B 发送数据",
    "scenario.half-open-reconnect": "A 崩溃后忘了一切，又从同一端口发起连接",
    "scenario.reset-checks": "攻击者猜着序号发来 RST 和 SYN",
    "scenario.abort": "应用中止连接",
    "scenario.flags": "正常主机不会用的标志组合",
    "scenario.urgent": "紧急数据",
    "scenario.bad-checksum": "途中有一位被翻转",
    "scenario.options": "双方 SYN 中的选项商定了什么",
    "scenario.isn": "初始序列号：三个连接，其中两个端口相同",
    "scenario.just-state": "网络断开一整天，连接依然在",
    "scenario.keep-alive": "对端消失，只有保活能发现",
}

NOTES: Final[dict[str, str]] = {
    "note.S01.1": (
        "SYN,ACK 一到，connect() 就返回；B 要再过半个往返才进入 ESTABLISHED，两端从来不是“同时”建立的。accept() "
        "不发送任何报文：listen() 之后，握手由协议栈自己完成。"
    ),
    "note.S01.2": "笔记写作 SYN_SEND、SYN_REVD；RFC 的名称是 SYN-SENT、SYN-RECEIVED，Linux 工具显示 SYN-RECV。",
    "note.S02.1": (
        "笔记说 SYN 不能携带数据。RFC 9293 3.5 其实允许：接收方先保存，握手完成后才交给应用。"
        "只是多数协议栈不用它；没有 TFO 的 Linux 只确认 SYN。"
    ),
    "note.S02.2": "TFO（RFC 7413）只多了一点：Cookie 有效时，数据可以在握手结束前交给应用。",
    "note.S03.1": "不带数据的 ACK 不占序号，所以下一个报文段的序号不变。要是 ACK 也占序号，ACK 就也需要 ACK 了。",
    "note.S04.1": (
        "RFC 里同一个控制块从 LISTEN 变成 SYN-RECEIVED，那是模型。在 Linux（和这里），监听套接字一直停在 LISTEN，"
        "每个连接都是新的子连接。"
    ),
    "note.S05.1": (
        "失效的旧 SYN 是 RFC 采用三次握手的首要理由。若只有两次，B 的应用会得到一个幽灵连接，B "
        "自己的序列号也永远得不到确认。"
    ),
    "note.S05.2": "Linux 收到错误的 SYN,ACK 后，还会在约 10 毫秒内重发自己的 SYN。",
    "note.S06.1": (
        "RFC：1 秒后重传，随后间隔 2、4、8……秒，至少坚持 3 分钟。Linux 6.18 在 0、1、2、3、4、5、7 秒发送："
        "头四次重试不加倍（tcp_syn_linear_timeouts），131 至 135 秒后放弃。所以在新内核上抓包，"
        "起初看不到“指数退避”。"
    ),
    "note.S06.2": "SYN 丢失过之后，初始窗口只有一个报文段（RFC 5681 3.1），首个数据的 RTO 为 3 秒（RFC 6298 5.7）。",
    "note.S07.1": (
        "笔记说双方都会重传。两个定时器确实都在走，但重传一次就够：重复的 SYN 会让 B 立即重复应答。"
        "这里两者恰好同时：B 的定时器晚一个时延启动，而重传的 SYN 正好要走一个时延。"
    ),
    "note.S07.2": "Linux 在 1、3、7、15、31 秒重发 SYN,ACK，到 63 秒忘掉这个连接。",
    "note.S08.1": (
        "A 的每个报文段都确认了 B 的 SYN，所以 A 的第一段数据（或 FIN）同样能完成握手，和丢失的那个 ACK 一样。"
    ),
    "note.ack-lost-server-first.1": (
        "笔记说此时 B 发不了数据。就套接字接口而言没错：accept() 还没有返回。但作为协议的说法不准确：RFC 9293 "
        "3.10.2 规定在 SYN-RECEIVED 里数据先排队。"
    ),
    "note.ack-lost-always.1": (
        "从 B 放弃到 A 发数据之间，A 以为有连接而 B 没有：这才是 RFC 9293 3.5.1 所说的“半打开”。Linux 在 63 秒放弃。"
    ),
    "note.syn-cookie-ack-lost.1": (
        "使用 SYN Cookie 时 B 不保存状态，因此也不会重发 SYN,ACK。若约定由 B 先说话，双方会永远等下去（RFC 4987 "
        "3.6）；若由 A 先说，数据就能完成握手。"
    ),
    "note.accept-queue-full.1": (
        "从外面看，这和第三次握手丢失一模一样。Linux 也是这样；设 tcp_abort_on_overflow=1 时改发 RST。"
    ),
    "note.S09.1": "`ss` 把它显示为 SYN-RECV，定时器约 1 秒。若启用了 SYN Cookie，则什么也看不到。",
    "note.S10.1": (
        "“半连接”有两个意思。笔记指握手尚未完成的连接；RFC 9293 3.5.1 的 half-open（半打开）"
        "指一端丢了状态的连接。队列里等着的是前者，也叫 embryonic（萌芽）连接。"
    ),
    "note.S10.2": "Linux 的全连接队列能放 backlog + 1 个；自 4.4 起，不再为每个监听套接字单设 SYN 队列。",
    "note.S11.1": (
        "结果只有一个连接，共四个报文段；每个 SYN,ACK 都重复自己 SYN 的序号。Linux 还会多发一个重复的 ACK。"
        "要穿过 NAT，NAT 必须遵守 RFC 5382。"
    ),
    "note.S12.1": (
        "“四次”只是常见的情形，不是规定。FIN 报文段也带 ACK；B 若立刻关闭，它的 ACK 与 FIN 就合在一起：Linux "
        "服务器读到末尾马上 close()，就只有三次（见 three-way-close）。"
    ),
    "note.S12.2": "任何一方都可以先关闭；“客户端先关闭”只是笔记的例子。",
    "note.S13.1": (
        "shutdown(SHUT_WR) 发出 FIN 后仍可继续读。close() 则连读也放弃：之后到达的数据，或尚未读走的数据，"
        "都会使它变成 RST（RFC 9293 3.6.1）。"
    ),
    "note.S14.1": "确认号 = FIN 所在报文段的序号 + 数据长度 + 1。FIN 之前若有缺口就先等着：补齐之后状态才改变。",
    "note.S15.1": (
        "FIN_WAIT_1 直接进入 TIME_WAIT，是因为这个报文段确认了 A 的 FIN，而不是因为两个标志同时置位：同样的 FIN "
        "若带着较旧的确认号，就会进入 CLOSING。"
    ),
    "note.S16.1": "两个 FIN 都没有确认对方，所以双方都经过 CLOSING，最后都进入 TIME_WAIT。",
    "note.S17.1": (
        "2MSL 只是给了机会，并不“保证”：B 的重传次数可能用完。如果 B 的 FIN 再来时 A 已经不在，FIN 会得到 RST；"
        "这没有损失，因为 B 的应用早已关闭。"
    ),
    "note.S17.2": "RFC：MSL 为 2 分钟，TIME_WAIT 为 4 分钟。Linux：总共 60 秒，没有任何 sysctl 能改。",
    "note.S18.1": (
        "按 RFC，只有重传的 FIN 才使 2MSL 重新计时；Linux 对任何带 ACK 的报文段（RST 除外）都重新计时。"
        "序号正好是期望值的 RST 会终止 Linux 的 TIME_WAIT，除非 tcp_rfc1337=1。"
    ),
    "note.S18.2": (
        "新 SYN 的序号更大、或时间戳更新，就立即重新打开（RFC 6191）；序号更小的被丢弃，Linux 还会回一个 ACK。"
    ),
    "note.time-wait-missing.1": (
        "A 顶替了从前的自己，B 把旧连接的数据当成了新数据（RFC 1337 的 H1）。此后双方不停地互相纠正（H2），"
        "直到这类应答的限额把它们拦住。有时间戳（PAWS）的话，旧报文段会被丢弃。"
    ),
    "note.S19.1": (
        "只有既主动连出、又先关闭的一方才会缺端口：Linux 默认每对地址加对方端口有 28232 个。服务器在 80 "
        "端口上有十万个 TIME_WAIT 也不缺什么，每一项占用的内存很小。"
    ),
    "note.S19.2": (
        "tcp_fin_timeout 不影响 TIME_WAIT；tcp_tw_recycle 自 4.12 起已删除；tcp_tw_reuse 只对带时间戳的连出有效；"
        "tcp_max_tw_buckets 只是安全上限。真正有用的是复用连接（HTTP Keep-Alive、连接池）和让对方先关闭；"
        "SO_KEEPALIVE 与此无关。"
    ),
    "note.linger-reset.1": "没有 TIME_WAIT，但尚未发出的数据会丢失，B 看到的是出错。",
    "note.S20.1": "没有定时器、也没有 sysctl 能结束 CLOSE_WAIT：应用必须调用 close()。只有对端已死时，保活才有用。",
    "note.S21.1": (
        "RFC 没有给 FIN-WAIT-2 设时限。Linux 只对应用已经 close() 的连接设时限（tcp_fin_timeout，60 秒）；"
        "shutdown() 之后则一直等。超时之后，B 的 FIN 会得到 RST。"
    ),
    "note.S22.1": (
        "RST 只有序号正好是期望值才被采信；落在窗口内其他位置会引出挑战 ACK，窗口之外不予理会（RFC 5961）。"
        "连接中收到 SYN 也回挑战 ACK：RFC 793 的复位做法已经过时。"
    ),
    "note.S22.2": "RST 不被确认，也不重传；如果它丢了，另一端就停在半打开状态，直到它发送数据。",
    "note.S23.1": (
        "笔记说有六个标志位。自 RFC 3168 起是八个（多了 CWR、ECE），加上 AE 是九个（RFC 9768）。PSH "
        "不是记录边界。紧急指针指向最后一个紧急字节之后的字节，Linux 也是如此；"
        "RFC 1122 曾说指向最后一个紧急字节本身，沿用它的资料已经过时。"
    ),
    "note.flags.1": "SYN 加 FIN：按 RFC 应当作 SYN，Linux 的监听套接字会丢弃它。",
    "note.S24.1": (
        "TCP 首部 20 到 60 字节，没有长度字段，长度由 IP 推算；校验和把地址也算在内。UDP 首部 8 字节，只有在 "
        "IPv4 上才可以不用校验和。"
    ),
    "note.S25.1": (
        "随机，还是按时钟？都是：时钟加上对双方地址和端口的带密钥散列（RFC 6528）。比较第一个和第三个 SYN："
        "端口相同，隔了两秒，序号正好前进 500000。Linux 每 64 纳秒走一格，275 秒就回绕。"
    ),
    "note.S25.2": "纯随机的序号会破坏 TIME_WAIT 之后的重新打开，因为那需要序号不断增长。",
    "note.S26.1": (
        "连接就是两端各自维持的状态，中间什么也没有；除非路上的 NAT 或防火墙也保存状态，它们在 2 小时 4 "
        "分钟没有流量之后就可能忘掉（RFC 5382）。"
    ),
}

MESSAGES: Final[dict[str, str]] = {**LINES, **NOTES}
