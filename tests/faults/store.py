"""Campaigns against the store: kill -9 of keepers and of PostgreSQL while four workers change it."""

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.engine.store.servers import Postgres, postgres
from tests.faults.ledger import percentile
from tests.faults.run import Options
from tests.faults.store_check import check
from tests.faults.store_load import PASSWORD, Door, Keeper, Shared, Worker
from tests.faults.store_wire import StoreService, Wire
from visionmq.engine.access import methods
from visionmq.engine.access.methods import Asked
from visionmq.engine.store.address import KEYS_VARIABLE
from visionmq.engine.store.opened import open_here
from visionmq.schemas.access.policies import SetPolicyParams
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.access.users import AddUserParams
from visionmq.schemas.access.vehicles import AddVehicleParams

WORKERS = 4
USERS = 2
SHORT, LONG = 140, 2_000
EVERY = 35, 15
"""Requests between two kills on average, in the short and the long form."""
SERVER_EVERY = 3
"""Of so many kills, one ends PostgreSQL instead, in immediate mode."""


@dataclass
class StoreReport:
    """What became of a campaign against the store."""

    name: str
    seed: int
    requests: int
    outcomes: Counter[str]
    faults: Counter[str]
    starts: int
    p50: float
    p99: float
    longest: float
    seconds: float
    notes: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.violations

    def line(self) -> str:
        """Return all of it in one line."""
        faults = ", ".join(f"{count} {name}" for name, count in self.faults.items())
        ended = ", ".join(f"{count} {name}" for name, count in self.outcomes.most_common())
        return (
            f"{self.name}: {'OK' if self.ok else 'VIOLATED'}: {self.requests} requests: {ended}; faults: {faults}; "
            f"{self.starts} keepers started; p50 {self.p50 * 1000:.0f} ms, p99 {self.p99 * 1000:.0f} ms, "
            f"longest {self.longest:.2f} s; {self.seconds:.1f} s, seed {self.seed}"
            + "".join(f"; {note}" for note in self.notes)
        )


def store_sqlite(options: Options) -> StoreReport:
    """Kill keepers at random moments; the store is a SQLite file."""
    with tempfile.TemporaryDirectory(prefix="visionmq-faults-store-") as folder:
        return _campaign("store on SQLite", options, _Place(Path(folder), str(Path(folder) / "store.db")))


def store_postgres(options: Options) -> StoreReport:
    """Kill keepers at random moments, and PostgreSQL itself."""
    with tempfile.TemporaryDirectory(prefix="visionmq-faults-store-") as folder, postgres() as server:
        return _campaign("store on PostgreSQL", options, _Place(Path(folder), server.new_database(), server))


def store_wire(options: Options) -> StoreReport:
    """Kill workers, engine processes and keepers; all is asked through a broker, the store is a SQLite file."""
    with tempfile.TemporaryDirectory(prefix="visionmq-faults-store-") as folder:
        place = _Place(Path(folder), str(Path(folder) / "store.db"), wire=True)
        return _campaign("store behind a broker", options, place)


@dataclass
class _Place:
    """Where a campaign's store is, and how it is asked."""

    folder: Path
    address: str
    server: Postgres | None = None
    wire: bool = False


@contextmanager
def _keys_in(folder: Path) -> Iterator[str]:
    former = os.environ.get(KEYS_VARIABLE)
    os.environ[KEYS_VARIABLE] = str(folder / "store.keys")
    try:
        yield os.environ[KEYS_VARIABLE]
    finally:
        if former is None:
            del os.environ[KEYS_VARIABLE]
        else:
            os.environ[KEYS_VARIABLE] = former


@contextmanager
def _doors(place: _Place, options: Options) -> Iterator[tuple[Callable[[], Door], StoreService | None]]:
    """Give what makes ways to the store, and the service behind them if there is one."""
    with _keys_in(place.folder):
        if not place.wire:
            yield lambda: Keeper(place.address), None
            return
        service = StoreService(seed=options.seed, workers=WORKERS if options.long else 2, address=place.address)
        with service, service.client() as client:
            yield lambda: Wire(client), service


def _campaign(name: str, options: Options, place: _Place) -> StoreReport:
    requests = options.requests or (LONG if options.long else SHORT)
    contested = max(3, requests // 50)
    shared = Shared(options.seed, WORKERS)
    with _doors(place, options) as (door, service):
        _prepare(shared, door(), contested)
        each = (requests - contested * WORKERS) // WORKERS
        workers = [Worker(number, door(), each, shared) for number in range(WORKERS)]
        began = time.monotonic()
        faults = _inject(workers, shared, options, place.server or service)
        seconds = time.monotonic() - began
        told = [worker.done for worker in workers]
        errors = [f"{worker.name}: {worker.error!r}" for worker in workers if worker.error is not None]
        for booking in shared.contested:
            told[0].bookings.setdefault(booking[2], "booked")
        with open_here(place.address) as link:
            amiss = check(link, [*told, shared.prepared], options.seed) if not errors else []
    latencies = sorted(one for worker in workers for one in worker.latencies)
    return StoreReport(
        name=name,
        seed=options.seed,
        requests=len(latencies),
        outcomes=Counter({"done": len(latencies)}),
        faults=faults,
        starts=sum(worker.keeper.starts for worker in workers),
        p50=percentile(latencies, 0.5),
        p99=percentile(latencies, 0.99),
        longest=latencies[-1] if latencies else 0.0,
        seconds=seconds,
        notes=[f"{count} {what}" for what, count in shared.counts.items()]
        + [f"{len(shared.reasons)} bookings returned by all at once"],
        violations=[*errors, *shared.violations, *_contests(shared), *amiss],
    )


def _prepare(shared: Shared, door: Door, contested: int) -> None:
    """Make users, cars, and the bookings that all will return at once."""
    maker = Worker(99, door, 0, shared)
    shared.users = [f"user{number}" for number in range(USERS)]
    try:
        maker.write(methods.SET_POLICY, partial(Asked, SetPolicyParams(rules={"user_overlap": True})))
        for user in shared.users:
            maker.write(methods.ADD_USER, partial(Asked, AddUserParams(user=user, password=PASSWORD)))
        cars = [f"car{number}" for number in range(WORKERS)] + [f"contested{number}" for number in range(contested)]
        for car in cars:
            maker.write(methods.ADD_VEHICLE, partial(Asked, AddVehicleParams(car=car)))
        for car in cars[WORKERS:]:
            user, booking = maker.book(car)
            shared.contested.append((user, car, booking))
    finally:
        maker.keeper.close()
    shared.prepared = maker.done


def _inject(
    workers: list[Worker], shared: Shared, options: Options, more: Postgres | StoreService | None
) -> Counter[str]:
    """Start the workers, kill until they are done; PostgreSQL ends and starts in this thread, its parent."""
    rng, faults = random.Random(options.seed), Counter[str]()
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        wanted = sum(len(worker.latencies) for worker in workers) + rng.expovariate(1 / EVERY[options.long])
        while any(worker.is_alive() for worker in workers):
            shared.pause(0.002)
            if sum(len(worker.latencies) for worker in workers) >= wanted:
                break
        shared.pause(rng.random() * 0.02)  # into the middle of the next request
        if isinstance(more, StoreService):
            if (what := more.kill_something(rng)) is not None:
                faults[f"kill -9 {what}"] += 1
        elif more is not None and faults.total() % SERVER_EVERY == SERVER_EVERY - 1:
            more.stop()
            more.start()
            faults["immediate stop of PostgreSQL"] += 1
        elif rng.choice(workers).keeper.kill():
            faults["kill -9 keeper"] += 1
    return faults


def _contests(shared: Shared) -> list[str]:
    """Of all who return one booking at once, exactly one succeeds, and the others learn why not."""
    wanted = sorted([[Reason.RETURNED]] + [[Reason.ALREADY_RETURNED]] * (WORKERS - 1))
    return [
        f"booking {booking} was returned as {reasons}"
        for booking, reasons in shared.reasons.items()
        if sorted(reasons) != wanted
    ]
