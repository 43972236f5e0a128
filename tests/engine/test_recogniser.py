"""Lines become characters: the chain through the network's places, and the network itself on drawn lines."""

import sys
from pathlib import Path

import numpy as np
import pytest

from visionmq.engine.api import EngineError
from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.mrz.detector import ZoneCandidate
from visionmq.engine.document.mrz.reading import ALPHABET, INDEX
from visionmq.engine.document.mrz.recogniser import CAP, HEIGHT, MODEL, PAD, STRIDE, Lettering, load_recogniser
from visionmq.engine.document.mrz.zone_reader import evened

ENGINE = Path(__file__).parents[2] / "engine"
DATA = ENGINE / "visionmq" / "engine" / "document" / "data"


def lettering(
    text: str, *, pitch: float = 17.0, hidden: tuple[int, ...] = (), lead: float = 0.0, bend: float = 0.0
) -> Lettering:
    """A line as a perfect network would see it; hidden letters stand nowhere, the pitch grows by `bend` to its ends."""
    width = round(2 * PAD + len(text) * pitch)
    widths = pitch * (1 + bend * np.linspace(-1, 1, len(text)))
    middles = np.cumsum(widths) - widths / 2
    columns = STRIDE * np.arange(-(-width // STRIDE)) + 1.5
    stands = np.full(len(columns), -6.0)
    letters = np.zeros((len(columns), len(ALPHABET)))
    for index, character in enumerate(text):
        near = np.abs(columns - (PAD + lead + middles[index])) < 0.3 * widths[index]
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


@pytest.mark.parametrize("bend", [-0.3, -0.2, 0.2, 0.3])
def test_letters_that_grow_along_the_line_are_each_met_once(bend: float) -> None:
    text = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    cells = lettering(text, pitch=20.0, bend=bend).cells(44)
    assert cells is not None
    assert cells.best() == text


def test_a_letter_too_many_leaves_the_whole_line_in_doubt() -> None:
    text = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    cells = lettering(text[:20] + "8" + text[20:]).cells(44)
    assert cells is not None
    assert cells.odds.max() < 0.7, "one of 45 letters has no cell: any other may be one off"


def test_lines_found_in_part_are_drawn_out_to_the_edges_of_the_zone() -> None:
    def band(left: float, top: float) -> Band:
        curve = np.linspace((left, top), (500, top), 20).astype(np.float32)
        return Band(curve, np.full(20, 16, np.float32))

    whole = ZoneCandidate((band(20, 100), band(20, 130)), 0.9, 1.0)
    assert evened(whole) is None
    drawn = evened(ZoneCandidate((band(20, 100), band(240, 130)), 0.9, 1.0))
    assert drawn is not None
    assert [tuple(line.curve[0]) for line in drawn.lines] == [(20, 100), (20, 130)]


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
