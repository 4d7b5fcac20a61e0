"""Damages packets and reads them, by the million: nothing but a listed `WireError` may come out.

    python bench/fuzz_wire.py --count 1000000 --seed 1

Exits with 1 and prints the packet when something else comes out.  The suite runs the same with 20,000 packets.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT, ROOT / "src"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from tests.wire.mutate import check, corpus, mutations  # noqa: E402


def main() -> int:
    """Read the options, run, and print how often each rule decided."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="how many packets (default 1000000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same packets (default 1)")
    options = parser.parse_args()
    verdicts: dict[str, int] = {}
    start = time.perf_counter()
    for number, frame in enumerate(mutations(corpus(), options.seed, options.count)):
        try:
            verdict = check(frame, verify=number % 2 == 0)
        except Exception as error:
            print(f"packet {number} of seed {options.seed}: {type(error).__name__}: {error}\n{frame.hex()}")
            raise
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    seconds = time.perf_counter() - start
    for verdict, times in sorted(verdicts.items(), key=lambda item: (-item[1], item[0])):
        print(f"{times:9}  {verdict}")
    print(f"{options.count} packets, seed {options.seed}: no other exception; {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
