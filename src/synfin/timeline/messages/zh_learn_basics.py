"""简体中文：连接的本质、标志位、首部、分层各章，以及命令的用语。"""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "learn.connection.title": "连接到底是什么",
    "learn.connection.1": (
        "两端之间并没有一根线。连接就是两端各自记住的东西：标识它的四元组、序列号、窗口、定时器。双方记的一致，连接就存"
        "在。"
    ),
    "learn.connection.2": (
        "把网络切断一天：发出的报文段有 {silent} 个，两端一直是 {state}；网络恢复后，“{read}”照样送达，就像什么都没发生"
        "。"
    ),
    "learn.connection.3": (
        "如果一端失去了记忆，另一端要到发送时才会发现：得到“{told}”。只有保活会主动去问：空闲两小时之后，{probes} 次探"
        "测，总共 {found}。"
    ),
    "learn.connection.watch.day": "一天没有网络。",
    "learn.connection.watch.keep": "B 消失了，只有保活能发现。",
    "learn.connection.watch.write": "B 崩溃并重启；一小时后 A 写数据。",
    "learn.connection.wrong.1": (
        "“本质上只是互相维持一个状态”是对的。还要补充：途中的 NAT 和防火墙也各自保存状态，2 小时 4 分钟后就可能忘掉"
        "（RFC 5382），实际往往更早。"
    ),
    "learn.connection.wrong.2": "握手时“交换了双方的状态”，但之后未必一直一致：半打开就是两边不一致。",
    "learn.connection.ask.1": "网络断了半天，谁也没有发送过东西。A 处于什么状态？",
    "learn.connection.why.1": "安静的连接对网络一无所求。",
    "learn.connection.ask.2": "B 崩溃后一直没有起来；A 什么也不发，也没有保活。九小时后 A 处于什么状态？",
    "learn.connection.why.2": "没有未确认的东西，也就没有定时器在走。",
    "learn.connection.ask.3": "B 崩溃后重启；A 写了一个字节。B 回答什么？",
    "learn.connection.why.3": "重启后的 B 没有这个连接。要是 B 一直没起来，A 什么也听不到，只会重传。",
    "learn.flags.title": "标志位",
    "learn.flags.1": (
        "SYN：我的序号从这里开始。ACK：确认号有效；除第一个 SYN 和部分复位外，每个报文段都置位。FIN：我没有更多数据了"
        "。RST：没有这个连接。PSH：这些数据不要压着。URG：紧急指针有效。"
    ),
    "learn.flags.2": (
        "胡乱的组合不能造成伤害。监听端收到没有任何标志、单独的 FIN、或 FIN+PSH+URG 的报文段，都默不作声（这里 "
        "{dropped} 次）。SYN 加 FIN，按 RFC 当作 SYN（{synfin}），Linux 则丢弃它（{synfin_linux}）。"
    ),
    "learn.flags.3": (
        "紧急数据不是第二条通道，只是数据流里的一个记号。{flags}、指针为 {pointer}，意思是：紧急内容在本报文段偏移 "
        "{pointer} 之前结束。"
    ),
    "learn.flags.watch.odd": "正常发送方不会用的组合，发给有人监听的端口。",
    "learn.flags.watch.urgent": "五个紧急字节。",
    "learn.flags.wrong.1": "“有 6 种标示”已经过时：RFC 3168 增加了 CWR 和 ECE，RFC 9768 增加了 AE。现在用了九位。",
    "learn.flags.wrong.2": (
        "PSH 不是记录边界：接收方可能一次读到两个带 PSH 的报文段，也可能只读到半个。SYN 的意思是“同步序列号”，建立连接"
        "是它的用途，不是它的名字。"
    ),
    "learn.flags.ask.1": "监听端收到一个单独的 ACK，而它不知道有这个连接。它回答什么？",
    "learn.flags.why.1": "确认只可能属于某个连接，而这里没有：用被确认的号码作序号回 RST。",
    "learn.flags.ask.2": "五个字节作为紧急数据写入，放在一个报文段里。紧急指针是多少？",
    "learn.flags.why.2": (
        "它指向紧急内容之后的那个字节。RFC 1122 曾说指向最后一个紧急字节；RFC 6093 和 RFC 9293 依从了大家的实际做法。"
    ),
    "learn.flags.ask.3": "A 一次写入 4000 个字节，分三个报文段发出。其中几个带 PSH？",
    "learn.flags.why.3": "把发送缓冲区发空的那一个。Linux 在很长的突发里也会不时置位。",
    "learn.headers.title": "TCP 与 UDP 的首部",
    "learn.headers.1": (
        "TCP：端口、序列号、确认号、数据偏移、标志位、窗口、校验和、紧急指针，共 {bare} 字节，另加最多 40 字节选项。没"
        "有长度字段，长度由 IP 推算。第一个运行里，SYN 的首部 {syn} 字节，数据报文段 {data} 字节：用了时间戳，每个少 "
        "12 字节，1460 里剩 {size} 给数据。"
    ),
    "learn.headers.2": (
        "UDP：端口、长度、校验和，共 8 字节。在 IPv4 上可以不用校验和（填 0），在 IPv6 上不可以，某些隧道除外（RFC "
        "6935）。"
    ),
    "learn.headers.3": (
        "两者的校验和都把含有地址的伪首部算在内，所以送错主机的包会被发现。校验失败就一声不响地丢弃：发送方只能从沉默中"
        "得知。第二个运行里，报文段在 {again} 之后重传，“{read}”送达。"
    ),
    "learn.headers.watch.options": "两个 SYN 商定了什么。",
    "learn.headers.watch.damaged": "途中有一位被翻转。",
    "learn.headers.wrong.1": "图上画的是“保留 6 位”和六个标志；自 RFC 9768 起是保留三位、标志九位。",
    "learn.headers.wrong.2": (
        "只有在没有窗口扩大选项时，窗口字段才直接是字节数（RFC 7323）：否则要乘以在 SYN 里商定的 2 的幂。"
    ),
    "learn.headers.ask.1": "不带选项的 TCP 首部有多少字节？",
    "learn.headers.why.1": "五个四字节的字：数据偏移字段为 5。",
    "learn.headers.ask.2": "双方都使用时间戳。纯 ACK 的 TCP 首部有多少字节？",
    "learn.headers.why.2": "该选项占 10 字节，再填充 2 字节：20 + 12。",
    "learn.headers.ask.3": "一个损坏的报文段到达 B。B 为此发送什么？",
    "learn.headers.why.3": "损坏的可能正是端口：根本不知道该告诉谁。",
    "learn.layers.title": "分层：从集线器到 HTTP",
    "learn.layers.1": (
        "每一层把上一层交来的东西包起来，不看里面。“hello”有 {text} 字节；加上 TCP 和 IP 首部，包有 {packet} 字节；再加"
        "以太网首部，帧有 {frame} 字节（不计填充和校验序列）。纯 ACK 是一个 {bare} 字节的包，没有任何内容。"
    ),
    "learn.layers.2": (
        "物理层：中继器、集线器复制信号。数据链路层：网卡、网桥、交换机在邻居之间传送帧。网络层：IP 和路由器在网络之间"
        "传送包。传输层：TCP、UDP 连接进程。应用层：HTTP、SMTP、DNS、FTP。"
    ),
    "learn.layers.3": (
        "下面各层什么也不保证。A 写数据时切断链路：丢了 {lost} 个包，TCP 以下没有谁在意，TCP 一直重传到 {read} 个字节全"
        "部到达。这就是端到端原则。"
    ),
    "learn.layers.watch.life": "完整的一生：每一行是一个 IP 包。",
    "learn.layers.watch.cut": "A 写数据时，链路断了三秒。",
    "learn.layers.wrong.1": (
        "RFC 1122 的 TCP/IP 模型是四层（链路、网际、传输、应用）；笔记里的五层是与 OSI 混合后的常见讲法。"
    ),
    "learn.layers.wrong.2": (
        "ICMP 装在 IP 里，但属于网络层。防火墙和负载均衡器会同时看好几层；“路由器在网络层”只对单纯的路由器成立。"
    ),
    "learn.layers.ask.1": "A 发送“hello”，没有选项。这个 IPv4 包有多少字节？",
    "learn.layers.why.1": "IP 20，TCP 20，内容 5。",
    "learn.layers.ask.2": "A 写入 1200 字节，每个报文段最多装 500。一共几个报文段？",
    "learn.layers.why.2": "TCP 编号的是字节，不是消息：500、500，再加剩下的。",
    "learn.layers.ask.3": "A 的数据正在途中，链路断了三秒。A 的应用会得到什么？",
    "learn.layers.why.3": "补救是 TCP 的事；应用只会觉得慢了一些。",
    "learn.choice.nothing": "什么也没有",
    "learn.choice.another": "另一个号码",
    "learn.choice.yes": "是",
    "learn.choice.no": "否",
    "learn.choice.first-fin": "从 B 的第一个 FIN",
    "learn.choice.last-fin": "从 B 的最后一个 FIN",
    "learn.choice.close-call": "从 A 调用 close()",
    "learn.choice.refused": "被拒绝（ECONNREFUSED）",
    "learn.choice.reset": "被复位（ECONNRESET）",
    "learn.choice.timeout": "超时（ETIMEDOUT）",
    "learn.ui.intro": "各章：读一读，看一看，猜一猜。每个答案都由协议栈实际运行得出。",
    "learn.ui.use": "synfin learn 章名",
    "learn.ui.watch": "看",
    "learn.ui.wrong": "常见笔记不准确之处",
    "learn.ui.questions": "猜一猜",
    "learn.ui.question": "问题 {number}",
    "learn.ui.prompt": "你的答案（{letters}）",
    "learn.ui.right": "答对了：{text}。",
    "learn.ui.not_right": "不对。答案是：{text}。",
    "learn.ui.answer": "答案：{text}。",
    "learn.ui.score": "{all} 题答对 {right} 题",
    "learn.ui.again": "这不是可选的答案：{error}",
    "learn.ui.how": "作答：synfin learn {name} --answers {letters}；看答案：--show",
    "learn.ui.count": "{name} 有 {all} 个问题，却给了 {given} 个答案",
    "learn.ui.path": "学习路线",
    "learn.ui.path_about": (
        "这里的每一章也是一条命令：`synfin learn 章名` 会画出时序图并提问。文中的状态和数字，以及所有答案，都由协议栈实"
        "际运行得出，所以本页不会与它脱节。每个运行都可以改动：换一个报文段丢，换一个时间关，关掉一条规则。"
    ),
    "learn.ui.answers": "答案",
    "learn.ui.run": "运行",
}
