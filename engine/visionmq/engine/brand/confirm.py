"""Whether a place of a picture shows a reference: landmarks under one homography, and shapes that fit once laid on each other.

Landmarks (SIFT, in both polarities, since a logo is often redrawn light on dark) decide where there are enough of them.
Drawings with few are laid on the place by their outlines (ECC on slopes); how well the slopes then fit is all there is to say.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.brand import boxes as box
from visionmq.engine.brand.marks import PRINT_SIDE, SIDE, Marks, sized
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.calibration import surprise
from visionmq.engine.registration.estimation import Estimate, estimate, project
from visionmq.engine.registration.features import Algorithm, Features, features, to_gray
from visionmq.engine.registration.matching import match
from visionmq.engine.registration.outcome import Array, Failure

MARGIN: Final = 0.15
"""Ground taken in around a place, as part of its longer side: proposals cut logos short."""
_RATIO: Final = 0.85
_TOLERANCE: Final = 5.0
"""Noise of an inlier in pixels of the place at SIDE: other drawings of a brand differ by so much."""
_BUDGET: Final = 350
_STEPS: Final = 20
_EPSILON: Final = 1e-4
_LEAST_SIDE: Final = 0.15
_MOST_SIDE: Final = 3.0
"""Sides of a confirmed quad, as parts of the place's longer side."""
_LEAN: Final = 2.0
"""How much longer one of two opposite sides of a quad may be; cameras that are so near see no logo whole."""
_SEEN: Final = 0.6
"""Part of a quad that lies in the picture at least."""
_FITS: Final = 0.5
"""Likeness from which on no other start is tried: 99 in 100 wrong references stay below."""
_CARD: Final = 0.16
"""Margin of a card around its logo, as part of its longer side."""
CERTAIN: Final = 3.0
"""Powers of ten by which landmarks must beat chance to count as verified."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How a reference fits a place."""

    quad: Array
    """4 x 2 float32 in pixels of the picture: the reference's content."""
    inliers: int
    surprise: float
    """Powers of ten by which the agreement of landmarks beats chance; 0 without."""
    likeness: float
    """Correlation of the slopes once laid on each other, 0 to 1, either polarity."""

    @property
    def verified(self) -> bool:
        """Whether landmarks agree under one homography beyond chance."""
        return self.surprise >= CERTAIN


@dataclass(slots=True)
class Place:
    """One place of a picture, and what is computed of it once."""

    gray: Array
    """h x w uint8, the longer side at SIDE."""
    matrix: Array
    """3x3: pixels of `gray` to pixels of the picture."""
    box: Array
    """The proposal in pixels of `gray`, 4."""
    _landmarks: list[Features] | None = None
    _small: Array | None = None

    @property
    def outlines(self) -> Array:
        """Outlines of the place, PRINT_SIDE both ways."""
        if self._small is None:
            small = cv2.resize(self.gray, (PRINT_SIDE, PRINT_SIDE), interpolation=cv2.INTER_AREA)
            self._small = _outlines(small)
        return self._small

    @property
    def landmarks(self) -> list[Features]:
        """Landmarks of the place, and of the place inverted; may be empty."""
        if self._landmarks is None:
            found = (features(plane, Algorithm.SIFT, budget=_BUDGET) for plane in (self.gray, 255 - self.gray))
            self._landmarks = [one for one in found if not isinstance(one, Failure)]
        return self._landmarks


def place_of(pixels: Pixels, found: Array) -> Place:
    """Return the place of a box (4) of a BGR picture, with some ground around it."""
    wide = box.clipped(box.padded(found[None], MARGIN), pixels.shape[1::-1])[0]
    left, top = int(wide[0]), int(wide[1])
    right, bottom = max(left + 2, int(np.ceil(wide[2]))), max(top + 2, int(np.ceil(wide[3])))
    part = pixels[top:bottom, left:right]
    gray = to_gray(sized(part, SIDE))
    across, down = part.shape[1] / gray.shape[1], part.shape[0] / gray.shape[0]
    matrix = np.array([[across, 0, left + across / 2 - 0.5], [0, down, top + down / 2 - 0.5], [0, 0, 1]])
    inner = (found - np.array([left, top, left, top])) / np.array([across, down, across, down])
    return Place(gray, matrix, inner.astype(np.float32))


def confirm(place: Place, marks: Marks) -> Confirmation:
    """Return how a reference fits a place, by landmarks if they agree, else by its outlines."""
    found = _by_landmarks(place, marks)
    if found is not None:
        matrix, inliers, beyond = found
        alike = _likeness(place, marks, matrix)
        return Confirmation(_content(place, marks, matrix), inliers, beyond, alike)
    matrix, alike = _by_outlines(place, marks)
    return Confirmation(_content(place, marks, matrix), 0, 0.0, alike)


def _by_landmarks(place: Place, marks: Marks) -> tuple[Array, int, float] | None:
    """Return the matrix from reference to place, its inliers and their surprise, of the better polarity."""
    best: tuple[Array, int, float] | None = None
    if marks.landmarks is None:
        return None
    for seen in place.landmarks:
        pairs = match(marks.landmarks, seen, ratio=_RATIO)
        user, model = marks.landmarks.points[pairs.user], seen.points[pairs.model]
        found = estimate(user, model, tolerance=_TOLERANCE, size=marks.size)
        if isinstance(found, Failure) or not _sane(found, place, marks):
            continue
        inliers = _distinct(user[found.inliers], model[found.inliers])
        area = float(place.gray.shape[0] * place.gray.shape[1])
        beyond = surprise(inliers, len(user), float(found.errors[found.inliers].max()), area)
        if best is None or beyond > best[2]:
            best = found.matrix, inliers, beyond
    return best


def _distinct(user: Array, model: Array) -> int:
    """Return how many inliers stand for themselves: landmarks of several directions at one point count once."""
    return len(np.unique(np.hstack([np.round(user / 3), np.round(model / 3)]), axis=0))


def _sane(found: Estimate, place: Place, marks: Marks) -> bool:
    """Return whether the reference lies on the place at a size and in a shape that a logo has there."""
    quad = project(found.matrix, box.quad_of(marks.content))
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    long = max(place.gray.shape)
    convex = bool(cv2.isContourConvex(quad.astype(np.float32)[:, None]))
    return convex and float(sides.max()) < _MOST_SIDE * long and float(sides.max()) > _LEAST_SIDE * long


def _content(place: Place, marks: Marks, matrix: Array) -> Array:
    """Return the corners of the reference's content in the picture."""
    return np.asarray(project(place.matrix @ matrix, box.quad_of(marks.content)), np.float32)


def _shrink(size: tuple[int, ...], small: tuple[int, ...]) -> Array:
    return np.diag([small[0] / size[0], small[1] / size[1], 1.0])


def _likeness(place: Place, marks: Marks, matrix: Array) -> float:
    """Return how well the slopes of reference and place fit under a matrix from reference to place."""
    shown = marks.print.shape[::-1]
    back = _shrink(marks.size, shown) @ np.linalg.inv(matrix)
    warped = cv2.warpPerspective(place.gray, back, shown, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return _fit(_slopes(marks.print), _slopes(warped))


def _slopes(gray: Array) -> Array:
    """Return slopes over their local strength, h x w x 2 float32."""
    soft = cv2.GaussianBlur(gray.astype(np.float32), (0, 0), 1.3)
    slopes = np.dstack([cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)])
    strength = np.sqrt(cv2.GaussianBlur((slopes**2).sum(axis=2), (0, 0), 6))
    return np.asarray(slopes / (strength + 12)[:, :, None])


def _fit(first: Array, second: Array) -> float:
    """Return how far slopes agree in direction up to sign, 0 to 1: a redraw may swap dark and light in parts."""
    along = (first * second).sum(axis=2)
    norm = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float(np.abs(along).sum() - np.abs(_across(first, second)).sum()) / norm if norm > 1e-6 else 0.0


def _across(first: Array, second: Array) -> Array:
    return np.asarray(first[:, :, 0] * second[:, :, 1] - first[:, :, 1] * second[:, :, 0])


def _by_outlines(place: Place, marks: Marks) -> tuple[Array, float]:
    """Return the matrix that lays the reference's outlines on the place's, and how well they then fit.

    It starts from the proposal, and where that does not fit from its middle: the proposal may be the logo's card.
    """
    first = _laid(place, marks, place.box)
    if first[1] >= _FITS:
        return first
    second = _laid(place, marks, box.padded(place.box[None], -_CARD)[0])
    return second if second[1] > first[1] else first


def _laid(place: Place, marks: Marks, start: Array) -> tuple[Array, float]:
    """Return the matrix that ECC finds from a box of the place for the reference's content, and how well it fits."""
    matrix = cv2.getPerspectiveTransform(box.quad_of(marks.content), box.quad_of(start))
    shrink = _shrink(marks.size, marks.print.shape[::-1])
    ahead = _shrink(place.gray.shape[::-1], (PRINT_SIDE, PRINT_SIDE))
    before = (ahead @ matrix @ np.linalg.inv(shrink))[:2].astype(np.float32)
    after = _followed(_outlines(marks.print), place.outlines, before)
    matrices = [np.linalg.inv(ahead) @ np.vstack([one, [0, 0, 1]]) @ shrink for one in (before, after)]
    alike = [_likeness(place, marks, one) for one in matrices]
    return (matrices[1], alike[1]) if alike[1] > alike[0] else (matrices[0], alike[0])


def _followed(reference: Array, seen: Array, start: Array) -> Array:
    """Return the affine map (2 x 3) that ECC comes to from `start`; that itself where it does not converge."""
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _STEPS, _EPSILON)
    try:
        _, found = cv2.findTransformECC(reference, seen, start.copy(), cv2.MOTION_AFFINE, stop, None, 5)  # type: ignore[call-overload,unused-ignore]
    except cv2.error:
        return start
    return np.asarray(found)


def _outlines(gray: Array) -> Array:
    """Return the strength of slopes over their surroundings', h x w float32."""
    return np.asarray(np.linalg.norm(_slopes(gray), axis=2), np.float32)


def credible(quad: Array, pixels: Pixels) -> bool:
    """Return whether a logo may fill a convex quad (4 x 2) of a picture: landmarks in one corner of a reference reach too far."""
    frame = box.quad_of(np.array([0, 0, pixels.shape[1], pixels.shape[0]], np.float32))
    hull = cv2.convexHull(quad.astype(np.float32))
    area = max(float(cv2.contourArea(hull)), 1e-6)
    sides = np.maximum(np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1), 1e-6)
    leans = np.abs(np.log(sides[:2] / sides[2:])).max() > np.log(_LEAN)
    return bool(not leans and cv2.intersectConvexConvex(hull, frame)[0] > _SEEN * area)
