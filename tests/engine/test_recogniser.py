"""Lines become characters: the chain through the network's places, and the network itself on drawn lines."""

import sys
from pathlib import Path

import numpy as np
import pytest

from visionmq.engine.api import EngineError
from visionmq.engine.document.mrz.reading import ALPHABET, INDEX
from visionmq.engine.document.mrz.recogniser import CAP, HEIGHT, MODEL, PAD, STRIDE, Lettering, load_recogniser

ENGINE = Path(__file__).parents[2] / "engine"
DATA = ENGINE / "visionmq" / "engine" / "document" / "data"


def lettering(text: str, *, pitch: float = 17.0, hidden: tuple[int, ...] = (), lead: float = 0.0) -> Lettering:
    """A line as a perfect network would see it; hidden letters stand nowhere."""
    width = round(2 * PAD + len(text) * pitch)
    columns = STRIDE * np.arange(-(-width // STRIDE)) + 1.5
    stands = np.full(len(columns), -6.0)
    letters = np.zeros((len(columns), len(ALPHABET)))
    for index, character in enumerate(text):
        near = np.abs(columns - (PAD + lead + (index + 0.5) * pitch)) < 0.3 * pitch
        letters[near, INDEX[character]] = 12.0
        if index not in hidden:
            stands[near] = 6.0
    return Lettering(stands, letters, width)


@pytest.mark.parametrize("length", [30, 36, 44])
def test_a_line_fits_its_own_length_best(length: int) -> None:
    text = ("P<UTOERIKSSON<<ANNA<MARIA" + "<" * 44)[:length]
    line = lettering(text)
    found = {other: cells for other in (30, 36, 44) if (cells := line.cells(other)) is not None}
    assert max(found, key=lambda other: found[other].fit) == length
    assert found[length].best() == text


def test_a_hidden_letter_keeps_its_place_and_says_that_it_is_unknown() -> None:
    text = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    cells = lettering(text, hidden=(4,)).cells(44)
    assert cells is not None
    assert cells.best()[:4] + cells.best()[5:] == text[:4] + text[5:]
    assert cells.odds[4].max() < 0.1


def test_the_ends_may_be_found_a_letter_wrongly() -> None:
    text = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    for lead in (-8.0, 8.0):
        cells = lettering(text, lead=lead).cells(44)
        assert cells is not None
        assert cells.best() == text


def test_a_short_strip_holds_no_long_line() -> None:
    assert lettering("ABC", pitch=12).cells(44) is None


def test_a_model_that_is_none_is_named() -> None:
    with pytest.raises(EngineError, match=MODEL):
        load_recogniser(b"no model")


def test_drawn_lines_are_read_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ENGINE))
    from training.lines.draw import Printer, Wear

    wear = Wear(14, 40, blur=0.4, noise=0.4, jpeg=0.5, contrast=0.4, ground=0.3, defects=0, other_faces=False)
    printer = Printer(np.random.default_rng(20261121), wear)
    recogniser = load_recogniser((DATA / MODEL).read_bytes())
    samples = [printer.sample() for _ in range(60)]
    wrong = total = 0
    for sample, line in zip(samples, recogniser.read_strips([s.strip for s in samples]), strict=True):
        cells = line.cells(len(sample.classes))
        assert cells is not None
        wrong += int((cells.odds.argmax(axis=1) != sample.classes).sum())
        total += len(sample.classes)
    assert wrong / total < 0.002, f"{wrong} of {total} characters wrong"
    assert "torch" not in sys.modules


def test_an_empty_strip_has_no_letters() -> None:
    recogniser = load_recogniser((DATA / MODEL).read_bytes())
    (line,) = recogniser.read_strips([np.full((HEIGHT, 44 * CAP), 180, np.uint8)])
    assert line.clearness() < 0.05
