"""synfin as the server of the measurements: echo, discard and source on a TUN device.

`python -m bench.serve DEVICE [--offload] [--workers N]` prints "ready" and serves until it is ended.  Workers are
processes with a queue of the device each; the kernel chooses the queue by the flow.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Callable
from typing import Final

from synfin.cli.common import RECEIVE_BUFFER_MAX, SEND_BUFFER_MAX
from synfin.config import TcpConfig
from synfin.device.base import plug
from synfin.device.drive import Driver
from synfin.device.tun import Tun
from synfin.host import Host
from synfin.services.simple import Discard, Echo, Source

ADDRESS: Final = "10.77.0.2/24"
SERVICES: Final = ((7, Echo), (9, Discard), (19, Source))
BACKLOG: Final = 4_096
BUSY_POLL: Final = 50_000  # ns, as with `synfin tun --busy-poll 50us`; buffers grow as they do there


def serve(device: str, offload: bool, shared: bool, ready: Callable[[], None]) -> None:
    """One process on one queue of the device; `ready` is called when it can take connections."""
    tcp = TcpConfig(
        nodelay=True, send_buffer_max_bytes=SEND_BUFFER_MAX, receive_buffer_max_bytes=RECEIVE_BUFFER_MAX
    )  # fmt: skip
    host = Host("bench", rng=random.SystemRandom(), tcp=tcp)
    with Tun(device, offload=offload, multi_queue=shared) as tun, Driver(host, tun, busy_poll=BUSY_POLL) as driver:
        plug(host, tun, device, [ADDRESS])
        for port, service in SERVICES:
            host.listen(port, driver.clock(), backlog=BACKLOG, handler=service().accept)
        ready()
        driver.run()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="python -m bench.serve", description="Serve the measurements.")
    parser.add_argument("device")
    parser.add_argument("--offload", action="store_true", help="take and give super-segments")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the device")
    options = parser.parse_args()
    take, give = os.pipe()
    children = 0
    while children < options.workers - 1:
        if os.fork() == 0:
            serve(options.device, options.offload, True, lambda: _tell(give))
            return
        os.read(take, 1)  # one after another: the first makes the device
        children += 1
    serve(options.device, options.offload, options.workers > 1, lambda: print("ready", flush=True))


def _tell(give: int) -> None:
    os.write(give, b"x")


if __name__ == "__main__":
    main()
