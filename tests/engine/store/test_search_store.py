"""A search sees what every process has written before it was asked, and reads no more than what changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event

from tests.engine.store.asking import FACES, enroll, forget, names, template, vector
from tests.engine.store.conftest import Place
from visionmq.engine.api import EngineError
from visionmq.engine.store import records
from visionmq.engine.store.messages import SEARCH, TEMPLATES, Gallery, GetTemplates, Search
from visionmq.engine.store.opened import DirectLink
from visionmq.engine.store.search import Galleries
from visionmq.schemas.errors import ErrorCode


class Cost:
    """How many statements a link sends, and how many vectors it opens."""

    def __init__(self) -> None:
        self.statements = self.vectors = 0


@contextmanager
def cost(link: DirectLink) -> Iterator[Cost]:
    told, open_vector = Cost(), records._open_vector

    def count_statement(*_: object) -> None:
        told.statements += 1

    def count_vector(*given: Any) -> records.Vector:
        told.vectors += 1
        return open_vector(*given)

    event.listen(link.store.database, "after_cursor_execute", count_statement)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_open_vector", count_vector)
        yield told
    event.remove(link.store.database, "after_cursor_execute", count_statement)


def test_another_process_sees_an_enrolment_and_a_forgotten_subject_in_its_next_search(place: Place) -> None:
    one, two = place.open(), place.open()
    assert names(two, 1, 0, 0, 0) == []
    enroll(one, "Ada", template(1, 0, 0, 0))
    assert names(two, 1, 0, 0, 0) == ["Ada"]
    enroll(two, "Bob", template(0, 1, 0, 0))
    enroll(one, "Ada", template(0, 0.9, 0, 0), key="one more")
    assert names(two, 0, 0.9, 0, 0) == ["Ada", "Bob"]
    assert names(one, 0, 0.9, 0, 0) == ["Ada", "Bob"]
    enroll(one, "Ada", template(5, 0, 0, 0), key="instead", replace=True)
    assert names(two, 0, 0.9, 0, 0) == ["Bob", "Ada"]
    forget(two, "Ada")
    assert names(one, 0, 0.9, 0, 0) == ["Bob"]
    assert names(two, 0, 0.9, 0, 0) == ["Bob"]


def test_a_gallery_made_by_another_process_is_searched(place: Place) -> None:
    one, two = place.open(), place.open()
    other = Gallery("brand", "shops", "net/1", 4)
    enroll(one, "acme", template(1, 0, 0, 0), gallery=other)
    found = two.call(SEARCH, Search(gallery=other, probes=vector(1, 0, 0, 0)))
    assert [hit.subject for hit in found.hits[0]] == ["acme"]


def test_catching_up_costs_the_same_in_a_small_and_a_large_gallery(place: Place) -> None:
    one, two = place.open(), place.open()
    costs = []
    for count in (1, 60):
        for number in range(count):
            enroll(one, f"{count} {number}", template(number, 1, 0, 0), template(number, 2, 0, 0))
        names(two, 0, 0, 0, 0)
        enroll(one, f"news {count}", template(count, 3, 0, 0))
        with cost(two) as told:
            assert names(two, count, 3, 0, 0, top=1) == [f"news {count}"]
        costs.append((told.statements, told.vectors))
    assert costs[0] == costs[1]
    assert costs[0][1] == 1


@contextmanager
def sqlite_steps(*links: DirectLink) -> Iterator[list[int]]:
    """Count the instructions that SQLite runs, in hundreds: what a statement really costs."""
    steps = [0]

    def step() -> None:
        steps[0] += 1

    for link in links:
        with link.store.database.connect() as connection:
            connection.connection.driver_connection.set_progress_handler(step, 100)  # type: ignore[union-attr]
    yield steps
    for link in links:
        with link.store.database.connect() as connection:
            connection.connection.driver_connection.set_progress_handler(None, 0)  # type: ignore[union-attr]


def test_no_statement_of_an_enrolment_or_a_search_runs_through_the_gallery(sqlite_place: Place) -> None:
    one, two = sqlite_place.open(), sqlite_place.open()
    costs = []
    for count in (50, 2_000):
        crowd = [template(number, 1, 0, 0) for number in range(count)]
        for at in range(0, count, 500):
            enroll(one, f"crowd {count} {at}", *crowd[at : at + 500])
        names(two, 0, 0, 0, 0)
        with sqlite_steps(one, two) as steps:
            enroll(one, f"Ada {count}", template(count, 3, 0, 0))
            enroll(one, f"Ada {count}", template(count, 3.1, 0, 0), key=f"instead {count}", replace=True)
            assert names(two, count, 3.1, 0, 0, top=1) == [f"Ada {count}"]
            one.call(TEMPLATES, GetTemplates(gallery=FACES, subject=f"Ada {count}"))
            forget(one, f"Ada {count}")
            assert names(two, count, 3.1, 0, 0, top=1, subjects=[f"Ada {count}"]) == []
        costs.append(steps[0])
    assert costs[1] <= costs[0] + 20, costs  # one statement through 2,000 rows takes 100 more


def test_hits_carry_source_payload_and_counts(link: DirectLink) -> None:
    enroll(link, "Ada", template(1, 0, 0, 0, source="a.jpg", payload=b"points"), template(2, 0, 0, 0))
    enroll(link, "Bob", template(3, 0, 0, 0))
    found = link.call(SEARCH, Search(gallery=FACES, probes=vector(1, 0, 0, 0), payloads=True))
    assert (found.templates, found.subjects, found.exact) == (3, 2, True)
    best = found.hits[0][0]
    assert (best.subject, best.source, best.payload, best.distance) == ("Ada", "a.jpg", b"points", 0.0)
    bare = link.call(SEARCH, Search(gallery=FACES, probes=vector(1, 0, 0, 0)))
    assert bare.hits[0][0].payload == b""
    few = link.call(SEARCH, Search(gallery=FACES, probes=vector(1, 0, 0, 0), subjects=["Bob", "nobody"]))
    assert ([hit.subject for hit in few.hits[0]], few.templates, few.subjects) == (["Bob"], 1, 1)
    none = link.call(SEARCH, Search(gallery=FACES, probes=vector(1, 0, 0, 0), subjects=[]))
    assert (none.hits, none.templates) == ([[]], 0)
    each = link.call(SEARCH, Search(gallery=FACES, probes=vector(1, 0, 0, 0), templates=True))
    assert [hit.subject for hit in each.hits[0]] == ["Ada", "Ada", "Bob"]


def test_equal_distances_are_ordered_by_name(link: DirectLink) -> None:
    for name in ("zoe", "mia", "adam"):
        enroll(link, name, template(1, 1, 1, 1))
    assert names(link, 0, 0, 0, 0) == ["adam", "mia", "zoe"]
    assert names(link, 0, 0, 0, 0, top=1) == ["adam"]


@pytest.mark.parametrize("probes", [vector(1, 0, 0), vector(np.nan, 0, 0, 0), vector(np.inf, 0, 0, 0)])
def test_probes_that_cannot_be_compared_are_refused(link: DirectLink, probes: bytes) -> None:
    enroll(link, "Ada", template(1, 0, 0, 0))
    with pytest.raises(EngineError) as refused:
        link.call(SEARCH, Search(gallery=FACES, probes=probes))
    assert refused.value.code is ErrorCode.BAD_REQUEST


def test_an_older_copy_of_the_store_put_back_is_read_anew(sqlite_place: Place) -> None:
    link = sqlite_place.open()
    enroll(link, "Ada", template(1, 0, 0, 0))
    loaded = link.store._kept[Galleries]
    assert names(link, 1, 0, 0, 0) == ["Ada"]
    loaded.cursor += 10  # as if this process had seen more than the store holds now
    index = loaded.find(FACES)
    assert index is not None
    index.add("ghost", "ghost", np.ones(4, np.float32))
    assert names(link, 1, 1, 1, 1) == ["Ada"]
