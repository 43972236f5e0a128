"""Logos of several clients through a broker and a worker that may hold work ahead: requests share calls of the engine."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.engine import brand_scenes as scenes
from visionmq.client import Client
from visionmq.client.local import STORE_VARIABLE, LocalService

ROOT = Path(__file__).parents[2]
NAMES = ("acme", "bolt", "crane")
CLIENTS, REQUESTS = 6, 4


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = str(tmp_path_factory.mktemp("brands") / "store.db")
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    service = LocalService({STORE_VARIABLE: store, "PYTHONPATH": path})
    options = ["-n", "1", "--engine", "tests.engine.brand_scenes:StandIn", "--ahead-ms", "60000"]
    service.start(1, options, time.monotonic() + 60)
    with Client(service.endpoint, timeout=120) as client:
        client.learn_brands([scenes.png(scenes.logo(seed)) for seed in range(3)], NAMES)
    yield service.endpoint
    service.close()


def ask(endpoint: str, seed: int) -> list[tuple[str, float]]:
    """Return the brand and the time of the call of each of several requests of one client."""
    picture = scenes.png(scenes.logo(seed))
    with Client(endpoint, timeout=120) as client:
        replies = [client.recognize_brands([picture]) for _ in range(REQUESTS)]
    return [(reply.result.items[0].result.label, reply.timings.run_ms) for reply in replies]


def test_requests_of_several_clients_share_calls_and_each_gets_its_own_answer(endpoint: str) -> None:
    seeds = [number % 3 for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(ask, [endpoint] * CLIENTS, seeds))
    for seed, told in zip(seeds, answers, strict=True):
        assert [label for label, _ in told] == [NAMES[seed]] * REQUESTS
    calls = {run_ms for told in answers for _, run_ms in told}
    assert len(calls) < CLIENTS * REQUESTS / 2, "jobs of one call have the time of the call"
