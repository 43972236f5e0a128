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

    @property
    def share(self) -> Array:
        """How far the user's picture covers each pixel, h x w x 1 float32, 0 to 1."""
        return self.cover[:, :, None].astype(np.float32) / 255


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
    share = scene.share
    under = scene.model * (_SHADE + (1 - _SHADE) * share)
    blended = under * (1 - _BLEND * share) + scene.warped * (_BLEND * share)
    return _outlined(_as_bytes(blended), scene)


def draw_warped(scene: Scene) -> Pixels:
    """Return the user's picture as it lies in the model's frame, black around."""
    return on_black(scene.warped, scene.cover)


def draw_red_green(scene: Scene) -> Pixels:
    """Return the model in red and the user's picture in green: what agrees is yellow to grey, what moves has fringes."""
    model, user = _even(scene.model, scene.cover), _even(scene.warped, scene.cover)
    green = user.astype(np.float32) * scene.share[:, :, 0]
    shade = np.minimum(model, green) * 0.35  # a little of both in blue: what agrees looks less like a lamp
    return _as_bytes(np.dstack([shade, green, model]))


def draw_checkerboard(scene: Scene) -> Pixels:
    """Return squares of the one and the other picture by turns: edges run on where they fit."""
    height, width = scene.cover.shape
    square = max(1, -(-max(height, width) // _SQUARES))
    rows, columns = np.arange(height)[:, None] // square, np.arange(width)[None, :] // square
    turn = ((rows + columns) % 2 == 0)[:, :, None] * scene.share
    return _outlined(_as_bytes(scene.model * (1 - turn) + scene.warped * turn), scene)


def draw_layer(scene: Scene) -> Array:
    """Return the warped user's picture as BGRA, transparent where it does not reach: laid on the model it fits."""
    return with_alpha(scene.warped, scene.cover)


def draw_difference(scene: Scene) -> Pixels:
    """Return how far both pictures differ, twice as bright, light and contrast evened; black is alike or not covered."""
    model, user = _even(scene.model, scene.cover), _even(scene.warped, scene.cover)
    apart = np.abs(model.astype(np.float32) - user) * scene.share[:, :, 0]
    shown = _as_bytes(apart * _GAIN)
    coloured = np.asarray(cv2.applyColorMap(shown, cv2.COLORMAP_INFERNO), np.uint8)
    return _outlined(coloured, scene)


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
    seen = gray[cover > 127]
    if seen.size == 0:
        return gray
    low, high = (float(level) for level in np.percentile(seen, (1, 99)))
    scale = 255 / max(high - low, 8.0)
    return np.asarray(np.clip((gray.astype(np.float32) - low) * scale, 0, 255), np.uint8)


def _as_bytes(pixels: Array) -> Pixels:
    return np.asarray(np.clip(pixels + 0.5, 0, 255), np.uint8)
