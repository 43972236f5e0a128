"""Learning a template: from one clean picture and its zones to the files of a bundle."""

from typing import Final

from visionmq.engine.document.template.alignment import GOOD_LANDMARKS, Template, make_template
from visionmq.engine.document.template.bundle import Bundle, bundle_files, check_zones
from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Attachment
from visionmq.schemas.document.templates import Learned, LearnParams, ZoneKind

_SMALL: Final = 700
"""Longer side in pixels of a reference below which photographs hold more than it does."""
_LOW: Final = 14
"""Height in pixels of a text zone below which its letters can hardly be told apart."""
_READ: Final = (ZoneKind.TEXT, ZoneKind.DATE, ZoneKind.MRZ)
_MEDIA_TYPES: Final = {"bundle.json": "application/json", "reference.png": "image/png"}


def learn(params: LearnParams, picture: Pixels) -> tuple[Learned, dict[str, bytes]]:
    """Return what was learnt from a clean picture (BGR), and the bundle's files by name, in the frames' order.

    Raises EngineError(BAD_REQUEST) for names, zones or patterns that cannot be, and for a picture that could not be
    found again. Serves `document.learn`.
    """
    size = picture.shape[1], picture.shape[0]
    check_zones(params.name, params.zones, size)
    bundle = Bundle(params.name, params.title or params.name, tuple(params.zones), picture)
    template = make_template(bundle)
    files = bundle_files(bundle)
    frames = [Attachment(name, number, 0, _MEDIA_TYPES[name]) for number, name in enumerate(files)]
    count = len(template.landmarks)
    learned = Learned(
        name=params.name, features=count, warnings=_warnings(template), images=frames, pass_back=params.pass_back
    )
    return learned, files


def _warnings(template: Template) -> list[str]:
    """Return what will make reading this template harder, one sentence each."""
    bundle, landmarks = template.bundle, template.landmarks
    warnings = []
    if len(landmarks) < GOOD_LANDMARKS:
        warnings.append(
            f"Only {len(landmarks)} landmarks lie outside the zones; {GOOD_LANDMARKS} make finding it sure."
        )
    if max(bundle.size) < _SMALL:
        warnings.append(f"The picture is {bundle.size[0]} by {bundle.size[1]} pixels; send one of {_SMALL} or more.")
    shares = [len(landmarks.points[landmarks.points[:, axis] < bundle.size[axis] / 2]) for axis in (0, 1)]
    if any(not 0.05 < share / len(landmarks) < 0.95 for share in shares):
        warnings.append("Nearly all landmarks lie on one half of the picture; the other half will be placed loosely.")
    low = [zone.name for zone in bundle.zones if zone.kind in _READ and zone.box[3] < _LOW]
    if low:
        warnings.append(f"Zones less than {_LOW} pixels high can hardly be read: {', '.join(low)}.")
    return warnings
