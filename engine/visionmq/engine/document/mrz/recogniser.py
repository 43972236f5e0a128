"""Reads the lines of a zone: a small network of our own says where letters stand and which they are.

The network (training/lines in the repository) sees strips as `band.straighten` cuts them. For every fourth column of
pixels it gives the probability that the middle of a letter is there, and of each letter. A line of L characters is
then the best chain of L places of nearly one pitch, so that a long run of fillers is counted by its places, a letter
under glare keeps its cell, and what was read at each place stays a probability.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np

from visionmq.engine.document.mrz.band import Band, straighten
from visionmq.engine.document.mrz.reading import ALPHABET, Array, Cells
from visionmq.engine.document.network import open_model

MODEL: Final = "mrz_recogniser.onnx"
HEIGHT: Final = 24
CAP: Final = 16
PAD: Final = 12
STRIDE: Final = 4
"""Pixels between two places that the network judges; the first is at x = 1.5."""
_FINE: Final = 2
"""Places tried for a letter, for each that the network judges."""
_LOWEST: Final = -7.0
"""Logarithm of the least probability that a letter stands somewhere: one hidden letter must not sink a line."""
_SHORTEST, _LONGEST = 0.8, 1.25
"""Step from one letter to the next, in pitches: perspective within a strip and found ends leave this much."""
_STIFFNESS: Final = 25.0
"""Cost of the squared deviation of a step from the pitch, in pitches."""
_DEVIATION: Final = 4.0
"""Added to a strip's standard deviation before dividing by it, as in training: an empty strip stays empty."""
_MISFIT: Final = 3.0
"""Cost of a letter that the chain passes over, or meets twice: else 30 places would do for 44 letters."""
_BENDS: Final = (-0.45, -0.3, -0.15, 0.15, 0.3, 0.45)
"""Growth of the pitch from the middle of a strip to its end, as a share, where an even pitch does not fit."""
_ALIKE: Final = 0.12
"""Letters seen may differ from the number sought by this share for other pitches to be tried: 36 is not 44."""
_SHIFTED: Final = 0.6
"""How sure each cell of a line is in which a letter was passed over or met twice, or a place shows none."""
_UNSEEN: Final = 0.1
_ENDS: Final = 2.5
"""How many pitches the first and last letter may lie from the ends that were found."""
_WIDEST: Final = 1600
"""Pixels of the longest strip that is read: twice what 44 letters take."""


@dataclass(slots=True)
class Lettering:
    """One line as the network sees it; `cells` takes it to have a number of characters."""

    stands: Array
    """(T,) log-odds that the middle of a letter is at a place."""
    letters: Array
    """(T, 37) logits of ALPHABET."""
    width: int
    """Of the strip, in pixels."""
    _known: dict[int, Cells | None] = field(default_factory=dict)

    def cells(self, length: int) -> Cells | None:
        """Return the line as `length` characters, or None if the strip is too short for so many."""
        if length not in self._known:
            self._known[length] = self._cells(length)
        return self._known[length]

    def clearness(self) -> float:
        """Return the share of the line that is covered by upright letters, 0 to about 1."""
        return float((self.stands > 0).mean()) / 0.5

    def _cells(self, length: int) -> Cells | None:
        inner = self.width - 2 * PAD
        pitch = inner / length / STRIDE * _FINE
        if pitch < 2 * _FINE or length < 2:
            return None
        fine = _finer(self.stands)
        first = (PAD - 1.5) / STRIDE * _FINE + pitch / 2
        chain = _laid_out(fine, length, pitch, first)
        if chain is None:
            return None
        places, fit = chain
        logits = _at(self.letters, places / _FINE)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        seen = 1 / (1 + np.exp(-fine[places]))
        sure = (seen * _trust(fine, places, seen))[:, None]
        odds = sure * odds + (1 - sure) / len(ALPHABET)
        centres = (places / _FINE * STRIDE + 1.5 - PAD) / inner
        return Cells(odds.astype(np.float32), fit, centres.astype(np.float32))


class Recogniser:
    """Reads straightened lines, many in one batch."""

    def __init__(self, session: Any) -> None:
        """Take an ONNX Runtime session of the network."""
        self._session = session

    def read(self, gray: Array, bands: Sequence[Band]) -> list[Lettering]:
        """Return each line of a grey picture (h, w) uint8, in order."""
        return self.read_strips(self.strips(gray, bands))

    def strips(self, gray: Array, bands: Sequence[Band]) -> list[Array]:
        """Return the lines of a grey picture as strips for `read_strips`."""
        return [straighten(gray, band, HEIGHT, CAP, PAD) for band in bands]

    def read_strips(self, strips: Sequence[Array]) -> list[Lettering]:
        """Return each strip, uint8 (24, width), in order; longer ones than 1600 pixels are squeezed."""
        if not strips:
            return []
        fitting = [strip if strip.shape[1] <= _WIDEST else cv2.resize(strip, (_WIDEST, HEIGHT)) for strip in strips]
        widest = max(-(-strip.shape[1] // STRIDE) * STRIDE for strip in fitting)
        batch = np.stack([_normalised(strip, widest) for strip in fitting])[:, None]
        logits = self._session.run(None, {"strips": batch})[0]
        return [
            _lettering(row[:, : -(-strip.shape[1] // STRIDE)], strip.shape[1])
            for row, strip in zip(logits, fitting, strict=True)
        ]


def load_recogniser(model: bytes) -> Recogniser:
    """Return a warm recogniser; raise EngineError(ENGINE_UNAVAILABLE) if the model cannot be read."""
    recogniser = Recogniser(open_model(model, MODEL))
    recogniser.read_strips([np.full((HEIGHT, 760), 200, np.uint8)] * 2)
    return recogniser


def _normalised(strip: Array, width: int) -> Array:
    values = strip.astype(np.float32)
    values = (values - values.mean()) / (values.std() + _DEVIATION)
    return np.pad(values, ((0, 0), (0, width - strip.shape[1])), mode="edge")


def _lettering(logits: Array, width: int) -> Lettering:
    return Lettering(np.ascontiguousarray(logits[-1]), np.ascontiguousarray(logits[:-1].T), width)


def _log_sigmoid(values: Array) -> Array:
    return np.asarray(-np.logaddexp(0, -values))


def _finer(values: Array) -> Array:
    """Return values at _FINE times as many places, between them by straight lines."""
    places = np.arange((len(values) - 1) * _FINE + 1) / _FINE
    return np.interp(places, np.arange(len(values)), values)


def _at(rows: Array, places: Array) -> Array:
    """Return rows at broken indices, by straight lines."""
    low = np.floor(places).astype(int)
    high = np.minimum(low + 1, len(rows) - 1)
    share = (places - low)[:, None]
    return np.asarray(rows[low] * (1 - share) + rows[high] * share)


def _chain(sure: Array, odds: Array, length: int, pitch: float, first: float) -> tuple[Array, float] | None:
    """Return the best places of `length` letters and the fit, or None if no chain goes through the strip.

    `sure` are log-probabilities of a letter at each place, `odds` its log-odds; letters that a chain leaves out at
    either end count against it. Dynamic programming over the places of one letter after the other.
    """
    count = len(sure)
    steps = np.arange(max(1, int(np.ceil(_SHORTEST * pitch))), int(_LONGEST * pitch) + 1)
    costs = _STIFFNESS * (steps / pitch - 1) ** 2
    missed = np.maximum(odds, 0) / (0.56 * pitch)
    before = np.concatenate([[0.0], np.cumsum(missed)])
    edge = int(0.6 * pitch)
    place = np.arange(count)
    score = sure - before[np.maximum(place - edge, 0)]
    score[np.abs(place - first) > _ENDS * pitch] = -np.inf
    origins = np.zeros((length, count), np.int32)
    for number in range(1, length):
        options = np.full((len(steps), count), -np.inf)
        for row, step in enumerate(steps):
            options[row, step:] = score[: count - step] - costs[row]
        chosen = options.argmax(axis=0)
        origins[number] = place - steps[chosen]
        score = options[chosen, place] + sure
    after = before[-1] - before[np.minimum(place + edge + 1, count)]
    score = score - after
    score[np.abs(place - first - (length - 1) * pitch) > _ENDS * pitch] = -np.inf
    last = int(score.argmax())
    if not np.isfinite(score[last]):
        return None
    places = np.empty(length, np.int64)
    for number in range(length - 1, -1, -1):
        places[number] = last
        last = int(origins[number, last])
    fit = (float(score[places[-1]]) - _MISFIT * _misfits(odds, places)) / length
    return places, min(fit, 0.0)


def _laid_out(fine: Array, length: int, pitch: float, first: float) -> tuple[Array, float] | None:
    """Return the best chain, the pitch growing or shrinking along the line where an even one meets letters wrongly.

    Perspective within the strip that the band's heights do not tell makes letters wider towards one end.
    """
    even = _chain(np.maximum(_log_sigmoid(fine), _LOWEST), fine, length, pitch, first)
    if even is None or _misfits(fine, even[0]) == 0 or abs(len(_runs(fine)[0]) - length) > _ALIKE * length:
        return even
    chains = [even, *(chain for bend in _BENDS if (chain := _bent(fine, length, pitch, first, bend)) is not None)]
    return max(chains, key=lambda chain: chain[1])


def _bent(fine: Array, length: int, pitch: float, first: float, bend: float) -> tuple[Array, float] | None:
    """Return the chain of a pitch that goes from 1 - bend to 1 + bend of its mean along the strip."""
    last, even = len(fine) - 1, np.linspace(0, 1, len(fine))
    reach = np.log((1 + bend) / (1 - bend))
    where = (1 - bend) * (np.exp(reach * even) - 1) / (2 * bend) * last
    drawn = np.interp(where, np.arange(len(fine)), fine)
    start, end = np.interp([first, first + (length - 1) * pitch], where, np.arange(len(fine)))
    chain = _chain(np.maximum(_log_sigmoid(drawn), _LOWEST), drawn, length, (end - start) / (length - 1), start)
    return None if chain is None else (np.clip(np.round(where[chain[0]]), 0, last).astype(np.int64), chain[1])


def _trust(odds: Array, places: Array, seen: Array) -> float:
    """Return how far the places can be trusted as a whole.

    A letter passed over or met twice, or a place where none is seen, may mean that others are one off.
    """
    starts, ends = _runs(odds)
    within = (starts > places[0]) & (ends <= places[-1])
    missed = np.searchsorted(places, ends[within]) == np.searchsorted(places, starts[within])
    wrong = missed.any() or _is_doubled(odds, places) or seen.min() < _UNSEEN
    return _SHIFTED if wrong else 1.0


def _is_doubled(odds: Array, places: Array) -> bool:
    """Return whether two neighbours share a letter: no gap is seen between them."""
    gaps = np.cumsum(odds <= 0)
    return bool(((np.diff(gaps[places]) == 0) & (odds[places[1:]] > 0)).any())


def _misfits(odds: Array, places: Array) -> int:
    """Return how many letters have no place in the chain, and how many places share one letter."""
    starts, ends = _runs(odds)
    inside = np.searchsorted(places, ends) - np.searchsorted(places, starts)
    return int(np.abs(inside - 1).sum())


def _runs(odds: Array) -> tuple[Array, Array]:
    """Return where letters begin and end (exclusive): runs of places at which one is likelier than none."""
    edges = np.diff(np.concatenate([[0], (odds > 0).astype(np.int8), [0]]))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
