"""Curves of true matches over false matches, as SVG."""

from collections.abc import Mapping
from html import escape

import numpy as np

from benchmarks.recognising.verifying import Verified, threshold

COLOURS = ("#1f6feb", "#d1495b", "#2e8b57")
_WIDE, _HIGH, _LEFT, _TOP = 460, 300, 60, 50
_RATES = np.geomspace(1e-4, 1.0, 81)
_LEAST = 0.5
"""True-match rate at the bottom of the plot."""


def plot(curves: Mapping[str, Verified]) -> str:
    """Return an SVG; the false-match rate runs from 0.01 % to 1, by powers of ten."""
    first = next(iter(curves.values()))
    title = f"{first.set_name}: {first.genuine.size:,} pairs of one person, {first.impostor.size:,} of two"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDE + 30}" height="{_TOP + _HIGH + 60}"'
        ' font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_LEFT}" y="20" font-weight="bold">{escape(title)}</text>',
    ]
    for rate in (1e-4, 1e-3, 1e-2, 1e-1, 1.0):
        x = _x(rate)
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{_TOP + _HIGH}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{_TOP + _HIGH + 18}" text-anchor="middle">{rate:g}</text>')
    for share in np.linspace(_LEAST, 1.0, 6):
        y = _y(float(share))
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_LEFT + _WIDE}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share:.1f}</text>')
    parts.append(f'<text x="{_LEFT + _WIDE / 2}" y="{_TOP + _HIGH + 40}" text-anchor="middle">false-match rate</text>')
    for place, (name, curve) in enumerate(curves.items()):
        shares = [(curve.genuine <= threshold(curve.impostor, min(float(rate), 0.999))).mean() for rate in _RATES]
        points = " ".join(f"{_x(rate):.1f},{_y(float(share)):.1f}" for rate, share in zip(_RATES, shares, strict=True))
        colour = COLOURS[place]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{_LEFT + _WIDE - 150}" y="{_TOP + _HIGH - 40 + 18 * place}" fill="{colour}">{name}</text>'
        )
    return "\n".join([*parts, "</svg>"])


def _x(rate: float) -> float:
    return _LEFT + _WIDE * (1.0 + float(np.log10(rate)) / 4.0)


def _y(share: float) -> float:
    return _TOP + _HIGH * (1.0 - (max(share, _LEAST) - _LEAST) / (1.0 - _LEAST))
