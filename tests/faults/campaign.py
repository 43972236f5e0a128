"""Run fault campaigns on real processes: `python -m tests.faults.campaign c1 --requests 100000`.

Status 1 if any promise was broken, with the broken ones in words.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from tests.faults import engines, floods, network, processes, store
from tests.faults.run import Options, Report
from tests.faults.store import StoreReport

CAMPAIGNS: dict[str, Callable[[Options], Report | StoreReport]] = {
    "c1": processes.c1,
    "c2": processes.c2,
    "c3": engines.c3,
    "c4": network.c4,
    "c5": processes.c5,
    "c6": floods.c6,
    "c7": engines.c7,
    "c8": engines.c8,
    "c9": floods.c9,
    "c11": floods.c11,
    "c13": processes.c13,
    "store": store.store_sqlite,
    "store-postgres": store.store_postgres,
    "store-wire": store.store_wire,
}
MOST_SHOWN = 20


def table(reports: Sequence[Report | StoreReport]) -> str:
    """Return the reports as a table."""
    head = ("campaign", "requests", "done", "other", "starts", "p50 ms", "p99 ms", "longest s", "wall s", "verdict")
    rows = [head] + [
        (
            report.name,
            str(report.requests),
            str(report.outcomes["done"]),
            str(report.outcomes.total() - report.outcomes["done"]),
            str(report.starts),
            f"{report.p50 * 1000:.0f}",
            f"{report.p99 * 1000:.0f}",
            f"{report.longest:.2f}",
            f"{report.seconds:.1f}",
            "ok" if report.ok else f"{len(report.violations)} violations",
        )
        for report in reports
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaigns asked for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.campaign", description=__doc__)
    parser.add_argument("campaigns", nargs="+", choices=[*CAMPAIGNS, "all"], metavar="CAMPAIGN")
    parser.add_argument("--long", action="store_true", help="the long form")
    parser.add_argument("--requests", type=int, help="this many, as fast as they go")
    parser.add_argument("--seconds", type=float, help="spread them over this time at least")
    parser.add_argument("--seed", type=int, default=None, help="repeat a former run's choices")
    given = parser.parse_args(arguments)
    seed = int(time.time()) % 1_000_000 if given.seed is None else given.seed
    options = Options(long=given.long, requests=given.requests, seconds=given.seconds, seed=seed)
    names = list(CAMPAIGNS) if "all" in given.campaigns else given.campaigns
    print(f"seed {seed}")
    reports = []
    for name in names:
        reports.append(report := CAMPAIGNS[name](options))
        print(report.line(), flush=True)
        for violation in report.violations[:MOST_SHOWN]:
            print(f"  VIOLATION {violation}", flush=True)
        for _ in report.violations[MOST_SHOWN : MOST_SHOWN + 1]:
            print(f"  and {len(report.violations) - MOST_SHOWN} more", flush=True)
    print(table(reports))
    return 0 if all(report.ok for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
