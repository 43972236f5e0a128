"""Line charts as SVG: small panels side by side, one line a reader; nothing but text is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#0b63b0", "#d1651b", "#2b8a4b", "#8a4fa3", "#6b6b6b")
"""Told apart in print and by colour-blind readers; the first is ours."""
_WIDE, _HIGH, _ROW = 250, 130, 4
_LEFT, _TOP, _GAP_X, _GAP_Y = 44, 86, 52, 62


@dataclass(frozen=True, slots=True)
class Panel:
    """One degradation: shares (0 to 1) of each reader at each level, from left to right as given."""

    title: str
    levels: Sequence[float]
    shares: Mapping[str, Sequence[float]]


def chart(title: str, panels: Sequence[Panel]) -> str:
    """Return an SVG of all panels, with the readers named once above."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.shares))
    colours = dict(zip(names, COLOURS, strict=False))
    rows = -(-len(panels) // _ROW)
    columns = min(_ROW, len(panels))
    width = _LEFT + columns * (_WIDE + _GAP_X)
    height = _TOP + rows * (_HIGH + _GAP_Y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#333">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="22" font-size="15" font-weight="bold">{escape(title)}</text>',
        *_legend(colours),
    ]
    for number, panel in enumerate(panels):
        x = _LEFT + number % _ROW * (_WIDE + _GAP_X)
        y = _TOP + number // _ROW * (_HIGH + _GAP_Y)
        parts += _drawn(panel, x, y, colours)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend(colours: Mapping[str, str]) -> list[str]:
    parts, x = [], _LEFT
    for name, colour in colours.items():
        parts.append(f'<line x1="{x}" y1="40" x2="{x + 22}" y2="40" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{x + 28}" y="44">{escape(name)}</text>')
        x += 48 + 7 * len(name)
    return parts


def _drawn(panel: Panel, x: int, y: int, colours: Mapping[str, str]) -> list[str]:
    parts = [f'<text x="{x}" y="{y - 6}" font-weight="bold">{escape(panel.title)}</text>']
    for share in (0.0, 0.5, 1.0):
        at = y + _HIGH * (1 - share)
        parts.append(f'<line x1="{x}" y1="{at:.0f}" x2="{x + _WIDE}" y2="{at:.0f}" stroke="#ddd"/>')
        parts.append(f'<text x="{x - 6}" y="{at + 4:.0f}" text-anchor="end" fill="#777">{share:.0%}</text>')
    places = [x + _WIDE * index / max(1, len(panel.levels) - 1) for index in range(len(panel.levels))]
    every = -(-len(places) // 8)
    for index, (place, level) in enumerate(zip(places, panel.levels, strict=True)):
        if index % every == 0:
            parts.append(
                f'<text x="{place:.0f}" y="{y + _HIGH + 15}" text-anchor="middle" fill="#777">{level:g}</text>'
            )
    for name, shares in reversed(panel.shares.items()):  # ours last, on top
        points = " ".join(f"{place:.1f},{y + _HIGH * (1 - s):.1f}" for place, s in zip(places, shares, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colours[name]}" stroke-width="2.5"/>')
    return parts
