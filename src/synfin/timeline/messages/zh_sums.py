"""简体中文：报文段里每个数是怎么算出来的，一事一句。`{who}` 是发送方，`{peer}` 是另一方。"""

from __future__ import annotations

from typing import Final

SEQUENCE: Final[dict[str, str]] = {
    "sum.seq.initial": "seq = {wire} - {isn} = 0：{who} 选定 {isn} 作为初始序列号，相对序号从它数起。",
    "sum.seq.initial-again": "seq = {wire} - {isn} = 0，与 {time}时相同：SYN 无论发多少次，初始序列号都不变。",
    "sum.seq.after-syn": "seq = {seq} = {before} + 1：{who} 的 SYN 序号是 {before}，占用了一个序号。",
    "sum.seq.after-syn-text": (
        "seq = {seq} = {before} + 1 + {octets}：{who} 的 SYN 占一个序号，随它发出的数据占 {octets} 个。"
    ),
    "sum.seq.after-text": "seq = {seq} = {before} + {octets}：{who} 此前从 {before} 起发了 {octets} 字节数据。",
    "sum.seq.after-text-fin": (
        "seq = {seq} = {before} + {octets} + 1：{who} 此前从 {before} 起发了 {octets} 字节数据，其后的 FIN 又占一个"
        "序号。"
    ),
    "sum.seq.after-fin": "seq = {seq} = {before} + 1：{who} 的 FIN 序号是 {before}，占用了一个序号。",
    "sum.seq.after-mixed": (
        "seq = {seq} = {before} + {length}：{who} 前一个报文段的 SYN、数据和 FIN 共占 {length} 个序号。"
    ),
    "sum.seq.again": "seq = {seq}，与 {time}时发出的序号相同：重发的字节仍用原来的序号。",
    "sum.seq.again-fin": "seq = {seq}，与 {time}时发出的序号相同：重发的 FIN 仍用原来的序号。",
    "sum.seq.inside": (
        "seq = {seq} 落在 {time}时发出的那一段之内，因为 {before} < {seq} < {end}：字节的序号不变，只是切分不同。"
    ),
    "sum.seq.below": "seq = {seq}，小于 {who} 的下一个序号，因为 {seq} < {high}：这个序号以前用过。",
    "sum.seq.ahead": "seq = {seq} = {high} + {gap}：{who} 在这之间发出的内容，此处没有看到。",
    "sum.seq.next": "seq = {seq}：{who} 的下一个序号，此后还没有内容占用序号。",
    "sum.seq.first": "seq = {seq}：这是此处看到的 {who} 的第一个报文段，相对序号从它数起。",
    "sum.seq.keep-alive": (
        "seq = {seq} = {high} - 1：故意比 {who} 的下一个序号小一，{peer} 早已收到过它，因此必须应答。"
    ),
    "sum.seq.probe": "seq = {seq}：{peer} 尚未确认的第一个字节。",
    "sum.seq.probe-empty": "seq = {seq}：{peer} 已经确认过的序号，因此必须应答。",
    "sum.seq.answer": "线上的 seq 是 {wire}：取自 {who} 所应答的报文段的确认号，正是 {peer} 期望的序号。",
    "sum.seq.no-number": "线上的 seq 是 {wire}：{who} 所应答的报文段没有 ACK，{who} 没有可用的序号。",
    "sum.seq.foreign": "seq = {seq} 是造出这个报文段的人填写的；{who} 自己此刻的下一个序号是 {high}。",
    "sum.aim.exact": "seq = {seq} = {wants}：正好是 {peer} 最近要求的序号。",
    "sum.aim.inside": "{wants} < {seq} < {edge}：落在 {peer} 最近通告的窗口之内。",
    "sum.aim.below": "{seq} < {wants}：比 {peer} 最近要求的序号小。",
    "sum.aim.had": "{seq} + {length} = {end}：报文段到此为止，而 {peer} 最近要求的是 {wants}，可见这些内容它早已收到。",
    "sum.aim.above": "{seq} = {edge} + {over}：超出 {peer} 最近通告的窗口。",
}

ACKNOWLEDGMENT: Final[dict[str, str]] = {
    "sum.ack.none-syn": "没有 ACK：{who} 还不知道 {peer} 的任何序号。",
    "sum.ack.none-rst": "没有 ACK：这个 RST 是否可信，只能看它的序号。",
    "sum.ack.none": "没有 ACK：这个报文段不确认任何内容。",
    "sum.ack.syn": "ack = {ack} = {before} + 1：{peer} 的 SYN 序号是 {before}，占一个序号，{who} 接下来期望 {ack}。",
    "sum.ack.syn-text": (
        "ack = {ack} = {before} + 1 + {octets}：{peer} 的 SYN 占一个序号，随它到达的 {octets} 字节数据也已收下。"
    ),
    "sum.ack.text": (
        "ack = {ack} = {before} + {octets}：{who} 已收到 {peer} 从 {before} 起的 {octets} 字节数据，接下来期望 {ack}。"
    ),
    "sum.ack.text-fin": (
        "ack = {ack} = {before} + {octets} + 1：{who} 已收到 {peer} 从 {before} 起的 {octets} 字节数据和其后的 FIN，"
        "FIN 占一个序号。"
    ),
    "sum.ack.fin": "ack = {ack} = {before} + 1：{peer} 的 FIN 序号是 {before}，占一个序号。",
    "sum.ack.mixed": "ack = {ack} = {before} + {length}：{peer} 的 SYN、数据和 FIN 共占 {length} 个序号。",
    "sum.ack.repeated": "ack = {ack} = {before} + {length}，与 {who} 的前一个报文段相同：此后没有按序收到新的内容。",
    "sum.ack.waits": (
        "ack = {ack} 不变：{who} 还在等序号 {ack}。{peer} 已发到 {high}，因此有 {high} - {ack} = {missing} 个序号缺"
        "失，或落在缺口之后。"
    ),
    "sum.ack.reset": (
        "ack = {ack} = {before} + {length}：{peer} 到此为止发出的内容都得到确认，由此可知这个 RST 确实是给它的。"
    ),
    "sum.ack.part": (
        "ack = {ack} 落在 {peer} 的报文段之内，因为 {before} < {ack} < {end}：{who} 收下了其中 {ack} - {before} = "
        "{taken} 个序号。"
    ),
    "sum.ack.beyond": "ack = {ack} = {high} + {over}：{peer} 并没有发过这么多。",
    "sum.ack.other": "ack = {ack}：不是 {peer} 现在所用的序号，它属于另一个连接。",
    "sum.ack.known": "ack = {ack}：在它之前的内容 {who} 都已收到，接下来期望它。",
    "sum.ack.foreign": "ack = {ack} 是造出这个报文段的人填写的；{peer} 自己此刻的下一个序号是 {high}。",
}

OTHERS: Final[dict[str, str]] = {
    "why.who": "本端",
    "why.peer": "对端",
    "sum.wire.seq": "线上的 seq 是 {sum}：加上 {who} 的初始序列号。",
    "sum.wire.both": "线上的 seq 是 {sum}，ack 是 {ack_sum}：分别加上两端的初始序列号。",
    "sum.len.rst": "RST 不占序号：没有人确认它，也不会重传它。",
    "sum.len.none": "没有数据，也没有 SYN 或 FIN，这个报文段不占序号：{who} 接着从 {seq} + 0 = {seq} 发起。",
    "sum.len.nothing": "没有数据，也没有 SYN 或 FIN，这个报文段不占序号。",
    "sum.len.text": "数据的序号是 {seq} 到 {last}；全部收到后的确认号是 {seq} + {octets} = {end}。",
    "sum.len.syn": "SYN 占用序号 {seq}，对它的确认号是 {seq} + 1 = {end}。",
    "sum.len.fin": "FIN 占用序号 {seq}，对它的确认号是 {seq} + 1 = {end}。",
    "sum.len.syn-text": (
        "SYN 占用序号 {seq}，随它发出的数据再占 {octets} 个；全部收到后的确认号是 {seq} + 1 + {octets} = {end}。"
    ),
    "sum.len.text-fin": (
        "数据和其后的 FIN 占用序号 {seq} 到 {last}；全部收到后的确认号是 {seq} + {octets} + 1 = {end}。"
    ),
    "sum.len.mixed": "SYN、数据和 FIN 占用序号 {seq} 到 {last}：{seq} + {length} = {end}。",
    "sum.win.first": "win = {window}：{peer} 起初可以发这么多字节；SYN 中的窗口字段从不按比例放大。",
    "sum.win.syn": "win = {window}，SYN 中从不按比例放大：{peer} 可以发送小于 {ack} + {window} = {edge} 的序号。",
    "sum.win.plain": "win = {window}，未按比例放大：{peer} 可以发送小于 {ack} + {window} = {edge} 的序号。",
    "sum.win.scaled": (
        "win = {window} = {field} << {scale}：窗口字段以 2 的 {scale} 次方为单位。{peer} 可以发送小于 {ack} + "
        "{window} = {edge} 的序号。"
    ),
    "sum.win.closed": "win = {window}：窗口已关闭，{peer} 不得发送 {ack} + 0 = {edge} 及其后的序号。",
    "sum.option.mss": "mss {mss}：TCP 和 IPv4 首部各 20 字节，发给 {who} 的分组最大为 {mss} + 20 + 20 = {total} 字节。",
    "sum.option.mss6": (
        "mss {mss}：TCP 首部 20 字节，IPv6 首部 40 字节，发给 {who} 的分组最大为 {mss} + 20 + 40 = {total} 字节。"
    ),
    "sum.option.scale": (
        "窗口扩大因子 {shift}：SYN 之后 {who} 的窗口以 1 << {shift} = {unit} 字节为单位，前提是双方都带了这个选项。"
    ),
    "sum.sack.holds": "SACK {left} 到 {right}：{who} 已留存缺口之后的 {right} - {left} = {count} 个序号，仍缺 {ack}。",
    "sum.sack.wrong": "SACK {left} 到 {right}：块的末尾应在开头之后，这一块没有意义。",
    "sum.sack.twice": "D-SACK {left} 到 {right}：有 {right} - {left} = {count} 个序号再次到达 {who}。",
    "sum.option.ts": "TSval {val} 是 {who} 的时钟；TSecr {ecr} 回显 {peer} 在 {time}时发出的 TSval。",
    "sum.option.ts-alone": "TSval {val} 是 {who} 的时钟；TSecr 是 {ecr}，因为还没有可回显的值。",
    "sum.option.ts-unseen": "TSval {val} 是 {who} 的时钟；TSecr {ecr} 应当回显 {peer} 的某个 TSval，此处没有看到。",
    "sum.option.urgent": (
        "紧急指针 {pointer}：按 RFC 9293 3.8.5，{seq} + {pointer} = {end} 是最后一个紧急字节之后的序号。"
    ),
}

MESSAGES: Final[dict[str, str]] = {**SEQUENCE, **ACKNOWLEDGMENT, **OTHERS}
