"""Templates: documents known by one clean picture, and where a photograph shows one of them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from visionmq.engine.api import EngineError
from visionmq.engine.document.template.bundle import Bundle, bundle_folders, read_bundle
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.estimation import corners, project
from visionmq.engine.registration.features import Algorithm, Features, features, to_gray
from visionmq.engine.registration.matching import match
from visionmq.engine.registration.outcome import Array, Certificate, Failure, Registration, Verdict
from visionmq.engine.registration.refinement import refine, trackable
from visionmq.engine.registration.register import register
from visionmq.schemas.errors import ErrorCode

VARIABLE: Final = "VISIONMQ_BUNDLES"
"""Environment variable: folders of bundles, separated as in PATH."""
SHIPPED: Final = Path(__file__).parent / "sample" / "bundles"
LEAST_LANDMARKS: Final = 60
"""Outside the zones; a photograph finds again one in three, and 15 must agree."""
GOOD_LANDMARKS: Final = 200

_REFERENCE_LARGEST: Final = 1200
_LOOKS: Final = ((800, 1200), (1600, 3000))
"""Longer side in pixels and landmarks at which a photograph is looked at: small, then, if something was there, large."""
_REFERENCE_BUDGET: Final = 1500
_PROBES: Final = 400
_PROBED: Final = 800
"""Landmarks of the photograph that vote for templates before any is aligned, and of each template that are voted for."""
_CLEAR: Final = 0.7
"""Ratio test of votes, stricter than of matches: drawn cards get 17 to 44, tilted by 60 degrees 5 to 7, other pictures
of the dev data 0 to 5 (nine in ten) and at most 10."""
_LEAST_VOTES: Final = 5
_PROMISING: Final = 9
"""Votes from which a photograph is looked at again, larger, where nothing was accepted: that takes three times as long."""
_RIVAL: Final = 0.4
"""Templates with this part of the winner's votes are aligned too: two editions of one document may lie close."""
_MOST_TRIES: Final = 3
_MARGIN: Final = 0.008
"""Zones are left out of the landmarks with this margin, in parts of the picture's longer side: print strays."""
_LEAST_AREA: Final = 0.03
"""Of the photograph that the document covers; below, text has no pixels to be read from."""
_LEAST_SHOWN: Final = 0.6
"""Of the document's area that lies in the photograph."""


@dataclass(frozen=True, slots=True)
class Template:
    """A bundle, and what photographs are aligned by."""

    bundle: Bundle
    gray: Array
    """The reference in grey."""
    fixed: Array
    """255 where every copy of the document looks alike, 0 in zones; the reference's size, uint8."""
    landmarks: Features
    patches: Array
    """Points of the reference that the alignment is made finer by, n x 2."""

    @property
    def doc_type(self) -> str:
        """What answers and masks call it."""
        return f"template.{self.bundle.name}"


@dataclass(frozen=True, slots=True)
class Aligned:
    """Which template a photograph shows, and where."""

    template: Template
    matrix: Array
    """3x3, maps pixels of the photograph to pixels of the reference."""
    certificate: Certificate

    def outline(self) -> Array:
        """Return the document's corners in the photograph, float64 4x2, the document's top left first."""
        return project(np.linalg.inv(self.matrix), corners(self.template.bundle.size))


def make_template(bundle: Bundle) -> Template:
    """Return a template; raise EngineError(BAD_REQUEST) if too little of it is the same on every copy."""
    gray, fixed = to_gray(bundle.reference), fixed_part(bundle)
    found = features(gray, Algorithm.SIFT, budget=_REFERENCE_BUDGET, largest=_REFERENCE_LARGEST, mask=fixed)
    count = found.found if isinstance(found, Failure) else len(found)
    if isinstance(found, Failure) or count < LEAST_LANDMARKS:
        message = f"Outside its zones the picture has {count} landmarks; {LEAST_LANDMARKS} are needed to find it again."
        hint = "Send a sharper or larger picture, or draw the zones closer around what varies."
        raise EngineError(ErrorCode.BAD_REQUEST, message, stage="template", hint=hint)
    return Template(bundle, gray, fixed, found, trackable(gray, fixed))


def fixed_part(bundle: Bundle) -> Array:
    """Return the mask of what is the same on every copy: all but the zones and a margin around them."""
    width, height = bundle.size
    mask, margin = np.full((height, width), 255, np.uint8), _MARGIN * max(bundle.size)
    for zone in bundle.zones:
        left, top, wide, high = zone.box
        first = max(0, int(left - margin)), max(0, int(top - margin))
        last = int(left + wide + margin) + 1, int(top + high + margin) + 1
        mask[first[1] : last[1], first[0] : last[0]] = 0
    return mask


def load_bundles(folder: Path) -> list[Template]:
    """Return the templates of a folder of bundles (or of one), landmarks and all; called before the sandbox closes.

    Raises EngineError(ENGINE_UNAVAILABLE) for a bundle that cannot be used: a service should not start without one.
    """
    return [make_template(read_bundle(path)) for path in bundle_folders(folder)]


def load_all(setting: str = "") -> list[Template]:
    """Return the shipped templates and those of a list of folders, written as in PATH; of one name the last holds.

    The setting is the environment's VISIONMQ_BUNDLES. Call it when the engine loads: later no file can be opened.
    """
    found: dict[str, Template] = {}
    for folder in (SHIPPED, *(Path(part) for part in setting.split(os.pathsep) if part)):
        found |= {template.bundle.name: template for template in load_bundles(folder)}
    return list(found.values())


def align(templates: Sequence[Template], pixels: Pixels) -> Aligned | None:
    """Return the template that a photograph (BGR) shows, or None; a doubtful alignment is none."""
    gray = to_gray(pixels)
    for largest, budget in _LOOKS:
        seen = features(gray, Algorithm.SIFT, budget=budget, largest=largest)
        if isinstance(seen, Failure):
            return None
        votes = _votes(templates, seen)
        candidates = [templates[at] for at in _likeliest(votes)]
        found = [aligned for template in candidates if (aligned := _tried(template, seen, gray)) is not None]
        if found:
            return max(found, key=lambda aligned: aligned.certificate.similarity or 0.0)
        if max(votes, default=0) < _PROMISING or max(gray.shape) <= largest:
            return None
    return None


def _votes(templates: Sequence[Template], seen: Features) -> list[int]:
    """Return how many landmarks of the photograph each template has too."""
    probes = seen.take(slice(_PROBES))
    return [len(match(probes, template.landmarks.take(slice(_PROBED)), ratio=_CLEAR)) for template in templates]


def _likeliest(votes: Sequence[int]) -> list[int]:
    """Return which templates are worth aligning, those with most votes first."""
    least = max(_LEAST_VOTES, _RIVAL * max(votes, default=0))
    order = sorted(range(len(votes)), key=lambda at: -votes[at])
    return [at for at in order[:_MOST_TRIES] if votes[at] >= least]


def _tried(template: Template, seen: Features, gray: Array) -> Aligned | None:
    found = register(seen, template.landmarks, pictures=(gray, template.gray), mask=template.fixed)
    if not isinstance(found, Registration) or found.certificate.verdict is not Verdict.ACCEPT:
        return None
    finer = refine(gray, template.gray, found.matrix, template.patches)
    aligned = Aligned(template, finer, found.certificate)
    return aligned if _is_shown(aligned.outline(), gray.shape) else None


def _is_shown(outline: Array, shape: tuple[int, ...]) -> bool:
    """Whether enough of the document lies in the photograph, and large enough."""
    quad = outline.astype(np.float32)
    if not np.isfinite(quad).all() or not cv2.isContourConvex(quad):
        return False
    area = float(cv2.contourArea(quad))
    inside, _ = cv2.intersectConvexConvex(quad, corners((shape[1], shape[0])).astype(np.float32))
    return area >= _LEAST_AREA * shape[0] * shape[1] and inside >= _LEAST_SHOWN * area
