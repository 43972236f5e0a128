"""The timeline of a film as a picture (SVG): a row a brand with a cut-out, its spans as bars, its probability as a line."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from visionmq.client.timelines import Timeline

_WIDTH: Final = 1100
_LEFT: Final = 250
_CUT: Final = (56, 34)
"""Width and height of the box that a brand's cut-out stands in."""
_RIGHT: Final = 30
_TOP: Final = 78
_ROW: Final = 46
_BAR: Final = 26
_COLOURS: Final = ("#2f9e44", "#1971c2", "#e8590c", "#9c36b5", "#0c8599", "#c2255c", "#f08c00", "#5f3dc4")
_INK: Final = "#343a40"
_SOFT: Final = "#868e96"
_FAINT: Final = "#dee2e6"
_TICKS: Final = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)
"""Seconds between two ticks: the least of which ten or fewer fit."""
_LONG: Final = 120.0
"""Seconds of a film from which on its times are told in minutes."""


def plot(seen: "Timeline", title: str, path: Path, cut_outs: Mapping[str, bytes] | None = None) -> Path:
    """Write the plot of a timeline and return its path; `cut_outs` are JPEG pictures by brand."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_lines(seen, title, cut_outs or {})) + "\n", "utf-8")
    return path


def _lines(seen: "Timeline", title: str, cut_outs: Mapping[str, bytes]) -> Iterator[str]:
    names = sorted({span.brand for span in seen.spans}, key=lambda name: _first(seen, name))
    height = _TOP + _ROW * max(1, len(names)) + 48
    end = max((moment.seconds for moment in seen.moments), default=0.0) or 1.0
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif">'
    yield f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    yield _text(_LEFT, 30, f"Brands in {title}", size=17, weight="bold")
    words = "bars: the brand is seen; line: mean probability over neighbouring frames, bottom 0 %, top 100 %"
    yield _text(_LEFT, 51, words, size=12, ink=_SOFT)
    yield from _axis(end, _TOP + _ROW * max(1, len(names)))
    if not names:
        yield _text(_LEFT + 8, _TOP + _ROW / 2 + 5, "no known brand is seen", size=14)
    for place, name in enumerate(names):
        top = _TOP + _ROW * place
        yield from _row(seen, name, top, _COLOURS[place % len(_COLOURS)], end)
        if name in cut_outs:
            yield _picture(cut_outs[name], _LEFT - 12 - _CUT[0], top + (_ROW - _CUT[1]) / 2)
    yield "</svg>"


def _first(seen: "Timeline", name: str) -> tuple[float, str]:
    return min(span.start for span in seen.spans if span.brand == name), name


def _picture(jpeg: bytes, x: float, y: float) -> str:
    box = f'x="{x:.1f}" y="{y:.1f}" width="{_CUT[0]}" height="{_CUT[1]}"'
    return f'<image {box} href="data:image/jpeg;base64,{b64encode(jpeg).decode()}"/>'


def _text(
    x: float, y: float, text: str, *, size: int = 13, weight: str = "normal", anchor: str = "start", ink: str = _INK
) -> str:
    style = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{ink}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _x(seconds: float, end: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * seconds / end


def _axis(end: float, bottom: float) -> Iterator[str]:
    step = next((tick for tick in _TICKS if end / tick <= 10), _TICKS[-1])
    for number in range(int(end / step) + 1):
        x = _x(number * step, end)
        yield f'<line x1="{x:.1f}" y1="{_TOP - 8}" x2="{x:.1f}" y2="{bottom}" stroke="{_FAINT}"/>'
        yield _text(x, bottom + 22, _clock(number * step, end), anchor="middle")


def _clock(seconds: float, end: float) -> str:
    """Return a time: seconds in a short film, minutes and seconds, or with hours, in a longer one."""
    if end < _LONG:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if end < 60 * _LONG else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _row(seen: "Timeline", name: str, top: float, colour: str, end: float) -> Iterator[str]:
    middle = top + _ROW / 2
    label = name if len(name) <= 22 else f"{name[:21]}..."
    yield _text(_LEFT - 24 - _CUT[0], middle + 5, label, size=14, anchor="end")
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
