"""Galleries and queries: other drawings, scenes, photographs, degraded unseen brands, and pictures that show none."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from visionmq.engine.picture import Pixels, encode_png

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
_CUTS = 3
"""Cuts of each photograph without a logo, beside the whole of it."""
_LARGEST = 1024
_NOT_PHOTOGRAPHS = ("logo", "mask", "trimap", "matte", "segmented", "html", "icon", "chessboard", "phantom")


@dataclass(frozen=True, slots=True)
class Query:
    """A picture, what it shows (None: no brand of the gallery), of what kind it is, and where the brand is if that is known."""

    name: str
    pixels: Pixels
    brand: str | None
    kind: str
    quad: Any = None
    also: tuple[str, ...] = ()
    """Other brands that are right too."""

    def file(self) -> bytes:
        """Return the picture as a file."""
        return encode_png(self.pixels)


@dataclass(frozen=True, slots=True)
class Material:
    """One gallery and what is asked of it."""

    name: str
    gallery: Sequence[Query]
    queries: Sequence[Query]


def _read(file: Path) -> Pixels:
    return np.asarray(cv2.imread(str(file), cv2.IMREAD_COLOR))


def drawings(folder: Path, most: int | None = None) -> Material:
    """Return logos/dev: one drawing a brand, queried by others, by brands of no gallery, and by scenes."""
    truth = json.loads((folder / "truth.json").read_text())
    gallery = [Query(Path(file).name, _read(folder / file), row["brand"], "") for file, row in truth["gallery"].items()]
    rows = [
        (file, row["brand"], f"{row['kind']}{' hard' if row['hard'] else ''}") for file, row in truth["queries"].items()
    ]
    step = 1 if most is None else max(1, len(rows) // most)
    queries = [Query(file, _read(folder / file), brand, kind) for file, brand, kind in rows[::step]]
    queries += [Query(file, _read(folder / file), None, "openset") for file in truth["openset"]]
    return Material("other drawings", gallery, queries)


def scenes(folder: Path) -> Material:
    """Return the scenes of logos/dev, with the same gallery."""
    truth = json.loads((folder / "truth.json").read_text())
    gallery = [Query(Path(file).name, _read(folder / file), row["brand"], "") for file, row in truth["gallery"].items()]
    queries = [
        Query(file, _read(folder / file), row["brand"], "scene" if row["brand"] else "empty scene", row.get("quad"))
        for file, row in truth["scenes"].items()
    ]
    return Material("scenes", gallery, queries)


def photographs(folder: Path) -> Material:
    """Return logos_real: photographs that contain a brand, or none."""
    truth = json.loads((folder / "truth.json").read_text())
    gallery = [Query(Path(file).name, _read(folder / file), row["brand"], "") for file, row in truth["gallery"].items()]
    queries = [
        Query(
            file,
            _read(folder / file),
            row["brand"],
            "photograph" if row["brand"] else "other photograph",
            also=_also(row),
        )
        for file, row in truth["queries"].items()
    ]
    return Material("photographs", gallery, queries)


def _also(row: dict[str, Any]) -> tuple[str, ...]:
    also = row.get("also_accept") or ()
    return (also,) if isinstance(also, str) else tuple(also)


def unseen(drawn: Path, backgrounds: Sequence[Path], brands: int) -> Material:
    """Return held-out brands: a clean reference each, and pictures of each recipe, whole and as cut out of these."""
    from training.brands.degrade import HARD, USUAL, degrade, proposal
    from training.brands.drawings import from_canvas, read
    from training.brands.evaluate import reference
    from training.brands.photographs import read_photographs

    behind = read_photographs(list(backgrounds))
    canvases, rows = read(drawn / "unseen")
    gallery, queries = [], []
    for index, (canvas, row) in enumerate(zip(canvases[:brands], rows[:brands], strict=True)):
        drawing, brand = from_canvas(canvas), row["brand"]
        gallery.append(Query(f"{brand}.png", reference(drawing), brand, ""))
        for name, recipe in (("usual", USUAL), ("hard", HARD)):
            random = np.random.default_rng([2026, index, 0])
            picture, quad = degrade(drawing, random, behind, recipe)
            cut = np.ascontiguousarray(proposal(picture, quad, random))
            queries.append(Query(f"{brand} {name}", cut, brand, f"cut out, {name}"))
            queries.append(Query(f"{brand} {name} whole", picture, brand, f"whole, {name}", quad))
    return Material("unseen brands, degraded", gallery, queries)


def empty(folders: Sequence[Path], most: int) -> list[Query]:
    """Return photographs without a logo, and cuts of them; the same each time."""
    files = sorted(
        file
        for folder in folders
        for file in folder.rglob("*")
        if file.suffix.lower() in _SUFFIXES and not any(word in str(file).lower() for word in _NOT_PHOTOGRAPHS)
    )
    random = np.random.default_rng(5)
    found = [one for file in files for one in _cuts(file, random)]
    chosen = random.permutation(len(found))[:most]
    return [found[at] for at in sorted(chosen)]


def _cuts(file: Path, random: np.random.Generator) -> Iterator[Query]:
    pixels = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if pixels is None or min(pixels.shape[:2]) < 96 or max(pixels.shape[:2]) > 12_000:
        return
    scale = min(1.0, _LARGEST / max(pixels.shape[:2]))
    whole = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    yield Query(file.name, whole, None, "without logo")
    height, width = whole.shape[:2]
    for number in range(_CUTS):
        side = random.uniform(0.25, 0.8)
        high, wide = int(height * side), int(width * side)
        top, left = int(random.integers(0, height - high + 1)), int(random.integers(0, width - wide + 1))
        part = np.ascontiguousarray(whole[top : top + high, left : left + wide])
        yield Query(f"{file.name} cut {number}", part, None, "without logo")
