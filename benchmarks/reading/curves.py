"""Success by degradation: the same pictures, each made worse step by step, read by each reader."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from benchmarks.reading.chart import Panel, chart
from benchmarks.reading.degrading import Array, Degradation, degraded
from benchmarks.reading.reporting import table
from benchmarks.reading.running import Kept, Reader, readings
from benchmarks.reading.scoring import Truth, wrong_fields


@dataclass(slots=True)
class Curve:
    """One reader under one degradation: for each level how many pictures are exact, and how many silently wrong."""

    kind: Degradation
    exact: list[int] = field(default_factory=list)
    silent: list[int] = field(default_factory=list)
    pictures: int = 0

    def shares(self) -> list[float]:
        return [count / self.pictures for count in self.exact]

    def cliff(self) -> float | None:
        """Return the first level at which fewer than half are read; None if there is none."""
        return next((level for level, share in zip(self.kind.levels, self.shares(), strict=True) if share < 0.5), None)


def measure(who: Reader, kind: Degradation, pictures: Sequence[tuple[Array, Truth]], kept: Kept) -> Curve:
    """Return a reader's curve; every reader gets the same files."""
    curve = Curve(kind, pictures=len(pictures))
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for level in kind.levels:
            for number, (pixels, _) in enumerate(pictures):
                files.append(Path(folder) / f"{number}_{level:g}.png")
                cv2.imwrite(str(files[-1]), degraded(pixels, kind, level, number), [cv2.IMWRITE_PNG_COMPRESSION, 1])
        answers = list(readings(who, files, kept))
    for start in range(0, len(answers), len(pictures)):
        pairs = list(zip((truth for _, truth in pictures), answers[start : start + len(pictures)], strict=True))
        curve.exact.append(sum(reading.lines == truth.lines for truth, reading in pairs))
        curve.silent.append(sum(bool(wrong_fields(reading, truth)) for truth, reading in pairs))
    return curve


def curves_table(curves: Mapping[str, Sequence[Curve]]) -> str:
    """Return a table for each degradation: a row a reader, a column a level, in percent of the pictures."""
    parts = []
    for group in zip(*curves.values(), strict=True):
        kind = group[0].kind
        head = (f"{kind.name}, {kind.unit}", *(f"{level:g}" for level in kind.levels), "falls below half at", "silent")
        rows = []
        for name, curve in zip(curves, group, strict=True):
            cliff = curve.cliff()
            shares = (f"{share * 100:.0f}" for share in curve.shares())
            rows.append((name, *shares, "nowhere" if cliff is None else f"{cliff:g}", str(sum(curve.silent))))
        parts.append(table(head, rows))
    return "\n\n".join(parts)


def curves_chart(title: str, curves: Mapping[str, Sequence[Curve]]) -> str:
    """Return the same as an SVG."""
    panels = [
        Panel(
            f"{group[0].kind.name}, {group[0].kind.unit}",
            group[0].kind.levels,
            {name: curve.shares() for name, curve in zip(curves, group, strict=True)},
        )
        for group in zip(*curves.values(), strict=True)
    ]
    return chart(title, panels)
