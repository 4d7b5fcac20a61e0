"""图表与首部图的中文文字。"""

from __future__ import annotations

from typing import Final

PLOTS: Final[dict[str, str]] = {
    "plot.sequence": "序列号随时间的变化",
    "plot.window": "拥塞窗口",
    "plot.rtt": "往返时间与超时重传时间",
    "plot.throughput": "吞吐量，每 {bin} 统计一次",
    "plot.flight": "在途字节数",
    "plot.zoom": "第一次丢失前后",
    "plot.zoom_resent": "第一次重传前后",
    "plot.flow": "{host}：{local} → {remote}",
    "plot.counts": "发送 {sent}，已确认 {acknowledged}，重传 {resent} 个报文段，途中丢失 {lost} 个",
    "plot.time": "时间（秒）",
    "plot.axis_sequence": "序列号（SYN = 0）",
    "plot.axis_bytes": "字节",
    "plot.axis_rtt": "毫秒",
    "plot.axis_rate": "比特/秒",
    "plot.new": "发送数据",
    "plot.retransmitted": "重传",
    "plot.lost": "途中丢失",
    "plot.duplicate": "被网络复制",
    "plot.acks": "已确认",
    "plot.right_edge": "对端窗口右边界",
    "plot.sack": "SACK 块",
    "plot.cwnd": "cwnd",
    "plot.ssthresh": "ssthresh",
    "plot.in_flight": "在途",
    "plot.peer_window": "对端窗口",
    "plot.samples": "RTT 样本",
    "plot.srtt": "SRTT",
    "plot.rto": "RTO",
    "plot.sent_rate": "发送",
    "plot.acknowledged_rate": "被确认",
    "plot.unprobed": "这份记录里只有报文段，没有 cwnd 和 ssthresh",
    "plot.no_font": "没有找到含中文的字体，标签改用英文",
    "plot.kind": "没有名为 {name} 的图，可选 {names}",
    "plot.suffix": "不能把图存为 {name}，请用 .png、.svg 或 .pdf",
    "plot.missing": '画图需要 matplotlib：pip install "synfin[plot]"',
}

BOX: Final[dict[str, str]] = {
    "box.title": "{layer}：从第 {offset} 字节起，共 {octets} 字节",
    "box.segment": "第 {number} 个报文段：{flags}，{src} → {dst}，{time} 秒",
    "box.more": "…… 另有 {count} 字节",
    "box.none": "没有第 {number} 个报文段，本次运行共 {count} 个",
    "box.field": "{label} {value}",
    "box.said": "{label}：{text}",
    "box.hex": "十六进制",
    "box.aside": "{field}（{text}）",
    "box.role.where": "端口和地址",
    "box.role.number": "编号和时间",
    "box.role.length": "长度和偏移",
    "box.role.window": "窗口",
    "box.role.flag": "已设置的标志",
    "box.role.check": "校验和",
}

MESSAGES: Final[dict[str, str]] = {**PLOTS, **BOX}
