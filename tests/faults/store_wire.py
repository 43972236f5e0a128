"""The store asked through a broker and workers, any process of which may be killed at any moment."""

import os
import random
from collections.abc import Sequence
from typing import Any

import msgspec
import psutil

from tests.faults.engine import FaultParams, Said
from tests.faults.harness import Program, Service
from visionmq.client import Client, VisionMQError
from visionmq.engine.api import Answer, Capability, EngineError, Job, OperationSpec, Resources
from visionmq.engine.store.address import ADDRESS_VARIABLE, KEYS_VARIABLE
from visionmq.engine.store.link import Link
from visionmq.engine.store.services import SERVICES
from visionmq.schemas.errors import ErrorCode

FINAL = frozenset({ErrorCode.BAD_REQUEST, ErrorCode.CONFLICT, ErrorCode.NOT_FOUND, ErrorCode.INTERNAL})
"""Errors after which asking again is no use; after any other the outcome is in doubt."""


class StoreDoor:
    """An engine that passes any question on to the store: `tests.faults.store_wire:StoreDoor`."""

    name, version = "test-store", "1"

    def __init__(self) -> None:
        self._resources: Resources | None = None
        self._link: Link | None = None

    def bind(self, resources: Resources) -> None:
        self._resources = resources

    def operations(self) -> Sequence[OperationSpec]:
        return [OperationSpec("test.store", FaultParams, 1, 1, reads_pictures=False)]

    def capabilities(self) -> Sequence[Capability]:
        return [Capability("test-store", True, "for fault campaigns")]

    def load(self) -> None:
        assert self._resources is not None
        self._link = self._resources.store()

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        return [self._one(job) for job in jobs]

    def _one(self, job: Job) -> Answer | EngineError:
        assert self._link is not None
        assert isinstance(job.params, FaultParams)
        method = SERVICES[job.params.text][0]
        try:
            told = self._link.call(method, msgspec.msgpack.decode(bytes(job.frames[0]), type=method.ask))
        except EngineError as error:
            return error
        return Answer(Said("told"), [msgspec.msgpack.encode(told)])


class StoreService(Service):
    """A broker and workers with a store; a random one of all processes below the workers can be killed."""

    def __init__(self, *, seed: int, workers: int, address: str) -> None:
        super().__init__(seed=seed, workers=workers)
        self._address = address

    def make_worker(self, index: int) -> Program:
        """Start worker `index`, without waiting for it."""
        command = ["visionmq.worker", "--broker", self.worker_endpoint, "-n", "1"]
        command += ["--engine", "tests.faults.store_wire:StoreDoor", "--name", f"w{index}", "--log-level", "error"]
        environment = {ADDRESS_VARIABLE: self._address, KEYS_VARIABLE: os.environ[KEYS_VARIABLE]}
        return Program(f"w{index}", command, self.folder / f"w{index}.log", environment)

    def kill_something(self, rng: random.Random) -> str | None:
        """kill -9 a worker, or its engine process, or its keeper; return which, None if it was gone already."""
        index = rng.randrange(len(self.workers))
        try:
            below = psutil.Process(self.workers[index].pid).children(recursive=True)
            victim = rng.choice([None, *below])
            if victim is not None:
                what = "keeper" if any("keeper" in word for word in victim.cmdline()) else "engine process"
                victim.kill()
                return what
        except psutil.Error:
            return None
        self.kill_worker(index)
        return "worker"


class Wire:
    """A door to the store through the broker; stands in for a keeper of one's own."""

    starts = 0

    def __init__(self, client: Client) -> None:
        self._client = client

    def ask(self, method: Any, request: Any) -> Any:
        """Ask once; EngineError(STORE_UNAVAILABLE) leaves the outcome in doubt."""
        try:
            reply = self._client.call("test.store", {"text": method.name}, [msgspec.msgpack.encode(request)])
        except VisionMQError as error:
            code = ErrorCode(error.code) if error.code in FINAL else ErrorCode.STORE_UNAVAILABLE
            raise EngineError(code, str(error)) from error
        return msgspec.msgpack.decode(bytes(reply.images[0]), type=method.told)

    def kill(self) -> bool:
        """There is no process of one's own."""
        return False

    def close(self) -> None:
        """The client is shared."""
