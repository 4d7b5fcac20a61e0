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
}
