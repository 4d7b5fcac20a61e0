"""What is said about scripts and their failures, by id, in English and in Chinese.

Whole sentences with named parameters: `{who}` is the stack under test, `{fd}` the descriptor, `{size}` octets, `{new}`
a new descriptor, `{value}` what the script writes there.  Names of states and flags stay English.
"""

from __future__ import annotations

from typing import Final

from synfin.errors import UsageError

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # Packets
    "in": ("the script sends this to {who}", "脚本把这个报文段发给 {who}"),
    "in-icmp": ("the script sends {who} this ICMP message", "脚本把这个 ICMP 报文发给 {who}"),
    "in-udp": ("the script sends {who} this datagram", "脚本把这个数据报发给 {who}"),
    "out-now": ("{who} must send this at once", "{who} 必须立即发出这个报文"),
    "out-later": (
        "{who} must send this {time} s after the line before",
        "{who} 必须在上一行之后 {time} 秒发出这个报文",
    ),
    "out-range": (
        "{who} must send this between {time} and {end} s after the line before",
        "{who} 必须在上一行之后 {time} 到 {end} 秒之间发出这个报文",
    ),
    "out-at": ("{who} must send this at {time} s", "{who} 必须在第 {time} 秒发出这个报文"),
    "out-at-range": (
        "{who} must send this between {time} and {end} s from the start",
        "{who} 必须在第 {time} 到 {end} 秒之间发出这个报文",
    ),
    "out-any": ("{who} must send this next, whenever it does", "{who} 接下来必须发出这个报文，时间不限"),
    "got": ("came instead: {value}", "实际收到：{value}"),
    # Calls
    "blocks": (
        "the call waits; it must return {time} s after the line before",
        "该调用会阻塞，必须在上一行之后 {time} 秒返回",
    ),
    "blocks-at": ("the call waits; it must return at {time} s", "该调用会阻塞，必须在第 {time} 秒返回"),
    "fails": ("it must fail with {value}", "它必须失败，错误为 {value}"),
    "socket": ("the program makes a socket, which the script calls {new}", "程序创建套接字，脚本中称为 {new}"),
    "bind": ("socket {fd} takes its address and port", "套接字 {fd} 绑定地址和端口"),
    "listen": ("socket {fd} waits for connections: passive open", "套接字 {fd} 开始监听：被动打开"),
    "accept": (
        "the program takes the oldest connection that is complete; the script calls it {new}",
        "程序取走最早完成三次握手的连接，脚本中称为 {new}",
    ),
    "connect": ("socket {fd} asks for a connection: active open", "套接字 {fd} 请求建立连接：主动打开"),
    "write": ("the program hands {size} octets to socket {fd}", "程序把 {size} 个字节交给套接字 {fd} 发送"),
    "writev": ("the program hands several buffers to socket {fd}", "程序把多个缓冲区交给套接字 {fd} 发送"),
    "read": ("the program reads up to {size} octets from {fd}", "程序从 {fd} 读取至多 {size} 个字节"),
    "readv": ("the program reads from {fd} into several buffers", "程序从 {fd} 读入多个缓冲区"),
    "close": ("the program lets go of {fd}", "程序关闭 {fd}"),
    "shutdown": ("the program shuts {fd}: {value}", "程序对 {fd} 执行 shutdown：{value}"),
    "setsockopt": ("the program sets {value} on {fd}", "程序在 {fd} 上设置 {value}"),
    "getsockopt": ("the program asks for {value} of {fd}", "程序查询 {fd} 的 {value}"),
    "fcntl": ("the program asks for or sets the flags of {fd}", "程序查询或设置 {fd} 的标志"),
    "ioctl": ("the program asks for {value} of {fd}", "程序对 {fd} 查询 {value}"),
    "poll": ("the program asks which descriptors are ready", "程序询问哪些描述符已就绪"),
    "epoll_create": ("the program makes an epoll instance, {new}", "程序创建 epoll 实例 {new}"),
    "epoll_ctl": ("the program changes what epoll {fd} watches", "程序修改 epoll {fd} 监视的内容"),
    "epoll_wait": ("the program asks epoll {fd} what is ready", "程序询问 epoll {fd} 哪些已就绪"),
    "open": ("the program opens a file of this run, {new}", "程序打开本次运行的文件 {new}"),
    "pipe": ("the program makes a pipe", "程序创建管道"),
    "splice": ("the program moves octets through a pipe without seeing them", "程序经管道搬运数据，自己并不读取"),
    "sendfile": ("the program sends from a file", "程序直接发送文件内容"),
    "call": ("the program calls {value}()", "程序调用 {value}()"),
    # The rest
    "settings": ("settings are changed: {value}", "修改设置：{value}"),
    "ignored": ("this command is not carried out", "这条命令不会执行"),
    # Failures
    "fail-two-calls": ("a call is still blocked; one at a time may be", "还有调用处于阻塞状态；同一时间只允许一个"),
    "fail-blocks": (
        "{name}() blocks; a call that may wait needs the time of its return (+0...1 {name}(...))",
        "{name}() 阻塞了；可能等待的调用要写出返回时间（+0...1 {name}(...)）",
    ),
    "fail-waits": (
        "{name}() should have returned at {time} s and still waits",
        "{name}() 应在第 {time} 秒返回，却仍在等待",
    ),
    "fail-result": ("{name}() gave something else", "{name}() 的结果与脚本不符"),
    "fail-return": ("{name}() returned at the wrong time", "{name}() 返回的时间不对"),
    "fail-assert": ("assertion failed: {what}", "断言不成立：{what}"),
    "fail-no-packet": ("the expected packet did not come", "没有等到脚本期望的报文"),
    "fail-packet": ("the packet is not the expected one", "报文与脚本期望的不符"),
    "fail-time": ("the packet came at another time", "报文出现的时间不对"),
    "fail-unexpected": ("a packet that the script does not expect", "出现了脚本没有期望的报文"),
    "expected": ("expected", "期望"),
    "actual": ("got", "实际"),
    "at": ("at", "时间"),
    "rule": ("rule", "规则"),
    "differs": ("expected {expected}, got {actual}", "期望 {expected}，实际 {actual}"),
    "nothing": ("nothing", "无"),
    "note": ("note: {note}", "注意：{note}"),
    "summary": ("{count} scripts: {counts} in {time} s", "{count} 个脚本：{counts}，用时 {time} 秒"),
    "code": ("this must hold, with the fields of tcp_info by name", "以下断言必须成立，其中可用 tcp_info 的字段名"),
}  # fmt: skip

_SAME: Final[dict[str, str]] = {
    "accept4": "accept", "send": "write", "sendto": "write", "sendmsg": "writev", "recv": "read", "recvfrom": "read",
    "recvmsg": "readv", "epoll_create1": "epoll_create",
}  # fmt: skip


def call_text(name: str) -> str:
    """The id of the sentence about a system call."""
    known = _SAME.get(name, name)
    return known if known in TEXTS else "call"


def text(lang: str, message: str, **parameters: object) -> str:
    """The sentence with that id; raises `UsageError` for another language than `en` and `zh`."""
    if lang not in ("en", "zh"):
        raise UsageError(f"there is no language {lang!r}; there are en, zh")
    return TEXTS[message][lang == "zh"].format(**parameters)
