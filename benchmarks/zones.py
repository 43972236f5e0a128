"""How often the zone detector finds drawn zones exactly, by degradation; and how often it sees one where none is.

    PYTHONPATH=engine python benchmarks/zones.py [--count 40] [--model FILE.onnx] [--negatives FOLDER...]

A zone is exact when each of its lines is found, within a third of a letter of its middle, both ends within half a
character, and read in the right direction. About one page in ten cannot be exact: ordinary text or a portrait is
printed over its zone. Pages and their truth come from the training generator under other seeds.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from training.zones import ornaments
from training.zones.pages import Page, draw_page
from training.zones.scenes import STRIDE, View, lay, page_places
from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.mrz.detector import ZoneCandidate, find_zones, load_detector

SIZE = (1280, 960)
LINE_ERROR = 0.33
END_ERROR = 0.5


@dataclass
class Case:
    """One condition: how the page is seen and what then happens to the picture."""

    view: Callable[[View, np.random.Generator], View] = lambda view, random: view
    after: Callable[[np.ndarray], np.ndarray] = lambda grey: grey
    shrink: float = 1.0


def jpeg(quality: int) -> Callable[[np.ndarray], np.ndarray]:
    def squeeze(grey: np.ndarray) -> np.ndarray:
        return cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)

    return squeeze


def blur(sigma: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda grey: cv2.GaussianBlur(grey, (0, 0), sigma)


def noise(sigma: float) -> Callable[[np.ndarray], np.ndarray]:
    def add(grey: np.ndarray) -> np.ndarray:
        field = np.random.default_rng(5).standard_normal(grey.shape) * sigma
        return np.clip(grey + field, 0, 255).astype(np.uint8)

    return add


def turned(degrees: float) -> Callable[[View, np.random.Generator], View]:
    return lambda view, random: replace(view, turn=np.radians(degrees))


def tilted(degrees: float) -> Callable[[View, np.random.Generator], View]:
    return lambda view, random: replace(view, tilt=np.radians(degrees), axis=random.uniform(0, 6.28))


def sized(share: float) -> Callable[[View, np.random.Generator], View]:
    return lambda view, random: replace(view, scale=view.scale * share)


def hard_view(view: View, random: np.random.Generator) -> View:
    tilt, axis = np.radians(random.uniform(10, 30)), random.uniform(0, 6.28)
    return replace(view, turn=random.uniform(0, 6.28), tilt=tilt, axis=axis, scale=view.scale * random.uniform(0.6, 1))


def hard_picture(grey: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(int(grey[::50, ::50].sum()))
    lit = grey * np.linspace(random.uniform(0.4, 1), random.uniform(0.4, 1), grey.shape[1])
    moved = cv2.blur(lit, (int(random.integers(1, 4)), int(random.integers(1, 4))))
    noisy = moved + random.standard_normal(grey.shape) * 8
    return jpeg(40)(cv2.GaussianBlur(np.clip(noisy, 0, 255).astype(np.uint8), (0, 0), 0.8))


def cases() -> dict[str, Case]:
    found = {f"rotation {angle:3d}": Case(turned(angle)) for angle in range(0, 360, 15)}
    found |= {f"tilt {angle}": Case(tilted(angle)) for angle in (10, 20, 30, 35, 40)}
    found |= {f"page {share:.0%} of the picture's width": Case(sized(share / 0.8)) for share in (1.0, 0.5, 0.33, 0.25)}
    found |= {f"downscale to {share:.0%}": Case(shrink=share) for share in (0.6, 0.4, 0.25, 0.2)}
    found |= {f"blur {sigma} px": Case(after=blur(sigma)) for sigma in (1.0, 2.0, 3.0)}
    found |= {f"JPEG {quality}": Case(after=jpeg(quality)) for quality in (50, 30, 15)}
    found["turn, tilt, shade, motion, noise, JPEG"] = Case(hard_view, hard_picture)
    found |= {f"noise {sigma}": Case(after=noise(sigma)) for sigma in (10, 25)}
    return found


def pages(count: int) -> list[Page]:
    random = np.random.default_rng(987_654)
    kept: list[Page] = []
    while len(kept) < count:
        page = draw_page(random, [])
        if page.rows:
            kept.append(page)
    return kept


def photograph(page: Page, case: Case, seed: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return a picture of a page and, for each line, the ends of its middle: float (2, 2)."""
    random = np.random.default_rng(seed)
    height, width = page.grey[0].shape
    scale = min(0.8 * SIZE[0] / width, 0.8 * SIZE[1] / height)
    at = (SIZE[0] / 2, SIZE[1] / 2)
    view = View((width / 2, height / 2), at, scale, random.normal(0, 0.03), distance=1.6 * SIZE[0])
    view = case.view(view, random)
    span = np.hypot(width, height) * view.scale  # turned pages must not leave the picture
    fits = (abs(np.cos(view.turn)) * height + abs(np.sin(view.turn)) * width) * view.scale / (SIZE[1] * 0.95)
    view = replace(view, scale=view.scale / max(1.0, fits)) if span else view
    grey = ornaments.paper(random, SIZE)
    grey = np.clip(grey + random.normal(0, 4, grey.shape), 0, 255).astype(np.uint8)
    lay(grey, np.zeros((8, SIZE[1] // STRIDE, SIZE[0] // STRIDE), np.float32), page, view, random)
    lines = _truth(page, view)
    if case.shrink != 1.0:
        grey = cv2.resize(grey, None, fx=case.shrink, fy=case.shrink, interpolation=cv2.INTER_AREA)
        lines = [(line + 0.5) * case.shrink - 0.5 for line in lines]
    return case.after(grey), lines


def _truth(page: Page, view: View) -> list[np.ndarray]:
    corners = np.array([[300, 300], [900, 300], [900, 700], [300, 700]], np.float32)
    there = np.stack(page_places(view, corners[:, 0].astype(float), corners[:, 1].astype(float)), 1)
    matrix = cv2.getPerspectiveTransform(there.astype(np.float32), corners)
    rows = np.array([[[left, middle], [right, middle]] for left, right, middle in page.rows], np.float32) - 0.5
    return list(cv2.perspectiveTransform(rows, matrix))


def errors(band: Band, line: np.ndarray) -> tuple[float, float]:
    """Return how far a band's ends (along it) and its middle (across it) are off, in letter heights."""
    along = (line[1] - line[0]) / np.linalg.norm(line[1] - line[0])
    across = np.array([-along[1], along[0]])
    ends = max(abs((band.curve[0] - line[0]) @ along), abs((band.curve[-1] - line[1]) @ along))
    return float(ends / band.height), float(np.abs((band.curve - line[0]) @ across).max() / band.height)


def judge(zone: ZoneCandidate, lines: list[np.ndarray]) -> tuple[bool, float]:
    """Return whether a zone is exact, and the worst end in letter heights (99 where the lines differ in number)."""
    if len(zone.lines) != len(lines):
        return False, 99.0
    worst = [errors(band, line) for band, line in zip(zone.lines, lines, strict=True)]
    ends = max(error[0] for error in worst)
    return ends < END_ERROR and max(error[1] for error in worst) < LINE_ERROR, ends


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--negatives", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    cv2.setNumThreads(1)
    detector = load_detector(given.model)
    drawn = pages(given.count)
    print(f"| {'condition':40s} | found | exact | median end error (letters) | median CPU ms |\n|---|---|---|---|---|")
    for name, case in cases().items():
        if given.only in name:
            _report(name, [_try(detector, page, case, seed) for seed, page in enumerate(drawn)])
    _false_alarms(detector, given.negatives)


def _try(detector, page: Page, case: Case, seed: int) -> tuple[bool, bool, float, float]:
    grey, lines = photograph(page, case, seed)
    began = time.process_time()
    zones = find_zones(detector, grey)
    spent = time.process_time() - began
    if not zones:
        return False, False, 99.0, spent
    exact, ends = judge(zones[0], lines)
    return zones[0].score > 0.5, exact, ends, spent


def _report(name: str, results: list[tuple[bool, bool, float, float]]) -> None:
    found, exact, ends, spent = (np.array(column) for column in zip(*results, strict=True))
    row = f"{found.mean():.0%} | {exact.mean():.0%} | {np.median(ends):.2f} | {np.median(spent) * 1000:.0f}"
    print(f"| {name:40s} | {row} |", flush=True)


def _false_alarms(detector, folders: list[Path]) -> None:
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.suffix in {".jpg", ".png"})
    alarms, spent = [], []
    for file in files:
        picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
        began = time.process_time()
        zones = find_zones(detector, picture)
        spent.append(time.process_time() - began)
        if zones and zones[0].score > 0.5:
            alarms.append((zones[0].score, file.name))
    if files:
        print(f"\n{len(alarms)} of {len(files)} pictures without a zone show one; {np.median(spent) * 1000:.0f} ms")
        for score, name in sorted(alarms, reverse=True)[:20]:
            print(f"  {score:.2f} {name}")


if __name__ == "__main__":
    main()
