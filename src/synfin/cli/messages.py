"""What `synfin tun`, `synfin connect`, `synfin drill` and `synfin web` say, by id, in English and in Chinese.

Whole sentences with named parameters, never glued together.
"""

from __future__ import annotations

import os
from typing import Final

LANGUAGES: Final = ("en", "zh")

MESSAGES: Final[dict[str, dict[str, str]]] = {
    "link": {
        "en": "{dev}: the kernel has {theirs}, synfin has {ours}",
        "zh": "{dev}：内核一侧 {theirs}，synfin 一侧 {ours}",
    },
    "serving": {"en": "serving {service} on port {port}", "zh": "端口 {port} 提供 {service} 服务"},
    "until-interrupted": {"en": "Ctrl-C ends it", "zh": "按 Ctrl-C 结束"},
    "closing": {"en": "closing connections ({count})", "zh": "正在关闭连接（{count} 个）"},
    "aborted": {
        "en": "some connections did not close in time and were reset",
        "zh": "部分连接未能及时关闭，已复位",
    },
    "worker-failed": {"en": "worker {number} has failed", "zh": "工作进程 {number} 失败"},
    "worker-counts": {
        "en": "worker {number}: {connections} connections, {segments} segments; {passed_on} passed on, {lost} lost",
        "zh": "工作进程 {number}：连接 {connections} 个，报文段 {segments} 个；转交 {passed_on} 个，丢失 {lost} 个",
    },
    "no-command": {"en": "{command}: command not found", "zh": "{command}：找不到该命令"},
    "command-not-executable": {"en": "{command}: {reason}", "zh": "{command}：无法执行（{reason}）"},
    "peer-failed": {"en": "{peer}: {reason}", "zh": "{peer}：{reason}"},
    "refused": {"en": "connection refused", "zh": "连接被拒绝（对方复位）"},
    "reset": {"en": "connection reset by peer", "zh": "连接被对方复位"},
    "timeout": {"en": "no answer", "zh": "对方没有应答"},
    "unknown-host": {"en": "{host}: {reason}", "zh": "{host}：{reason}"},
    "no-route": {
        "en": "{host} cannot be reached: synfin has no {family} address here",
        "zh": "无法到达 {host}：synfin 在这里没有 {family} 地址",
    },
    "record-none": {"en": "{path}: no TCP connection", "zh": "{path}：没有 TCP 连接"},
    "recorded": {"en": "connection {connection}, judged: the {end}", "zh": "连接 {connection}，被检验的一端：{end}"},
    "record-note": {"en": "note: {note}", "zh": "注意：{note}"},
    "record-passes": {
        "en": "the script passes on the stack (preset {preset})",
        "zh": "脚本在本协议栈上通过（预设 {preset}）",
    },
    "record-fails": {
        "en": "the script does not pass on the stack; this is where it comes to an end:",
        "zh": "脚本在本协议栈上没有通过，停在这里：",
    },
    "web-live": {"en": "watch it in a browser: {address}", "zh": "在浏览器中观看：{address}"},
    "web-open-to-others": {
        "en": "warning: other machines can reach this page, and what is sent is not encrypted",
        "zh": "警告：其他机器可以访问此页面，且传输内容未加密",
    },
    "unreadable": {"en": "{path}: {reason}", "zh": "{path}：{reason}"},
}


def language(choice: str | None = None) -> str:
    """`choice`, or what the locale asks for: `zh` for any Chinese locale, else `en`."""
    if choice is not None:
        return choice
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def say(lang: str, message: str, **parameters: object) -> str:
    """The sentence with that id in language `lang`."""
    return MESSAGES[message][lang].format(**parameters)
