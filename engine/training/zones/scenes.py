"""Photographs of pages: a page laid on a background, seen in perspective, degraded, cut to a size; with labels.

Each photograph is made from its inverse map (where on the page each pixel looks), known on a coarse grid: so curl costs
nothing, and directions and sizes of letters follow from the map's derivatives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from training.zones import degrade, ornaments
from training.zones.pages import Page

Array: TypeAlias = np.ndarray[Any, Any]

STRIDE: Final = 4
"""Pixels of the picture to one cell of the labels."""
_GRID: Final = 16
_UNCLEAR: Final = 5.0
"""Letters lower than this many pixels: their lines need not be told apart."""


@dataclass(frozen=True, slots=True)
class View:
    """How a page is seen."""

    centre: tuple[float, float]
    """The place on the page (pixels) that comes to `at`."""
    at: tuple[float, float]
    """Pixels of the picture."""
    scale: float
    """Pixels of the picture to one of the page, at the centre."""
    turn: float
    """Radians, clockwise as seen."""
    tilt: float = 0.0
    """Radians between the page and the picture's plane."""
    axis: float = 0.0
    """Radians: around which line in the picture it is tilted."""
    distance: float = 2000.0
    """From the eye to the page, in pixels of the picture: the smaller, the stronger the perspective."""
    curl: tuple[float, float, float] = (0.0, 1.0, 0.0)
    """Height of a wave across the lines (pixels of the page), its angular rate along them, its phase."""


@dataclass(slots=True)
class Sample:
    """One training picture."""

    grey: Array
    """uint8 (h, w)."""
    labels: Array
    """float32 (8, h/4, w/4): core, zone, direction x and y, down x and y, log2 of the capitals' height / 16 px,
    weight of the core."""


def page_places(view: View, x: Array, y: Array) -> tuple[Array, Array]:
    """Return the places on the page that pixels of the picture look at."""
    u, v = x - view.at[0], y - view.at[1]
    cos_a, sin_a = np.cos(view.axis), np.sin(view.axis)
    along, across = cos_a * u + sin_a * v, -sin_a * u + cos_a * v
    # The plane through the centre, tilted around `along`: a ray (across, distance) meets it at reach along the plane.
    reach = across / (np.cos(view.tilt) - across / view.distance * np.sin(view.tilt))
    along = along * (1 + reach * np.sin(view.tilt) / view.distance)
    u, v = cos_a * along - sin_a * reach, sin_a * along + cos_a * reach
    cos_t, sin_t = np.cos(view.turn), np.sin(view.turn)
    px = (cos_t * u + sin_t * v) / view.scale + view.centre[0]
    py = (-sin_t * u + cos_t * v) / view.scale + view.centre[1]
    wave, rate, phase = view.curl
    return px, py + wave * np.sin(rate * px + phase)


def _full_map(view: View, size: tuple[int, int]) -> tuple[Array, Array]:
    """Return the map for each pixel, from a grid of every 16th; width and height are multiples of 16."""
    width, height = size
    x = np.arange(0, width + _GRID, _GRID, dtype=np.float64)
    y = np.arange(0, height + _GRID, _GRID, dtype=np.float64)
    # resize puts the grid's points at the middles of blocks of 16, at 16 k + 7.5: half a block is cut off again.
    px, py = page_places(view, x[None, :] - 0.5, y[:, None] - 0.5)
    big = (len(x) * _GRID, len(y) * _GRID)
    half = _GRID // 2
    return tuple(  # type: ignore[return-value]
        cv2.resize(grid.astype(np.float32), big, interpolation=cv2.INTER_LINEAR)[
            half : half + height, half : half + width
        ]
        for grid in (px, py)
    )


def lay(grey: Array, labels: Array, page: Page, view: View, random: np.random.Generator) -> None:
    """Lay a page over a picture and its labels."""
    size = (grey.shape[1], grey.shape[0])
    px, py = _full_map(view, size)
    level = int(np.clip(np.floor(np.log2(1 / view.scale) + 0.3), 0, len(page.grey) - 1))
    seen = _sampled(page.grey[level], px, py, level)
    clear = cv2.remap(page.clear, px, py, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    share = clear.astype(np.float32) / 255
    shadow = cv2.GaussianBlur(share, (0, 0), random.uniform(2, 8)) * random.uniform(0, 0.5)
    ground = grey * (1 - shadow)
    grey[:] = (ground + (seen - ground) * share).astype(np.uint8)
    _label(labels, page, view, cv2.resize(share, labels.shape[:0:-1], interpolation=cv2.INTER_AREA))


def _sampled(level_image: Array, px: Array, py: Array, level: int, border: int = cv2.BORDER_REPLICATE) -> Array:
    factor = np.float32(0.5**level)
    shift = np.float32(0.5) * factor - np.float32(0.5)
    return np.asarray(
        cv2.remap(level_image, px * factor + shift, py * factor + shift, cv2.INTER_LINEAR, borderMode=border)
    )


def _label(labels: Array, page: Page, view: View, share: Array) -> None:
    """Write a page's labels; where it covers an earlier page, that one's are wiped."""
    labels[:2] *= 1 - share
    if page.cap == 0:
        return
    height, width = labels.shape[1:]
    x = (np.arange(width) + 0.5)[None, :] * STRIDE - 0.5
    y = (np.arange(height) + 0.5)[:, None] * STRIDE - 0.5
    px, py = page_places(view, x, y)
    level = int(np.clip(round(np.log2(STRIDE / view.scale)), 0, len(page.core) - 1))
    core, zone = (
        _sampled(levels[level], px.astype(np.float32), py.astype(np.float32), level, cv2.BORDER_CONSTANT)
        for levels in (page.core, page.zone)
    )
    right, down, tall = _jacobian(view, x, y, px, py, page.cap)
    zone = zone.astype(np.float32) / 255
    inside = zone > 0.02
    labels[0] = np.maximum(labels[0], core.astype(np.float32) / 255)
    labels[1] = np.maximum(labels[1], zone)
    for first, field in ((2, right), (4, down)):
        labels[first][inside], labels[first + 1][inside] = field[0][inside], field[1][inside]
    labels[6][inside] = np.log2(np.maximum(tall, 0.5) / 16)[inside]
    labels[7][inside & (tall < _UNCLEAR)] = 0


def _jacobian(view: View, x: Array, y: Array, px: Array, py: Array, cap: float) -> tuple[Array, Array, Array]:
    """Return where the page's x and y point in the picture (unit vectors, 2 x h x w), and a capital's height there."""
    ax, ay = page_places(view, x + 1, y)
    bx, by = page_places(view, x, y + 1)
    a, b, c, d = ax - px, bx - px, ay - py, by - py  # d(page)/d(picture)
    area = a * d - b * c
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)
    right, down = np.stack([d, -c]) / area, np.stack([-b, a]) / area
    length = np.linalg.norm(down, axis=0)
    return right / np.linalg.norm(right, axis=0), down / length, length * cap


class Photographer:
    """Makes training pictures from a pool of pages, a few of which are new each time."""

    def __init__(self, seed: int, grounds: Sequence[Array], photographs: Sequence[Array]) -> None:
        """Take grey pictures: `grounds` to lay pages on, `photographs` to stand alone and to be portraits."""
        from training.zones.pages import draw_page

        self.random = np.random.default_rng(seed)
        self._draw = draw_page
        self._photographs = [*photographs]
        self._grounds = [*grounds]
        self._pool: list[Page] = []

    def refresh(self, count: int, limit: int = 200) -> None:
        """Draw `count` new pages; the oldest go."""
        for _ in range(count):
            self._pool.append(self._draw(self.random, self._photographs))
        del self._pool[: max(0, len(self._pool) - limit)]

    def upright(self, size: tuple[int, int]) -> Sample:
        """Return a picture as the second pass sees it: a zone nearly level, letters near 16 pixels high."""
        return self._sample(size, self._upright_view)

    def anyhow(self, size: tuple[int, int]) -> Sample:
        """Return a picture as the first pass sees it: any rotation, any size of letters."""
        return self._sample(size, self._free_view)

    def _sample(self, size: tuple[int, int], make_view: Any) -> Sample:
        random = self.random
        width, height = size
        grey = self._ground(size)
        labels = np.zeros((8, height // STRIDE, width // STRIDE), np.float32)
        labels[7] = 1
        if random.random() < 0.9:
            page = self._page(1.0 if random.random() < 0.8 else 0.0)
            if random.random() < 0.2:
                other = self._page(0.5)
                lay(grey, labels, other, self._free_view(other, size), random)
            view = make_view(page, size)
            lay(grey, labels, page, view, random)
            cap = (page.cap or 20) * view.scale
        else:
            cap = float(random.uniform(8, 30))
        return Sample(degrade.degrade(random, grey, cap), labels)

    def _page(self, wish: float) -> Page:
        """Return a page of the pool; with `wish` 1 one that has a zone, if luck has it."""
        for _ in range(4 if self.random.random() < wish else 1):
            page = self._pool[self.random.integers(0, len(self._pool))]
            if page.cap:
                break
        return page

    def _target(self, page: Page, loose: float) -> tuple[float, float]:
        """Return a place on the page to look at: near the zone, its ends preferred, or anywhere."""
        random = self.random
        height, width = page.grey[0].shape
        if not page.rows or random.random() < 0.15 * loose:
            return random.uniform(0, width), random.uniform(0, height)
        left, right, middle = page.rows[random.integers(0, len(page.rows))]
        place = random.choice([0.0, 1.0, random.random()])
        return left + (right - left) * place, middle + random.normal(0, 2 * page.cap * loose)

    def _free_view(self, page: Page, size: tuple[int, int]) -> View:
        random = self.random
        cap = float(
            np.exp(random.uniform(np.log(3.3), np.log(34)) if random.random() < 0.4 else random.normal(2.1, 0.4))
        )
        turn = random.uniform(0, 2 * np.pi)
        if random.random() < 0.4:
            turn = random.integers(0, 4) * np.pi / 2 + random.normal(0, 0.06)
        at = tuple(random.uniform(0.15, 0.85) * side for side in size)
        return self._view(page, cap, turn, at, 1.0)

    def _upright_view(self, page: Page, size: tuple[int, int]) -> View:
        random = self.random
        turn = random.normal(0, 0.05) + (np.pi if random.random() < 0.5 else 0)
        centre = self._target(page, 0.2)
        left = random.uniform(0.05, 0.95)
        cap = 16 * float(np.exp(random.normal(0, 0.18)))
        view = self._view(page, cap, turn, (left * size[0], random.uniform(0.3, 0.7) * size[1]), 0.6)
        return View(centre, view.at, view.scale, turn, view.tilt, view.axis, view.distance, view.curl)

    def _view(self, page: Page, cap: float, turn: float, at: Any, amount: float) -> View:
        random = self.random
        scale = cap / (page.cap or 20)
        tilt = abs(random.normal(0, 0.35)) * amount if random.random() < 0.6 else 0.0
        width = page.grey[0].shape[1]
        distance = max(random.uniform(0.9, 3) * width * scale, 300)
        curl = (0.0, 1.0, 0.0)
        if random.random() < 0.25:
            curl = (random.uniform(0, 1.2) * (page.cap or 20), random.uniform(1, 4) / width, random.uniform(0, 6.3))
        axis = random.uniform(0, 2 * np.pi)
        return View(self._target(page, 1.0), at, scale, turn, min(tilt, 0.75), axis, distance, curl)

    def _ground(self, size: tuple[int, int]) -> Array:
        """Return a background: a piece of a photograph, of a drawn texture, or a plain grey."""
        random = self.random
        kind = random.random()
        if kind < 0.55 and self._grounds:
            return degrade.piece(random, self._grounds[random.integers(0, len(self._grounds))], size)
        if kind < 0.8:
            return degrade.texture(random, size)
        return ornaments.paper(random, size)
