"""Word marks: the text at a place, and how surely it names a brand. PP-OCR reads (see `document.ocr`), where installed."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

import cv2
import numpy as np

from visionmq.engine.api import Capability, EngineError
from visionmq.engine.document.ocr import Box, Reader, load_models, model_folder, rectify
from visionmq.engine.picture import Pixels

MOST_LINES: Final = 4
"""Lines of a place that are read, the largest first; 30 ms each."""
LEAST: Final = 3
"""Letters of a name below which a text says nothing: `A` is in every other logo."""
_LOOKED_AT: Final = 448
"""Longer side in pixels that text is sought at."""
_NAMES: Final = 0.8
"""Likeness of a text and a name from which on it names the brand: a letter in five may be misread."""
_SURE: Final = 0.35
"""Probability that a whole line is read right, below which it is not used."""


@dataclass(frozen=True, slots=True)
class Words:
    """Reads word marks."""

    reader: Reader

    def read(self, pixels: Pixels) -> list[str]:
        """Return the lines of text in a BGR picture, the largest first, without spaces, in small letters."""
        scale = min(4.0, _LOOKED_AT / max(pixels.shape[:2]))
        seen = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
        framed = np.asarray(cv2.copyMakeBorder(seen, 24, 24, 24, 24, cv2.BORDER_REPLICATE), np.uint8)
        lines = sorted(self.reader.find(framed), key=lambda line: -line.length * line.height)[:MOST_LINES]
        texts = (self._text(framed, line) for line in lines)
        return [text for text in texts if len(text) >= LEAST]

    def _text(self, pixels: Pixels, line: Box) -> str:
        text, sure = self.reader.read_text(rectify(pixels, line, padding=0.2))
        return plain(text) if sure >= _SURE else ""


def plain(text: str) -> str:
    """Return a text's letters and digits, small, without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parts if char.isalnum())


def naming(texts: Sequence[str], brand: str) -> tuple[float, str]:
    """Return how well the best of some plain texts fits a brand's name, 0 to 1, and that text; 0 below a clear fit."""
    name = plain(brand)
    if len(name) < LEAST:
        return 0.0, ""
    best, which = max(((_fit(text, name), text) for text in texts), default=(0.0, ""))
    return (best, which) if best >= _NAMES else (0.0, "")


def _fit(text: str, name: str) -> float:
    """Return how alike a text and a name are; a name that is a whole part of a longer text counts nearly as much."""
    if name in text and len(name) >= 4:
        return max(0.9, len(name) / len(text))
    return SequenceMatcher(None, text, name, autojunk=False).ratio()


def load_words() -> Words | None:
    """Return a warm reader of word marks; None where its models are not installed."""
    try:
        return Words(load_models())
    except EngineError:
        return None


def words_capability() -> Capability:
    """Return whether word marks can be read here."""
    if model_folder() is None:
        return Capability("word marks", False, "The package rapidocr with its models is not installed.")
    return Capability("word marks", True, "PP-OCRv6, Apache-2.0")
