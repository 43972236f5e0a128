"""What the lines of a document show of a picture's quality, measured on the straightened lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from visionmq.engine.document.mrz.band import Band, straighten
from visionmq.engine.picture import Pixels

Array = np.ndarray[Any, Any]

_CAPS: Final = (8, 16)
"""Least and most height of a letter in the strips that are measured; they are not enlarged between."""
_MOST_LINES: Final = 3
_INNER_BLUR: Final = 0.05
"""Letter heights by which a strip is smoothed first, so that noise is no edge; at least half a pixel."""
_MORE_BLUR: Final = 0.25
"""Letter heights of the second blur whose effect tells the first one (S. Zhuo, T. Sim: Defocus map estimation from
a single image, Pattern Recognition 44, 2011)."""
_STRONGEST: Final = 90
"""Percentile of gradients that count as edges."""
_RATIOS: Final = (2.33, 2.40, 2.55, 3.05, 4.05, 5.0, 6.65, 7.85, 9.2, 10.7, 12.1, 12.9, 13.6)
_BLURS: Final = (0.40, 0.30, 0.25, 0.20, 0.15, 0.12, 0.09, 0.075, 0.06, 0.045, 0.03, 0.02, 0.0)
"""Ratio of the edges' gradients before and after the second blur, and the first blur in letter heights.

Measured on drawn passports and cards of 17 to 40 px a letter, blurred by known amounts; all agree within 4 per cent.
On 29 photographs of real documents a further blur of 0.10 gives 0.09 to 0.15 and one of 0.20 gives 0.20 to 0.25,
as the squares of blurs add up. Letters of 10 px show the blur of their own pixels, 0.09.
"""
_TEXT: Final = 1.2
"""Energy of gradients across to that along a line in OCR-B; 0.8 to 1.6, by text and resolution."""
_LEANS: Final = (1.3, 1.5, 1.85, 2.2, 2.7, 4.5)
_SMEARS: Final = (0.0, 0.3, 0.45, 0.6, 0.9, 1.2)
"""Surplus of gradients in one direction, and the smear's length in letter heights (drawn, in four directions)."""
_WINDOW: Final = 1.5
"""Width of a window in letter heights: it holds two characters of OCR-B, whose pitch is a letter's height, in part."""
_LOST: Final = 0.4
"""A window with less contrast for its light than this share of a good one's has lost its print."""
_LEFT: Final = 0.1
"""The same without regard to its light: under a finger there is little light, and noise is no print."""
_GOOD: Final = 75
"""Percentile of windows that stand for the good ones, so that half a zone may be lost."""
_FAINT: Final = 12.0
"""Grey levels between paper and ink below which nothing can be said of single windows."""
_CALM: Final = 30
_CALM_DEVIATION: Final = 0.385 * 6.0
"""The 30th percentile of a unit normal's size, times the gain of the operator below on white noise."""
_CLIPPED: Final = 10
"""Grey levels next to black and white, where noise is cut off."""
_ENOUGH: Final = 0.5
"""Least share of pixels off those levels; on a scan's white paper only the letters' edges would be left."""
_OPERATOR: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""J. Immerkaer: Fast noise variance estimation, Computer Vision and Image Understanding 64, 1996."""


@dataclass(frozen=True, slots=True)
class Zone:
    """The figures of a block of lines."""

    letter: float
    """Height of a capital in pixels where it is smallest."""
    blur: float
    """Letter heights."""
    smear: float
    """Letter heights."""
    paper: float
    """Grey level."""
    contrast: float
    """Per cent of the paper's brightness."""
    uneven: float
    """Per cent of the light."""
    noise: float
    """Per cent of the contrast."""
    glare: float | None
    """Per cent of the lines where light hides the print; None where the print is too faint to tell."""
    covered: float | None


def look_at(pixels: Pixels, lines: Sequence[Band]) -> Zone:
    """Measure up to three lines of a picture."""
    chosen = list(lines)[:_MOST_LINES]
    grey, chosen = _cut(pixels, chosen)
    letter = float(np.percentile(np.concatenate([line.heights for line in chosen]), 10))
    cap = int(np.clip(round(float(np.median([line.height for line in chosen]))), *_CAPS))
    strips = [straighten(grey, line, height=round(1.4 * cap), cap=cap, pad=0) for line in chosen]
    blur, smear = _sharpness(strips, cap)
    dark, light = _levels(strips, cap)
    gaps = light - dark
    good = float(np.percentile(gaps, _GOOD))
    # A shadow takes light from paper and ink alike; what hides print takes their difference.
    shares = gaps / np.maximum(light, 1)
    whole = (shares >= _LOST * np.percentile(shares, _GOOD)) & (gaps >= _LEFT * good)
    paper = float(np.median(light[whole]))
    clear = good > _FAINT
    bright = ~whole & (dark > paper - 0.5 * good)
    return Zone(
        letter=letter,
        blur=blur,
        smear=smear,
        paper=paper,
        contrast=100 * good / max(paper, 1.0),
        uneven=100 * (1 - float(np.percentile(light[whole], 5) / max(float(np.percentile(light[whole], 95)), 1.0))),
        noise=100 * _noise(grey) / max(good, 1.0),
        glare=100 * float(bright.mean()) if clear else None,
        covered=100 * float((~whole & ~bright).mean()) if clear else None,
    )


def _cut(pixels: Pixels, lines: Sequence[Band]) -> tuple[Array, list[Band]]:
    """Return the grey part of the picture that the lines lie in, and the lines in it."""
    corners = np.concatenate([line.quad() for line in lines])
    reach = max(line.height for line in lines)
    size = np.array(pixels.shape[1::-1])
    low = np.clip(np.floor(corners.min(axis=0) - reach), 0, size - 1).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0) + reach), low + 1, size).astype(int)
    grey = np.asarray(cv2.cvtColor(pixels[low[1] : high[1], low[0] : high[0]], cv2.COLOR_BGR2GRAY))
    return grey, [line.scaled(1.0, (-float(low[0]), -float(low[1]))) for line in lines]


def _sharpness(strips: Sequence[Array], cap: int) -> tuple[float, float]:
    """Return blur and smear in letter heights."""
    first = max(0.5, _INNER_BLUR * cap)
    second = float(np.hypot(first, _MORE_BLUR * cap))
    before = after = 0.0
    energy = np.zeros((2, 2))
    for strip in strips:
        dx, dy = _gradients(strip, first)
        size = dx * dx + dy * dy
        edges = size > np.percentile(size, _STRONGEST)
        softer = _gradients(strip, second)
        before += float(size[edges].sum())
        after += float((softer[0][edges] ** 2 + softer[1][edges] ** 2).sum())
        energy += [[float((one * other).mean()) for other in (dx, dy)] for one in (dx, dy)]
    ratio = float(np.sqrt(before / max(after, 1e-6)))
    return float(np.interp(ratio, _RATIOS, _BLURS)), float(np.interp(_lean(energy), _LEANS, _SMEARS))


def _gradients(strip: Array, blur: float) -> tuple[Array, Array]:
    soft = cv2.GaussianBlur(strip.astype(np.float32), (0, 0), blur)
    return np.asarray(cv2.Scharr(soft, cv2.CV_32F, 1, 0)), np.asarray(cv2.Scharr(soft, cv2.CV_32F, 0, 1))


def _lean(energy: Array) -> float:
    """Return how much stronger gradients are in one direction than in that across it, against still text."""
    usual = np.array([np.sqrt(_TEXT), 1.0])
    least, most = np.linalg.eigvalsh(energy / np.outer(usual, usual))
    return float(np.sqrt(most / max(least, 1e-9)))


def _levels(strips: Sequence[Array], cap: int) -> tuple[Array, Array]:
    """Return the levels of ink and paper (5th and 95th percentile) in windows along the lines."""
    width = round(_WINDOW * cap)
    levels = []
    for strip in strips:
        count = max(1, strip.shape[1] // width)
        windows = strip[:, : count * width].reshape(strip.shape[0], count, -1)
        levels.append(np.percentile(windows, (5, 95), axis=(0, 2)))
    dark, light = np.concatenate(levels, axis=1)
    return dark, light


def _noise(grey: Array) -> float:
    """Return the noise's deviation, from the calmer part of the lines' surroundings at full resolution."""
    height, width = grey.shape
    top, left = max(0, height // 2 - 100), max(0, width // 2 - 200)
    piece = grey[top : top + 200, left : left + 400].astype(np.float32)
    if min(piece.shape) < 3:
        return 0.0
    inner = piece[1:-1, 1:-1]
    seen = (inner > _CLIPPED) & (inner < 255 - _CLIPPED)
    if float(seen.mean()) < _ENOUGH:
        return 0.0
    rough = np.abs(cv2.filter2D(piece, cv2.CV_32F, _OPERATOR)[1:-1, 1:-1])[seen]
    return float(np.percentile(rough, _CALM)) / _CALM_DEVIATION
