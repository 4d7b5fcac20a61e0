"""中文：图上和报告页上的词句。"""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "drawing.title": "{left} 与 {right}",
    "drawing.numbers": "seq 与 ack：相对序号（线上的序号）；win 以字节计。时间自上而下，不按比例。",
    "drawing.legend": "图例",
    "drawing.arrived": "到达",
    "drawing.again": "重传",
    "drawing.lost": "丢失",
    "drawing.damaged": "途中损坏",
    "drawing.late": "迟到或被扣留",
    "drawing.copy": "网络复制的副本",
    "drawing.foreign": "由他人注入",
    "drawing.call": "应用程序调用",
    "drawing.told": "通知应用程序",
    "drawing.timer": "定时器到期",
    "drawing.wire": "线上：{numbers}",
    "drawing.unknown": "未观察",
    "figure.title": "{host} 的状态",
    "figure.path": "这条连接走过的路：{path}",
    "figure.still": "这里没有连接改变过状态。",
    "figure.passive-open": "被动打开",
    "figure.active-open": "主动打开",
    "figure.close": "关闭",
    "figure.send": "发送数据",
    "figure.rcv-syn": "收 SYN",
    "figure.rcv-syn-ack": "收 SYN,ACK",
    "figure.rcv-ack-of-syn": "收 SYN 的 ACK",
    "figure.rcv-rst": "收 RST",
    "figure.rcv-fin": "收 FIN",
    "figure.rcv-ack-of-fin": "收 FIN 的 ACK",
    "figure.timeout": "2MSL 已过",
    "figure.snd-syn": "发 SYN",
    "figure.snd-syn-ack": "发 SYN,ACK",
    "figure.snd-ack": "发 ACK",
    "figure.snd-fin": "发 FIN",
}
