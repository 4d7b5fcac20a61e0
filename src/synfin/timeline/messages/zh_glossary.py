"""简体中文：解释其他一切时要用到的词，以及术语表的标题。"""

from __future__ import annotations

from typing import Final

HEADINGS: Final[dict[str, str]] = {
    "glossary.title": "术语表",
    "glossary.intro": (
        "本协议栈的名词、状态、标志、选项、定时器、错误和规则是什么意思：先用一句话说明，再说为什么，附上 RFC 的出"
        "处；Linux 的做法经过实测而不同的，也写明。时间线里的解释用的是同样的文字。"
    ),
    "glossary.made": "本页由 `python -m tests.timeline.glossary` 从消息目录生成；内容过期时测试会失败。",
    "glossary.other": "[English](glossary.md)",
    "glossary.linux": "Linux",
    "glossary.word": "名词",
    "glossary.state": "状态",
    "glossary.move": "状态之间的转移",
    "glossary.flag": "标志",
    "glossary.option": "选项",
    "glossary.timer": "定时器",
    "glossary.error": "错误",
    "glossary.rule": "规则",
    "glossary.rule.intro": "协议栈的每个决定都有名称。跟踪记录、时间线、计数器、抓包文件和测试里用的都是同样的名称。",
    "glossary.rule.sent": "为什么发出这个报文段或分组",
    "glossary.rule.opening": "建立连接",
    "glossary.rule.arriving": "收到的报文段",
    "glossary.rule.closing": "关闭、放弃、TIME_WAIT 与 ECN",
    "glossary.rule.lab": "模拟网络",
    "glossary.rule.ip": "链路、邻居、IP",
    "glossary.rule.icmp": "ICMP、UDP 与主机的上限",
    "glossary.rule.wire": "格式错误的分组",
    "glossary.rule.rest": "教学专用",
}

WORDS: Final[dict[str, str]] = {
    "word.octet": "字节（octet）",
    "why.word.octet": (
        "八位；别处叫 byte，RFC 叫 octet。TCP 编号的是字节而不是报文段：报文段的序号就是它第一个字节的序号，SYN 和 "
        "FIN 各算一个（RFC 9293 3.4）。"
    ),
    "word.segment": "报文段、分组、帧、数据报",
    "why.word.segment": (
        "同样的字节，在不同的层有不同的名称：TCP 发送报文段，IP 把每个报文段装进一个分组（数据报），链路再把分组装"
        "进帧。UDP 发送数据报。程序写入的内容在这里没有边界：TCP 是字节流，想在哪里切就在哪里切（RFC 9293 3.1）。"
    ),
    "word.sequence-number": "序列号（序号）",
    "why.word.sequence-number": (
        "每个字节有一个 32 位的号码，从 ISN 数起，数满回到 0。接收方靠它排序，发现缺少的和重复的。时间线上显示的是"
        "相对于 ISN 的值，因为线上的号码可以从任何数开始（RFC 9293 3.4）。"
    ),
    "word.acknowledgment-number": "确认号",
    "why.word.acknowledgment-number": (
        "期望收到的下一个序号：比它小的都到齐了。它不是“最后收到的序号”，有的笔记写错了。确认是累积的，遇到缺口就停"
        "住，后面到了多少也不动；丢一个 ACK，下一个就能补上（RFC 9293 3.4）。"
    ),
    "word.isn": "初始序列号（ISN）",
    "why.word.isn": (
        "SYN 的序号。笔记常问是随机的还是按时钟的，其实两者都是：时钟加上对地址和端口的带密钥散列。外人猜不到；而对"
        "同样的地址和端口它不断增长，旧报文段混不进新连接（RFC 9293 3.4.1、RFC 6528）。"
    ),
    "word.connection": "连接",
    "why.word.connection": (
        "两端各自记着对方的序号，中间什么也没有：线缆断开一天，接好之后双方照常继续，就像什么也没发生。两份记忆有时"
        "会不一致，TCP 里许多看似奇怪的做法，说的都是它们怎样重新一致（RFC 9293 3.3.1、3.5.1）。"
    ),
    "word.four-tuple": "四元组",
    "why.word.four-tuple": (
        "本地地址和端口，远端地址和端口：合起来就是连接的名字，此外再没有别的。只要另一端不同，服务器在一个端口上可"
        "以有任意多个连接；客户端也只会对某一台服务器用完端口（RFC 9293 3.3.1）。"
    ),
    "word.tcb": "传输控制块（TCB）",
    "why.word.tcb": (
        "一端对连接所知的一切：状态、序号、窗口、定时器、缓冲区。连接不过是两个彼此相符的控制块，中间没有线，也没有"
        "电路，只有 NAT 之类自带记忆的设备会保存一些东西（RFC 9293 3.3.1）。"
    ),
    "word.active-open": "主动打开",
    "why.word.active-open": (
        "请求建立连接：connect() 发出 SYN。通常由客户端来做；如果双方都这样做，就成了同时打开，结果仍是一个连接（"
        "RFC 9293 3.5、3.10.1）。"
    ),
    "word.passive-open": "被动打开",
    "why.word.passive-open": (
        "准备接受连接：listen() 什么也不发，只是等着。此后握手由协议栈自己完成；accept() 只是取走已完成的连接，也不"
        "发送任何报文（RFC 9293 3.5、3.10.1）。"
    ),
    "word.three-way-handshake": "三次握手",
    "why.word.three-way-handshake": (
        "SYN，SYN,ACK，ACK：每一端都报出自己的初始序列号，并得知对方已收到。只有两次，监听一方的号码就得不到确认，"
        "任何冒出来的旧 SYN 都会变成连接；四次当然可以，但中间两次正好合成一个（RFC 9293 3.5）。"
    ),
    "word.embryonic": "半连接（embryonic）",
    "why.word.embryonic": (
        "握手尚未完成的连接：处于 SYN_RECEIVED、还没有应用见过的子连接。学习笔记和 Linux 的“半连接队列”用的就是这个"
        "意思；RFC 的 half-open 指的是另一回事。"
    ),
    "word.half-open": "半打开（half-open）",
    "why.word.half-open": (
        "RFC 的用法：一端因崩溃等原因丢了状态，另一端还不知道。那一端发送数据时会得到 RST，这才发现，或者由保活发现"
        "（RFC 9293 3.5.1）。不要与握手未完成的半连接混淆，也不要与半关闭混淆。"
    ),
    "word.half-close": "半关闭",
    "why.word.half-close": (
        "用 shutdown(SHUT_WR) 和 FIN 关闭一个方向，另一个方向照常。close() 并不是半关闭：它连读也放弃，之后再来的数"
        "据会得到 RST（RFC 9293 3.6.1）。"
    ),
    "word.four-way-close": "四次挥手",
    "why.word.four-way-close": (
        "FIN，ACK，FIN，ACK：两个方向各自关闭，各自确认。四次是通常情形，不是规定：后关闭的一端若立刻关闭，它的 ACK "
        "和 FIN 合在一起，三次就够（RFC 9293 3.6）。"
    ),
    "word.simultaneous": "同时打开与同时关闭",
    "why.word.simultaneous": (
        "双方在同一时间做同样的事，报文段在途中交错。两个 SYN 合成一个连接，两端都经过 SYN_RECEIVED；两个 FIN 使两"
        "端都经过 CLOSING，最后都进入 TIME_WAIT。少见，但合法，正好用来检验协议栈（RFC 9293 3.5、3.6）。"
    ),
    "word.syn-queue": "半连接队列（SYN 队列）",
    "why.word.syn-queue": (
        "半连接在这里等对方确认自己的 SYN。伪造 SYN 的洪泛攻击的就是它。满了之后，SYN 被丢弃，或者用 SYN Cookie 应"
        "答（RFC 4987 2.2、3.6）。"
    ),
    "word.accept-queue": "全连接队列与 backlog",
    "why.word.accept-queue": (
        "完成握手的连接在这里等 accept()。listen() 的参数 backlog 就是它的上限。满了之后，握手的最后一个 ACK 会被忽"
        "略，从外面看就像它丢了一样。RFC 9293 里没有这个队列，它属于套接字接口。"
    ),
    "word.syn-flood": "SYN 洪泛",
    "why.word.syn-flood": (
        "冒用别人的地址发来的 SYN，对 SYN,ACK 永远不会应答：每一个都让监听者占着一个条目，直到超时，正常的客户端便"
        "遇到满了的队列。设上限能保住主机，SYN Cookie 能让客户端进来（RFC 4987 2.2、3.6）。"
    ),
    "word.syn-cookie": "SYN Cookie",
    "why.word.syn-cookie": (
        "把监听者本该记住的内容，用密钥编进初始序列号，于是一个 SYN 不占任何内存，等 ACK 把它带回来。代价是大部分选"
        "项丢失，而且因为什么都不记得，也就无法重传（RFC 4987 3.6）。"
    ),
    "word.fast-open": "TCP Fast Open（TFO）",
    "why.word.fast-open": (
        "以前连接得到的 Cookie，证明客户端确实能在它的地址上收到报文，所以服务器立即把 SYN 上的数据交给应用。没有 "
        "TFO，SYN 带数据也是合法的，只是要等（RFC 7413 4）。"
    ),
    "word.old-duplicate": "旧的重复报文段",
    "why.word.old-duplicate": (
        "过了时候才冒出来的报文段：被耽搁的、被复制的，属于这个连接，或者以前用过同一个四元组的连接。TCP 的许多做法"
        "都因它而来：握手、不断增长的 ISN、TIME_WAIT、时间戳（RFC 9293 3.4.1）。"
    ),
    "word.msl": "报文段最大生存时间（MSL）",
    "why.word.msl": (
        "报文段在网络里最长能存在多久。这是约定而不是测量值：RFC 取两分钟，Linux 取半分钟。TIME_WAIT 是它的两倍（"
        "RFC 9293 3.4.2）。"
    ),
    "word.incarnation": "一代连接（incarnation）",
    "why.word.incarnation": (
        "先后使用同一个四元组的几个连接之一。能把它们的报文段区分开的，只有序号和时间（RFC 9293 3.4.1）。"
    ),
    "word.orphan": "无主连接（orphan）",
    "why.word.orphan": (
        "应用已经关闭并离开，而协议栈还有数据要发，或者还要等对端 FIN 的连接。有什么事也没有谁可以告诉，所以可以早"
        "一些放弃（RFC 9293 3.6.1）。"
    ),
    "word.rtt": "往返时间（RTT）",
    "why.word.rtt": (
        "从发出一个字节到它得到确认的时间。TCP 保存平滑值（SRTT）和偏差（RTTVAR）。发过两次的不测，因为不知道被确认"
        "的是哪一份，除非有时间戳（RFC 6298 2、3）。"
    ),
    "word.rto": "重传超时时间（RTO）",
    "why.word.rto": (
        "等多久就超时重传：SRTT 加四倍 RTTVAR，按 RFC 至少一秒；还没有测量值时也是一秒。每次超时加倍，称为退避（RFC "
        "6298 2、5）。"
    ),
    "word.sliding-window": "滑动窗口",
    "why.word.sliding-window": (
        "不必等待就可以发送的范围：从最早未确认的字节开始，随着确认向前滑动。它的大小取接收方给出的窗口和拥塞窗口中"
        "较小的一个（RFC 9293 3.4、RFC 5681 2）。"
    ),
    "word.receive-window": "接收窗口",
    "why.word.receive-window": (
        "接收方还剩多少地方，每个报文段都会说明。它保护的是接收方（流量控制）。右边界不应往回收；为零时由发送方探测"
        "（RFC 9293 3.8.6）。"
    ),
    "word.silly-window": "糊涂窗口综合征",
    "why.word.silly-window": (
        "接收方一腾出几个字节就开放窗口，发送方一有几个字节的窗口就发，很快全是小报文段。双方都要等到值得的时候再动"
        "（RFC 9293 3.8.6.2）。"
    ),
    "word.congestion-window": "拥塞窗口（cwnd）",
    "why.word.congestion-window": (
        "发送方估计网络能容纳多少。没有谁告诉它：确认不断到来就增大，发现丢失或标记就减小。它保护的是网络（拥塞控制），"
        "从不出现在线上（RFC 5681 2）。"
    ),
    "word.ssthresh": "慢启动门限（ssthresh）",
    "why.word.ssthresh": (
        "慢启动到此为止：丢失之后取在途数据的一半左右，或由算法计算。低于它，窗口每个往返加倍；高于它，每个往返大约"
        "加一个报文段（RFC 5681 3.1）。"
    ),
    "word.slow-start": "慢启动与拥塞避免",
    "why.word.slow-start": (
        "慢启动每个往返把窗口加倍，只是与一下子全发出去相比才算慢。拥塞避免每个往返大约加一个报文段，或者按 CUBIC "
        "等算法计算（RFC 5681 3.1）。"
    ),
    "word.flight": "在途数据",
    "why.word.flight": (
        "已发送而未确认的字节：SND.NXT 减去 SND.UNA。有了 SACK，就更清楚哪些已经离开网络，RFC 6675 4 称剩下的为 "
        "pipe（RFC 5681 2）。"
    ),
    "word.duplicate-ack": "重复确认",
    "why.word.duplicate-ack": (
        "有数据在途时，确认号和窗口都与上次相同、又不带数据的 ACK。它表示有数据失序到达：一个可能只是乱序；没有 "
        "SACK 时，三个就当作丢失（RFC 5681 2、3.2）。"
    ),
    "word.fast-retransmit": "快速重传与快速恢复",
    "why.word.fast-retransmit": (
        "重复确认或 SACK 一表明丢失就重传，不等定时器；因为确认还在到来，所以以大约一半的速度继续发送（RFC 5681 3.2、"
        "RFC 6675 5）。"
    ),
    "word.sack": "选择确认（SACK）",
    "why.word.sack": (
        "列出缺口之后已到达内容的选项，这样只需重传缺口。它只是参考，不是承诺。报告重复到达内容的块称为 D-SACK（RFC "
        "2018 3、RFC 2883 4）。"
    ),
    "word.delayed-ack": "延迟确认",
    "why.word.delayed-ack": (
        "接收方把确认稍稍推迟（不到半秒），等着搭数据的便车，或者与第二个报文段合用一个确认。ACK 的数目因此减半（"
        "RFC 9293 3.8.6.3）。"
    ),
    "word.nagle": "Nagle 算法",
    "why.word.nagle": (
        "只要还有数据没得到确认，小报文段就先等着，这样许多次小的写入合成少数几个报文段。对端若用延迟确认，每次往来"
        "可能多停顿一下；TCP_NODELAY 可以关闭它（RFC 9293 3.7.4）。"
    ),
    "word.keep-alive": "保活（keep-alive）",
    "why.word.keep-alive": (
        "在没有流量的连接上发探测，默认关闭，第一个在两小时之后。它能发现已死的对端，也能让 NAT 不忘记连接。HTTP 的"
        " keep-alive 是另一回事：一个连接用于多个请求（RFC 9293 3.8.4）。"
    ),
    "word.paws": "PAWS",
    "why.word.paws": (
        "防止序号回绕：时间戳比上一个还旧的报文段，即使序号合适也丢弃，因为在高速路径上，一个报文段的生存时间之内序"
        "号就可能绕一圈（RFC 7323 5）。"
    ),
    "word.challenge-ack": "挑战 ACK",
    "why.word.challenge-ack": (
        "对可能是伪造的 RST 或 SYN 的回答：带着真实序号的 ACK。真的丢了连接的对端会回一个序号正好的 RST；伪造者看不"
        "到它（RFC 5961 3、4）。"
    ),
    "word.ecn": "显式拥塞通知（ECN）",
    "why.word.ecn": "路由器打标记而不丢包，接收方报告标记，发送方放慢。双方必须先在 SYN 里约定（RFC 3168 5、6）。",
    "word.mss": "最大报文段长度（MSS）",
    "why.word.mss": (
        "一端在一个报文段里最多接收多少数据，写在它的 SYN 里，两个方向各有各的。它不经协商，也不计首部和选项：IPv4 "
        "上为 MTU 减 40 字节，IPv6 上减 60（RFC 9293 3.7.1、RFC 6691）。"
    ),
    "word.path-mtu": "MTU 与路径 MTU",
    "why.word.path-mtu": (
        "一条链路能承载的最大分组，以及整条路上其中最小的那个值。发送方靠路由器用 ICMP 拒绝太大的分组来得知；ICMP "
        "被过滤时，大的报文段就无声无息地消失（RFC 1191 3、RFC 8201 4）。"
    ),
    "word.r1-r2": "R1 与 R2",
    "why.word.r1-r2": (
        "重传的两道门槛。到 R1，协议栈怀疑路由，告诉 IP 和应用；到 R2 就放弃连接，数据至少坚持 100 秒，SYN 至少三分"
        "钟（RFC 9293 3.8.3）。"
    ),
    "word.spurious": "虚假重传",
    "why.word.spurious": (
        "其实不必要的重传：原来的报文段只是迟到或被超越，并没有丢。无法避免，但事后可以凭时间戳、D-SACK 或 F-RTO 发"
        "现，那时就撤销窗口的减小（RFC 3522 3.2、RFC 5682 2.1）。"
    ),
}

MESSAGES: Final[dict[str, str]] = {**HEADINGS, **WORDS}
