"""Measurements of synfin, each beside the kernel's own figure from the same run; `python -m bench` prints JSON.

| file          | what                                                                                   |
|---------------|----------------------------------------------------------------------------------------|
| `network.py`  | a private namespace with synfin on a TUN device, or with a plain kernel server          |
| `clients.py`  | what the kernel's side does: bulk, connects, ping-pong, with ordinary sockets            |
| `inside.py`   | what needs no kernel: memory, two lab hosts, start-up time                               |
| `report.py`   | docs/performance.md from the JSON of an interpreted and a compiled run                   |
| `fuzz_wire.py`| the long run of the wire fuzzer                                                          |
"""

from __future__ import annotations
