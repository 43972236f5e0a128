"""Drawings as pixels: SVG to RGBA, cut to what is visible, on one canvas size, kept in one file.

    python -m training.brands.drawings NODE_MODULES NEVER_TRAIN OUT

writes `OUT/train.npy` (n, SIDE, SIDE, 4) uint8 and `OUT/train.json`, and the same for the held-out brands under `unseen`.
`resvg-py` (PyPI, MIT) draws; it is needed to train only.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from training.brands.names import read_names
from training.brands.sources import Source, read_all
from training.brands.splits import LOGOS, classes, read_unseen

Array: TypeAlias = np.ndarray[Any, Any]

SIDE: Final = 160
"""Longest side of a kept drawing, pixels: a little over the network's input."""
LARGE: Final = 256
"""Longest side of the drawings that are measured on."""
_SEEN: Final = 8
"""Alpha from which a pixel counts as drawn."""
_LEAST: Final = 0.004
"""Part of its box that a drawing covers at least; less is a broken or empty drawing."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing cut to its visible box: (h, w, 4) BGRA, longest side as asked."""

    brand: str
    package: str
    slug: str
    bgra: Array


def trim(bgra: Array, side: int) -> Array | None:
    """Return a drawing cut to its visible box, its longest side `side`; None if hardly anything is drawn."""
    rows, columns = np.where(bgra[:, :, 3] > _SEEN)
    if rows.size < _LEAST * bgra.shape[0] * bgra.shape[1]:
        return None
    cut = bgra[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = side / max(cut.shape[:2])
    size = (max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))
    return np.asarray(cv2.resize(_premultiplied(cut), size, interpolation=cv2.INTER_AREA))


def _premultiplied(bgra: Array) -> Array:
    """Return BGRA with colour times alpha: what may be resized and warped without a dark seam."""
    alpha = bgra[:, :, 3:].astype(np.uint16)
    return np.asarray(np.dstack([(bgra[:, :, :3] * alpha + 127) // 255, alpha]).astype(np.uint8))


def render(svg: str, side: int) -> Array | None:
    """Return an SVG as premultiplied BGRA cut to its visible box, longest side `side`; None if it cannot be drawn."""
    import resvg_py  # type: ignore[import-not-found,unused-ignore]  # only machines that train have it

    try:
        png = resvg_py.svg_to_bytes(svg_string=svg.replace("currentColor", "#000000"), width=2 * side)
    except Exception:  # resvg's errors share no base; a drawing that cannot be drawn is left out
        return None
    bgra = cv2.imdecode(np.frombuffer(bytes(png), np.uint8), cv2.IMREAD_UNCHANGED)
    return trim(np.asarray(bgra), side) if bgra is not None and bgra.ndim == 3 and bgra.shape[2] == 4 else None


def on_canvas(bgra: Array, side: int) -> Array:
    """Return a drawing in the middle of a square, clear canvas."""
    height, width = bgra.shape[:2]
    top, left = (side - height) // 2, (side - width) // 2
    canvas = np.zeros((side, side, 4), np.uint8)
    canvas[top : top + height, left : left + width] = bgra
    return canvas


def from_canvas(canvas: Array) -> Array:
    """Return the visible box of a drawing on a canvas."""
    rows, columns = np.where(canvas[:, :, 3] > _SEEN)
    return np.asarray(canvas[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])


def _keep(named: list[tuple[str, Source]], side: int, out: Path) -> None:
    kept, rows = [], []
    for brand, source in named:
        drawn = render(source.svg, side)
        if drawn is not None:
            kept.append(on_canvas(drawn, side))
            rows.append({"brand": brand, "package": source.package, "slug": source.slug})
    np.save(out.with_suffix(".npy"), np.stack(kept))
    out.with_suffix(".json").write_text(json.dumps(rows), "utf-8")


def read(stem: Path) -> tuple[Array, list[dict[str, str]]]:
    """Return kept drawings (n, side, side, 4), mapped from disk, and their rows: brand, package, slug."""
    rows: list[dict[str, str]] = json.loads(stem.with_suffix(".json").read_text("utf-8"))
    return np.load(stem.with_suffix(".npy"), mmap_mode="r"), rows


def main() -> None:
    """Draw everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("modules", type=Path)
    parser.add_argument("never", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    sources = read_all(asked.modules)
    unseen = {slug: brand for brand, slug in read_unseen().items()}
    logos = [source for source in sources if source.package == LOGOS and source.slug in unseen]
    held = [(unseen[source.slug], source) for source in logos]
    _keep(held, LARGE, asked.out / "unseen")
    found = classes(sources, read_names(asked.never))
    _keep([(brand, source) for brand, group in found.items() for source in group], SIDE, asked.out / "train")


if __name__ == "__main__":
    main()
