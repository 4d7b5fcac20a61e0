"""简体中文：打开连接时，到达的报文段为什么这样处理。`{who}` 是作出判断的一方，`{peer}` 是另一方。"""

from __future__ import annotations

from typing import Final

LISTENING: Final[dict[str, str]] = {
    "why.rule.active-open": (
        "应用调用了 connect()，指明要连谁，这就是主动打开，通常是客户端。协议栈建立控制块，取一个空闲的本地端口，选"
        "定初始序列号，立即发出 SYN。握手完成或失败之后，这个调用才返回。此前没有问过 {peer} 任何事，所以只能是 "
        "SYN_SENT（RFC 9293 3.10.1）。"
    ),
    "why.rule.passive-open": (
        "应用调用了 listen()：不指明谁会来，只是等，这就是被动打开。没有报文发出，也不知道对端是谁，所以一个监听者"
        "可以服务任意多个客户端。从此以后，握手由协议栈自己完成，应用调不调用 accept() 都一样；accept() 只是从队列"
        "里取走已有的连接（RFC 9293 3.10.1）。"
    ),
    "why.rule.syn-accepted": (
        "有监听的端口收到了 SYN。{who} 为这个客户端另建一个控制块，状态为 SYN_RECEIVED，记下对方的序号和窗口，再选"
        "定自己的序号。在 RFC 的模型里，监听的控制块自己变成这个连接；实际的协议栈让它留在 LISTEN，每个 SYN 生出一"
        "个子连接，否则第二个客户端就来不了（RFC 9293 3.10.7.2）。"
    ),
    "why.rule.listen-rst-ignored": (
        "RST 只能结束连接，而监听者没有连接。它留在 LISTEN，也不应答：应答 RST 可能再引来 RST，没完没了。这样的 "
        "RST 很平常，例如 SYN,ACK 到得太晚，客户端已经放弃，而这边的半连接也早已不在（RFC 9293 3.10.7.2）。"
    ),
    "why.rule.listen-ack-reset": (
        "LISTEN 中什么也没发过，因此任何确认都不可能正确。也许 {peer} 还记得 {who} 已经忘掉的连接，也许半连接在最后"
        "的 ACK 到来之前就放弃了，也许序号是伪造的。{who} 回 RST，序号取自这个 ACK，免得 {peer} 一直处于半打开（"
        "RFC 9293 3.10.7.2）。"
    ),
    "why.rule.listen-dropped": (
        "这个报文段没有 RST，没有 ACK，也没有 SYN。正常的发送方不会这样做，因为 SYN 之后的报文段都带 ACK；它来自端"
        "口扫描，或者有毛病的程序。RFC 规定丢弃即可。不应答比应答透露得更少，也不费什么（RFC 9293 3.10.7.2）。"
    ),
    "why.rule.listen-syn-fin-dropped": (
        "SYN 是打开，FIN 是关闭，正常的应用不会在一个报文段里两样都做。按 RFC 9293 3.10.7.2，它与别的 SYN 一样，"
        "FIN 留待以后再看。这种报文段多来自扫描程序，想绕过只认单独 SYN 的过滤器，所以本栈可以设置为丢弃它。"
    ),
    "why.rule.syn-queue-full": (
        "应答过的每个 SYN 都要占内存，直到第三个报文段到来；伪造的则一直占到超时，SYN 洪泛利用的就是这一点。因此半"
        "连接的数量有上限，现在到了，这个 SYN 不再登记。老实的客户端会重发 SYN，那时也许就有空位；若启用了 SYN "
        "Cookie，则马上就能进来（RFC 4987 2.2）。"
    ),
    "why.rule.accept-queue-full": (
        "完成握手的连接在队列里等应用调用 accept()。应用比客户端慢，队列满了。{who} 把这个报文段（SYN 或握手的第三"
        "个报文段）当作丢失处理。{peer} 或 {who} 会重发，那时也许已有空位；从 {peer} 看来，只像是网络慢。RFC 9293 里没"
        "有这个队列，backlog 见 RFC 4987 2.2。"
    ),
    "why.rule.syn-cookie-sent": (
        "已经容不下更多半连接，但 {who} 可以用 SYN Cookie 应答。发出的 SYN,ACK 看上去与别的没有两样，只是序号不出自"
        "生成器，而是由时间、MSS，以及对该客户端的地址、端口和序号的带密钥散列组成。什么都不保存，伪造的 SYN 再多，"
        "也不耗内存（RFC 4987 3.6）。"
    ),
    "why.rule.syn-cookie-accepted": (
        "监听者收到一个 ACK，确认号减一正是 {who} 在最近两分钟之内为这个客户端做的 Cookie。看不到 {who} 应答的伪造"
        "者，得猜中 24 位散列才行。可见握手确实发生过，于是现在由 Cookie 里的内容建立连接：只有 MSS，没有别的选项（"
        "RFC 4987 3.6）。"
    ),
    "why.rule.syn-cookie-wrong": (
        "{who} 近来发过 Cookie，所以不属于任何连接的 ACK，也可能带回其中一个。拿它与该客户端在本周期和上一周期（每"
        "个 64 秒）的散列比对，都不相符：要么太旧，要么从来不是 Cookie。于是与监听端口上其他无主的 ACK 同样处理，"
        "回 RST（RFC 4987 3.6）。"
    ),
    "why.rule.defer-accept": (
        "服务器要求有数据可读时才叫醒它，所以单独的第三个报文段不能完成握手：{who} 丢弃它，停在 SYN_RECEIVED，而 "
        "{peer} 已是 ESTABLISHED。等第一段数据到来（它带着同样的 ACK），才建立并交出连接。连上却不说话的客户端，永"
        "远到不了应用那里（按 RFC 9293 3.10.7.4 应立即建立）。"
    ),
}

FAST_OPEN: Final[dict[str, str]] = {
    "why.rule.fast-open-accepted": (
        "SYN 上带着 {who} 以前发给这个客户端的 Cookie，证明它确实能在那个地址上收到报文。于是 SYN 上的数据现在就交"
        "给应用，不必等到握手之后，省下一个往返。如果网络把这个 SYN 送达两次，数据就可能被交付两次，因此只适合可以"
        "重复的请求（RFC 7413 4.2.2）。"
    ),
    "why.rule.fast-open-bad-cookie": (
        "这个 Cookie 与该地址不符：密钥换过不止一次，或者是有人编造的。损失的只是那点好处：{who} 只确认 SYN，照常握"
        "手，并在 SYN,ACK 里给一个有效的 Cookie。连接建立之后，{peer} 会马上再发一遍数据（RFC 7413 4.2.2）。"
    ),
    "why.rule.fast-open-cookie-asked": (
        "{peer} 希望下次能用 Fast Open，在 SYN 里带了空的选项。{who} 用 {peer} 的地址和密钥算出 Cookie，随 SYN,ACK "
        "给它，自己什么也不记；日后 Cookie 带回来时，重算一遍加以比对。这第一次连接仍按平常的方式建立（RFC 7413 "
        "4.1.2）。"
    ),
    "why.rule.fast-open-old-key": (
        "密钥隔一段时间就要更换，免得偷来的 Cookie 永远有效。这个 Cookie 是用上一个密钥做的。{who} 仍然接受它，这样"
        "更换密钥时客户端不至于全都多花一个往返；同时随 SYN,ACK 给一个新的（RFC 7413 4.1.2）。"
    ),
    "why.rule.fast-open-queue-full": (
        "握手完成前就发来数据的连接要计数，因为每一个都可能用了偷来的 Cookie 和伪造的地址，还会让应用白忙。这个监听"
        "者已到上限，{who} 便不看 Cookie，让这个客户端先完成握手。慢一个往返，但是稳妥（RFC 7413 4.2）。"
    ),
    "why.rule.fast-open-text-acked": (
        "SYN,ACK 确认的不只是 SYN：{peer} 已经收下随 SYN 发出的数据，也许已在答复。{who} 把这些数据从发送缓冲区删去，"
        "接着往后发。对于简短的请求，整个来回只用了一个往返，而不是两个（RFC 7413 4.2.2）。"
    ),
    "why.rule.fast-open-text-refused": (
        "SYN,ACK 只确认了 SYN，没有确认上面的数据：Cookie 没有被接受，或者 {peer} 不支持。这些数据已经有了序号，而"
        "且不变；连接建立后，它们在最初的报文段里再发一遍，就像刚刚写入一样。什么也没丢，什么也不会重复（RFC 7413 "
        "4.2.2）。"
    ),
    "why.rule.fast-open-blocked": (
        "上次对这台服务器用 Fast Open 失败了，最常见的情形是：SYN 去掉数据和选项重发之后才有应答，因为有防火墙丢弃"
        "那样的 SYN。{who} 会把这件事记一阵，期间按平常的方式打开，免得每次都白等一次重传。过后会再试（RFC 7413 "
        "4.1.3.1）。"
    ),
    "why.rule.syn-data-ignored": (
        "SYN 上带有数据，{who} 却只确认 SYN。数据没有得到确认，连接建立后会再来一遍，损失的只是时间。RFC 9293 "
        "3.10.7.2 允许接收方先把它留到握手结束，所以 SYN 带数据是合法的，笔记里说“不能携带数据”并不准确；只是多数协"
        "议栈不用它。"
    ),
}

ANSWERS: Final[dict[str, str]] = {
    "why.rule.syn-sent-bad-ack": (
        "在 SYN_SENT，正确的应答只有一种：恰好确认所发的那个 SYN。这个 ACK 确认的是别的，例如 {peer} 那里冒出来的一"
        "个旧 SYN。如果信了它，双方对序号从哪里开始就会各执一词。所以 {who} 回 RST，然后继续等待（RFC 9293 3.10.7.3）。"
    ),
    "why.rule.syn-sent-rst-ignored": (
        "没有确认任何内容、或没有确认这个 SYN 的 RST，谁猜中地址和端口都能发。只有确认了 SYN 的 RST，才说明发送者见"
        "过它。{who} 不理会这一个，继续等待应答（RFC 9293 3.10.7.3、RFC 5961 3.2）。"
    ),
    "why.rule.syn-sent-refused": (
        "这个 RST 确认了 {who} 的 SYN，可见发送者见过它：{peer} 的协议栈，或代它说话的防火墙。那个端口没有程序监听。"
        "connect() 马上以“连接被拒绝”失败，也不再重发 SYN。如果是没有回音，情形就不同了：先重传几分钟，然后超时（"
        "RFC 9293 3.10.7.3）。"
    ),
    "why.rule.syn-sent-no-syn": (
        "ACK 是对的，却没有 SYN，也就是说 {peer} 没有报出自己的序号，而没有这个号，它发来的内容就无从排序。{who} 丢"
        "弃这个报文段，留在 SYN_SENT。{peer} 的 SYN（带不带 ACK 都行）也许还会来；什么都不来，就重发自己的 SYN（"
        "RFC 9293 3.10.7.3）。"
    ),
    "why.rule.syn-sent-established": (
        "{who} 现在知道了三件事：{peer} 在，它收到了 {who} 的序号，以及它自己的序号。两个方向都通，{who} 进入 "
        "ESTABLISHED；connect() 返回，马上可以发送数据。{peer} 还在 SYN_RECEIVED，要等下一个报文段到达，所以两端从"
        "来不会在同一刻变成 ESTABLISHED（RFC 9293 3.10.7.3）。"
    ),
    "why.rule.simultaneous-open": (
        "双方的应用都对着对方的端口调用了 connect()，两个 SYN 在途中交错。没有谁在监听，RFC 却让它们合成一个连接，"
        "而不是两个：每一端由 SYN_SENT 进入 SYN_RECEIVED，以同样的初始序列号再发 SYN，并带上对对方 SYN 的确认。等它"
        "们到达，双方都进入 ESTABLISHED（RFC 9293 3.5，图 7）。"
    ),
    "why.rule.closed-dropped": (
        "来的 RST 所说的连接，{who} 并没有。没有什么可结束的，而 RST 永远不予应答：否则互不相识的两端会来回发 RST，"
        "没有尽头。它就此消失，线上不留痕迹（RFC 9293 3.10.7.1）。"
    ),
    "why.rule.closed-reset": (
        "这对地址和端口没有控制块，不论这个报文段想做什么，{who} 都无法参与，于是用 RST 说明。对方因此不用久等，很"
        "快就得到错误：发 SYN 的得知连接被拒绝，另一端重启过的得知连接被复位。在这里一声不响的防火墙，会让对方白等"
        "几分钟（RFC 9293 3.10.7.1）。"
    ),
    "why.rule.ack-establishes": (
        "{peer} 确认了 {who} 的 SYN，只有收到它的人才做得到。可见 {peer} 确实在那个地址上，那个 SYN 也不是迟到的旧"
        "报文，因为没有提出过请求的一方会回 RST。{who} 由 SYN_RECEIVED 进入 ESTABLISHED，在普通的握手中比 {peer} 晚"
        "半个往返。这个报文段若带有数据或 FIN，也一并收下（RFC 9293 3.10.7.4）。"
    ),
}

LINUX: Final[dict[str, str]] = {
    "linux.rule.syn-accepted": "同时带 SYN 和 FIN 的报文段直接丢弃；除非启用 Fast Open，否则不接受 SYN 上的数据。",
    "linux.rule.listen-syn-fin-dropped": "Linux 一律丢弃；按 RFC，它是一个 SYN。",
    "linux.rule.syn-queue-full": (
        "自 4.4 起，每个监听者不再有单独的表；半连接数以 backlog 为限，tcp_syncookies=1 而 backlog 很小时，很早就开"
        "始用 Cookie 应答。"
    ),
    "linux.rule.accept-queue-full": (
        "队列容纳的连接比 backlog 多一个。tcp_abort_on_overflow=1 时，第三个报文段会引来 RST。"
    ),
    "linux.rule.defer-accept": "这是套接字选项 TCP_DEFER_ACCEPT；RFC 里没有这样的规定。",
    "linux.rule.syn-data-ignored": "没有启用 Fast Open 时总是只确认 SYN；SYN,ACK 上的数据和 FIN 则一律丢弃。",
    "linux.rule.syn-sent-bad-ack": "它还会在大约 10 毫秒之内把 SYN 再发一次，不等定时器。",
    "linux.rule.syn-sent-rst-ignored": "它同样不理会这样的 RST，并在大约 10 毫秒后再发一次 SYN。",
    "linux.rule.simultaneous-open": "它会多发一个 ACK；对重复的 SYN 只回单独的 ACK。",
    "linux.rule.active-open": "一直没有应答时，connect() 在 131 到 135 秒后失败，早于 RFC 要求的三分钟。",
}

MESSAGES: Final[dict[str, str]] = {**LISTENING, **FAST_OPEN, **ANSWERS, **LINUX}
