"""Registrations as a person checks them: both pictures in the model's frame, and the matches between them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

import cv2
import numpy as np

from visionmq.engine.board import Board, Colour
from visionmq.engine.picture import Pixels, encode_jpeg, encode_png
from visionmq.engine.registration.estimation import corners
from visionmq.engine.registration.match_drawing import draw_matches
from visionmq.engine.registration.outcome import Array, Registration
from visionmq.engine.registration.warp import Frame, about_corner, apply, on_black, warp_picture, with_alpha

OUTLINE: Final[Colour] = (36, 190, 255)
"""Of the user's picture: amber, that is told from most pictures and from the matches' colours."""
_SHADE: Final = 0.45
"""Brightness of the model where the user's picture does not reach."""
_BLEND: Final = 0.5
_SQUARES: Final = 8
"""Squares of the checkerboard along the longer side."""
_GAIN: Final = 2.0
"""Differences are shown twice as bright, so that small ones are seen."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture to send."""

    name: str
    frame: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Both pictures in the model's frame, shrunk to what is shown."""

    warped: Pixels
    """The user's picture, h x w x 3; its edge is repeated where it does not reach."""
    cover: Array
    """h x w uint8: 255 where the user's picture reaches."""
    model: Pixels
    edge: Array
    """The user's picture's corners in this frame, 4 x 2; NaN behind the horizon."""
    scale: float
    """Pixels of this frame in one of the model's."""


def make_scene(user: Pixels, model: Pixels, matrix: Array, side: int) -> Scene:
    """Return both pictures (BGR) in the model's frame, at most `side` pixels long; `matrix` is 3x3, user to model."""
    height, width = model.shape[:2]
    size, scale = shrunk_size((width, height), side)
    shrink = about_corner(size[0] / width, size[1] / height)
    small = model if scale == 1 else cv2.resize(model, size, interpolation=cv2.INTER_AREA)
    warped, cover = warp_picture(user, shrink @ matrix, Frame(size))
    own = (user.shape[1], user.shape[0])
    return Scene(warped, cover, np.asarray(small), apply(shrink @ matrix, corners(own), own), scale)


def shrunk_size(size: tuple[int, int], side: int) -> tuple[tuple[int, int], float]:
    """Return a size whose longer side is at most `side`, and its part of the old one."""
    scale = min(1.0, side / max(size))
    return (max(1, round(size[0] * scale)), max(1, round(size[1] * scale))), scale


def draw_overlay(scene: Scene) -> Pixels:
    """Return the user's picture half transparent on the model, outlined; what it does not reach is darker."""
    share = np.arange(256) / 255
    under = (_SHADE + (1 - _SHADE) * share) * (1 - _BLEND * share)
    return _outlined(_weighed(scene.model, under, scene.warped, _BLEND * share, scene.cover), scene)


def draw_warped(scene: Scene) -> Pixels:
    """Return the user's picture as it lies in the model's frame, black around."""
    return on_black(scene.warped, scene.cover)


def draw_red_green(scene: Scene) -> Pixels:
    """Return the model in red and the user's picture in green: what agrees is yellow, what moves has fringes."""
    red, green = _even(scene.model, scene.cover), _covered(_even(scene.warped, scene.cover), scene.cover)
    # A little of both in blue: what agrees looks less like a lamp.
    return np.asarray(cv2.merge([cv2.convertScaleAbs(np.minimum(red, green), alpha=0.35), green, red]), np.uint8)


def draw_checkerboard(scene: Scene) -> Pixels:
    """Return squares of the one and the other picture by turns: edges run on where they fit."""
    height, width = scene.cover.shape
    square = max(1, -(-max(height, width) // _SQUARES))
    rows, columns = np.arange(height)[:, None] // square, np.arange(width)[None, :] // square
    turn = np.where((rows + columns) % 2 == 0, scene.cover, np.uint8(0))
    share = np.arange(256) / 255
    return _outlined(_weighed(scene.model, 1 - share, scene.warped, share, turn), scene)


def draw_layer(scene: Scene) -> Array:
    """Return the warped user's picture as BGRA, transparent where it does not reach: laid on the model it fits."""
    return with_alpha(scene.warped, scene.cover)


def draw_difference(scene: Scene) -> Pixels:
    """Return how far both pictures differ, twice as bright, light and contrast evened; dark is alike or not covered."""
    apart = cv2.absdiff(_even(scene.model, scene.cover), _even(scene.warped, scene.cover))
    shown = _covered(np.asarray(cv2.convertScaleAbs(apart, alpha=_GAIN)), scene.cover)
    return _outlined(np.asarray(cv2.applyColorMap(shown, cv2.COLORMAP_INFERNO), np.uint8), scene)


_SCENES: Final[dict[str, Callable[[Scene], Array]]] = {
    "overlay": draw_overlay,
    "warped": draw_warped,
    "red_green": draw_red_green,
    "checkerboard": draw_checkerboard,
    "layer": draw_layer,
    "difference": draw_difference,
}
MATCHES: Final = "matches"
WANTS: Final = ("overlay", MATCHES, "warped", "red_green", "checkerboard", "layer", "difference")
"""Pictures that may be wanted, in the order in which they are sent."""
_JPEGS: Final = frozenset({"overlay", MATCHES, "red_green", "checkerboard"})
"""Pictures for looking at; the others are for working with, and are sent without loss."""


def wanted(patterns: Sequence[str]) -> list[str]:
    """Return the names of pictures that the patterns (`*`, `red_*`) mean, in the order of WANTS."""
    return [name for name in WANTS if any(fnmatchcase(name, pattern) for pattern in patterns)]


def draw(
    user: Pixels, model: Pixels, found: Registration | None, names: Iterable[str], *, side: int, trusted: bool
) -> Iterator[Drawn]:
    """Yield the pictures of these names; without a trusted matrix only the matches can be drawn.

    Pictures are BGR; `side` is the longer side of what is drawn, at most.
    """
    scene: Scene | None = None
    for name in names:
        if name == MATCHES:
            yield _encoded(name, draw_matches(user, model, found, side=side, trusted=trusted))
        elif found is not None and trusted:
            scene = scene or make_scene(user, model, found.matrix, side)
            yield _encoded(name, _SCENES[name](scene))


def _encoded(name: str, pixels: Array) -> Drawn:
    if name in _JPEGS:
        return Drawn(name, encode_jpeg(pixels), "image/jpeg")
    return Drawn(name, encode_png(pixels), "image/png")


def _outlined(pixels: Pixels, scene: Scene) -> Pixels:
    if not np.isfinite(scene.edge).all():
        return pixels
    board = Board(pixels)
    limit = 4.0 * max(pixels.shape)
    edge = np.clip(scene.edge, -limit, limit) if np.abs(scene.edge).max() > 2000 * limit else scene.edge
    board.outline(edge, (0, 0, 0), 4)
    board.outline(edge, OUTLINE, 2)
    return board.pixels


def _even(pixels: Pixels, cover: Array) -> Array:
    """Return grey levels stretched so that both pictures' light and contrast are alike where both are, uint8."""
    gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
    counts = cv2.calcHist([gray], [0], (cover > 127).astype(np.uint8), [256], [0, 256]).ravel().astype(np.float64)
    if counts.sum() == 0:
        return gray
    low, high = _levels(counts / counts.sum())
    stretched = (np.arange(256) - low) * 255 / max(high - low, 8.0)
    return np.asarray(cv2.LUT(gray, np.clip(stretched + 0.5, 0, 255).astype(np.uint8)))


def _levels(parts: Array) -> tuple[float, float]:
    """Return which grey levels become black and white: two deviations off the mean, but no rarer than one in hundred.

    `parts` (256) is how often each level is.
    """
    level, below = np.arange(256), parts.cumsum()
    mean = float(level @ parts)
    deviation = float(np.sqrt((level - mean) ** 2 @ parts))
    least, most = (float(np.searchsorted(below, part)) for part in (0.01, 0.99))
    return max(least, mean - 2 * deviation), min(most, mean + 2 * deviation)


def _weighed(first: Pixels, first_share: Array, second: Pixels, second_share: Array, cover: Array) -> Pixels:
    """Return the sum of two pictures; their shares (256, 0 to 1) are those of each level of `cover` (h x w uint8)."""
    parts = []
    for pixels, share in ((first, first_share), (second, second_share)):
        weight = cv2.LUT(cover, np.clip(share * 255 + 0.5, 0, 255).astype(np.uint8))
        parts.append(cv2.multiply(pixels, cv2.merge([weight] * 3), scale=1 / 255))
    return np.asarray(cv2.add(parts[0], parts[1]), np.uint8)


def _covered(gray: Array, cover: Array) -> Array:
    """Return grey levels, dark where nothing is covered."""
    return np.asarray(cv2.multiply(gray, cover, scale=1 / 255))
