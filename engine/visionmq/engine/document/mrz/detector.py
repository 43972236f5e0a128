"""Machine-readable zones in a picture, found at any rotation by a small network of our own.

The network (drawn data, training code in `engine/training/zones`) is used twice. On the whole picture, shrunk, it says
roughly where zones are, which way they read and how high their letters are. Each is then cut out upright with letters
16 pixels high, and the same network shows its lines apart, with exact ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.mrz.curves import STRIDE
from visionmq.engine.document.mrz.regions import Region, find_regions
from visionmq.engine.document.mrz.tracing import Traced, trace
from visionmq.engine.document.network import open_model
from visionmq.engine.picture import Pixels

Array: TypeAlias = np.ndarray[Any, Any]

MODEL: Final = "mrz_detector.onnx"
_OVERVIEW: Final = 768
"""The first look: the picture's long side in pixels. A passport that fills it has letters 15 pixels high."""
_CLOSER: Final = 1536
"""The second look, where the first found nothing and the picture has more to show: four times the work."""
_ENLARGE: Final = 2.0
"""Small pictures are enlarged at most this much: more shows the network nothing new."""
_BLOCK: Final = 32
"""The network halves five times."""
_CAP: Final = 16.0
"""Pixels of a capital letter in the upright cut."""
_ROOM: Final = (5.0, 3.5)
"""What is cut around a region, along and across its lines, in letter heights."""
_MORE_ROOM: Final = 14.0
_WIDEST: Final = 1664
_DEEPEST: Final = 448
"""Pixels of a cut: enough for 90 letters, and for lines that fan out in perspective."""
_MOST: Final = 6
"""Regions looked at closely, largest first."""
_GOOD: Final = 0.5
"""A candidate of this score ends the search; see `ZoneCandidate.score`."""


@dataclass(frozen=True, slots=True)
class ZoneCandidate:
    """A place that looks like a machine-readable zone."""

    lines: tuple[Band, ...]
    """Its lines, top to bottom, one to three."""
    score: float
    """How sure it is that this is a zone, 0 to 1; real ones are above 0.5, most above 0.8."""
    direction: float
    """How sure the reading direction is, 0.5 to 1: below about 0.9 read the zone `turned` as well."""

    def turned(self) -> "ZoneCandidate":
        """Return the zone as it is if it stands upside down."""
        return ZoneCandidate(tuple(line.turned() for line in self.lines[::-1]), self.score, 1 - self.direction)


class Detector:
    """The network, ready to run on one thread."""

    def __init__(self, session: Any) -> None:
        """Take an ONNX Runtime session."""
        self._session = session

    def maps(self, grey: Array) -> Array:
        """Return the nine maps, float32 (9, ceil(h / 4), ceil(w / 4)), of a grey picture (h, w) uint8.

        They are: probability of the middle of a line, and of a zone; within zones cosine and sine of twice the lines'
        angle, the same of the letters' stems, log2 of the capitals' height / 16 pixels, and the unit vector in which
        they read (shorter where unsure). Cell (0, 0) is pixels 0 to 3.
        """
        height, width = grey.shape
        pad = [-side % _BLOCK for side in (height, width)]
        whole = cv2.copyMakeBorder(grey, 0, pad[0], 0, pad[1], cv2.BORDER_REPLICATE)
        blob = whole.astype(np.float32)[None, None] / np.float32(255)
        maps = self._session.run(None, {"grey": blob})[0][0]
        return np.asarray(maps[:, : -(-height // STRIDE), : -(-width // STRIDE)])


def load_detector(model: bytes | Path | None = None) -> Detector:
    """Return a warm detector from the model that ships with the package, or another; raise OSError if it lacks."""
    if model is None:
        model = files("visionmq.engine.document").joinpath(f"data/{MODEL}").read_bytes()
    if isinstance(model, Path):
        model = model.read_bytes()
    detector = Detector(open_model(model, MODEL))
    detector.maps(np.zeros((64, 64), np.uint8))
    return detector


def find_zones(detector: Detector, pixels: Pixels, *, thorough: bool = False) -> list[ZoneCandidate]:
    """Return the machine-readable zones of a BGR or grey picture, best first; none where it shows none.

    Call it once a picture. `thorough` looks again for smaller zones even where large ones were found.
    """
    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    found: list[ZoneCandidate] = []
    for side in _looks(max(grey.shape)):
        found = _apart([*found, *_look(detector, grey, side / max(grey.shape))])
        if found and found[0].score >= _GOOD and not thorough:
            break
    return found


def _looks(longest: int) -> Sequence[int]:
    """Return the long sides at which a picture is searched."""
    first = min(_OVERVIEW, round(longest * _ENLARGE))
    second = min(_CLOSER, round(longest * _ENLARGE))
    return (first, second) if second > first * 1.25 else (first,)


def _look(detector: Detector, grey: Array, scale: float) -> list[ZoneCandidate]:
    """Search the picture scaled by `scale`."""
    size = (max(8, round(grey.shape[1] * scale)), max(8, round(grey.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    regions = find_regions(detector.maps(np.asarray(cv2.resize(grey, size, interpolation=how))))
    zones = [zone for region in regions[:_MOST] for zone in _close_up(detector, grey, region.scaled(1 / scale))]
    return sorted(zones, key=lambda zone: zone.score, reverse=True)


def _close_up(detector: Detector, grey: Array, region: Region) -> list[ZoneCandidate]:
    """Cut a region out upright, see its lines; cut wider once where a line runs over the edge."""
    room = _ROOM
    for last in (False, True):
        cut, matrix = _cut(grey, region, room)
        zones = trace(detector.maps(cut))
        if last or not any(zone.cramped for zone in zones):
            break
        room = (_MORE_ROOM, _ROOM[1])
    return [_placed(zone, region, matrix) for zone in zones]


def _cut(grey: Array, region: Region, room: tuple[float, float]) -> tuple[Array, Array]:
    """Return a region upright, and the matrix (2, 3) from its pixels to the picture's."""
    span = region.length + 2 * room[0] * region.cap, region.depth + 2 * room[1] * region.cap
    scale = min(_CAP / region.cap, _WIDEST / span[0], _DEEPEST / span[1])
    width, height = (max(_BLOCK, -(-round(side * scale) // _BLOCK) * _BLOCK) for side in span)
    right = np.array([np.cos(region.angle), np.sin(region.angle)]) / scale
    down = np.array([-right[1], right[0]])
    origin = np.array(region.centre) - right * (width - 1) / 2 - down * (height - 1) / 2
    matrix = np.stack([right, down, origin], axis=1)
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ matrix.T
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - 4, 0, np.array(grey.shape[::-1]) - 1)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 5, low + 1, grey.shape[::-1])
    piece = grey[low[1] : high[1], low[0] : high[0]]
    local = matrix - np.array([[0, 0, low[0]], [0, 0, low[1]]])
    if scale < 0.75:  # shrunk first, or strokes fall between samples
        size = np.maximum(1, np.round(np.array(piece.shape[::-1]) * scale * 1.2)).astype(int)
        factor = size / np.array(piece.shape[::-1])
        piece = cv2.resize(piece, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
        local = local * factor[:, None]
        local[:, 2] += factor / 2 - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(piece, local, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    ), matrix


def _placed(zone: Traced, region: Region, matrix: Array) -> ZoneCandidate:
    """Return a zone of a cut as one of the picture, turned where both looks say that it stands upside down."""
    linear = matrix[:, :2]
    scale = float(np.linalg.norm(linear[:, 0]))
    lines = tuple(
        Band(
            (line.curve @ linear.T + matrix[:, 2]).astype(np.float32),
            (line.heights * scale).astype(np.float32),
            (line.down() @ linear.T / scale).astype(np.float32),
        )
        for line in zone.lines
    )
    upright = 0.3 * region.direction + 0.7 * zone.upright
    candidate = ZoneCandidate(lines, zone.score, upright)
    return candidate if upright >= 0.5 else candidate.turned()


def _apart(zones: Sequence[ZoneCandidate]) -> list[ZoneCandidate]:
    """Return the zones best first, without those that lie on a better one."""
    kept: list[ZoneCandidate] = []
    for zone in sorted(zones, key=lambda zone: zone.score, reverse=True):
        if not any(_overlap(zone, other) for other in kept):
            kept.append(zone)
    return kept


def _overlap(one: ZoneCandidate, other: ZoneCandidate) -> bool:
    hull = np.concatenate([line.quad() for line in other.lines])
    outline = cv2.convexHull(hull.astype(np.float32))
    return any(
        cv2.pointPolygonTest(outline, (float(x), float(y)), False) >= 0
        for line in one.lines
        for x, y in line.curve[len(line.curve) // 4 :: max(1, len(line.curve) // 4)]
    )
