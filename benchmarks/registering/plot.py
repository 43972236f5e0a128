"""The reliability plot as SVG: what was stated against what held, a dot a tenth, nothing but text is written."""

from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.registering.calibrating import Decile

_SIDE, _LEFT, _TOP, _GAP = 260, 56, 52, 60
_COLOUR = "#0b63b0"


def reliability(title: str, panels: Mapping[str, Sequence[Decile]]) -> str:
    """Return an SVG with a panel for each set of deciles; the grey band is five points either side of the truth."""
    width, height = _LEFT + len(panels) * (_SIDE + _GAP), _TOP + _SIDE + 58
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#333">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="20" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for number, (name, found) in enumerate(panels.items()):
        parts += _panel(name, found, _LEFT + number * (_SIDE + _GAP))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(name: str, found: Sequence[Decile], left: int) -> list[str]:
    band = " ".join(_at(left, x, y) for x, y in ((0, 0.05), (0.95, 1), (1, 1), (1, 0.95), (0.05, 0), (0, 0)))
    parts = [f'<polygon points="{band}" fill="#e4e4e4"/>', f'<text x="{left}" y="{_TOP - 8}">{escape(name)}</text>']
    for share in (0.0, 0.5, 1.0):
        x, y = (float(value) for value in _at(left, share, share).split(","))
        parts.append(f'<line x1="{left}" y1="{y}" x2="{left + _SIDE}" y2="{y}" stroke="#ccc"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end" fill="#777">{share:.0%}</text>')
        parts.append(f'<text x="{x}" y="{_TOP + _SIDE + 16}" text-anchor="middle" fill="#777">{share:.0%}</text>')
    points = " ".join(_at(left, one.said, one.held) for one in found)
    parts.append(f'<polyline points="{points}" fill="none" stroke="{_COLOUR}" stroke-width="1.5"/>')
    for one in found:
        x, y = _at(left, one.said, one.held).split(",")
        parts.append(f'<circle cx="{x}" cy="{y}" r="{min(9.0, 2 + one.count**0.5 / 4):.1f}" fill="{_COLOUR}"/>')
        parts.append(f'<text x="{float(x) + 8}" y="{float(y) + 14}" font-size="10" fill="#777">{one.count}</text>')
    middle = left + _SIDE // 2
    parts.append(f'<text x="{middle}" y="{_TOP + _SIDE + 38}" text-anchor="middle">stated; upwards: held</text>')
    return parts


def _at(left: int, x: float, y: float) -> str:
    return f"{left + x * _SIDE:.1f},{_TOP + (1 - y) * _SIDE:.1f}"
