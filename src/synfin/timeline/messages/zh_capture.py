"""简体中文消息：画出抓包之前需要交代的事。"""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "capture.client": "客户端",
    "capture.server": "服务器",
    "capture.inferred": "来自抓包文件：两端的状态由报文段推断得出；定时器和应用的调用在抓包中看不到。",
    "capture.one_place": "只在一处抓包，靠近{near}：时间都是该处的时间；{far}收到了什么，由它的确认推断。",
    "capture.middle": "抓包缺少连接的开头：假定双方已建立连接，窗口扩大因子未知。",
    "capture.unsummed": "抓包中{who}发出的校验和大多不对：它们留给网卡计算，因此不算作损坏。",
    "capture.one_of": "本抓包文件共有 {count} 个连接，这是第 {number} 个。",
    "capture.left_cut": "因抓包时被截短而略去的帧：{count} 个。",
    "capture.left_no_ip": "不是 IP 分组而略去的帧：{count} 个。",
    "capture.left_no_tcp": "不是 TCP 或只是分片而略去的分组：{count} 个。",
    "capture.left_broken": "首部不合规范而略去的分组：{count} 个。",
    "capture.left_links": "链路类型无法识别而略去的帧：{count} 个。",
    "capture.left_beyond": "文件过大而略去的分组：{count} 个。",
    "capture.left_surplus": "连接过多而略去的分组：{count} 个。",
    "capture.left_damaged": "本连接中校验和错误的报文段：{count} 个。",
    "capture.ends_early": "文件从第 {octet} 字节起损坏；只读取了此前的内容。",
    "capture.list_head": "编号",
    "capture.list_ends": "两端",
    "capture.list_packets": "分组数",
    "capture.list_how": "经过",
    "capture.final": "就抓包所见，最终状态：{states}",
    "capture.summary": (
        "{who}：报文段 {segments} 个，{octets} 字节，重传 {again} 个；"
        "{peer}：报文段 {segments_back} 个，{octets_back} 字节，重传 {again_back} 个"
    ),
    "capture.list_quiet": "没有 SYN",
    "capture.list_middle": "从中途开始",
}
