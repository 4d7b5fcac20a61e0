"""中文：方案中每项设置、每个操作的作用；`setting.host.NAME`、`action.link.NAME`。"""

from __future__ import annotations

from typing import Final

HOST: Final[dict[str, str]] = {
    "setting.host.nodelay": "小块数据立即发送（TCP_NODELAY），即关闭 Nagle 算法",
    "setting.host.ack_delay": "对数据的 ACK 最多可等待多久，必须小于半秒",
    "setting.host.quick_acks": "开头多少个数据报文段立即确认",
    "setting.host.msl": "报文段最大生存时间；TIME_WAIT 持续其两倍",
    "setting.host.rto_min": "超时重传时间的下限",
    "setting.host.rto_max": "超时重传时间的上限",
    "setting.host.rto_initial": "尚未测得往返时间时使用的超时时间",
    "setting.host.mss": "一个报文段最多携带多少数据，收发均适用",
    "setting.host.receive_buffer": "可等待应用读取的数据量，接收窗口由此而来",
    "setting.host.send_buffer": "可等待发送或等待确认的数据量",
    "setting.host.window_scaling": "允许超过 64 KB 的窗口（RFC 7323）",
    "setting.host.congestion": "判断网络能承受多少数据的拥塞控制算法",
    "setting.host.initial_cwnd": "一开始无需任何 ACK 即可发出的报文段数",
    "setting.host.recovery": "启用 SACK 时如何识别丢失的报文段",
    "setting.host.sack": "告诉发送方哪些数据块已经到达（RFC 2018）",
    "setting.host.timestamps": "每个报文段带时间戳：测量往返时间，并防止旧报文段混入（RFC 7323）",
    "setting.host.ecn": "路由器可以给分组打标记，而不必丢弃（RFC 3168、RFC 9768）",
    "setting.host.limited_transmit": "前两个重复 ACK 各允许发出一个新报文段（RFC 3042）",
    "setting.host.tail_loss_probe": "一批数据的末尾丢失时发探测，不必长时间等待（RFC 8985）",
    "setting.host.pacing": "把一个窗口的数据均匀分布在往返时间内发送，而不是一次突发",
    "setting.host.cork": "不满一个报文段的数据先留着（TCP_CORK）",
    "setting.host.keep_alive": "对方长时间沉默时，偶尔询问它是否还在",
    "setting.host.keep_alive_idle": "沉默多久之后发出第一个保活探测",
    "setting.host.keep_alive_interval": "两次保活探测之间的间隔",
    "setting.host.keep_alive_probes": "多少次探测无应答即认为对方已经消失",
    "setting.host.user_timeout": "数据超过此时间仍未被确认就放弃连接（RFC 5482）",
    "setting.host.linger": "close() 最多等待剩余数据发送多久；0 表示直接复位连接",
    "setting.host.fin_wait_2_timeout": "应用已放手的连接等待对方 FIN 的最长时间",
    "setting.host.rfc1337": "RST 不会终止 TIME_WAIT",
    "setting.host.syn_retries": "SYN 重传多少次之后 connect() 失败",
    "setting.host.synack_retries": "SYN,ACK 重传多少次之后放弃该连接",
    "setting.host.backlog": "已完成握手、可等待 accept() 的连接数",
    "setting.host.syn_backlog": "可等待握手最后一个 ACK 的连接数",
    "setting.host.syn_cookies": "SYN 队列已满时不保存状态也能应答（RFC 4987）",
    "setting.host.defer_accept": "仅凭第三个报文段不算握手完成，必须有数据到达",
    "setting.host.abort_on_overflow": "accept 队列已满时发 RST，而不是沉默",
    "setting.host.fast_open": "第二次连接时可在 SYN 上携带数据（RFC 7413）",
    "setting.host.isn": "初始序列号；none 表示由时钟和密钥产生（RFC 6528）",
    "setting.host.teach_establish_on_syn": "教学用，违反 RFC：只收到 SYN 就算建立连接",
    "setting.host.teach_no_time_wait": "教学用，违反 RFC：没有 TIME_WAIT",
    "setting.host.teach_constant_isn": "教学用，违反 RFC：每个连接都从这个号码开始",
}

LINK: Final[dict[str, str]] = {
    "setting.link.delay": "一帧单程需要多久",
    "setting.link.rate": "链路的速率；none 表示不限",
    "setting.link.queue": "可排队等待链路的字节数；放不下的会丢失",
    "setting.link.loss": "丢失帧的比例，由种子决定哪些丢失",
}

ACTIONS: Final[dict[str, str]] = {
    "action.host.close": "close()：不再发送，也不再接收",
    "action.host.shutdown": "shutdown()：不再发送，仍继续接收",
    "action.host.abort": "异常终止：丢弃一切并复位连接",
    "action.host.crash": "机器断电，忘记一切",
    "action.host.restart": "机器重新启动，什么都不记得",
    "action.host.stop-reading": "应用停止读取，窗口会逐渐填满",
    "action.host.read": "应用读取指定字节数，或从现在起读取全部",
    "action.host.write": "应用写入指定字节数",
    "action.host.open": "（再次）连接或监听",
    "action.host.set": "更改一项设置",
    "action.link.cut": "切断链路：途中的一切都丢失",
    "action.link.heal": "修复链路",
    "action.link.release": "放行被网络扣留的分组",
    "action.link.set": "更改链路参数",
}

MESSAGES: Final[dict[str, str]] = {**HOST, **LINK, **ACTIONS}
