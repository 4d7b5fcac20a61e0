"""Where a host's frames go to and come from.

| file           | what                                                                        |
|----------------|-----------------------------------------------------------------------------|
| `base.py`      | `Device`, the interface; `split`, segmentation in software                  |
| `memory.py`    | `MemoryPair`, two ends in one process                                       |
| `tun.py`       | `Tun`, a TUN or TAP device of the Linux kernel                              |
| `capture.py`   | `Capture`, wraps any device and writes pcapng                               |
| `drive.py`     | `Driver`, the loop in real time                                             |
| `namespace.py` | private network namespaces; addresses of the kernel's side of a device      |
| `rtnetlink.py` | the few requests to the kernel that this takes                              |

Nothing is imported here, so that a memory device does not load what only Linux has.
"""

from __future__ import annotations
