"""A photograph of a flat document: where it lies, on what, in which light, and through which lens; with the truth."""

import math
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.picture import Pixels, encode_jpeg

Array: TypeAlias = np.ndarray[Any, Any]
Random: TypeAlias = np.random.Generator

_FOCAL: Final = 1.25
"""Focal length in widths of the picture, as a telephone's main camera has."""


@dataclass(frozen=True, slots=True)
class View:
    """How a photograph is taken."""

    size: tuple[int, int] = (1500, 1125)
    """Width and height in pixels."""
    fill: float = 0.7
    """Part of the picture's width or height that the document takes before it is tilted."""
    tilt: float = 0.0
    """Degrees between the line of sight and the document's normal."""
    heading: float = 0.0
    """Direction of the tilt, in degrees."""
    turn: float = 0.0
    """Degrees the document is turned in the picture, clockwise."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Where its centre lies off the picture's, in parts of the picture's size."""
    blur: float = 0.6
    """Sigma in pixels: a lens out of focus."""
    shake: float = 0.0
    """Length in pixels of a movement during the exposure."""
    noise: float = 3.0
    """Sigma of the sensor's noise, in grey levels."""
    light: float = 1.0
    glare: float = 0.0
    """Strength of a lamp's reflection, 0 to 1."""
    shadow: float = 0.0
    """Strength of a hand's shadow over a part of the picture, 0 to 1."""
    quality: int = 85
    """JPEG quality, 1 to 100."""


def invent_view(random: Random, *, hardness: float = 1.0) -> View:
    """Return a view as people take them; `hardness` 0 is a careful one, 1 everyday life."""
    return View(
        fill=float(random.uniform(0.6, 0.86)),
        tilt=float(random.uniform(0, 30) * hardness),
        heading=float(random.uniform(0, 360)),
        turn=float(random.normal(0, 12) * hardness) + float(random.choice([0, 0, 0, 90, 180, 270])),
        shift=(float(random.uniform(-0.05, 0.05)), float(random.uniform(-0.05, 0.05))),
        blur=0.5 + float(random.uniform(0, 0.9)) * hardness,
        shake=float(random.choice([0, 0, 2, 3])) * hardness,
        noise=2 + float(random.uniform(0, 6)) * hardness,
        light=float(random.uniform(1 - 0.35 * hardness, 1.08)),
        glare=float(random.choice([0, 0, 0.4, 0.7])) * hardness,
        shadow=float(random.choice([0, 0, 0.25, 0.45])) * hardness,
        quality=int(random.integers(60, 92)),
    )


def photograph(page: Pixels, view: View, random: Random) -> tuple[bytes, Array]:
    """Return a JPEG file of a page (BGR) on a table, and its corners in it (float64 4x2, top left first)."""
    matrix = place((page.shape[1], page.shape[0]), view)
    alpha = _warp(_rounded(page.shape[1], page.shape[0]), matrix, view.size)[:, :, None] / 255
    scene = _table(view.size, random) * (1 - 0.6 * _edge_shadow(alpha[:, :, 0])[:, :, None])
    scene = scene * (1 - alpha) + _warp(_softened(page, matrix), matrix, view.size) * alpha
    scene = _lit(scene, view, random)
    outline = np.array([(0, 0), (page.shape[1], 0), (page.shape[1], page.shape[0]), (0, page.shape[0])], np.float64)
    where = cv2.perspectiveTransform(outline[None] - 0.5, matrix)[0]
    return encode_jpeg(_exposed(scene, view, random), view.quality), np.asarray(where)


def place(size: tuple[int, int], view: View) -> Array:
    """Return the homography from page pixels to picture pixels: a pinhole camera above a table."""
    width, height = view.size
    focal = _FOCAL * width
    turn, tilt, heading = (math.radians(angle) for angle in (view.turn, view.tilt, view.heading))
    about = _rotation(heading)
    lean = np.array([[1, 0, 0], [0, math.cos(tilt), -math.sin(tilt)], [0, math.sin(tilt), math.cos(tilt)]])
    rotation = about @ lean @ about.T @ _rotation(turn)
    across = abs(size[0] * math.cos(turn)) + abs(size[1] * math.sin(turn))
    down = abs(size[0] * math.sin(turn)) + abs(size[1] * math.cos(turn))
    distance = focal * max(across / width, down / height) / view.fill
    centre = np.array([view.shift[0] * width, view.shift[1] * height, focal]) * distance / focal
    to_centre = np.array([[1, 0, -(size[0] - 1) / 2], [0, 1, -(size[1] - 1) / 2], [0, 0, 1]])
    pose = np.column_stack([rotation[:, 0], rotation[:, 1], centre])
    camera = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    matrix = camera @ pose @ to_centre
    return np.asarray(matrix / matrix[2, 2])


def _rotation(angle: float) -> Array:
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])


def _rounded(width: int, height: int) -> Array:
    """Return the card's mask, with corners of 3 % of its width."""
    mask, radius = np.zeros((height, width), np.uint8), round(width * 0.03)
    cv2.rectangle(mask, (radius, 0), (width - radius, height), 255, -1)
    cv2.rectangle(mask, (0, radius), (width, height - radius), 255, -1)
    for x in (radius, width - radius - 1):
        for y in (radius, height - radius - 1):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return mask


def _softened(page: Pixels, matrix: Array) -> Array:
    """Blur the page as shrinking it will: warping alone would alias."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    return np.asarray(page if scale >= 0.9 else cv2.GaussianBlur(page, (0, 0), 0.45 / scale))


def _warp(pixels: Array, matrix: Array, size: tuple[int, int]) -> Array:
    return np.asarray(cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_LINEAR)).astype(np.float32)


def _table(size: tuple[int, int], random: Random) -> Array:
    """Return what the document lies on: wood, cloth, or a desk pad with papers."""
    kind = int(random.integers(0, 3))
    return (_wood, _cloth, _papers)[kind](size, random)


def _wood(size: tuple[int, int], random: Random) -> Array:
    width, height = size
    tone = np.array([(58, 88, 124), (44, 62, 84), (112, 146, 176)][int(random.integers(3))], np.float32)
    fine = random.normal(0, 1, (height, width // 8)).astype(np.float32)
    grain = cv2.resize(cv2.GaussianBlur(fine, (0, 0), 9, sigmaY=1.1), size, interpolation=cv2.INTER_CUBIC)
    wood = tone + (grain * 34 * float(tone.mean()) / 90)[:, :, None]
    plank = int(random.integers(220, 420))
    for edge in range(int(random.integers(0, plank)), height, plank):
        wood[edge : edge + 3] *= 0.62
        wood[edge : edge + plank] += random.normal(0, 5)
    return np.asarray(wood)


def _cloth(size: tuple[int, int], random: Random) -> Array:
    width, height = size
    tone = (random.uniform(60, 170) + random.uniform(-24, 24, 3)).astype(np.float32)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    weave = 7 * np.sin(x * 1.3 + 0.4 * np.sin(y / 9)) * np.sin(y * 1.3)
    folds = cv2.resize(random.normal(0, 1, (6, 8)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(tone + (weave + folds * 9 + random.normal(0, 4, (height, width)))[:, :, None], np.float32)


def _papers(size: tuple[int, int], random: Random) -> Array:
    """Sheets of print lie about: lines of text are what misleads a reader most."""
    scene: Array = np.full((size[1], size[0], 3), random.uniform(60, 130), np.float32)
    for _ in range(int(random.integers(2, 5))):
        sheet = np.full((900, 640, 3), random.uniform(215, 245), np.float32)
        for row in range(60, 840, 26):
            text = "".join(chr(int(c)) for c in random.integers(97, 123, 40)).replace("q", " ").replace("x", " ")
            cv2.putText(sheet, text, (40, row), cv2.FONT_HERSHEY_COMPLEX, 0.6, (50, 45, 45), 1, cv2.LINE_AA)
        view = View(size=size, fill=0.8, turn=float(random.uniform(0, 360)), shift=tuple(random.uniform(-0.5, 0.5, 2)))
        matrix = place((640, 900), view)
        cover = _warp(np.full(sheet.shape[:2], 255, np.uint8), matrix, size)[:, :, None] / 255
        scene = scene * (1 - cover) + _warp(sheet, matrix, size) * cover
    return scene


def _edge_shadow(alpha: Array) -> Array:
    moved = np.roll(alpha, (10, 7), axis=(0, 1)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), 9))


def _lit(scene: Array, view: View, random: Random) -> Array:
    """Let light fall off from one side, and add a shadow and a lamp's reflection."""
    width, height = view.size
    x, y = np.meshgrid(np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32))
    side = random.uniform(-0.6, 0.6, 2)
    light = view.light * (1.06 - 0.1 * ((x - side[0]) ** 2 + (y - side[1]) ** 2))
    if view.shadow:
        angle, offset = float(random.uniform(0, 2 * math.pi)), float(random.uniform(-0.4, 0.4))
        edge = x * math.cos(angle) + y * math.sin(angle) - offset
        light = light * (1 - view.shadow / (1 + np.exp(-edge * 14)))
    warm = np.array([1 - random.uniform(0, 0.08), 1.0, 1 + random.uniform(0, 0.05)], np.float32)
    scene = scene * light[:, :, None] * warm
    if view.glare:
        spot = random.uniform(-0.55, 0.55, 2)
        near = np.exp(-(((x - spot[0]) / 0.28) ** 2 + ((y - spot[1]) / 0.2) ** 2))
        scene = scene + (view.glare * 190 * near)[:, :, None]
    return np.asarray(scene)


def _exposed(scene: Array, view: View, random: Random) -> Pixels:
    """Add the lens's softness, movement and the sensor's noise."""
    soft = cv2.GaussianBlur(scene, (0, 0), max(view.blur, 0.1))
    if view.shake >= 1:
        length = math.ceil(view.shake)
        kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
        angle = float(random.uniform(0, math.pi))
        for step in np.linspace(-view.shake / 2, view.shake / 2, 4 * length + 1):
            kernel[round(length + step * math.sin(angle)), round(length + step * math.cos(angle))] += 1
        soft = cv2.filter2D(soft, -1, kernel / kernel.sum())
    raw: Array = np.asarray(random.normal(0, 1, soft.shape))
    grain = cv2.GaussianBlur(raw, (0, 0), 0.5) * view.noise * 1.6
    out: Pixels = np.clip(soft + grain, 0, 255).astype(np.uint8)
    return out
