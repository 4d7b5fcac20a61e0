"""简体中文：出错时应用得到什么通知，按协议栈的事件和 errno 排列。"""

from __future__ import annotations

from typing import Final

from synfin.timeline.messages.en_why_errors import ALSO

SHORT: Final[dict[str, str]] = {
    "errno.ECONNREFUSED": "连接被拒绝",
    "errno.ECONNRESET": "连接被对端复位",
    "errno.ETIMEDOUT": "规定时间内没有应答",
    "errno.ECONNABORTED": "由本端中止",
    "errno.EPIPE": "自己的方向已关闭却还要写",
    "errno.ENOTCONN": "没有连接",
    "errno.EISCONN": "已经连接过",
    "errno.EADDRINUSE": "端口已被占用",
    "errno.EADDRNOTAVAIL": "本机没有这个地址，或没有空闲端口",
    "errno.ENETUNREACH": "没有到该网络的路",
    "errno.EHOSTUNREACH": "没有到该主机的路",
    "errno.ENOPROTOOPT": "对端没有这个协议，或套接字没有这个选项",
    "errno.EOPNOTSUPP": "这类套接字做不到，或源路由失败",
    "errno.EPROTO": "有人读不懂我方的首部",
    "errno.ENOBUFS": "主机的某个表或内存已满",
    "errno.EAGAIN": "现在不行",
    "errno.EINPROGRESS": "连接正在建立",
    "errno.EALREADY": "连接仍在建立",
    "errno.EMSGSIZE": "超过了分组的最大长度",
    "linux.error.ENETUNREACH": "这类 ICMP 报文会结束处于 SYN_SENT 的 connect()；RFC 9293 3.9.2.2 禁止这样做。",
    "linux.error.EHOSTUNREACH": "这类 ICMP 报文会结束处于 SYN_SENT 的 connect()；RFC 9293 3.9.2.2 禁止这样做。",
}

WHY: Final[dict[str, str]] = {
    "why.error.refused": (
        "connect() 失败，因为对端的协议栈用一个确认了我方 SYN 的 RST 作答：主机在，只是没有程序在那个端口监听。ICMP "
        "说端口或协议不可达，也是同样的意思。一个往返就能知道，而沉默要等几分钟才算超时；所以“被拒绝”表示端口关着，"
        "沉默表示被过滤或主机不在。RST 必须确认我方的 SYN，否则人人都能伪造（RFC 9293 3.10.7.3）。"
    ),
    "why.error.reset": (
        "连接曾经存在，一个序号正好的 RST 结束了它：对端中止，对端关闭时还没读完我方的数据，对端 close() 之后又收到"
        "数据，或者对端重启过，已不认识这个连接。此前已确认的数据仍可读出；排队的和未确认的数据丢失。不会再问对端是"
        "不是当真，正因为如此，落在窗口里别处的 RST 要先用挑战 ACK 核实（RFC 9293 3.10.7.4、RFC 5961 3.2）。"
    ),
    "why.error.timeout": (
        "对端沉默太久：SYN、数据、FIN 或保活探测一直没有回音，直到重传上限或用户超时。协议栈无从分辨对端是死了，网"
        "络断了，还是防火墙吞掉了一切；也不知道最后的数据有没有送到。等待时间有意定得很长，数据至少 100 秒，SYN 至"
        "少 3 分钟，好让断掉的路径有时间恢复（RFC 9293 3.8.3）。"
    ),
    "why.error.soft-error": (
        "出了问题，但连接还在：ICMP 报告主机或网络不可达、生存时间耗尽之类，或者数据重传了几次都没有回音。路由会变，"
        "这类报文也可能是伪造的，所以 RFC 9293 3.9.2.2 禁止因此结束已打开的连接。应用会得知，可以自行决定放弃；如果"
        "之后超时，这就是原因的线索。"
    ),
    "why.error.ECONNABORTED": (
        "连接由本端中止：应用要求 abort，此后对这个连接的每次调用都以此失败。对端收到 RST，看到的是“被复位”。排队待"
        "发的、已到达而未读的数据全部丢弃，这正是中止的含义；close() 则会先把待发的送完。它也不留下 TIME_WAIT（RFC "
        "9293 3.10.5）。"
    ),
    "why.error.EPIPE": (
        "本端已经用 shutdown() 或 close() 发过 FIN，却还要写。FIN 占用了最后一个字节之后的序号，再没有序号留给数据"
        "（RFC 9293 3.10.2 称为 connection closing）；shutdown() 之后仍可读。程序得知复位之后还继续写，套接字也这样"
        "回答：客户端已走，服务器常见的“broken pipe”就是它。仅仅收到对端的 FIN 不会引起它，半关闭的连接照样可以写。"
    ),
    "why.error.ENOTCONN": (
        "这个调用需要连接，而连接不存在：从没打开过，还没打开完，或者应用自己已经关闭。RFC 9293 3.10 对 CLOSED 状态"
        "下的 SEND、RECEIVE、CLOSE 就回答 connection does not exist。连接若是失败的，报告的则是原因：复位、超时或被"
        "拒绝。所以这个错误说的是程序，不是网络。"
    ),
    "why.error.EISCONN": (
        "这个调用要打开的连接已经打开了。连接以四元组为名，同一个控制块不能再通向第二个对端；用过的也不能重新打开，"
        "因为它的序列号属于旧连接。RFC 9293 3.10.1 的说法是 connection already exists。要重新尝试，就换一个新的套接"
        "字。"
    ),
    "why.error.EADDRINUSE": (
        "别的监听者或端点占着这个端口，或者还在 TIME_WAIT 的连接占着它；再来一个，收到的 SYN 就不知道该给谁。服务器"
        "重启时，前任的连接还在 TIME_WAIT，就会遇到；SO_REUSEADDR 允许它照样绑定，不妨碍那些连接。但它并不允许两个"
        "程序监听同一个端口。"
    ),
    "why.error.EADDRNOTAVAIL": (
        "这个地址不属于本机，或者通向这个对端的本地端口用完了：临时端口范围里的每个端口都已有一个连接（也许在 "
        "TIME_WAIT）通向同样的远端地址和端口。只有对外发起连接、又先关闭的一端才会这样用完；换一个远端地址或端口，"
        "又是另一份（RFC 6056）。"
    ),
    "why.error.ENETUNREACH": (
        "没有路由通向这个地址，所以根本没有发送；或者它是广播、多播地址，TCP 不能与之连接（RFC 9293 3.9.2.3）。在已"
        "打开的连接上，由 ICMP 得知的同名错误只是软错误：路由可能恢复，等待中的数据在此期间照常重传（RFC 9293 "
        "3.9.2.2）。"
    ),
    "why.error.EHOSTUNREACH": (
        "路由器说无法到达这台主机，或者在本地链路上 ARP、邻居发现没有人回答；生存时间耗尽和被管理策略禁止，报的也是"
        "这个名称。对 TCP 来说它在任何状态下都是软错误：RFC 9293 3.9.2.2 禁止因此中止连接，因为问题可能一秒之后就过"
        "去，报文也可能是伪造的。"
    ),
    "why.error.ENOPROTOOPT": (
        "ICMP 报告对端主机根本不认识 TCP 协议；对正在建立的连接，这与被拒绝一样是定论，再试也没有用。而已打开的连接"
        "证明了相反的事实，所以那时只当它是误报或伪造（RFC 5927 5.2）。在套接字上，这个名称也表示没有这样的选项。"
    ),
    "why.error.EOPNOTSUPP": (
        "这类套接字不支持该调用，例如在数据报套接字上监听。作为软错误，它来自 ICMP：途中源路由失败。本栈从不发送带"
        "源路由的分组，所以这样的报文很奇怪，无论如何连接都会继续（RFC 9293 3.9.2.2、RFC 5927 5.2）。"
    ),
    "why.error.EPROTO": (
        "ICMP 报告参数问题：路由器或对端发现我方某个分组的首部里有它用不了的东西。那个分组丢了，其余的能否通过无从"
        "知道，所以连接继续，这只是软错误（RFC 9293 3.9.2.2）。如果原因一直存在，重传最终会以超时告终。"
    ),
    "why.error.ENOBUFS": (
        "达到了本机的某个上限：连接表或监听表已满，或者所有连接合计存放的数据已到限额。什么也没有发出。设上限是为了"
        "不让任何人，无论善意恶意，靠不停地开连接耗尽内存；已有的连接照常运行，等其中一些结束，再调用就可能成功（"
        "RFC 9293 3.10.1，insufficient resources）。"
    ),
    "why.error.EAGAIN": (
        "并不是失败：调用本该等待，而应用要求不等。读：还没有数据到达；写：发送缓冲区满了，因为对端或网络的速度赶不"
        "上写入的速度，这正是流量控制在起作用；accept()：还没有完成的握手。等套接字可读或可写时再来。"
    ),
    "why.error.EINPROGRESS": (
        "并不是失败：connect() 以不等待的方式调用，SYN 已在途中，结果可能一个往返后知道，也可能要几分钟。有了结果，"
        "套接字变为可写，再由 SO_ERROR 得知是连上了、被拒绝，还是超时。RFC 的 OPEN 也是这样立即返回、以后再报告（"
        "RFC 9293 3.9.1）。"
    ),
    "why.error.EALREADY": (
        "并不是失败：第一次尝试还在等 SYN,ACK，又调用了 connect()。应用想再发一个 SYN 也没有用处，重传定时器到时自"
        "会发送。应当等套接字变为可写，再由 SO_ERROR 看这次尝试的结果。"
    ),
    "why.error.EMSGSIZE": (
        "数据报超过了 IP 能承载的长度（连首部共 65,535 字节），或者超过了不许分片的分组所允许的大小。发送之前就能知"
        "道，所以什么也没有发出。TCP 没有这种错误：它是字节流，会按路径所能承受的大小切成报文段（RFC 768、RFC 791 "
        "3.1、RFC 9293 3.7）。"
    ),
}

MESSAGES: Final[dict[str, str]] = {
    **SHORT,
    **WHY,
    "errno.ENOTSUP": SHORT["errno.EOPNOTSUPP"],
    **{f"why.error.{name}": WHY[f"why.error.{other}"] for name, other in ALSO.items()},
}
