"""Every core test ends with a recount of all that the broker counts."""

from collections.abc import Callable, Iterator

import pytest

from tests.broker.bench import Bench, recount


@pytest.fixture
def make_bench() -> Iterator[Callable[..., Bench]]:
    """Make benches whose invariants are checked when the test ends."""
    made: list[Bench] = []

    def make(**settings: object) -> Bench:
        made.append(Bench(**settings))
        return made[-1]

    yield make
    for bench in made:
        recount(bench.broker)


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    """A broker with the standard settings, just started."""
    return make_bench()
