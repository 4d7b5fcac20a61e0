"""One script from text to outcome: chooses the stage, sets it up as the script's options say, and records.

Responsible for what belongs to one script; many of them at once, and processes, are `jobs`'.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from synfin.config import TcpConfig
from synfin.drill.errors import ScriptError, UnsupportedError
from synfin.drill.model import Script
from synfin.drill.options import number_option
from synfin.drill.outcome import BROKEN, FAILED, UNSUPPORTED, Outcome
from synfin.drill.parser import load
from synfin.drill.report import ladder_lines
from synfin.drill.runner import Options, Runner
from synfin.drill.stage import DEFAULTS, IPV6, MAPPED, VERSIONS, Addresses, Stage
from synfin.errors import UsageError
from synfin.wire.addresses import parse_address

STACK: Final = "stack"
KERNEL: Final = "kernel"
PLACES: Final = (STACK, KERNEL)
PRESETS: Final = ("linux", "rfc")
LINK_RAW: Final = 101  # LINKTYPE_RAW: IPv4 or IPv6 without anything before
MTU_DEFAULT: Final[dict[int, int]] = {4: 1500, 16: 1520}  # by octets of an address: the same segment size for both
MTU_LEAST: Final = 68  # RFC 791
MTU_MOST: Final = 65_535
QUIET_MOST: Final = 1_000_000  # ms
MILLISECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How to play scripts; what a script says itself comes second.

    `on` is `stack` or `kernel`; `version` ipv4, ipv6, ipv4-mapped-ipv6 or None (the script's, else ipv4); `preset` is
    None (the script's, else linux); `quiet_end` is in ns; `pcap` a folder for captures.
    """

    on: str = STACK
    version: str | None = None
    preset: str | None = None
    relax: tuple[str, ...] = ()
    quiet_end: int = 0
    seed: int = 0
    strict_segments: bool = False
    defines: Mapping[str, str] = field(default_factory=dict)
    pcap: str | None = None
    ladder: bool = False  # also of scripts that pass
    lang: str = "en"
    ascii_only: bool = False


def play_file(path: str | Path, plan: Plan) -> Outcome:
    """Read and play one script in this process; whatever is wrong with it is in the outcome.

    On the kernel this process moves into a network namespace of its own.  Raises `OSError` when a file cannot be read
    or written, or when the system allows no namespace or device.
    """
    try:
        script = load(path, plan.defines)
    except ScriptError as error:
        return Outcome(None, str(path), BROKEN, message=error.pointer())
    return play(script, plan)


def play(script: Script, plan: Plan) -> Outcome:
    """Play a script that has been read."""
    started = time.perf_counter()
    try:
        addresses = _addresses(script, plan)
        options = _options(script, plan)
        stage = _stage(script, plan, addresses)
    except (UnsupportedError, UsageError) as error:
        return Outcome(script, script.path, UNSUPPORTED, message=str(error), on=plan.on)
    try:
        outcome = Runner(script, stage, options).run()
    except UnsupportedError as error:
        return Outcome(script, script.path, UNSUPPORTED, message=str(error), on=plan.on)
    finally:
        stage.finish()
    outcome.on = plan.on
    outcome.host = stage.name
    if plan.ladder or outcome.status == FAILED:
        outcome.ladder = ladder_lines(outcome.records, stage.name, plan.lang, ascii_only=plan.ascii_only)
    outcome.seconds = time.perf_counter() - started
    if plan.pcap is not None:
        _write_capture(stage, Path(plan.pcap), script, plan)
    return outcome


def _addresses(script: Script, plan: Plan) -> Addresses:
    version = plan.version or script.option("ip_version") or VERSIONS[0]
    if version not in VERSIONS:
        raise UnsupportedError(f"--ip_version={version}; there are {', '.join(VERSIONS)}")
    found = DEFAULTS[6 if version == IPV6 else 4]
    if version == MAPPED:
        found = replace(found, version=MAPPED)
    local, remote = script.option("local_ip"), script.option("remote_ip")
    size = len(found.local)
    if local and len(parse_address(local)) == size:
        found = replace(found, local=parse_address(local))
    if remote and len(parse_address(remote)) == size:
        found = replace(found, remote=parse_address(remote))
    return found


def _options(script: Script, plan: Plan) -> Options:
    quiet_end = number_option(script, "quiet_end", plan.quiet_end // MILLISECOND, 0, QUIET_MOST) * MILLISECOND
    relax = tuple(word for word in (script.option("relax") or "").split(",") if word)
    return Options((*plan.relax, *relax), quiet_end, plan.seed, plan.strict_segments)


def _stage(script: Script, plan: Plan, addresses: Addresses) -> Stage:
    mtu = number_option(script, "mtu", MTU_DEFAULT[len(addresses.local)], MTU_LEAST, MTU_MOST)
    if plan.on == KERNEL:
        from synfin.drill.kernel import KernelStage

        return KernelStage(addresses, mtu)
    from synfin.drill.stack import StackStage

    preset = plan.preset or script.option("preset") or PRESETS[0]
    if preset not in PRESETS:
        raise UnsupportedError(f"--preset={preset}; there are {', '.join(PRESETS)}")
    tcp = TcpConfig.linux() if preset == "linux" else TcpConfig()
    mss = number_option(script, "mss", 0, 0, MTU_MOST)
    if mss:
        tcp = tcp.but(mss=mss)
    calls_first = script.option("calls_first") is not None
    return StackStage(addresses, tcp, mtu=mtu, seed=plan.seed, calls_first=calls_first)


def _write_capture(stage: Stage, folder: Path, script: Script, plan: Plan) -> None:
    from synfin.pcap import PcapngWriter
    from synfin.pcap.model import Direction

    folder.mkdir(parents=True, exist_ok=True)
    name = Path(script.path).stem or "script"
    with (folder / f"{name}.{plan.on}.pcapng").open("wb") as stream:
        writer = PcapngWriter(stream, comment=f"{script.path} on {plan.on}")
        ours = writer.add_interface(stage.name, LINK_RAW)
        theirs = writer.add_interface("script", LINK_RAW)
        for seen in stage.packets:
            interface = theirs if seen.inbound else ours
            direction: Direction = "in" if seen.inbound else "out"
            writer.write(interface, max(seen.time, 0), seen.data, seen.note, direction)
