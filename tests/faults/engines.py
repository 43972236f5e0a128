"""Campaigns against engines and time: C3 hang, C7 poison, C8 stale work."""

import time

from tests.faults.processes import LOSABLE, POISONS, measure
from tests.faults.run import Campaign, Options, Report

OVERDUE = frozenset({"timeout", "deadline_exceeded"})
HANG_SECONDS = 1.0
HANG_SLACK = 2.0
"""How long past its deadline the end of a hanging request may come; generous, for busy machines."""
DOWN_LIMIT = 1.0


def c3(options: Options) -> Report:
    """One request in a hundred sleeps for ever or holds the interpreter lock; the others are served."""
    requests, seconds = measure(options, (400, 0.0), (10_000, 0.0))
    with Campaign("c3 worker hang", options) as campaign:

        def one(number: int) -> None:
            if number % 100 == 50:
                operation = "test.hang" if number % 200 == 50 else "test.gil"
                campaign.send(operation, timeout=HANG_SECONDS, allowed=OVERDUE)
                campaign.faults[operation] += 1
            else:
                campaign.send_digest()

        campaign.load(requests, seconds, one)
        report = campaign.report()
        slowest = max(campaign.ledger.latencies(*OVERDUE), default=0.0)
        report.notes.append(f"a hanging request of {HANG_SECONDS:g} s ended after {slowest:.2f} s at most")
        if slowest > HANG_SECONDS + HANG_SLACK:
            report.violations.append(report.notes[-1])
        return report


def c7(options: Options) -> Report:
    """Some requests end their engine: segmentation fault, abort, memory without end; only they fail."""
    requests, seconds = measure(options, (400, 0.0), (20_000, 0.0))
    each = 67 if not options.long else 333
    with Campaign("c7 poison", options) as campaign:
        before = [worker.pid for worker in campaign.service.workers]

        def one(number: int) -> None:
            if number % each == each - 1:
                operation, allowed = POISONS[number // each % 3]
                campaign.send(operation, allowed=allowed)
                campaign.faults[operation] += 1
            else:
                campaign.send_digest()

        campaign.load(requests, seconds, one)
        report = campaign.report()
        if [worker.pid for worker in campaign.service.workers if worker.alive] != before:
            report.violations.append("a worker died of its engine's fault")
        return report


def c8(options: Options) -> Report:
    """The broker is down past the deadlines, then all slots are taken, then the workers are frozen."""
    requests, _ = measure(options, (300, 0.0), (3_000, 0.0))
    with Campaign("c8 stale work", options, window=requests * 4) as campaign:
        service = campaign.service
        campaign.send_digest().result()
        service.broker.kill()
        campaign.load(requests, 0.0, lambda _: campaign.send_digest(timeout=DOWN_LIMIT, allowed=LOSABLE))
        keepers = [campaign.send_digest() for _ in range(20)]
        campaign.pause(10.0 if options.long else 2.5)
        service.restarts += 1
        service.start_broker()
        campaign.faults["broker down"] += 1
        for keeper in keepers:
            keeper.exception(60.0)
        for _ in range(4):
            campaign.send("test.sleep", {"seconds": 1.5})
        campaign.load(requests, 0.0, lambda _: campaign.send_digest(timeout=0.5, allowed=LOSABLE))
        campaign.faults["slots taken"] += 1
        campaign.send_digest().exception(60.0)
        thaws = [worker.freeze(tree=False) for worker in service.workers]
        frozen_at = time.monotonic()
        campaign.load(requests, 0.0, lambda _: campaign.send_digest(timeout=0.5, allowed=LOSABLE))
        campaign.pause(frozen_at + 1.5 - time.monotonic())
        for thaw in thaws:
            thaw()
        campaign.faults["workers frozen"] += 1
        return campaign.report()
