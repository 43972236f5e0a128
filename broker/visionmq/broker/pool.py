"""The workers by what they serve and how loaded they are; choosing the least loaded is O(1).

Workers that serve the same operations form a pool. A pool keeps its workers in buckets by
load (leases held against credit, in sixteenths); within a bucket the longest unused comes first.
A worker without free credit, or draining, is in no bucket.
"""

from visionmq.broker.records import PeerId, Worker

_STEPS = 16


class Pool:
    """Workers that serve the same set of operations."""

    __slots__ = ("buckets", "low", "ops", "size")

    def __init__(self, ops: frozenset[str]) -> None:
        self.ops = ops
        self.buckets: list[dict[PeerId, Worker]] = [{} for _ in range(_STEPS)]
        self.low = _STEPS
        """No bucket below this one holds a worker."""
        self.size = 0

    def place(self, worker: Worker) -> None:
        """Put a worker where its load says; last among its equals."""
        if worker.bucket >= 0:
            del self.buckets[worker.bucket][worker.peer]
        held, credit = len(worker.leases), worker.credit
        if held >= credit or worker.draining:
            worker.bucket = -1
            return
        worker.bucket = bucket = held * _STEPS // credit
        self.buckets[bucket][worker.peer] = worker
        self.low = min(self.low, bucket)

    def remove(self, worker: Worker) -> None:
        """Forget a worker."""
        if worker.bucket >= 0:
            del self.buckets[worker.bucket][worker.peer]
            worker.bucket = -1
        self.size -= 1

    def least(self) -> Worker | None:
        """Return the least loaded worker with free credit."""
        buckets, low = self.buckets, self.low
        while low < _STEPS:
            if buckets[low]:
                self.low = low
                return next(iter(buckets[low].values()))
            low += 1
        self.low = _STEPS
        return None


class Workers:
    """All connected workers; and, for a while, the operations that none of them serves any more."""

    def __init__(self, absence: float, now: float) -> None:
        """Start empty; after this start, and after a loss, a worker is waited for so many seconds."""
        self.by_peer: dict[PeerId, Worker] = {}
        self._pools: dict[frozenset[str], Pool] = {}
        self._serving: dict[str, list[Pool]] = {}
        self._absence = absence
        self._first_until = now + absence
        self._absent: dict[str, float] = {}
        """Operations that lost their last worker, and until when requests may wait for another."""

    def add(self, worker: Worker) -> None:
        """Take a worker in."""
        pool = self._pools.get(worker.ops)
        if pool is None:
            pool = self._pools[worker.ops] = Pool(worker.ops)
            for op in worker.ops:
                self._serving.setdefault(op, []).append(pool)
        pool.size += 1
        worker.pool = pool
        self.by_peer[worker.peer] = worker
        pool.place(worker)
        for op in worker.ops:
            self._absent.pop(op, None)

    def remove(self, worker: Worker, now: float) -> None:
        """Forget a worker; operations that nobody serves any more are absent from now on."""
        del self.by_peer[worker.peer]
        pool: Pool = worker.pool
        pool.remove(worker)
        if pool.size:
            return
        del self._pools[pool.ops]
        for op in pool.ops:
            self._serving[op].remove(pool)
            if not self._serving[op]:
                del self._serving[op]
                self._absent[op] = now + self._absence

    def drain(self, worker: Worker) -> None:
        """Give a worker no more; what it holds it may end."""
        worker.draining = True
        worker.pool.place(worker)

    def least_loaded(self, op: str) -> Worker | None:
        """Return the least loaded worker with free credit that serves the operation."""
        pools = self._serving.get(op)
        if pools is None:
            return None
        if len(pools) == 1:
            return pools[0].least()
        found = [worker for pool in pools if (worker := pool.least())]
        return min(found, key=lambda worker: worker.bucket, default=None)

    def serve(self, op: str) -> bool:
        """Whether any worker serves the operation, busy or not."""
        return op in self._serving

    def may_return(self, op: str, now: float) -> bool:
        """Whether a worker for the operation may still come: after the broker's start, or after a loss."""
        until = self._absent.get(op)
        if until is not None:
            return now < until
        return now < self._first_until and not self.by_peer

    def end_absences(self, now: float) -> None:
        """Wait no longer for workers that have not come back in time."""
        for op in [op for op, until in self._absent.items() if until <= now]:
            del self._absent[op]

    def operations(self) -> list[str]:
        """Return all operations served now."""
        return sorted(self._serving)

    def count(self, op: str) -> int:
        """Return how many workers serve an operation."""
        return sum(pool.size for pool in self._serving.get(op, ()))

    def slots(self, op: str) -> int:
        """Return how many requests of an operation could run at once."""
        return sum(worker.credit for worker in self.by_peer.values() if op in worker.ops and not worker.draining)
