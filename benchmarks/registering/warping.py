"""Pairs with a known matrix, made of any pictures: one seen anew from elsewhere, in other light, before another."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.registering.pairs import Array, read

SUFFIXES = (".jpg", ".jpeg", ".png")
_WORDS = ("graf", "adam", "imreg", "moon", "lexus", "puma", "obama", "biden", "lennon", "john")
THINGS = {word: word for word in _WORDS} | {"detect_img": "moon", "registrate": "moon"}
"""Words of file names that tell what several pictures show."""
_LARGEST = 640
_SMALLEST = 320
"""Longer sides in pixels of the pictures that are made."""


@dataclass(frozen=True, slots=True)
class Source:
    """A picture to make pairs of, and which half of the calibration it belongs to."""

    path: Path
    pixels: Array
    thing: str
    """What it shows: equal for pictures that may show the same."""
    half: int
    """0 to fit weights on, 1 to check them on."""


@dataclass(frozen=True, slots=True)
class Made:
    """A pair that we made: `truth` is 3x3, user to model pixels, or None where the two are unrelated."""

    user: Array
    model: Array
    truth: Array | None
    half: int
    name: str


def sources(folders: Sequence[Path]) -> list[Source]:
    """Return the pictures below folders, shrunk to what pairs are made at; every other thing, by name, to each half."""
    files = sorted({path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES})
    things = sorted({thing_of(path) for path in files})
    found = []
    for path in files:
        pixels = read(path)
        scale = min(1.0, _LARGEST / max(pixels.shape[:2]))
        size = tuple(max(1, round(side * scale)) for side in pixels.shape[1::-1])
        if min(size) >= 100:
            small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
            found.append(Source(path, small, thing_of(path), things.index(thing_of(path)) % 2))
    return found


def thing_of(path: Path) -> str:
    """Return a name for what a picture shows, from its file's name: views and copies of one thing have one name."""
    name = path.stem.lower()
    known = next((thing for word, thing in THINGS.items() if word in name), None)
    return known or name.removesuffix("_a").removesuffix("_b")


def warped(known: Sequence[Source], number: int) -> Made:
    """Return pair `number`: a source as the model, and a photograph of it as the user; always the same for the same."""
    random = np.random.default_rng([77, number])
    source, ease = known[number // 2 * 37 % len(known)], 1.5 if number % 2 else 1.0
    mates = [other for other in known if other.half == source.half and other.thing != source.thing]
    behind = mates[int(random.integers(len(mates)))]
    model = source.pixels
    size = int(random.integers(_SMALLEST, _LARGEST)), int(random.integers(_SMALLEST, _LARGEST) * 0.8)
    forward = _view(random, model.shape[1::-1], size, ease)  # model to user
    seen = cv2.warpPerspective(_bent(random, model), forward, size, flags=cv2.INTER_AREA)
    shown = cv2.warpPerspective(np.full(model.shape[:2], 255, np.uint8), forward, size) > 127
    user = cv2.resize(behind.pixels, size, interpolation=cv2.INTER_AREA) if random.random() < 0.6 else _dark(size)
    user[shown] = seen[shown]
    return Made(
        _worse(random, _covered(random, user), ease), model, np.linalg.inv(forward), source.half, source.path.stem
    )


def unrelated(known: Sequence[Source], number: int) -> Made:
    """Return two pictures of one half that show different things, the user's worsened a little."""
    random = np.random.default_rng([78, number])
    while True:
        first, second = (known[int(place)] for place in random.integers(len(known), size=2))
        if first.half == second.half and first.thing != second.thing:
            break
    user = _worse(random, first.pixels, 1.0) if random.random() < 0.5 else first.pixels
    return Made(user, second.pixels, None, first.half, f"{first.path.stem} {second.path.stem}")


def _view(random: np.random.Generator, source: Sequence[int], size: Sequence[int], ease: float) -> Array:
    """Return the matrix of a camera that looks at a flat picture: tilted up to 70 degrees, turned, near or far."""
    tilt = np.radians(70 * random.random() ** ease)
    axis, turn = random.uniform(0, 2 * np.pi), random.choice((0.3, np.pi)) * random.uniform(-1, 1)
    leant, _ = cv2.Rodrigues(np.array([np.cos(axis), np.sin(axis), 0.0]) * tilt)
    turned, _ = cv2.Rodrigues(np.array([0.0, 0.0, turn]))
    focal = random.uniform(0.9, 2.5) * max(size)
    pose = turned @ leant
    nearness = np.exp(random.uniform(np.log(0.3), np.log(1.6))) * min(size) / min(source)
    move = random.normal(0, 0.12, 2) * size
    camera = np.array([[focal, 0, size[0] / 2 + move[0]], [0, focal, size[1] / 2 + move[1]], [0, 0, 1.0]])
    plane = np.column_stack([pose[:, 0], pose[:, 1], (0, 0, focal / nearness)])
    middle = np.array([[1, 0, -source[0] / 2], [0, 1, -source[1] / 2], [0, 0, 1.0]])
    matrix = camera @ plane @ middle
    return np.asarray(matrix / matrix[2, 2])


def _bent(random: np.random.Generator, pixels: Array) -> Array:
    """Return the picture, in a third of cases bent by up to a few pixels: scenes are seldom quite flat."""
    if random.random() > 0.33:
        return pixels
    height, width = pixels.shape[:2]
    reach = random.uniform(0.5, 4)
    fields = [
        cv2.resize(random.normal(0, reach, (3, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        for _ in "xy"
    ]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.asarray(
        cv2.remap(pixels, x + fields[0], y + fields[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )


def _covered(random: np.random.Generator, pixels: Array) -> Array:
    """Return the picture with up to six plain discs over it, in half of cases."""
    pixels = pixels.copy()
    if random.random() < 0.5:
        for _ in range(int(random.integers(1, 7))):
            place = tuple(int(random.integers(side)) for side in pixels.shape[1::-1])
            colour = tuple(int(level) for level in random.integers(256, size=3))
            cv2.circle(pixels, place, int(random.uniform(0.05, 0.22) * min(pixels.shape[:2])), colour, -1)
    return pixels


def _worse(random: np.random.Generator, pixels: Array, ease: float) -> Array:
    """Return the picture in other light, blurred, noisy and compressed, each by a random amount, some by none."""
    worst = random.random() ** ease
    values = 255 * (pixels / 255.0) ** np.exp(random.normal(0, 0.5 * worst))
    values = 128 + (values - 128) * random.uniform(1 - 0.6 * worst, 1) + random.normal(0, 25 * worst)
    if random.random() < 0.6:
        values = cv2.GaussianBlur(values, (0, 0), 0.3 + random.uniform(0, 3.0) * worst)
    if random.random() < 0.6:
        values = values + random.normal(0, random.uniform(1, 25) * worst + 0.1, values.shape)
    if random.random() < 0.05:
        values = 255 - values
    _, packed = cv2.imencode(
        ".jpg", np.clip(values, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(95 - 75 * worst)]
    )
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))


def _dark(size: Sequence[int]) -> Array:
    return np.zeros((size[1], size[0], 3), np.uint8)
