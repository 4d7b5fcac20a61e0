"""`python -m tests.grid [--all] [--only TEXT] [--write] [--workers N]`: play the grid, show or keep it."""

from __future__ import annotations

import argparse
import json
import sys
from multiprocessing import Pool

from tests.grid.cases import Case, all_cases, suite_cases
from tests.grid.snapshot import PAGE, PATH, load, page
from tests.grid.transfer import Result, play


def _one(case: Case) -> tuple[Case, Result | str]:
    try:
        return case, play(case)
    except AssertionError as error:
        return case, str(error)


def main() -> int:
    """Play the cases that were asked for; failures are told and make the exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.grid", description=__doc__)
    parser.add_argument("--all", action="store_true", help="the whole grid, not only what the test suite plays")
    parser.add_argument("--only", default="", help="cases whose name holds this text")
    parser.add_argument("--write", action="store_true", help="put the results into the snapshot and the page")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    cases = [case for case in (all_cases() if options.all else suite_cases()) if options.only in case.name]
    kept = load() if PATH.exists() else {}
    failed = 0
    with Pool(options.workers) as pool:
        for case, result in pool.imap(_one, cases, chunksize=1):
            if isinstance(result, str):
                failed += 1
                print(result, file=sys.stderr)
                continue
            kept[case.name] = result
            print(
                f"{case.name:60} goodput {result.goodput:6.1%} steady {result.steady:6.1%} {result.seconds:9.3f} s"
                f" again {result.retransmitted:9,} spurious {result.spurious:8,}",
                flush=True,
            )
    if options.write:
        order = {case.name: None for case in all_cases()}
        rows = {name: kept[name].as_json() for name in order if name in kept}
        PATH.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in rows.items()) + "\n}\n")
        PAGE.write_text(page(kept))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
