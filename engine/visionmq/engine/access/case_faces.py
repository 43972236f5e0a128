"""The two faces of a case: the portrait of the document, and the selfie."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.access.case_document import Read
from visionmq.engine.access.eyes import Eyes
from visionmq.engine.face.decision import operating_point, probability
from visionmq.engine.face.operations_look import Probe
from visionmq.engine.gate import PictureFormat
from visionmq.engine.picture import Picture, Pixels
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.case import Comparison, FaceSeen
from visionmq.schemas.common import Quad
from visionmq.schemas.errors import Error

LEAST_SIDE: Final = 320
"""Shorter side of a portrait in pixels at which faces are looked for; smaller crops are enlarged to it."""
UNCERTAIN: Final = 0.1
"""Above the threshold, from this probability on, it cannot be said that two pictures show two persons."""
COPY: Final = 0.186
"""Of the threshold at a false-match rate of 1 in 1,000: what is nearer is likely the same photograph. For dlib's model
that is a distance of 0.1: below it were none of 660 genuine pairs of the dev sets (the nearest at 0.11), and of copies
of 24 photographs 95 % (halved, cut out, saved again) and 70 to 95 % (laid into a drawn passport, photographed or not)."""
_COPY_RATE: Final = 0.001
_MARGIN: Final = 0.15
"""Of the crop's size: what is added round it, as faces fill a document's photograph."""
_PRIOR: Final = 0.5


@dataclass(frozen=True, slots=True)
class Seen:
    """A face that was looked for."""

    probe: Probe | None
    told: FaceSeen


def see_portrait(eyes: Eyes, picture: Picture, read: Read) -> Seen:
    """Return the portrait's face: in the crop, else the most prominent one of the picture if it is on the page.

    A face beside the page may be anybody's, such as a photograph laid beside a card that shows its other side.
    """
    if read.portrait is not None:
        probe = eyes.most_prominent(_enlarged(read.portrait))
        if probe.error is None:
            return Seen(probe, FaceSeen(found=True, quad=read.portrait_quad, quality=_quality(probe)))
    probe = eyes.most_prominent(picture)
    if probe.error is None and not _is_on(read.evidence.quad, probe):
        return Seen(None, FaceSeen(found=False, message="No face was found on the document itself."))
    return _seen(probe)


def _is_on(page: Quad | None, probe: Probe) -> bool:
    """Whether all of a face lies on the page."""
    if page is None:
        return False
    outline = np.array(page.points, np.float32)
    return all(cv2.pointPolygonTest(outline, point, False) >= 0 for point in _quad(probe).points)


def see_selfie(eyes: Eyes, picture: Picture) -> Seen:
    """Return the selfie's face; a second person in it is a reason to refuse."""
    return _seen(eyes.look(picture, 1))


def _seen(probe: Probe) -> Seen:
    quad = None if probe.face is None else _quad(probe)
    if probe.error is not None:
        error: Error = probe.error
        return Seen(None, FaceSeen(found=False, refused=error.code.value, message=error.message, quad=quad))
    return Seen(probe, FaceSeen(found=True, quad=quad, quality=_quality(probe)))


def _quality(probe: Probe) -> float | None:
    return None if probe.quality is None else round(probe.quality.overall, 4)


def _quad(probe: Probe) -> Quad:
    assert probe.face is not None
    left, top, width, height = (round(float(side), 1) for side in probe.face.box)
    return Quad([(left, top), (left + width, top), (left + width, top + height), (left, top + height)])


def _enlarged(crop: Pixels) -> Picture:
    """Return a crop with a margin of its own edge, large enough for the detector."""
    scale = max(1.0, LEAST_SIDE / min(crop.shape[:2]))
    size = (round(crop.shape[1] * scale), round(crop.shape[0] * scale))
    pixels = cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC) if scale > 1 else crop
    edge = round(_MARGIN * min(size))
    framed = cv2.copyMakeBorder(pixels, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    return Picture(np.asarray(framed, np.uint8), framed.shape[1], framed.shape[0], PictureFormat.RAW)


def compare(eyes: Eyes, portrait: Seen, selfie: Seen, rate: float) -> tuple[Comparison | None, list[Reason]]:
    """Return how portrait and selfie compare at a false-match rate, and what that speaks for or against."""
    against = [] if portrait.probe is not None else [Reason.PORTRAIT_NOT_FOUND]
    against += [] if selfie.probe is not None else [Reason.SELFIE_REFUSED]
    if portrait.probe is None or selfie.probe is None:
        return None, against
    ruler = eyes.ruler()
    point = operating_point(ruler, rate)
    one, other = (np.asarray(probe.ready, np.float64) for probe in (portrait.probe, selfie.probe))
    distance = float(np.linalg.norm(one - other))
    likely, interval = probability(ruler, distance, _PRIOR)
    same = True if distance <= point.threshold else None if likely >= UNCERTAIN else False
    copied = distance < COPY * operating_point(ruler, _COPY_RATE).threshold
    told = Comparison(
        distance=round(distance, 4),
        threshold=round(point.threshold, 4),
        same=same,
        probability=likely,
        interval=interval,
        false_match_rate=rate,
        cannot_detect=f"{eyes.cannot_detect(selfie.probe)}; a photograph laid over the document's",
    )
    return told, [_VERDICTS[same], *([Reason.SELFIE_COPIES_PORTRAIT] if copied else [])]


_VERDICTS: Final = {
    True: Reason.PORTRAIT_MATCHED,
    None: Reason.PORTRAIT_UNCERTAIN,
    False: Reason.PORTRAIT_DIFFERS,
}
