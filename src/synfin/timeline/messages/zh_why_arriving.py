"""简体中文：连接上到达的报文段为什么这样处理。`{who}` 是作出判断的一方，`{peer}` 是另一方。"""

from __future__ import annotations

from typing import Final

SEQUENCE: Final[dict[str, str]] = {
    "why.rule.paws": (
        "双方在每个报文段里都写上自己时钟的读数。这一个比 {who} 最近收下的还旧，说明它是掉队的：序号绕回之前发出的"
        "（高速路径上几秒钟就绕回一圈），或者属于同一对端口上先前的连接。序号可能碰巧相符，时钟却对不上。{who} 丢弃"
        "它，并回 ACK（RFC 7323 5.3）。"
    ),
    "why.rule.timestamp-missing": (
        "握手时双方约好每个报文段都带时间戳，这一个却没有，说明发送者不大对劲；而没有时钟读数，它就可能绕过对旧报文"
        "段的防护。RFC 7323 3.2 规定丢弃它；只有 RST 例外，因为忘记了连接的主机不可能知道那个时钟。"
    ),
    "why.rule.seq-outside-window": (
        "{who} 期望的序号从 RCV.NXT 起，到窗口右边沿为止。这个报文段没有一处落在其中：要么是以前到过的，要么属于别"
        "的连接，要么是伪造的。{who} 不收它，但会报出自己的序号。如果只是 {who} 的 ACK 丢了，这正好补发一次，最后一"
        "个 ACK 丢失就是这样补救的（RFC 9293 3.10.7.4，第一步）。"
    ),
    "why.rule.seq-zero-window": (
        "{who} 没有空间，窗口关着，而这个报文段正好从关着的边沿开始。数据不收，但 ACK、RST 和紧急指针仍然有效："
        "{who} 虽满，{peer} 也可能有消息要说。{who} 用自己的序号和窗口应答；这样的报文段多半是 {peer} 的窗口探测（"
        "RFC 9293 3.8.6.1）。"
    ),
    "why.rule.syn-retransmitted": (
        "同一个 SYN 又来了，序号是 {who} 已经知道的。可能 {who} 的 SYN,ACK 丢了或者迟到，也可能网络把 SYN 复制了一"
        "份。连接并没有问题，{who} 用同样的初始序列号重复 SYN,ACK。如果换个新号，一个连接就成了两个不同的连接（RFC "
        "9293 3.10.7.4）。"
    ),
    "why.rule.syn-in-window": (
        "已经打开的连接里来了 SYN：或者 {peer} 重启过，从同一端口重新打开，或者有人伪造。RFC 793 要求复位，结果只要"
        "猜中序号，一个伪造的 SYN 就能断掉连接。现在 {who} 只回一个 ACK。重启过的对端会据此回一个序号完全正确的 RST，"
        "到那时旧连接才结束（RFC 5961 4.2）。"
    ),
    "why.rule.syn-returns-to-listen": (
        "{who} 已经应答过一个 SYN，现在又来一个，序号不同，又落在窗口之内。前一个多半是迟到的旧报文，或者对方已经放"
        "弃。{who} 忘掉这个半连接，回到 LISTEN。新来的 SYN 也一并丢弃；等它重发时，会遇到准备好的监听者（RFC 9293 "
        "3.10.7.4，第四步）。"
    ),
}

RESETS: Final[dict[str, str]] = {
    "why.rule.rst-outside-window": (
        "RST 只有出自知道数据流进行到哪里的人，才可以相信。这一个连窗口都没有落进，不是迟到的旧报文，就是盲目的猜测。"
        "{who} 丢弃它，也不应答，让猜的人既引不出报文，也得不到信息（RFC 5961 3.2、RFC 9293 3.10.7.4）。"
    ),
    "why.rule.rst-in-window": (
        "序号落在窗口之内，却不是 {who} 期望的下一个。窗口很大时，攻击者只要猜几千次就能落进窗口，从而断掉他看不到"
        "的连接。所以 {who} 发挑战 ACK：真正的对端若已丢失连接，会回一个序号完全正确的 RST；伪造者看不到这个挑战（"
        "RFC 5961 3.2）。"
    ),
    "why.rule.rst-exact": (
        "这个 RST 的序号正好是 {who} 期望的下一个。知道它的只有 {peer}，或者能在途中窃听的人：要猜中，得试四十多亿"
        "次。所以相信它。连接立即结束，没有 FIN，也没有 TIME_WAIT；排队的数据丢弃，还持有它的应用会得到错误。已经确"
        "认过的数据仍然可以读（RFC 5961 3.2）。"
    ),
    "why.rule.rst-returns-to-listen": (
        "{peer} 收回了自己的 SYN，或者从来没有发过：对应答旧 SYN 的 SYN,ACK，客户端正是回以 RST。{who} 忘掉这个半连"
        "接。它是被动打开的，应用还不知道，也就不必通知；监听照旧进行。握手就是这样摆脱幽灵连接的（RFC 9293 "
        "3.10.7.4，第二步）。"
    ),
    "why.rule.challenge-limited": (
        "对可疑的报文段 {who} 会回 ACK，但每段时间只回几个。否则有人成千上万地发来，{who} 就得同样多地应答；两个糊"
        "涂的端点也会互相应答个没完。沉默没有害处，老实的对端会再发。这个限制按连接分别计算，因为公用的限额可以从外"
        "面观察到（RFC 5961 7）。"
    ),
}

ACKNOWLEDGMENT: Final[dict[str, str]] = {
    "why.rule.ack-missing": (
        "SYN 之后的报文段都带 ACK，这不费什么，因为那个字段总在首部里。这个报文段没有 ACK，也不是先前已经处理的 "
        "RST 或 SYN，不会出自正常的 TCP。{who} 丢弃它，也不应答，用古怪标志来试探的人得不到任何信息（RFC 9293 "
        "3.10.7.4，第五步）。"
    ),
    "why.rule.ack-bad-in-syn-received": (
        "{who} 发了自己的 SYN，等的就是对它的确认。这个 ACK 说的是别的号，可见发送者没有见过 {who} 的 SYN：是旧报文"
        "段，或者有人在猜。握手正是为了这个检验而存在。{who} 回 RST，继续等待正确的确认（RFC 9293 3.10.7.4，第五步）。"
    ),
    "why.rule.ack-beyond-snd-nxt": (
        "这个 ACK 确认的序号，{who} 还没有用过，不可能有人收到。要么 {peer} 把它和别的连接弄混了，要么有人插进报文"
        "段，指望其中的数据被收下。{who} 连数据一起丢弃，并回 ACK 报出真实的序号（RFC 9293 3.10.7.4、RFC 5961 5.2）。"
    ),
    "why.rule.ack-too-old": (
        "旧的 ACK 很平常，但不会旧到这个地步：它比已确认的序号小，差距超过 {peer} 通告过的最大窗口，正常的报文段不"
        "可能在途这么久。这是攻击者试探序号、想插入数据的迹象，因为过去一半的序号都算作可以接受的旧 ACK。{who} 丢弃"
        "这个报文段，并回 ACK（RFC 5961 5.2）。"
    ),
    "why.rule.ack-duplicate": (
        "确认号与上次相同，没有数据，没有 FIN，窗口也没变，而 {who} 还有数据在途。这说明 {peer} 收到了接不上的内容："
        "有报文段丢失，或者被超越。一两个可能只是乱序，三个就算丢失。每一个重复确认还说明，又有一个报文段离开了网络"
        "（RFC 5681 2）。"
    ),
    "why.rule.sack-block-ignored": (
        "SACK 块说的应当是 {who} 发过而尚未确认的序号。这一块不是：两端颠倒，或超出发过的范围，或远在从前。{who} 略"
        "过它，报文段的其余部分照用；如果信了它，没有送达的字节就会被当成已经送达（RFC 2018 3）。"
    ),
    "why.rule.sack-reneged": (
        "{peer} 曾用 SACK 报告收到的字节，后来又丢掉了。内存紧张时它可以这样做：SACK 只是提示，ACK 才是承诺。超时恰"
        "好发生在报告过的字节上，{who} 由此得知。它忘掉全部 SACK 信息，从已确认的序号起全部重发；所以在得到确认之前，"
        "什么都不能离开发送缓冲区（RFC 2018 8）。"
    ),
}

LOSS: Final[dict[str, str]] = {
    "why.rule.dsack-received": (
        "第一个 SACK 块报告 {peer} 收到两次的字节：那次重传并无必要，原来的报文段只是迟到，或者丢的是 ACK。不需要发"
        "送什么，但 {who} 从中得知，以后判断丢失应当多等一会儿；如果一次恢复中的重传全都没有必要，它就把窗口恢复原"
        "样（RFC 2883 5）。"
    ),
    "why.rule.reordering-seen": (
        "较早发出的报文段没有重传过，却比较晚发出的更迟到达：这个网络里分组会互相超越。从此 {who} 的 RACK 多给四分"
        "之一个往返时间，然后才判为丢失。没有这点耐心，每次超越都会被看成丢失，窗口白白减小，还会多发一次（RFC "
        "8985 6.2）。"
    ),
    "why.rule.recovery-by-sack": (
        "SACK 报告的内容已没有疑问：丢了报文段，多半是因为某个队列满了。{who} 进入快速恢复：不论这一批缺多少，窗口"
        "只减小一次；补发缺失的，并随着别的报文段到达而发出新的。此刻在途的全部得到确认时，恢复结束（RFC 6675 5）。"
    ),
    "why.rule.recovery-by-duplicates": (
        "没有 SACK，{who} 只能数：第三个重复确认说明，缺失的那一段之后已有三个报文段到达。{who} 进入快速恢复：重传"
        "第一个缺失的报文段，窗口减小一次，此后每来一个重复确认就发一个新报文段，因为那表示又有一个离开了网络。此刻"
        "在途的全部得到确认时，恢复结束（RFC 6582 3.2）。"
    ),
}

LINUX: Final[dict[str, str]] = {
    "linux.rule.timestamp-missing": "这样的报文段会被接受。",
    "linux.rule.seq-outside-window": (
        "紧接窗口之后的那个序号也算在窗口之内。超出窗口的报文段不裁剪，自 6.17 起或整个丢弃，或整个接受。"
    ),
    "linux.rule.seq-zero-window": "FIN 不需要空间：窗口关着也照收。",
    "linux.rule.syn-retransmitted": "同时打开之后，它只回单独的 ACK。",
    "linux.rule.syn-returns-to-listen": "它还会发一个带 ACK 的 RST。",
    "linux.rule.rst-exact": "序号等于 {peer} 的 FIN（比期望的小一）的 RST 也算数。",
    "linux.rule.rst-outside-window": "序号等于 {peer} 的 FIN 的 RST 算数；带着数据、伸进窗口的旧 RST 会引来挑战 ACK。",
    "linux.rule.challenge-limited": "限制是每个连接半秒之内一个挑战 ACK。",
    "linux.rule.ack-missing": "它在检查序号之前就丢弃这样的报文段，但在 TIME_WAIT 中会应答。",
    "linux.rule.ack-too-old": "早于连接第一个序号的 ACK 会当作太旧来应答，即使最大窗口够得到那里。",
    "linux.rule.recovery-by-sack": "重发的报文段会匀速发出；重传再次丢失时，窗口不会第二次减小。",
}

MESSAGES: Final[dict[str, str]] = {**SEQUENCE, **RESETS, **ACKNOWLEDGMENT, **LOSS, **LINUX}
