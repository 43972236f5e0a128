"""Lines as a camera sees them: printed, worn, photographed, and straightened again a little wrongly.

A sample goes through the steps of the real thing: ink on a patterned ground, the camera's resolution, blur, noise
and JPEG, then the resampling of a strip of which the found place is not quite right.
"""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from training.lines.glyphs import BASELINE, CAP, CELL_HEIGHT, Array, Face, load_faces, shipped_faces
from training.lines.texts import ALPHABET, random_line

HEIGHT: Final = 24
"""Height of a strip in pixels."""
STRIP_CAP: Final = 16.0
"""Height of a capital letter in a strip that was found exactly."""
_INDEX: Final = {character: index for index, character in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class Sample:
    """One strip: pixels (HEIGHT, width) uint8, and class and centre (x in pixels) of each letter in it."""

    strip: Array
    classes: Array
    centres: Array
    pitch: float


@dataclass(frozen=True, slots=True)
class Wear:
    """How badly a line is treated; 1 is the range of training, 0 is a clean scan."""

    least_cap: float = 7.0
    """Smallest height of a capital in the camera's pixels."""
    most_cap: float = 40.0
    blur: float = 1.0
    noise: float = 1.0
    jpeg: float = 1.0
    contrast: float = 1.0
    ground: float = 1.0
    defects: float = 1.0
    misplaced: float = 1.0
    """How wrongly the strip lies over the line."""
    other_faces: bool = True
    """Whether to draw more than the face that ships; the others are Debian packages."""


@dataclass(slots=True)
class Printer:
    """Draws samples; everything comes from one random generator."""

    random: np.random.Generator
    wear: Wear = field(default_factory=Wear)
    _faces: list[Face] = field(init=False)
    _grounds: list[Array] = field(init=False)
    _odds: Array = field(init=False)

    def __post_init__(self) -> None:
        self._faces = load_faces() if self.wear.other_faces else shipped_faces()
        often = np.array([face.often for face in self._faces])
        self._odds = often / often.sum()
        self._grounds = [_ground(self.random) for _ in range(96)]

    def sample(self, width: int | None = None, text: str | None = None) -> Sample:
        """Return a strip of a random place of a line (or of all of a line, if no width is given)."""
        random = self.random
        face = self._faces[int(random.choice(len(self._faces), p=self._odds))]
        text = text or random_line(random)
        spacing = face.pitch * (1 + self.wear.misplaced * random.uniform(-0.06, 0.10))
        first = 0
        if width is not None:
            shown = int(width / (0.7 * STRIP_CAP)) + 3
            first = int(random.integers(-3, max(len(text) - 6, -2)))
            text, first = text[max(first, 0) : max(first, 0) + shown], max(-first, 0)
        ink, centres = self._print(face, text, spacing, lead=1.5 + first)
        seen, scale = self._photograph(self._colour(ink))
        return self._straighten(seen, scale, text, centres, spacing, width)

    def _print(self, face: Face, text: str, spacing: float, lead: float) -> tuple[Array, Array]:
        """Return ink on a canvas of three lines' height, and the centres of the letters of the middle line."""
        width = int((lead + len(text) + 2) * spacing) + face.pitch
        ink = np.zeros((3 * CELL_HEIGHT, width), np.float32)
        starts = (np.arange(len(text)) + lead) * spacing
        self._type(ink, face, text, starts, CELL_HEIGHT)
        if self.random.random() < 0.4:
            gap = int(self.random.uniform(1.35, 2.4) * CAP)
            above = self.random.random() < 0.5
            top = CELL_HEIGHT - gap if above else CELL_HEIGHT + gap
            if 0 <= top <= 2 * CELL_HEIGHT:
                self._type(ink, face, random_line(self.random)[: len(text)], starts[:30], top)
        return ink, starts + face.pitch / 2

    def _type(self, ink: Array, face: Face, text: str, starts: Array, top: int) -> None:
        jitter = self.random.normal(0, 0.6 * self.wear.defects, len(starts))
        for character, start in zip(text, starts + jitter, strict=False):
            left = max(round(float(start)), 0)
            part = ink[top : top + CELL_HEIGHT, left : left + face.pitch]
            np.maximum(part, face.cells[_INDEX[character]][:, : part.shape[1]], out=part)

    def _colour(self, ink: Array) -> Array:
        random, wear = self.random, self.wear
        height, width = ink.shape
        if random.random() < 0.35 * wear.defects:
            ink = ink * self._patch(height, width, 0.25, 1.0)
        if random.random() < 0.15 * wear.defects:
            ink = np.clip(ink + (self._patch(height, width, -1, 1) > random.uniform(0.75, 0.98)) * 0.8, 0, 1)
        paper = random.uniform(110, 250)
        least = 0.92 - 0.72 * wear.contrast
        depth = paper * random.uniform(least, 0.97) if random.random() < 0.7 else paper * random.uniform(0.55, 0.95)
        ground = paper * np.ones_like(ink)
        if random.random() < 0.8:
            ground += self._patch(height, width, -1, 1) * wear.ground * random.uniform(0, 0.4) * depth
        if random.random() < 0.4:
            slope = np.linspace(-0.5, 0.5, width, dtype=np.float32) * random.normal(0, 0.5) * paper * wear.ground
            ground = ground + slope[None]
            depth = depth * np.clip(1 + slope[None] / paper, 0.3, 1.2)
        shown = ground - ink * depth
        if random.random() < 0.04:
            shown = 255 - shown
        return np.asarray(np.clip(shown, 0, 255), np.float32)

    def _patch(self, height: int, width: int, low: float, high: float) -> Array:
        """Return a piece of a random ground, scaled from `low` to `high`."""
        ground = self._grounds[int(self.random.integers(len(self._grounds)))]
        zoom = self.random.uniform(0.6, 3)
        rows, columns = max(int(height / zoom), 4), max(int(width / zoom), 4)
        top = int(self.random.integers(0, max(ground.shape[0] - rows, 0) + 1))
        left = int(self.random.integers(0, max(ground.shape[1] - columns, 0) + 1))
        part = ground[top : top + rows, left : left + columns]
        grown = cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(low + (high - low) * grown, np.float32)

    def _photograph(self, scene: Array) -> tuple[Array, float]:
        """Return what the camera keeps, and its pixels for one of the canvas."""
        random, wear = self.random, self.wear
        cap = float(np.exp(random.uniform(np.log(wear.least_cap), np.log(wear.most_cap))))
        scale = cap / CAP
        seen = cv2.resize(scene, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if random.random() < 0.75:
            seen = cv2.GaussianBlur(seen, (0, 0), 0.05 + wear.blur * random.uniform(0, 0.11) * cap)
        if random.random() < 0.12 * wear.blur:
            seen = cv2.filter2D(seen, -1, _motion(random, cap))
        if random.random() < 0.8:
            noise = random.normal(0, 1, seen.shape).astype(np.float32)
            if random.random() < 0.5:
                noise = cv2.GaussianBlur(noise, (0, 0), 0.7) * 2
            seen = seen + noise * (wear.noise * random.uniform(0, 12))
        if random.random() < 0.08:
            seen = cv2.filter2D(seen, -1, np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], np.float32) / 1)
        seen = np.clip(seen, 0, 255).astype(np.uint8)
        if random.random() < 0.6 * wear.jpeg:
            quality = int(random.integers(15, 95))
            seen = cv2.imdecode(cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)
        return np.asarray(seen), seen.shape[1] / scene.shape[1]

    def _straighten(
        self, seen: Array, scale: float, text: str, centres: Array, spacing: float, width: int | None
    ) -> Sample:
        random, wrong = self.random, self.wear.misplaced
        tall = STRIP_CAP / (CAP * scale) * float(np.exp(wrong * random.normal(0, 0.08)))
        wide = tall * float(np.exp(wrong * random.normal(0, 0.08)))
        slant, turn = wrong * random.normal(0, 0.08), wrong * random.normal(0, 0.012)
        middle = (CELL_HEIGHT + BASELINE - CAP / 2) * scale
        matrix = np.array([[wide, slant, 0.0], [turn, tall, 0.0]])
        if width is None:
            left = (centres[0] - 0.5 * spacing) * scale * wide - 12
            width = int(centres[-1] * scale * wide - left + 0.5 * spacing * scale * wide + 12)
            matrix[1, 0] = turn / 8
        else:
            left = random.uniform(-0.5, 1.0) * spacing * scale * wide
        at = width / 2
        along = (at + left) / wide
        matrix[0, 2] = -left - slant * middle
        matrix[1, 2] = HEIGHT / 2 + wrong * random.normal(0, 0.9) - tall * middle - matrix[1, 0] * along
        shrink = min(tall, wide)
        if shrink < 0.7:
            seen = cv2.GaussianBlur(seen, (0, 0), 0.35 / shrink)
        flags = cv2.INTER_LINEAR if random.random() < 0.5 else cv2.INTER_CUBIC
        strip = cv2.warpAffine(seen, matrix, (width, HEIGHT), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        xs = matrix[0, 0] * centres * scale + matrix[0, 1] * middle + matrix[0, 2]
        inside = (xs > 0) & (xs < width)
        classes = np.array([_INDEX[character] for character in text], np.int64)
        return Sample(np.asarray(strip), classes[inside], xs[inside], spacing * scale * wide)


def _motion(random: np.random.Generator, cap: float) -> Array:
    length = max(int(random.uniform(0.1, 0.3) * cap), 2)
    kernel = np.zeros((length, length), np.float32)
    if random.random() < 0.5:
        kernel[length // 2] = 1
    else:
        np.fill_diagonal(kernel, 1)
    return np.asarray(kernel / kernel.sum())


def _ground(random: np.random.Generator) -> Array:
    """Return a 256 x 1024 pattern, 0 to 1: clouds, guilloche, hatching, grain, or blotches."""
    height, width = 256, 1024
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    kind = random.integers(5)
    if kind == 0:
        size = int(random.integers(3, 40))
        small = random.random((height // size + 2, width // size + 2)).astype(np.float32)
        ground = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    elif kind == 1:
        period, swing = random.uniform(6, 40), random.uniform(2, 30)
        ground = np.sin((y + swing * np.sin(x / random.uniform(10, 80))) * 2 * np.pi / period)
        ground = (ground > random.uniform(0, 0.95)).astype(np.float32)
    elif kind == 2:
        angle, period = random.uniform(0, np.pi), random.uniform(5, 30)
        ground = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
    elif kind == 3:
        ground = cv2.GaussianBlur(random.random((height, width)).astype(np.float32), (0, 0), random.uniform(0.8, 4))
    else:
        ground = np.zeros((height, width), np.float32)
        for _ in range(int(random.integers(5, 60))):
            centre = (int(random.integers(width)), int(random.integers(height)))
            axes = (int(random.integers(3, 120)), int(random.integers(2, 40)))
            cv2.ellipse(ground, centre, axes, float(random.uniform(0, 180)), 0, 360, float(random.random()), -1)
        ground = cv2.GaussianBlur(ground, (0, 0), random.uniform(0.8, 6))
    return np.asarray(cv2.normalize(ground, None, 0, 1, cv2.NORM_MINMAX), np.float32)
