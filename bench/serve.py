"""synfin as the server of the measurements: echo, discard and source on a TUN device.

`python -m bench.serve DEVICE [--offload] [--workers N]` prints "ready" and serves until it is ended.
"""

from __future__ import annotations

import argparse
import random
from typing import Final

from synfin.config import TcpConfig
from synfin.device.drive import Driver
from synfin.device.tun import Tun
from synfin.host import Host
from synfin.services.simple import Discard, Echo, Source

ADDRESS: Final = "10.77.0.2/24"
MTU: Final = 1_500
SERVICES: Final = ((7, Echo), (9, Discard), (19, Source))
BACKLOG: Final = 4_096


def serve(device: str) -> None:
    """One process that holds the device."""
    host = Host("bench", rng=random.Random(1), tcp=TcpConfig(nodelay=True))
    host.add_interface(device, [ADDRESS], mtu=MTU)
    with Tun(device) as tun, Driver(host, tun) as driver:
        for port, service in SERVICES:
            host.listen(port, driver.clock(), backlog=BACKLOG, handler=service().accept)
        print("ready", flush=True)
        driver.run()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="python -m bench.serve", description="Serve the measurements.")
    parser.add_argument("device")
    parser.add_argument("--offload", action="store_true", help="take and give super-segments")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the device")
    options = parser.parse_args()
    if options.offload or options.workers != 1:
        raise SystemExit("this device has no offload and no queues")
    serve(options.device)


if __name__ == "__main__":
    main()
