"""Drawn logos, pictures that hold them, and a stand-in for the network: slopes in cells, either polarity."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from visionmq.engine.brand.engine import BrandEngine
from visionmq.engine.brand.letterbox import letterbox
from visionmq.engine.store.link import open_direct

SIDE = 200
cv2.setNumThreads(1)


class Slopes:
    """Histograms of slopes' directions in 6 x 6 cells, of length 1: alike for a drawing in any colours."""

    NAME = "slopes"
    VERSION = "1"
    DIMENSION = 288

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """Return n x 288 float32."""
        if not crops:
            return np.empty((0, self.DIMENSION), np.float32)
        return np.array([_slopes(crop) for crop in crops], np.float32)

    def framed(self, vectors: np.ndarray) -> np.ndarray:
        """Return the same for every place, n: seldom a logo."""
        return np.full(len(vectors), -2.0, np.float32)


def _slopes(crop: np.ndarray) -> np.ndarray:
    gray = cv2.cvtColor(letterbox(crop, (96, 96)), cv2.COLOR_BGR2GRAY).astype(np.float32)
    soft = cv2.GaussianBlur(gray, (0, 0), 1.5)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    turn = (np.degrees(np.arctan2(down, across)) % 180 // 22.5).astype(int).clip(0, 7)
    strength = np.minimum(np.hypot(across, down), 120)
    rows, columns = np.indices(gray.shape) // 16
    cells = np.bincount(((rows * 6 + columns) * 8 + turn).ravel(), strength.ravel(), 288)
    cells = np.sqrt(cells)
    cells -= cells.mean()
    return cells / max(float(np.linalg.norm(cells)), 1e-6)


def logo(seed: int, colour: tuple[int, int, int] | None = None, side: int = SIDE) -> np.ndarray:
    """Return a drawing of some shapes on white, side x side BGR: the same for a seed, in any colour."""
    random = np.random.default_rng([40, seed])
    drawn = tuple(int(level) for level in random.integers(0, 150, 3))
    own = drawn if colour is None else colour
    picture = np.full((SIDE, SIDE, 3), 255, np.uint8)
    for number in range(5):
        centre = random.integers(50, 150, 2)
        size = int(random.integers(18, 48))
        paint = (255, 255, 255) if number in (1, 3) else own
        if random.random() < 0.4:
            cv2.circle(picture, centre.tolist(), size, paint, -1, cv2.LINE_AA)
        else:
            corners = centre + random.integers(-size, size, (int(random.integers(3, 6)), 2))
            cv2.fillPoly(picture, [cv2.convexHull(corners.astype(np.int32))], paint, cv2.LINE_AA)
    for _ in range(3):
        ends = random.integers(20, 180, (2, 2)).tolist()
        cv2.line(picture, ends[0], ends[1], own, int(random.integers(4, 10)), cv2.LINE_AA)
    return picture if side == SIDE else cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def photograph(seed: int, size: tuple[int, int] = (480, 360)) -> np.ndarray:
    """Return something like a photograph: clouds of colour at several scales, and noise."""
    random = np.random.default_rng([41, seed])
    total = np.zeros((size[1], size[0], 3), np.float32)
    for cells, weight in ((3, 1.0), (9, 0.5), (40, 0.3)):
        coarse = random.normal(0, 1, (cells, cells, 3)).astype(np.float32)
        total += weight * cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return np.clip(128 + 55 * total + random.normal(0, 5, total.shape), 0, 255).astype(np.uint8)


def on_card(picture: np.ndarray, drawing: np.ndarray, quad: Sequence[Sequence[float]]) -> np.ndarray:
    """Return a picture with a drawing laid on a quad."""
    height, width = drawing.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, np.array(quad, np.float32))
    size = picture.shape[1::-1]
    laid = cv2.warpPerspective(drawing, matrix, size, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), matrix, size)
    return np.where(mask[:, :, None] > 127, laid, picture)


def png(pixels: np.ndarray) -> bytes:
    """Return a picture as a PNG file."""
    return cv2.imencode(".png", pixels)[1].tobytes()


class Stored:
    """Resources whose store is a file in a folder, in this process."""

    def __init__(self, folder: Path) -> None:
        self._link = open_direct(str(folder / "store.db"), keys=str(folder / "keys"))

    def store(self):
        """Return the link."""
        return self._link

    def engine(self, name: str):
        """Refuse."""
        raise AssertionError(name)


class StandIn(BrandEngine):
    """The engine with the stand-in for its network, for workers: `tests.engine.brand_scenes:StandIn`."""

    def __init__(self) -> None:
        super().__init__(Slopes())


def engine_in(folder: Path, resources: Stored | None = None) -> BrandEngine:
    """Return a loaded engine with the stand-in for the network and a store in a folder."""
    made = BrandEngine(Slopes())
    made.bind(resources or Stored(folder))
    made.load()
    return made
