"""简体中文：连接如何开始的各章。"""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "learn.three-way.title": "为什么是三次握手",
    "learn.three-way.1": (
        "TCP 给每个字节编号，起点由双方各自选定。在确认任何东西之前，双方都必须知道对方的初始序列号，还要知道对方已经知"
        "道自己的。每个方向需要一问一答，共四步；第二步和第三步合在同一个报文段里发送，于是是三次握手。"
    ),
    "learn.three-way.2": (
        "请看数字。A 的 SYN 是 seq={seq1}。B 回答自己的 seq={seq2}，并带上 ack={ack2}，意思是“我期待你的下一个序号是 "
        "{ack2}”：比 SYN 大一，因为 SYN 占一个序号。A 的第三次握手是 seq={seq3}，ack={ack3}。"
    ),
    "learn.three-way.3": (
        "两端从来不是“同时”建立连接的。A 在 {first} 收到 SYN,ACK 就进入 ESTABLISHED，connect() 返回；B 要到 {second}，"
        "晚半个往返。accept() 不发送任何东西：listen() 之后，握手由协议栈自己完成。"
    ),
    "learn.three-way.watch.plain": "握手，以及其后的第一段数据。第三次握手与数据的序号相同。",
    "learn.three-way.wrong.1": (
        "“为了确认双方的收发能力正常”是结果，不是原因。RFC 9293 3.5 给出的首要原因是：防止旧的重复 SYN 建立出连接。下一"
        "章演示。"
    ),
    "learn.three-way.wrong.2": (
        "笔记写作 SYN_SEND、SYN_REVD；正确的名称是 SYN_SENT、SYN_RECEIVED（Linux 工具显示 SYN-SENT、SYN-RECV）。客户端"
        "也不是“处于 CLOSE 状态”：CLOSED 只表示没有连接。"
    ),
    "learn.three-way.ask.1": "A 的 SYN 是 seq={seq1}。B 的 SYN,ACK 里的确认号是多少？",
    "learn.three-way.why.1": "确认号是期待的下一个序号。SYN 本身占用了 {seq1}，所以下一个要大一。",
    "learn.three-way.ask.2": "A 进入 ESTABLISHED 的那一刻，B 处于什么状态？",
    "learn.three-way.why.2": "第三次握手才刚离开 A。在它到达之前，B 还在等自己的 SYN 得到确认。",
    "learn.three-way.ask.3": "A 的第三次握手是 seq={seq3}，没有数据。A 的下一个报文段带有数据，它的序号是多少？",
    "learn.three-way.why.3": "不带数据的 ACK 不占序号，所以序号没有变。要是 ACK 也占序号，ACK 就也需要 ACK 了。",
    "learn.two-messages.title": "为什么两次不行：幽灵连接",
    "learn.two-messages.1": (
        "网络可能把一个包扣留很久才送到，也可能送到两次。假设一个旧 SYN（seq={old}）出现在 B 面前，它属于 A 早已忘记的"
        "连接。B 看不出它是旧的，只能照常应答。"
    ),
    "learn.two-messages.2": (
        "有了第三次，最后的话由 A 说。A 正处于 {waiting}，自己的序号是 {isn}；它看到对方确认了自己没有发过的东西，就用 "
        "seq={rst} 复位，这正是 B 期待的序号。B 回到 {back}，应用毫无察觉。"
    ),
    "learn.two-messages.3": (
        "再看反事实。用一个教学开关，让 B 只凭 SYN 就认为连接建立。B 的应用立刻得到“{told}”，可这个连接根本没人要。如果"
        "那个复位也丢了，B 永远停在 {ghost}，而 A 是 {ghost_a}：这就是幽灵连接。"
    ),
    "learn.two-messages.4": (
        "还有一个同样重要的理由：只有两次的话，B 自己的初始序列号永远得不到确认，B 不知道 A 是否收到了它。"
    ),
    "learn.two-messages.watch.real": "RFC 9293 图 8：旧 SYN 先到，被 A 复位；真正的 SYN 随后成功。",
    "learn.two-messages.watch.ghost": "反事实：对 B 来说两次就够，而且复位丢失。请看 B 的最后一行。",
    "learn.two-messages.watch.race": (
        "真正的 SYN 到达时，B 正忙着应付旧的。B 退回 LISTEN，A 在 {raced} 重传的 SYN 成功。"
    ),
    "learn.two-messages.wrong.1": (
        "“两次只是浪费资源”说轻了：服务器的应用真的得到了一个连接，可能会发欢迎语、会干活，而对面没有人。"
    ),
    "learn.two-messages.wrong.2": "收到错误的 SYN,ACK 之后，Linux 还会在大约 10 毫秒内重发自己的 SYN；RFC 只要求复位。",
    "learn.two-messages.ask.1": "A 处于 SYN_SENT，自己的序号是 {isn}，却收到确认 {rst} 的 SYN,ACK。A 发送什么？",
    "learn.two-messages.why.1": (
        "它确认的东西 A 从未发过，不可能属于这次连接：A 用被确认的那个序号发出 RST，自己仍留在 SYN_SENT。"
    ),
    "learn.two-messages.ask.2": "在反事实中，复位又丢了：最后 B 处于什么状态？",
    "learn.two-messages.why.2": "B 没有任何未确认的东西，因此没有定时器在走。没有保活，就永远没有什么能清除这个幽灵。",
    "learn.two-messages.ask.3": "真正的 SYN 到达时，B 因为旧 SYN 处于 SYN_RECEIVED。A 什么时候进入 ESTABLISHED？",
    "learn.two-messages.why.3": (
        "B 把新的 SYN 当作出错的信号，不作回答就退回 LISTEN。A 的定时器一秒后重传 SYN，这一次在一个往返内成功。"
    ),
    "learn.numbers.title": "什么占序号，什么不占",
    "learn.numbers.1": (
        "每个数据字节占一个序号；SYN 和 FIN 也各占一个，因为它们要像数据一样被确认、被排序。ACK、RST、PSH、窗口、紧急指"
        "针都不占序号。"
    ),
    "learn.numbers.2": (
        "SYN 可以携带数据。RFC 9293 允许 B 把数据保存到握手结束，并立即确认（这里 ack={syn_ack}）；也可以像 Linux 那样"
        "只确认 SYN（ack={linux_ack}）。TCP Fast Open 只多了一点：Cookie 有效时，B 的应用可以在握手结束前读到数据。无论"
        "哪种，“{cookie_read}”都恰好交付一次。"
    ),
    "learn.numbers.3": (
        "第三次握手也可以带数据：seq={third_seq}、{third_len} 个字节，得到的确认号是 {third_ack}。FIN 可以和数据同行"
        "：seq={fin_seq}、{fin_len} 个字节加上 FIN，得到 ack={fin_ack}。"
    ),
    "learn.numbers.watch.syn": "SYN 上带数据，服务器没有启用 Fast Open。",
    "learn.numbers.watch.cookie": "Fast Open：第一次连接索取 Cookie，第二次使用它。",
    "learn.numbers.watch.bad": "Fast Open，但服务器不认识这个 Cookie：握手之后再发一次数据。",
    "learn.numbers.watch.third": "第三次握手携带数据。",
    "learn.numbers.watch.fin": "三个字节与 FIN 在同一个报文段里。",
    "learn.numbers.watch.gap": "FIN 到了，它前面的数据没到：FIN 只能等着。",
    "learn.numbers.wrong.1": (
        "“SYN 报文段不能携带数据”不符合 RFC。只是多数协议栈不用它；没有 Fast Open 时 Linux 会丢弃这些数据，那是它的策略"
        "。"
    ),
    "learn.numbers.wrong.2": "“确认号等于序号加一”只对单独的 SYN 和 FIN 成立。一般来说，它是期待的下一个字节的序号。",
    "learn.numbers.ask.1": "A 的 SYN 是 seq=100，带五个字节；B 按 RFC 允许的那样保存了它们。返回的确认号是多少？",
    "learn.numbers.why.1": "SYN 占一个，数据占五个。",
    "learn.numbers.ask.2": "三个字节和 FIN 在同一个报文段里。确认号比它的序号大多少？",
    "learn.numbers.why.2": "三个字节占三个，FIN 占一个。",
    "learn.numbers.ask.3": "FIN 已经到达，它前面的字节还没到。B 处于什么状态？",
    "learn.numbers.why.3": "FIN 要轮到它的序号才算数。缺口补齐之前什么也不变；之后先读到数据，再读到末尾。",
    "learn.open-states.title": "建立连接的各个状态，以及怎样看见 SYN_RECEIVED",
    "learn.open-states.1": (
        "listen() 使 CLOSED 变为 LISTEN，什么也不发：被动打开。connect() 使 CLOSED 变为 SYN_SENT 并发出 SYN：主动打开。"
        "在 RFC 的模型里，同一个控制块从 LISTEN 进入 SYN_RECEIVED；而在真实系统里，监听套接字一直停在 LISTEN，每个 SYN "
        "产生一个子连接。"
    ),
    "learn.open-states.2": (
        "SYN_RECEIVED 通常只持续一个往返，这里是 {short}。想看见它，就得扣住第三次握手：下面第一个运行里它被扣住，这个"
        "状态持续了 {stay}。"
    ),
    "learn.open-states.3": (
        "哪些东西不改变状态也很重要。号码正确的纯 ACK 使 A 仍停在 {stray}，没有 ACK 的 RST 也一样：那谁都能伪造。监听端"
        "收到来历不明的 ACK，会回 RST，seq={rst}，正是那个 ACK 指出的号码。"
    ),
    "learn.open-states.watch.held": "第三次握手被扣住半秒。",
    "learn.open-states.watch.moves": "不能改变 SYN_SENT 的报文段，以及监听端用复位回答的报文段。",
    "learn.open-states.wrong.1": (
        "“基本上用 netstat 很难看到 SYN_RCVD”是对的，还要补一句：启用 SYN Cookie 时根本看不到，因为没有这一项。"
    ),
    "learn.open-states.wrong.2": "在 SYN_SENT 里调用 close() 什么也不发送，没有 FIN 也没有 RST：还没有可以关闭的连接。",
    "learn.open-states.ask.1": "第三次握手被扣住。0.3 秒时 B 处于什么状态？",
    "learn.open-states.why.1": "B 已经应答了 SYN，正在等自己的 SYN 得到确认。",
    "learn.open-states.ask.2": "A 处于 SYN_SENT，还没有回音，应用调用了 close()。A 发送什么？",
    "learn.open-states.why.2": "删掉控制块，仅此而已（RFC 9293 3.10.4）。如果后来有应答到达，会得到 RST。",
    "learn.open-states.ask.3": "B 原先在监听，现在处于 SYN_RECEIVED，收到了 RST。它去往哪个状态？",
    "learn.open-states.why.3": (
        "它是被动打开的，萌芽连接回到监听之中，应用什么也听不到。若是主动打开，则变为 CLOSED，并报告“连接被拒绝”。"
    ),
    "learn.syn-lost.title": "第一个包丢了",
    "learn.syn-lost.1": (
        "A 在 SYN_SENT 里等待。还没有任何测量，所以重传定时器从 1 秒开始，每次加倍。重传的 SYN 每次都一样，序号仍是 "
        "{isn}：还是同一次连接尝试。"
    ),
    "learn.syn-lost.2": (
        "如果 SYN 永远到不了，本协议栈在 {times} 发送，到 {end} 报告超时：RFC 9293 要求至少坚持三分钟。B 一直停在 "
        "{states}：它什么也没听到，什么也没保存。"
    ),
    "learn.syn-lost.3": (
        "Linux 6.18 在 {linux_times} 发送，到 {linux_end} 放弃。头四次重试并不加倍（tcp_syn_linear_timeouts）。"
    ),
    "learn.syn-lost.watch.one": "丢失一个 SYN。",
    "learn.syn-lost.watch.never": "SYN 永远到不了。",
    "learn.syn-lost.watch.linux": "同样的情形，用 Linux 的定时器。",
    "learn.syn-lost.wrong.1": "“周期性超时重传”掩盖了退避；而“指数退避”又不是在新版 Linux 上抓包起初看到的样子。",
    "learn.syn-lost.wrong.2": (
        "SYN 丢失还有后果：连接建立后，拥塞窗口从一个报文段开始（RFC 5681），RTO 取 3 秒（RFC 6298 5.7）。"
    ),
    "learn.syn-lost.ask.1": "A 的第一个 SYN 是 seq=100。重传的那个序号是多少？",
    "learn.syn-lost.why.1": "重传就是重复同一个序号；换一个序号就成了另一次连接尝试。",
    "learn.syn-lost.ask.2": "三个 SYN 都丢了。第四个在什么时候发出？",
    "learn.syn-lost.why.2": "等待 1 秒、2 秒、4 秒，加起来就是。",
    "learn.syn-lost.ask.3": "SYN 始终没有应答。应用最后得到什么？",
    "learn.syn-lost.why.3": "“被拒绝”需要对方发来 RST，而这里什么也没来：ETIMEDOUT。默默丢包的防火墙看起来也是这样。",
    "learn.synack-lost.title": "第二个包丢了",
    "learn.synack-lost.1": (
        "这时有两个定时器在走。A 等 SYN 的应答，在 {again} 重传。B 处于 {waits}，等自己的 SYN 得到确认，也有自己的定时"
        "器：单凭它，会在 {timer} 重传 SYN,ACK。"
    ),
    "learn.synack-lost.2": (
        "其实一个就够。重复的 SYN 使 B 立刻重复应答，时间是 {answer}，序号仍是 {isn}。不管由谁引起，每个 SYN,ACK 的副本"
        "都一样。"
    ),
    "learn.synack-lost.3": "如果 A 在此期间消失，B 会继续重传，到 {end} 放弃这个萌芽连接，只剩下监听（{end_state}）。",
    "learn.synack-lost.watch.one": "SYN,ACK 丢失一次。",
    "learn.synack-lost.watch.late": "SYN,ACK 的一个副本晚了半秒才到，A 早已 ESTABLISHED。",
    "learn.synack-lost.wrong.1": (
        "“双方都会重传”没错，但通常一方就够。这次运行里两者恰好同时：B 的定时器晚一个时延启动，而 A 的 SYN 正好要走一个"
        "时延。"
    ),
    "learn.synack-lost.wrong.2": (
        "Linux 在 1、3、7、15、31 秒重传 SYN,ACK，到 63 秒忘掉这一项（tcp_synack_retries=5）。"
    ),
    "learn.synack-lost.ask.1": "B 的第一个 SYN,ACK 是 seq=300。下一个的序号是多少？",
    "learn.synack-lost.why.1": "这是重传：序号相同。",
    "learn.synack-lost.ask.2": "A 已经 ESTABLISHED，又收到 SYN,ACK 的副本。A 发送什么？",
    "learn.synack-lost.why.2": (
        "它的序号低于 A 所期待的，是旧的：A 用一个 ACK 说明自己的位置。若为一个重复包就复位，会毁掉好好的连接。"
    ),
    "learn.synack-lost.ask.3": "SYN,ACK 丢了，别的还没有发生。B 处于什么状态？",
    "learn.synack-lost.why.3": "从 SYN 到达那一刻起，B 就有一个处于 SYN_RECEIVED 的子连接，不管应答结局如何。",
    "learn.ack-lost.title": "第三个包丢了：三种情形",
    "learn.ack-lost.1": "A 是 ESTABLISHED，B 是 SYN_RECEIVED，双方的看法不同。接下来怎样，取决于谁先说话。",
    "learn.ack-lost.2": (
        "情形一，谁都没有话说：B 的定时器在 {again} 重传 SYN,ACK，A 再确认一次，B 在 {done} 进入 ESTABLISHED。情形二"
        "，A 发送数据：A 的每个报文段都确认了 B 的 SYN，数据就完成了握手，时间是 {data}。"
    ),
    "learn.ack-lost.3": (
        "情形三，B 想先说：accept() 还没有返回，应用没有可写的套接字。B 重传 SYN,ACK，欢迎语要到 {first} 才发出。"
    ),
    "learn.ack-lost.4": (
        "如果每个 ACK 都丢，B 在 {given_up} 放弃，而 A 仍是 {belief}。等 A 发送数据，得到的是 RST，A 的应用得"
        "到“{told}”。启用 SYN Cookie 时 B 不保存状态，也从不重传 SYN,ACK（总共只发 {cookie_count} 次）：若约定由 B 先说"
        "话，A 是 {cookie_a}，B 仍是 {cookie_b}，双方永远等下去。"
    ),
    "learn.ack-lost.watch.quiet": "情形一：谁都不发送。",
    "learn.ack-lost.watch.client": "情形二：客户端发送数据。",
    "learn.ack-lost.watch.server": "情形三：服务器想先发送。",
    "learn.ack-lost.watch.never": "每个 ACK 都丢失；五分钟后 A 写数据。",
    "learn.ack-lost.watch.cookie": "SYN Cookie：B 没有状态，也就没有什么可以重传。",
    "learn.ack-lost.watch.full": (
        "全连接队列已满：第二个客户端的 ACK 被忽略，与丢失一模一样，直到有人调用 accept()；B 在 {accepted} 才建立它。"
    ),
    "learn.ack-lost.wrong.1": "“服务端也认为此时连接是正常的”不对：B 还在 SYN_RECEIVED，只有 A 认为已连接。",
    "learn.ack-lost.wrong.2": (
        "“服务端发送不了”就套接字接口而言没错。作为协议的说法不准确：RFC 9293 规定在 SYN_RECEIVED 里数据先排队，Fast "
        "Open 则允许发送。"
    ),
    "learn.ack-lost.wrong.3": (
        "笔记漏掉的：SYN Cookie；全连接队列已满（Linux 忽略这个 ACK，tcp_abort_on_overflow=1 时改为复位）"
        "；TCP_DEFER_ACCEPT，它故意忽略不带数据的第三次握手。"
    ),
    "learn.ack-lost.ask.1": "第三个包丢了，随后 A 发送数据。数据到达后 B 处于什么状态？",
    "learn.ack-lost.why.1": "数据报文段带有号码正确的 ACK，B 等的就是它。",
    "learn.ack-lost.ask.2": "第三个包丢了，约定由 B 的应用先说话。B 的下一个报文段是什么？",
    "learn.ack-lost.why.2": "应用还不知道有这个连接。协议栈重传未被确认的东西：它的 SYN,ACK。",
    "learn.ack-lost.ask.3": "每个 ACK 都丢了，B 已经放弃；这时 A 发送数据。B 回答什么？",
    "learn.ack-lost.why.3": "对 B 来说没有这个连接。RST 的序号取自 A 的确认号，所以 A 会相信它。",
    "learn.isn.title": "初始序列号为什么不是固定的，又是怎么生成的",
    "learn.isn.1": (
        "先把时钟拿掉：双方每次连接都从同一个序号开始。A 发出一份订单后关闭；后来又用同一端口连接，旧订单的一个副本这时"
        "才到。它的序号正好是 B 期待的那个。B 的应用把订单读到了 {twice} 次。"
    ),
    "learn.isn.2": (
        "再看 RFC 6528：ISN = 时钟 + 散列（双方地址、双方端口、密钥）。时钟每 4 微秒走一步。A 的三个连接依次是 "
        "{first}、{other}、{third}。第一个和第三个端口相同，相隔 {apart}，正好是 {step} 步；第二个端口不同，与它们毫无"
        "关系。"
    ),
    "learn.isn.3": (
        "于是从外面猜不出来，因为散列需要密钥；而对同一对端点，它只增不减。这时旧订单落在窗口之下，被规则 {rule} 丢弃。"
    ),
    "learn.isn.watch.real": "三个连接；第三个与第一个端口相同。",
    "learn.isn.watch.clock": "旧订单遇到序号已经前移的连接（本课关闭了 TIME_WAIT）。",
    "learn.isn.watch.constant": "同样的情形，双方使用固定序号：旧订单被当成新的。",
    "learn.isn.wrong.1": (
        "“随机”和“按时钟”各说对一半。纯随机会破坏端口的复用：RFC 6191 只允许序号更大（或时间戳更新）的新 SYN 结束 "
        "TIME_WAIT。"
    ),
    "learn.isn.wrong.2": "它和雪花算法无关，也防不住能看到报文的攻击者；它防的是只能靠猜的人。",
    "learn.isn.wrong.3": (
        "RFC 9293 说时钟大约 4.55 小时回绕一次；2^32 个 4 微秒其实是 4.77 小时。Linux 每 64 纳秒走一步，275 秒就回绕。"
    ),
    "learn.isn.ask.1": "同一对端口之间的两个连接相隔 {apart} 开始。它们的初始序列号相差多少？",
    "learn.isn.why.1": "每 4 微秒一步，每秒 250,000 步；散列相同，相减时抵消。",
    "learn.isn.ask.2": "双方使用固定序号，旧订单的副本迟到。B 的应用最终读到它几次？",
    "learn.isn.why.2": "副本的序号正是期待的，确认号也可接受。报文段里没有任何东西说明它是旧的。",
    "learn.isn.ask.3": "序号里有了时钟，旧订单就落在窗口之下。B 回答什么？",
    "learn.isn.why.3": (
        "不可接受：回一个 ACK，说明真正期待的序号，什么也不交付（RFC 9293 3.10.7.4）。不复位，因为它可能只是无辜的重复"
        "包。"
    ),
    "learn.syn-flood.title": "半连接队列与 SYN 洪泛",
    "learn.syn-flood.1": (
        "每个 SYN 都要服务器为一个萌芽连接花费内存，而 SYN 可以用伪造的地址发送，那个地址永远不会应答。这里队列只能放两"
        "个；先来三个伪造的 SYN，再来一个诚实的客户端。"
    ),
    "learn.syn-flood.2": (
        "没有防备时，诚实的 SYN 也一样被丢弃（队列共满了 {full} 次）；试了 {tries} 次之后，A 仍在 {stuck}。"
    ),
    "learn.syn-flood.3": (
        "SYN Cookie 是 B 以后能认出来的序号：地址、端口和时间的散列，加上几位表示报文段大小。B 发出它（这里 {sent} 次）"
        "，自己什么也不保存。第三次握手把它带回来，B 凭它造出连接：A 进入 {through}，“{read}”送达。伪造的地址永远不会发"
        "第三次握手。"
    ),
    "learn.syn-flood.watch.flood": "队列已满，诚实的客户端得不到应答。",
    "learn.syn-flood.watch.cookies": "同样的情形，启用 SYN Cookie。",
    "learn.syn-flood.wrong.1": (
        "“半连接”有两个意思。笔记指握手尚未完成的连接；RFC 9293 3.5.1 的 half-open 指一端丢了状态的连接。队列里等着的叫"
        "萌芽（embryonic）连接。"
    ),
    "learn.syn-flood.wrong.2": (
        "队列有两个，上限各不相同：半连接队列，以及已完成连接的全连接队列。Linux 的全连接队列可放 backlog + 1 个；自 "
        "4.4 起，监听套接字不再有单独的 SYN 链表。"
    ),
    "learn.syn-flood.wrong.3": (
        "Cookie 不是没有代价的：除非借助时间戳，窗口扩大和 SACK 都会丢失；第三次握手若丢了，服务器也无从补救。"
    ),
    "learn.syn-flood.ask.1": "队列塞满了伪造的 SYN，又没有 Cookie。四秒后，诚实的客户端处于什么状态？",
    "learn.syn-flood.why.1": "SYN 被默默丢弃，看起来就像丢失：它会继续重试。若用 RST 拒绝更糟，它会立刻放弃。",
    "learn.syn-flood.ask.2": "同样的攻击，但启用了 Cookie。一秒后客户端处于什么状态？",
    "learn.syn-flood.why.2": "不需要占队列的应答，队列满了也无妨。",
    "learn.syn-flood.ask.3": "没有 Cookie，但队列可放十个。一秒后客户端处于什么状态？",
    "learn.syn-flood.why.3": "三个伪造的还占不满，这次没事。攻击者只要发十一个就行。",
    "learn.simultaneous-open.title": "同时打开",
    "learn.simultaneous-open.1": (
        "双方用固定端口互相连接，两个 SYN 在途中交错。双方都在 SYN_SENT，收到的是不带 ACK 的 SYN：{path}。没有任何监听"
        "者参与。"
    ),
    "learn.simultaneous-open.2": (
        "应答是 SYN,ACK，序号与先前相同，仍是 {isn}：等于重复自己的 SYN，再加上确认。共有 {count} 个报文段带 SYN，结果"
        "是一个连接，不是两个。"
    ),
    "learn.simultaneous-open.3": (
        "如果其中一个 SYN 丢了，另一个到达时对方照样在 SYN_SENT。这里 A 走的是 {lost_path}，B 则像普通握手那样得到 "
        "SYN,ACK。"
    ),
    "learn.simultaneous-open.watch.cross": "RFC 9293 图 7：两个 SYN 交错。",
    "learn.simultaneous-open.watch.lost": "其中一个丢失。",
    "learn.simultaneous-open.wrong.1": (
        "“SYN_RCVD 是服务端的状态”不够准确：谁收到了 SYN、还在等自己的 SYN 得到确认，谁就处于这个状态。"
    ),
    "learn.simultaneous-open.wrong.2": (
        "Linux 在交错的 SYN,ACK 之后还会多发一个重复的 ACK。要穿过 NAT，NAT 必须遵守 RFC 5382。"
    ),
    "learn.simultaneous-open.ask.1": "A 处于 SYN_SENT，收到不带 ACK 的 SYN。它去往哪个状态？",
    "learn.simultaneous-open.why.1": "它有了 B 的序号，但自己的还没有得到确认。",
    "learn.simultaneous-open.ask.2": "A 的 SYN 是 seq=100。它的 SYN,ACK 的序号是多少？",
    "learn.simultaneous-open.why.2": "里面的 SYN 就是同一个 SYN，所以序号相同。",
    "learn.simultaneous-open.ask.3": "A 的 SYN 丢了，B 的到了。B 在 SYN_SENT 之后是什么状态？",
    "learn.simultaneous-open.why.3": (
        "B 第一次听到 A 的 SYN 是在 A 的 SYN,ACK 里，它同时确认了 B 的：直接进入 ESTABLISHED。"
    ),
}
