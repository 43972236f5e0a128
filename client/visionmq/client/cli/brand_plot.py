"""The timeline of a film as a picture (SVG): a row a brand, its spans as bars, its probability as a line."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from visionmq.client.timelines import Timeline

_WIDTH: Final = 1100
_LEFT: Final = 190
_RIGHT: Final = 30
_TOP: Final = 62
_ROW: Final = 46
_BAR: Final = 26
_COLOURS: Final = ("#2f9e44", "#1971c2", "#e8590c", "#9c36b5", "#0c8599", "#c2255c", "#f08c00", "#5f3dc4")
_INK: Final = "#343a40"
_FAINT: Final = "#dee2e6"
_TICKS: Final = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)
"""Seconds between two ticks: the least of which ten or fewer fit."""


def plot(seen: "Timeline", title: str, path: Path) -> Path:
    """Write the plot of a timeline and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_lines(seen, title)) + "\n", "utf-8")
    return path


def _lines(seen: "Timeline", title: str) -> Iterator[str]:
    names = sorted({span.brand for span in seen.spans}, key=lambda name: _first(seen, name))
    height = _TOP + _ROW * max(1, len(names)) + 48
    end = max((moment.seconds for moment in seen.moments), default=0.0) or 1.0
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif">'
    yield f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    yield _text(_LEFT, 30, f"Brands in {title}", size=17, weight="bold")
    yield from _axis(end, _TOP + _ROW * max(1, len(names)))
    if not names:
        yield _text(_LEFT + 8, _TOP + _ROW / 2 + 5, "no known brand is seen", size=14)
    for place, name in enumerate(names):
        yield from _row(seen, name, _TOP + _ROW * place, _COLOURS[place % len(_COLOURS)], end)
    yield "</svg>"


def _first(seen: "Timeline", name: str) -> tuple[float, str]:
    return min(span.start for span in seen.spans if span.brand == name), name


def _text(x: float, y: float, text: str, *, size: int = 13, weight: str = "normal", anchor: str = "start") -> str:
    style = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{_INK}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _x(seconds: float, end: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * seconds / end


def _axis(end: float, bottom: float) -> Iterator[str]:
    step = next((tick for tick in _TICKS if end / tick <= 10), _TICKS[-1])
    for number in range(int(end / step) + 1):
        x = _x(number * step, end)
        yield f'<line x1="{x:.1f}" y1="{_TOP - 8}" x2="{x:.1f}" y2="{bottom}" stroke="{_FAINT}"/>'
        yield _text(x, bottom + 22, f"{number * step:g} s", anchor="middle")


def _row(seen: "Timeline", name: str, top: float, colour: str, end: float) -> Iterator[str]:
    middle = top + _ROW / 2
    label = name if len(name) <= 22 else f"{name[:21]}..."
    yield _text(_LEFT - 12, middle + 5, label, size=14, anchor="end")
    yield f'<line x1="{_LEFT}" y1="{top + _ROW}" x2="{_WIDTH - _RIGHT}" y2="{top + _ROW}" stroke="{_FAINT}"/>'
    for span in seen.spans:
        if span.brand == name:
            left, right = _x(span.start, end), _x(span.end, end)
            wide = max(5.0, right - left)
            bar = f'x="{left:.1f}" y="{middle - _BAR / 2}" width="{wide:.1f}" height="{_BAR}" rx="5"'
            yield f'<rect {bar} fill="{colour}" opacity="0.28"/>'
    points = " ".join(
        f"{_x(moment.seconds, end):.1f},{middle + _BAR / 2 - _BAR * moment.brands.get(name, 0.0):.1f}"
        for moment in seen.moments
    )
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'
