"""One training sample: a drawing, recoloured, on something, photographed, cut out imprecisely, as the network sees it.

Everything happens at the size of the crop, 28 to 150 pixels, so a sample takes about two milliseconds.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from training.brands import camera
from training.brands.drawings import from_canvas
from training.brands.photographs import background, colour
from training.brands.recolour import ink, recolour
from visionmq.engine.brand.letterbox import FRAMES, Frames, letterboxed

Array: TypeAlias = np.ndarray[Any, Any]

_MARGINS: Final = (-0.1, 0.4)
"""How far a proposal's side may lie outside (inside, if negative) the logo's, as a part of the logo's side."""
_VISIBLE: Final = 45.0
"""Least mean difference of a logo from its ground, grey levels; below it lies a plate in between."""


@dataclass(slots=True)
class Studio:
    """Draws samples in frames of SIDE squared pixels; one a process, since it owns its random numbers."""

    canvases: Array
    photos: list[Array]
    words: list[Array]
    side: int
    rng: np.random.Generator
    frames: Frames = FRAMES

    def clean(self, index: int) -> Array:
        """Return a drawing as a reference shows it: on white or black, upright, whole."""
        bgra = from_canvas(self.canvases[index])
        bgra = recolour(bgra, self.rng) if self.rng.random() < 0.25 else bgra
        level = np.full(3, 0.0 if self._mean(bgra).mean() > 225 else 255.0)
        bgra = self._pad(bgra, self.rng.uniform(0, 0.15), square=self.rng.random() < 0.6)
        picture = camera.over(np.full((*bgra.shape[:2], 3), level.astype(np.uint8), np.uint8), bgra)
        return letterboxed(picture, self.side, self.frames)

    def wild(self, index: int) -> Array:
        """Return a drawing as a proposal in a photograph shows it."""
        rng = self.rng
        bgra = recolour(from_canvas(self.canvases[index]), rng)
        if self.words and rng.random() < 0.12:
            bgra = self._lockup(bgra)
        if rng.random() < 0.22:
            bgra = self._plate(bgra)
        picture = self._scene(bgra)
        return letterboxed(self._degraded(picture), self.side, self.frames)

    def nothing(self) -> Array:
        """Return a crop of a photograph or a surface, sometimes with a word, without a logo."""
        size = tuple(int(side) for side in self.rng.integers(32, 150, 2))
        picture = background((size[0], size[1]), self.rng, self.photos)
        return letterboxed(self._degraded(picture), self.side, self.frames)

    def _mean(self, bgra: Array) -> Array:
        total = bgra.reshape(-1, 4).sum(axis=0, dtype=np.float64)
        return np.asarray(total[:3] / max(total[3], 1.0) * 255)

    def _pad(self, bgra: Array, share: float, *, square: bool) -> Array:
        height, width = bgra.shape[:2]
        room = int(share * max(height, width))
        tall, wide = (max(height, width),) * 2 if square else (height, width)
        top, left = (tall - height) // 2 + room, (wide - width) // 2 + room
        ends = (tall + 2 * room - height - top, wide + 2 * room - width - left)
        return np.asarray(
            cv2.copyMakeBorder(bgra, top, ends[0], left, ends[1], cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
        )

    def _lockup(self, bgra: Array) -> Array:
        """Return a symbol with a word to its right or below it."""
        rng = self.rng
        mask = self.words[int(rng.integers(len(self.words)))]
        tint = self._mean(bgra) if rng.random() < 0.6 else colour(rng)
        height, width = bgra.shape[:2]
        below = rng.random() < 0.3
        scale = (
            rng.uniform(0.8, 1.5) * width / mask.shape[1] if below else rng.uniform(0.35, 0.75) * height / mask.shape[0]
        )
        size = (max(4, int(mask.shape[1] * scale)), max(4, int(mask.shape[0] * scale)))
        if max(size) > 4 * max(height, width):
            return bgra
        word = ink(np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA)), tint)
        gap = int(rng.uniform(0.05, 0.25) * height)
        shape = (
            (height + gap + size[1], max(width, size[0])) if below else (max(height, size[1]), width + gap + size[0])
        )
        whole = np.zeros((*shape, 4), np.uint8)
        top, left = (0, (shape[1] - width) // 2) if below else ((shape[0] - height) // 2, 0)
        whole[top : top + height, left : left + width] = bgra
        top, left = (height + gap, (shape[1] - size[0]) // 2) if below else ((shape[0] - size[1]) // 2, width + gap)
        whole[top : top + size[1], left : left + size[0]] = word
        return whole

    def _plate(self, bgra: Array) -> Array:
        """Return a drawing on a plate that shows it: a box, a rounded box or a disc, of one colour."""
        rng = self.rng
        own = self._mean(bgra)
        paints = np.stack([colour(rng), colour(rng), np.full(3, 255.0), np.full(3, 25.0)])
        paint = next((paint for paint in paints if np.abs(paint - own).mean() > 2 * _VISIBLE), paints[2])
        room = rng.uniform(0.04, 0.35)
        lain = self._pad(bgra, room, square=rng.random() < 0.7)
        height, width = lain.shape[:2]
        mask = np.zeros((height, width), np.uint8)
        kind = rng.random()
        if kind < 0.4:
            mask[:] = 255
        elif kind < 0.7 and abs(height - width) < 4 and room > 0.15:
            cv2.circle(mask, (width // 2, height // 2), min(height, width) // 2 - 1, 255, -1, cv2.LINE_AA)
        else:
            reach = int(min(height, width) * rng.uniform(0.05, 0.3))
            cv2.rectangle(mask, (reach, 0), (width - 1 - reach, height - 1), 255, -1)
            cv2.rectangle(mask, (0, reach), (width - 1, height - 1 - reach), 255, -1)
            for across, down in product((reach, width - 1 - reach), (reach, height - 1 - reach)):
                cv2.circle(mask, (across, down), reach, 255, -1, cv2.LINE_AA)
        ground = ink(mask, paint)
        return np.dstack([camera.over(ground[:, :, :3], lain), np.maximum(mask, lain[:, :, 3])])

    def _quad(self, shape: tuple[int, ...]) -> Array:
        """Return where the corners of a drawing go, at about its own size (4, 2) float32."""
        rng = self.rng
        height, width = shape[:2]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) - [width / 2, height / 2]
        angle = np.radians(rng.normal(0, 6) if rng.random() < 0.75 else rng.uniform(-35, 35))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        squeeze = np.diag([rng.uniform(0.75, 1), 1.0] if rng.random() < 0.5 else [1.0, rng.uniform(0.75, 1)])
        bend = rng.uniform(-1, 1, (4, 2)) * min(height, width) * (rng.uniform(0, 0.12) if rng.random() < 0.7 else 0)
        return np.asarray(corners @ squeeze @ turn.T + bend)

    def _scene(self, bgra: Array) -> Array:
        """Return a crop (h, w, 3) around a drawing seen in perspective on a background."""
        rng = self.rng
        height, width = bgra.shape[:2]
        quad = self._quad(bgra.shape)
        low, high = quad.min(axis=0), quad.max(axis=0)
        spread = high - low
        low, high = low - spread * rng.uniform(*_MARGINS, 2), high + spread * rng.uniform(*_MARGINS, 2)
        if rng.random() < 0.3:  # a square window round a long logo
            room = (max(high - low) - (high - low)) / 2
            low, high = low - room, high + room
        long = float(np.exp(rng.uniform(np.log(28), np.log(150))))
        scale = long / max(high - low)
        size = (max(8, int((high - low)[0] * scale)), max(8, int((high - low)[1] * scale)))
        if scale < 0.6:
            smaller = 2 * scale if scale > 0.25 else 0.5
            bgra = np.asarray(cv2.resize(bgra, None, fx=smaller, fy=smaller, interpolation=cv2.INTER_AREA))
            height, width = bgra.shape[:2]
        start = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        matrix = cv2.getPerspectiveTransform(start, ((quad - low) * scale).astype(np.float32))
        seen = cv2.warpPerspective(bgra, matrix, size, flags=cv2.INTER_LINEAR)
        ground = background(size, rng, self.photos)
        if rng.random() < 0.2:
            ground = self._cluttered(ground)
        if np.abs(self._mean(seen) - ground.mean((0, 1))).mean() < _VISIBLE:
            ground = 255 - ground if np.abs(self._mean(seen) - 128).mean() > _VISIBLE else ground // 4
        return camera.over(ground, seen)

    def _cluttered(self, ground: Array) -> Array:
        """Return a background with a part of another drawing at its rim."""
        rng = self.rng
        height, width = ground.shape[:2]
        other = from_canvas(self.canvases[int(rng.integers(len(self.canvases)))])
        scale = rng.uniform(0.3, 0.9) * max(height, width) / max(other.shape[:2])
        move = rng.uniform(0.5, 1.0, 2) * rng.choice([-1, 1], 2) * [width, height]
        matrix = np.array([[scale, 0, move[0]], [0, scale, move[1]]])
        return camera.over(ground, np.asarray(cv2.warpAffine(other, matrix, (width, height))))

    def _occluded(self, picture: Array) -> Array:
        """Return a picture with something over up to a third of it."""
        rng = self.rng
        height, width = picture.shape[:2]
        wide, tall = int(width * rng.uniform(0.1, 0.45)), int(height * rng.uniform(0.1, 0.45))
        left, top = int(rng.integers(-wide // 2, width - wide // 2)), int(rng.integers(-tall // 2, height - tall // 2))
        left, top, right, end = max(left, 0), max(top, 0), min(left + wide, width), min(top + tall, height)
        if right - left > 1 and end - top > 1:
            picture = picture.copy()
            picture[top:end, left:right] = background((right - left, end - top), rng, self.photos)
        return picture

    def _degraded(self, picture: Array) -> Array:
        """Return a crop after light, lens, sensor and codec."""
        rng = self.rng
        picture = self._occluded(picture) if rng.random() < 0.15 else picture
        if rng.random() < 0.5:
            gains = 1 + rng.uniform(-0.15, 0.15, 3) * (rng.random() < 0.5)
            gamma, gain, offset = (
                float(np.exp(rng.uniform(-0.6, 0.6))),
                rng.uniform(0.55, 1.1),
                rng.uniform(-0.08, 0.15),
            )
            picture = camera.tone(picture, gamma=gamma, gain=gain, offset=offset, cast=gains)
        if rng.random() < 0.2:
            picture = camera.slope(picture, rng, 0.6)
        if rng.random() < 0.4:
            picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.0) * max(picture.shape) / 64)
        if rng.random() < 0.12:
            picture = camera.motion(
                picture, max(3, int(max(picture.shape) * rng.uniform(0.03, 0.1))), rng.uniform(0, np.pi)
            )
        if rng.random() < 0.35:
            picture = camera.noise(picture, rng, rng.uniform(2, 18))
        return camera.jpeg(picture, int(rng.integers(18, 92))) if rng.random() < 0.45 else picture
