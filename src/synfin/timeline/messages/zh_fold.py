"""简体中文消息：把一连串平常的报文段合成一行。"""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "fold.one": "{who}：{segments}，共 {octets}；{acks}；{time}",
    "fold.both": "{who}：{segments}，共 {octets}；{peer}：{back}，共 {octets_back}；{acks}；{time}",
    "fold.acks": "{acks}；{time}",
    "fold.connections": "{count} 个连接：{what}",
    "fold.segments.1": "1 个数据报文段",
    "fold.segments.n": "{count} 个数据报文段",
    "fold.octets.1": "1 字节",
    "fold.octets.n": "{count} 字节",
    "fold.acks.0": "没有单独的 ACK",
    "fold.acks.1": "1 个 ACK",
    "fold.acks.n": "{count} 个 ACK",
}
