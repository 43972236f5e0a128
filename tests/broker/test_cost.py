"""What a round trip costs in the core, in Python calls: a figure that a busy machine does not change.

Speed itself is measured in `benchmarks/broker.py`. A part that asks another one more question with
every message shows here long before it shows there.
"""

import sys
from pathlib import Path
from types import FrameType

import pytest

import visionmq.broker.core
from tests.broker.bench import ECHO, make_request
from visionmq.broker import events as e
from visionmq.broker.core import Broker
from visionmq.broker.settings import Settings
from visionmq.schemas import messages as m
from visionmq.schemas.codec import decode_to_worker

CORE = str(Path(visionmq.broker.core.__file__).parent)
TRIPS = 50


class CallCounter:
    """Counts the calls of the core's own functions while it is entered."""

    def __init__(self) -> None:
        self.calls = 0

    def __enter__(self) -> None:
        self._before = sys.getprofile()
        sys.setprofile(self._count)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._before)

    def _count(self, frame: FrameType, event: str, _argument: object) -> None:
        self.calls += event == "call" and frame.f_code.co_filename.startswith(CORE)


def _lease(actions: list[e.Action]) -> list[int]:
    return [decode_to_worker(content[0]).lease for kind, _, content in actions if kind == e.TO_WORKER]


@pytest.mark.parametrize(("waiting", "most"), [(0, 24), (10, 32)], ids=["a free worker", "a queue"])
def test_a_round_trip_costs_no_more_calls_than_it_did(waiting: int, most: int) -> None:
    broker = Broker(Settings(), instance="i1", first_lease=0, now=0.0)
    ready = m.Ready(v=1, name="w1", incarnation="x", ops=[ECHO], credit=4)
    broker.handle(e.WorkerSent(b"w1", ready, (), None), 0.0)
    broker.handle(e.ClientSent(b"c1", m.Hello(v=1), (), None), 0.0)
    leases: list[int] = []
    counter = CallCounter()
    for number in range(waiting + TRIPS):
        ask = e.ClientSent(b"c1", make_request(f"r{number}"), (b"{}",), None)
        if number < waiting:
            leases += _lease(broker.handle(ask, 1.0))
            continue
        with counter:
            actions = broker.handle(ask, 1.0)
        leases += _lease(actions)
        answer = e.WorkerSent(b"w1", m.Answer(lease=leases.pop(0), state=m.State.DONE), (b"{}",), None)
        with counter:
            actions = broker.handle(answer, 1.0)
        leases += _lease(actions)
    assert broker.ledger.done == TRIPS
    # Whole calls: a few belong to the first request of an operation alone.
    assert 10 < counter.calls // TRIPS <= most
