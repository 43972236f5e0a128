"""The index must give what a plain comparison of all gives, whatever was added and removed before."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from visionmq.engine.store.index import Index, Near

DIMENSION = 16
Vectors = NDArray[np.float32]


def drawn(count: int, seed: int = 1, dimension: int = DIMENSION) -> Vectors:
    return np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)


def filled(vectors: Vectors, *, each: int = 1, exact_floats: int = 10**9) -> Index:
    """Return an index of these vectors, `each` a subject."""
    index = Index(vectors.shape[1], exact_floats=exact_floats)
    for number, vector in enumerate(vectors):
        index.add(f"t{number:06}", f"s{number // each:06}", vector)
    return index


def plain(kept: dict[str, tuple[str, Vectors]], probe: Vectors, top: int, *, templates: bool) -> list[Near]:
    """Compare one by one; the best of each subject; equals by subject, then by template."""
    all_hits = sorted(
        (
            Near(template, subject, float(np.square(vector.astype(np.float64) - probe).sum()) ** 0.5)
            for template, (subject, vector) in kept.items()
        ),
        key=lambda hit: (hit.distance, hit.subject_id, hit.template_id),
    )
    if not templates:
        best: dict[str, Near] = {}
        for hit in all_hits:
            best.setdefault(hit.subject_id, hit)
        all_hits = list(best.values())
    return all_hits[:top]


def same(found: list[Near], wanted: list[Near]) -> bool:
    return [hit[:2] for hit in found] == [hit[:2] for hit in wanted] and np.allclose(
        [hit.distance for hit in found], [hit.distance for hit in wanted], rtol=0, atol=1e-12
    )


class Twin:
    """An index and a dictionary that is told the same."""

    def __init__(self, exact_floats: int) -> None:
        self.index = Index(4, exact_floats=exact_floats)
        self.kept: dict[str, tuple[str, Vectors]] = {}

    def add(self, template: str, subject: str, vector: Vectors) -> None:
        self.index.add(template, subject, vector)
        self.kept[template] = (subject, vector)

    def remove(self, template: str) -> None:
        assert self.index.remove(template) == (self.kept.pop(template, None) is not None)

    def remove_subject(self, subject: str) -> None:
        gone = [template for template, (owner, _) in self.kept.items() if owner == subject]
        assert self.index.remove_subject(subject) == len(gone)
        for template in gone:
            del self.kept[template]


# A coarse grid makes equal vectors and equal distances common.
POINTS = st.lists(st.integers(-1, 1), min_size=4, max_size=4).map(lambda values: np.array(values, np.float32))
NAMES = st.integers(0, 11).map(lambda number: f"t{number}")
OWNERS = st.integers(0, 4).map(lambda number: f"s{number}")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), NAMES, OWNERS, POINTS),
        st.tuples(st.just("remove"), NAMES),
        st.tuples(st.just("remove_subject"), OWNERS),
        st.tuples(st.just("build")),
    ),
    max_size=40,
)


@pytest.mark.parametrize("exact_floats", [10**9, 16])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(steps=STEPS, probe=POINTS, top=st.integers(1, 14), templates=st.booleans(), few=st.sets(OWNERS))
def test_any_history_gives_what_a_plain_comparison_gives(
    exact_floats: int, steps: list[tuple[Any, ...]], probe: Vectors, top: int, templates: bool, few: set[str]
) -> None:
    twin = Twin(exact_floats)
    for name, *given_values in steps:
        if name == "build":
            twin.index.build(1.0)
        else:
            getattr(twin, name)(*given_values)
    found = twin.index.search(probe[None], top, templates=templates, exact=True)
    assert found.exact
    assert same(found.hits[0], plain(twin.kept, probe, top, templates=templates))
    named = {template: kept for template, kept in twin.kept.items() if kept[0] in few}
    found = twin.index.search(probe[None], top, subjects=few, templates=templates)
    assert same(found.hits[0], plain(named, probe, top, templates=templates))
    assert (found.templates, found.subjects) == (len(named), len({subject for subject, _ in named.values()}))
    assert len(twin.index) == len(twin.kept)
    assert twin.index.subjects == len({subject for subject, _ in twin.kept.values()})
    all_found = twin.index.search(probe[None], 20, templates=True).hits[0]
    assert {hit.template_id for hit in all_found} == set(twin.kept)


def test_large_galleries_many_templates_and_batches_of_probes_agree_with_a_plain_comparison() -> None:
    vectors = drawn(40_000)
    index = filled(vectors, each=3)
    kept = {f"t{number:06}": (f"s{number // 3:06}", vector) for number, vector in enumerate(vectors)}
    probes = drawn(3, seed=2)
    one_by_one = [index.search(probe[None], 7).hits[0] for probe in probes]
    assert index.search(probes, 7).hits == one_by_one
    assert same(one_by_one[1], plain(kept, probes[1], 7, templates=False))


def test_vectors_nearer_than_single_precision_can_tell_are_ranked_rightly() -> None:
    base = drawn(1)[0] * 10
    steps = np.linspace(0, 1e-3, 200, dtype=np.float32)
    vectors = base + np.outer(np.random.default_rng(4).permutation(steps), np.eye(DIMENSION)[0]).astype(np.float32)
    index = filled(vectors)
    distances = [hit.distance for hit in index.search(base[None], 200).hits[0]]
    wanted = np.sort(np.linalg.norm(vectors.astype(np.float64) - base, axis=1))
    assert np.array_equal(distances[:5], wanted[:5])
    assert [hit.distance for hit in index.search(base[None], 5).hits[0]] == distances[:5]


def test_one_subject_with_most_templates_hides_nobody() -> None:
    crowd = drawn(3_000) * 0.01
    others = drawn(20, seed=3) + 5
    index = filled(np.concatenate([crowd, others]), each=3_000)
    assert index.subjects == 2
    hits = index.search(np.zeros((1, DIMENSION), np.float32), 5).hits[0]
    assert [hit.subject_id for hit in hits] == ["s000000", "s000001"]


def test_equal_distances_are_ordered_by_what_the_owner_says() -> None:
    names = {"a": "zoe", "b": "adam", "c": "mia"}
    index = Index(DIMENSION)
    for subject in names:
        index.add(f"of-{subject}", subject, drawn(1)[0])
    assert [hit.subject_id for hit in index.search(drawn(1), 2, order=names.__getitem__).hits[0]] == ["b", "c"]


def test_a_place_is_used_again_and_keeps_nothing_of_the_former_vector() -> None:
    index = filled(drawn(10))
    index.remove("t000003")
    index.add("new", "s9", np.full(DIMENSION, 9, np.float32))
    assert index._rows.used == 10
    index.remove("new")
    assert not index._rows.vectors(np.array([3])).any()


def test_a_graph_finds_nearly_all_and_says_that_it_did_not_compare_all() -> None:
    vectors = drawn(3_000, dimension=8)
    index = filled(vectors, exact_floats=1_000 * 8)
    assert index.pending == 3_000
    while index.build(0.1):
        pass
    probes = drawn(50, seed=5, dimension=8)
    near, true = index.search(probes, 5), index.search(probes, 5, exact=True)
    assert (near.exact, true.exact) == (False, True)
    agreed = sum(len(set(one) & set(two)) for one, two in zip(near.hits, true.hits, strict=True))
    assert agreed >= 0.99 * 250


def test_what_the_graph_does_not_hold_yet_is_found_and_what_it_held_is_not() -> None:
    vectors = drawn(1_500, dimension=8)
    index = filled(vectors, exact_floats=1_000 * 8)
    while index.build(0.1):
        pass
    late = np.full(8, 3.0, np.float32)
    index.add("late", "late", late)
    assert index.pending == 1
    found = index.search(late[None], 1)
    assert (found.hits[0][0].template_id, found.exact) == ("late", False)
    index.remove("late")
    index.remove("t000007")
    index.add("after", "after", late)  # takes a place that the graph knew
    index.build(1.0)
    everything = index.search(vectors[7][None], 1_500, templates=True)
    assert {"late", "t000007"}.isdisjoint(hit.template_id for hit in everything.hits[0])
    assert index.search(late[None], 1).hits[0][0].template_id == "after"


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e20])
def test_numbers_that_cannot_be_compared_are_refused(bad: float) -> None:
    index = filled(drawn(3))
    vector = drawn(1)[0]
    vector[5] = bad
    with pytest.raises(ValueError, match="finite"):
        index.add("t", "s", vector)
    with pytest.raises(ValueError, match="finite"):
        index.search(vector[None])
    with pytest.raises(ValueError, match="16"):
        index.search(drawn(1, dimension=8))
    assert len(index) == 3


def test_an_empty_gallery_has_no_hits() -> None:
    found = Index(DIMENSION).search(drawn(2))
    assert (found.hits, found.exact) == ([[], []], True)
