"""Probabilities and thresholds of brands, word marks, and what a gallery says of itself."""

import numpy as np
import pytest

from visionmq.engine.brand.gallery import Reference
from visionmq.engine.brand.report import ALIKE, report
from visionmq.engine.brand.scoring import CUTS, Evidence, Level, cut, probability, terms
from visionmq.engine.brand.words import naming, plain

EVIDENCE = Evidence(0.7, 0.2, surprise=8.0, likeness=0.7, looked=True)


def test_all_that_speaks_for_a_brand_makes_it_likelier():
    level = Level().similarity(1000)
    best = probability(EVIDENCE, level)
    weaker = [
        Evidence(0.5, 0.2, surprise=8.0, likeness=0.7, looked=True),
        Evidence(0.7, -0.1, surprise=8.0, likeness=0.7, looked=True),
        Evidence(0.7, 0.2, surprise=0.0, likeness=0.7, looked=True),
        Evidence(0.7, 0.2, surprise=8.0, likeness=0.2, looked=True),
    ]
    assert all(probability(one, level) < best for one in weaker)
    named = Evidence(0.7, 0.2, surprise=8.0, likeness=0.7, looked=True, text=0.95)
    assert probability(named, level) > best
    assert 0 < probability(Evidence(-1.0, -1.0), level) < best < 1


def test_the_level_rises_with_comparisons_rarity_and_look_alikes():
    level = Level()
    assert level.similarity(100) < level.similarity(1000) < level.similarity(100_000) <= 0.98
    assert level.similarity(1000, 0.1) < level.similarity(1000, 0.001)
    assert Level(0.1).similarity(1000) == pytest.approx(level.similarity(1000) + 0.1)
    assert terms(EVIDENCE, 0.5)["excess"] == pytest.approx(0.2)


def test_a_stricter_rate_asks_for_a_higher_probability():
    rates = np.geomspace(1e-5, 0.5, 30)
    cuts = [cut(float(rate)) for rate in rates]
    assert cuts == sorted(cuts, reverse=True)
    assert cut(CUTS[1][0]) == pytest.approx(CUTS[1][1])
    assert cut(1e-9) == CUTS[0][1]


@pytest.mark.parametrize(
    ("texts", "brand", "fits"),
    [
        (["acme"], "Acme", True),
        (["rnattermost"], "Mattermost", True),
        (["cafecreme"], "Café Crème", True),
        (["theacmecompany"], "acme", True),
        (["other", "acme"], "acme", True),
        (["zenith"], "acme", False),
        (["a"], "A", False),
        ([], "acme", False),
    ],
)
def test_a_word_mark_names_a_brand_or_does_not(texts, brand, fits):
    fit, text = naming(texts, brand)
    assert (fit > 0) == fits
    assert bool(text) == fits


def test_plain_text_has_letters_and_digits_only():
    assert plain(" Café 2-Go! ") == "cafe2go"
    assert plain("Ω straße") == "ωstrasse"


def _reference(brand: str, angle: float) -> Reference:
    vector = np.array([np.cos(angle), np.sin(angle)], np.float32)
    return Reference(f"{brand}{angle}", brand, f"{angle}.png", vector)


def test_the_report_counts_every_pair_once_and_the_worst_first():
    near = float(np.arccos(ALIKE)) * 0.9
    references = [
        _reference("a", 0.0), _reference("a", near / 2), _reference("b", near), _reference("c", 1.5),
        _reference("c", 0.7), _reference("c", 3.0),
    ]  # fmt: skip
    told = report("x", references, most=10)
    assert [(one.first_source, one.second_source) for one in told.duplicates] == [("0.0.png", f"{near / 2}.png")]
    assert len(told.contradictions) == 2
    similar = [one.similarity for one in told.contradictions]
    assert similar == sorted(similar, reverse=True)
    assert {one.source for one in told.outliers} == {"0.7.png"}
    assert (told.brands, told.lonely, told.references) == (3, 1, 6)
    assert len(report("x", references, most=1).contradictions) == 1


def test_an_empty_collection_has_an_empty_report():
    told = report("x", [], most=10)
    assert (told.brands, told.duplicates, told.contradictions, told.outliers) == (0, [], [], [])
