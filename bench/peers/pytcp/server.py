"""echo, discard and source on PyTCP: its daemon on a TUN device, and this program as a client of the daemon.

`python server.py DEVICE ADDRESS/LENGTH FOLDER` prints "ready" and serves until it is ended; the daemon's control socket
is in FOLDER.  It runs in an environment that has pmd-pytcp (GPL) installed, which is used as the program it is: through
its command and the public client interface.  DEVICE must exist and be called `tun` and a number.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

BLOCK = 65_536
BACKLOG = 128
ECHO, DISCARD, SOURCE = 7, 9, 19
PATIENCE = 20.0  # seconds for the daemon to come up


async def serve(end: Any, port: int) -> None:
    """One connection to its end."""
    block = bytes(BLOCK)
    with suppress(OSError):
        while port == SOURCE:
            await end.send(block)
        while data := await end.recv(BLOCK):
            if port == ECHO:
                await end.send(data)
    with suppress(OSError):
        await end.close()


async def accept(listener: Any, port: int) -> None:
    """Take connections for ever."""
    running = set()
    listener.setblocking(False)
    while True:
        # A client makes one call at a time, and an `accept` that waits would keep all others waiting.
        try:
            end, _ = await listener.accept()
        except BlockingIOError:
            await asyncio.sleep(0.001)
            continue
        task = asyncio.create_task(serve(end, port))
        running.add(task)
        task.add_done_callback(running.discard)


def _end_with_parent() -> None:
    """PR_SET_PDEATHSIG (prctl(2)): the daemon does not stay."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


async def main() -> None:
    """Start the daemon, then serve."""
    device, address, folder = sys.argv[1:]
    control = Path(folder) / "control"
    options = ["--ipc-socket", str(control), "--interface", device, "--ip4-address", address, "--no-ip6"]
    nowhere = asyncio.subprocess.DEVNULL
    daemon = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("pytcpd"), *options, stdout=nowhere, stderr=nowhere, preexec_fn=_end_with_parent
    )
    try:
        async with asyncio.timeout(PATIENCE):
            while not control.exists():
                if daemon.returncode is not None:
                    raise SystemExit("pytcpd did not come up")
                await asyncio.sleep(0.05)
        tasks = []
        for port in (ECHO, DISCARD, SOURCE):
            client = await importlib.import_module("pmd_pytcp.client").connect(socket_path=str(control))
            listener = await client.socket()
            await listener.bind((address.split("/")[0], port))
            await listener.listen(backlog=BACKLOG)
            tasks.append(asyncio.create_task(accept(listener, port)))
        print("ready", flush=True)
        await asyncio.gather(*tasks)
    finally:
        with suppress(ProcessLookupError):
            daemon.kill()


if __name__ == "__main__":
    asyncio.run(main())
