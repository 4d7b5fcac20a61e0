"""`python -m tests.exploration [--faults N] [--write]`: explore, report, and write `docs/state-pairs.md`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.exploration.search import Search, lost_octets
from tests.exploration.table import FILE, render


def main() -> int:
    """Exit code 0, or 1 when there is a deadlock, a lost octet, or a pair that the page does not have."""
    parser = argparse.ArgumentParser(prog="python -m tests.exploration", description=__doc__)
    parser.add_argument("--faults", type=int, choices=(0, 1, 2, 3), default=1, help="at most so many (default 1)")
    parser.add_argument("--write", action="store_true", help=f"write {FILE.name} (from a run with one fault)")
    options = parser.parse_args()
    small = Search(1)
    small.run()
    if options.write:
        FILE.write_text(render(small), encoding="utf-8")
        print(f"wrote {FILE}", file=sys.stderr)
    search = small
    if options.faults != 1:
        search = Search(options.faults, keep_paths=False)
        search.run()
    verdicts = Counter(search.verdict(packed) or "deadlock" for packed in search.quiet)
    lost = sum(lost_octets(search.stacks(packed)) for packed in search.quiet)
    further = [pair for pair in search.pairs if pair not in small.pairs]
    print(f"faults {options.faults}: {search.count} situations, {len(search.pairs)} pairs, {len(search.quiet)} quiet")
    print(", ".join(f"{name}: {count}" for name, count in sorted(verdicts.items())) + f", lost octets: {lost}")
    for first, second in further:
        print(f"not on the page: {first.name} {second.name}")
    return 1 if verdicts["deadlock"] or lost or further else 0


if __name__ == "__main__":
    sys.exit(main())
