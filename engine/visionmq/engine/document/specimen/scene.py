"""Photographs a page: perspective, a table under it, shadow, light, glare, blur, noise, JPEG; each by a number."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.document.mrz.reading import Array
from visionmq.engine.document.specimen.tables import lay_table
from visionmq.engine.picture import Pixels

SIZE: Final = (1600, 1200)
"""Width and height of a photograph in pixels at scale 1; cards that are shown whole fill it alike."""
_DISTANCE: Final = 2.4
"""The camera's distance in diagonals of the page: a hand-held telephone's."""
_SHRINK: Final = 1.25
"""A page that the camera makes smaller than this is averaged first."""


@dataclass(frozen=True, slots=True)
class Degradation:
    """How a picture was taken; the defaults are a flat, upright, sharp and even scan on a table."""

    rotation: float = 0.0
    """Degrees by which the page is turned clockwise."""
    perspective: float = 0.0
    """Degrees between the camera's axis and the page's normal."""
    direction: float = 0.0
    """Degrees: towards which side of the page the camera leans; 0 right, 90 down."""
    fill: float = 0.86
    """Share of the picture's width or height that the page takes."""
    scale: float = 1.0
    """Size of the picture against SIZE; 0.4 is a downscale by 60 per cent."""
    blur: float = 0.0
    """Standard deviation of a Gaussian blur, in pixels of the picture."""
    motion: float = 0.0
    """Length of a smear in pixels, along `direction`."""
    noise: float = 0.0
    """Standard deviation of the sensor's noise, in grey levels."""
    glare: float = 0.0
    """0 to 1: how much of white a lamp's reflection over the zone adds at its brightest."""
    shadow: float = 0.0
    """0 to 1: how much light an object's shadow takes, with an edge across the page."""
    brightness: float = 1.0
    """Factor on all light."""
    contrast: float = 1.0
    jpeg: int | None = None
    """Quality of the JPEG compression the pixels went through; None for none."""


def casual(random: np.random.Generator) -> Degradation:
    """Return how somebody with a telephone takes a picture of a document, as a rule."""
    return Degradation(
        rotation=float(random.normal(0, 4)),
        perspective=float(random.uniform(0, 18)),
        direction=float(random.uniform(0, 360)),
        fill=float(random.uniform(0.74, 0.92)),
        blur=float(random.uniform(0.5, 0.9)),
        noise=float(random.uniform(1.5, 4)),
        glare=float(random.choice([0.0, 0.0, random.uniform(0.05, 0.3)])),
        shadow=float(random.choice([0.0, random.uniform(0.05, 0.3)])),
        brightness=float(random.uniform(0.85, 1.06)),
        jpeg=int(random.integers(80, 96)),
    )


def photograph(
    page: Pixels, cover: Pixels, degradation: Degradation, random: np.random.Generator, *, table: bool = True
) -> tuple[Pixels, Array]:
    """Return the picture of a page (h, w, 3) and the homography (3, 3) from the page's pixels to the picture's.

    `cover` (h, w) is 255 where there is page, 0 beside it. Without a `table` it lies on plain white, as on a scanner.
    """
    size = _canvas(page, degradation)
    matrix = _camera(page, size, degradation)
    small = _size_of_shrunk(page, matrix)
    growth = _growth(page, small)
    warped, alpha = (
        np.asarray(cv2.warpPerspective(_resized(piece, small), matrix @ growth, size), np.uint8)
        for piece in (page, cover)
    )
    ground = lay_table(size, random) if table else np.full((size[1], size[0], 3), 252, np.uint8)
    scene = _laid(warped, alpha, ground, table=table)
    lit = _lit(scene, matrix, page.shape, degradation, random, table=table)
    return _taken(lit, degradation, random), matrix


def _canvas(page: Pixels, degradation: Degradation) -> tuple[int, int]:
    width, height = SIZE if page.shape[1] >= page.shape[0] else SIZE[::-1]
    return max(16, round(width * degradation.scale)), max(16, round(height * degradation.scale))


def _camera(page: Pixels, size: tuple[int, int], degradation: Degradation) -> Array:
    """Return the homography of a pinhole camera that looks at the page's middle, fitted into the picture."""
    height, width = page.shape[:2]
    corners = np.array([(-width, -height), (width, -height), (width, height), (-width, height)]) / 2
    turn, tilt, lean = (
        math.radians(angle) for angle in (degradation.rotation, degradation.perspective, degradation.direction)
    )
    axis = np.array([-math.sin(lean), math.cos(lean), 0]) * tilt
    spin = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    points = np.concatenate([corners @ spin.T, np.zeros((4, 1))], axis=1) @ np.asarray(cv2.Rodrigues(axis)[0]).T
    depth = points[:, 2] + _DISTANCE * math.hypot(width, height)
    flat = points[:, :2] / depth[:, None]
    low, high = flat.min(axis=0), flat.max(axis=0)
    scale = degradation.fill * min(np.array(size) / (high - low))
    target = (flat - (low + high) / 2) * scale + (np.array(size) - 1) / 2
    source = corners + np.array([width - 1, height - 1]) / 2
    return np.asarray(cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32)))


def _size_of_shrunk(page: Pixels, matrix: Array) -> tuple[int, int]:
    """Return the size to shrink a page to beforehand, so that linear interpolation leaves no stroke out."""
    height, width = page.shape[:2]
    corners = np.array([[(0, 0), (width, 0), (width, height), (0, height)]], np.float32)
    area = cv2.contourArea(cv2.perspectiveTransform(corners, matrix)[0].astype(np.float32))
    factor = math.sqrt(width * height / max(area, 1.0))
    return (width, height) if factor < _SHRINK else (round(width / factor), round(height / factor))


def _resized(piece: Pixels, size: tuple[int, int]) -> Pixels:
    if (piece.shape[1], piece.shape[0]) == size:
        return piece
    return np.asarray(cv2.resize(piece, size, interpolation=cv2.INTER_AREA))


def _growth(page: Pixels, small: tuple[int, int]) -> Array:
    """Return the homography from the shrunk page to the page, pixel centres on pixel centres."""
    x, y = page.shape[1] / small[0], page.shape[0] / small[1]
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])


def _laid(page: Pixels, alpha: Pixels, ground: Pixels, *, table: bool) -> Pixels:
    """Lay the page on the ground, with a soft shadow under it."""
    if table:
        small = cv2.resize(alpha, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
        shade = cv2.GaussianBlur(np.roll(small, (2, 2), axis=(0, 1)), (0, 0), 2.2)
        dim = 255 - cv2.resize(shade, (alpha.shape[1], alpha.shape[0]), interpolation=cv2.INTER_LINEAR) // 2
        ground = np.asarray(cv2.multiply(ground, cv2.merge([dim, dim, dim]), scale=1 / 255), np.uint8)
    cover = cv2.merge([alpha, alpha, alpha])
    under = cv2.multiply(ground, cv2.bitwise_not(cover), scale=1 / 255)
    return np.asarray(cv2.add(under, cv2.multiply(page, cover, scale=1 / 255)), np.uint8)


def _lit(
    scene: Pixels,
    matrix: Array,
    shape: tuple[int, ...],
    degradation: Degradation,
    random: np.random.Generator,
    *,
    table: bool,
) -> Pixels:
    """Add light that falls off, the shadow of something beside, and a lamp's reflection over the zone."""
    height, width = scene.shape[:2]
    y, x = np.mgrid[-1:1:60j, -1:1:80j]
    light = np.full(x.shape, degradation.brightness)
    if table:
        slope = random.uniform(0, 2 * math.pi)
        light = light * (1 - 0.05 * (x**2 + y**2) + 0.07 * (x * math.cos(slope) + y * math.sin(slope)))
    if degradation.shadow:
        angle = random.uniform(0, 2 * math.pi)
        edge = (x * math.cos(angle) + y * math.sin(angle) - random.uniform(-0.4, 0.4)) / 0.12
        light = light * (1 - degradation.shadow / (1 + np.exp(-np.clip(edge, -30, 30))))
    field = cv2.resize(light.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    out = np.asarray(cv2.multiply(scene, cv2.merge([field, field, field]), dtype=cv2.CV_8U), np.uint8)
    if degradation.glare:
        spot = np.array([[(random.uniform(0.2, 0.8) * shape[1], random.uniform(0.75, 0.95) * shape[0])]], np.float32)
        centre = cv2.perspectiveTransform(spot, matrix)[0, 0] / np.array([width, height]) * 2 - 1
        glow = np.exp(-(((x - centre[0]) / 0.28) ** 2) - ((y - centre[1]) / 0.2) ** 2) * 255 * degradation.glare
        spread = cv2.resize(glow.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        lamp = np.asarray(spread + 0.5, np.uint8)
        out = np.asarray(cv2.add(out, cv2.merge([lamp, lamp, lamp])), np.uint8)
    if degradation.contrast != 1:
        shift = 128 * (1 - degradation.contrast)
        out = np.clip(out * np.float32(degradation.contrast) + shift, 0, 255).astype(np.uint8)
    return out


def _taken(scene: Pixels, degradation: Degradation, random: np.random.Generator) -> Pixels:
    """Add the lens's softness, the hand's tremor, the sensor's noise, and the file's compression."""
    if degradation.blur:
        scene = np.asarray(cv2.GaussianBlur(scene, (0, 0), degradation.blur))
    if degradation.motion >= 1:
        scene = np.asarray(cv2.filter2D(scene, -1, _smear(degradation.motion, degradation.direction)))
    if degradation.noise:
        tile = np.asarray(cv2.GaussianBlur(random.normal(0, degradation.noise * 1.3, (320, 320, 3)), (0, 0), 0.45))
        repeats = (scene.shape[0] // 320 + 1, scene.shape[1] // 320 + 1, 1)
        noise = np.tile(np.round(tile).astype(np.int16), repeats)[: scene.shape[0], : scene.shape[1]]
        scene = np.clip(scene.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    if degradation.jpeg is not None:
        _, data = cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, degradation.jpeg])
        scene = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return scene


def _smear(length: float, direction: float) -> Array:
    side = max(3, 2 * math.ceil(length / 2) + 1)
    kernel: Array = np.zeros((side, side), np.float32)
    middle, lean = side // 2, math.radians(direction)
    reach = np.array([math.cos(lean), math.sin(lean)]) * length / 2
    ends = [tuple(int(value) for value in np.round((middle + sign * reach) * 16)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
    return kernel / max(float(kernel.sum()), 1e-6)
