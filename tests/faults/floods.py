"""Campaigns of clients: C6 client crash, C9 cancel storm, C11 noisy neighbour."""

import heapq
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.faults.harness import Program
from tests.faults.processes import measure
from tests.faults.run import Campaign, Options, Report
from visionmq.client import Client, Future

POLITE = 9
POLITE_SECONDS = 0.002
"""How long each request of the neighbours and of the flood keeps an engine."""
MOST_RATIO, MOST_ADDED = 10.0, 0.25
"""A queue without fairness makes the polite wait for the whole flood; these bounds only tell that apart."""


def crowd(campaign: Campaign, requests: int, seconds: float) -> Program:
    """Start a client process of its own that sends so many requests of so many seconds each."""
    command = ["tests.faults.crowd", campaign.service.endpoint, str(requests), str(seconds)]
    program = Program("crowd", command, campaign.service.folder / "crowd.log", {})
    program.announcement()
    return program


def _await_open(client: Client, least: int) -> None:
    end = time.monotonic() + 30.0
    while client.info().ledger.open < least:
        if time.monotonic() > end:
            raise RuntimeError(f"fewer than {least} requests arrived")
        time.sleep(0.02)


def c6(options: Options) -> Report:
    """kill -9 a client with 1,000 requests in flight; its work is cancelled and the tables empty again."""
    requests, _ = measure(options, (1_000, 0.0), (1_000, 0.0))
    with Campaign("c6 client crash", options) as campaign:
        campaign.strangers = True
        slowest = 0.0
        for _ in range(20 if options.long else 1):
            program = crowd(campaign, requests, 60.0)
            _await_open(campaign.client, requests)
            program.kill()
            campaign.faults["kill -9 client"] += 1
            killed = time.monotonic()
            campaign.send_digest().exception(60.0)
            info, amiss = campaign.service.settled(campaign.client)
            campaign.violations += amiss
            slowest = max(slowest, time.monotonic() - killed)
            if info.clients > 1:
                campaign.violations.append(f"{info.clients} clients, not 1")
        campaign.notes.append(f"tables of {requests} requests empty after {slowest:.1f} s at most")
        report = campaign.report()
        cancelled = report.info.ledger.cancelled
        if cancelled != requests * campaign.faults["kill -9 client"]:
            report.violations.append(f"info says {cancelled} cancelled, not all that the dead client had open")
        return report


class Canceller:
    """Cancels futures at their times, on a thread of its own."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Future[Any]]] = []
        self._changed = threading.Condition()
        self._open = True
        self.cancelled = 0
        self._thread = threading.Thread(target=self._run, name="canceller", daemon=True)
        self._thread.start()

    def put(self, at: float, number: int, future: Future[Any]) -> None:
        with self._changed:
            heapq.heappush(self._due, (at, number, future))
            self._changed.notify()

    def close(self) -> None:
        """Cancel what is left in its time, and end."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    if not self._due and not self._open:
                        return
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                _, _, future = heapq.heappop(self._due)
            self.cancelled += future.cancel()


def c9(options: Options) -> Report:
    """Cancel 30 % of the requests at random stages; each ends once, and all slots come back."""
    requests, seconds = measure(options, (1_500, 0.0), (20_000, 0.0))
    with Campaign("c9 cancel storm", options, window=200) as campaign:
        canceller = Canceller()
        allowed = frozenset({"done", "cancelled"})

        def one(number: int) -> None:
            if campaign.rng.random() < 0.2:
                future = campaign.send("test.sleep", {"seconds": campaign.rng.random() * 0.02}, allowed=allowed)
            else:
                future = campaign.send_digest(allowed=allowed)
            if campaign.rng.random() < 0.3:
                canceller.put(time.monotonic() + campaign.rng.expovariate(1 / 0.03), number, future)
                campaign.faults["cancel"] += 1

        try:
            campaign.load(requests, seconds, one)
        finally:
            canceller.close()
        report = campaign.report()
        if report.outcomes["cancelled"] != canceller.cancelled:
            report.violations.append(f"{canceller.cancelled} cancelled; {report.outcomes['cancelled']} said so")
        return report


def c11(options: Options) -> Report:
    """One client floods, nine ask one after the other; the medians of the nine, before and meanwhile."""
    flood, _ = measure(options, (2_000, 0.0), (10_000, 0.0))
    calls = 20 if not options.long else 100
    with Campaign("c11 noisy neighbour", options) as campaign:
        campaign.strangers = True
        before = _polite(campaign, calls)
        program = crowd(campaign, flood, POLITE_SECONDS)
        try:
            _await_open(campaign.client, flood // 2)
            campaign.faults["flood of requests"] += flood
            meanwhile = _polite(campaign, calls)
            left = campaign.client.info().waiting
        finally:
            program.kill()
        campaign.notes.append(
            f"median of the polite {before * 1000:.1f} ms alone, {meanwhile * 1000:.1f} ms beside the flood "
            f"(ratio {meanwhile / before:.2f}; {left} of the flood still waited)"
        )
        if meanwhile > MOST_RATIO * before + MOST_ADDED:
            campaign.violations.append(campaign.notes[-1])
        return campaign.report()


def _polite(campaign: Campaign, calls: int) -> float:
    """Return the median seconds of one call, of nine clients that call one after the other."""

    def behave(client: Client) -> list[float]:
        found = []
        for _ in range(calls):
            sent = time.monotonic()
            future = client.submit("test.sleep", {"seconds": POLITE_SECONDS})
            campaign.ledger.watch(future, timeout=60.0, sent=sent)
            future.exception(60.0)
            found.append(time.monotonic() - sent)
        return found

    clients = [campaign.service.client() for _ in range(POLITE)]
    try:
        with ThreadPoolExecutor(POLITE) as threads:
            return statistics.median(seconds for found in threads.map(behave, clients) for seconds in found)
    finally:
        for client in clients:
            client.close()
