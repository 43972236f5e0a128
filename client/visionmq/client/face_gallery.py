"""The gallery of faces: what both clients put into enrolling, listing, forgetting and calibrating."""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from visionmq.client.calls import Call, checked, result_of
from visionmq.client.pictures import Picture
from visionmq.schemas.face.calibration import Calibrated, CalibrateParams
from visionmq.schemas.face.common import Encoding, Several
from visionmq.schemas.face.enrolment import ConsentGiven, Enrolled, EnrollParams
from visionmq.schemas.face.gallery import Collections, ForgetParams, Forgotten, Subjects, SubjectsParams

_MANUAL: Final = "docs/faces.md"
_LONGEST_SOURCE: Final = 256


def consent_of(consent: ConsentGiven | str | None) -> ConsentGiven | None:
    """Return a person's consent; a text is taken as given now."""
    if not isinstance(consent, str):
        return consent
    return ConsentGiven(text=consent, given_at=datetime.now(UTC).isoformat(timespec="seconds"))


def sources_of(pictures: Sequence[Picture]) -> list[str]:
    """Return what to call each picture: the name of its file, nothing for others."""
    return [os.fspath(Path(one).name)[:_LONGEST_SOURCE] if isinstance(one, str | Path) else "" for one in pictures]


def enroll_face(
    subject: str,
    pictures: Iterable[Picture] = (),
    *,
    encodings: Iterable[Encoding] = (),
    sources: Sequence[str] | None = None,
    collection: str | None = None,
    consent: ConsentGiven | str | None = None,
    attributes: Mapping[str, str] | None = None,
    replace: bool = False,
    strict: bool = False,
    several: Several | str | None = None,
    pass_back: Any = None,
    **sending: Any,
) -> Call[Enrolled]:
    """Add the faces of pictures, and encodings, to a subject; one item each says what was kept and what refused.

    `consent` in words is taken as given now. `sources` are the files' names without it. `strict` stores nothing
    unless all are good, `replace` drops what there was. The request's `key` makes it happen once.
    """
    files = list(pictures)
    given = {
        "subject": subject,
        "encodings": list(encodings),
        "sources": sources_of(files) if sources is None else list(sources),
        "collection": collection,
        "consent": consent_of(consent),
        "attributes": None if attributes is None else dict(attributes),
        "replace": replace,
        "strict": strict,
        "several": several,
        "pass_back": pass_back,
    }
    return result_of(Enrolled, "face.enroll", checked(EnrollParams, given, manual=_MANUAL), files, sending)


def subjects(
    collection: str | None = None, *, after: str | None = None, limit: int | None = None, **sending: Any
) -> Call[Subjects]:
    """Return a page of a collection's subjects by name; its `next` is the `after` of the next page."""
    given = {"collection": collection, "after": after, "limit": limit}
    return result_of(Subjects, "face.subjects", checked(SubjectsParams, given, manual=_MANUAL), (), sending)


def face_collections(**sending: Any) -> Call[Collections]:
    """Return the collections of faces and how many subjects and templates each holds."""
    return result_of(Collections, "face.collections", None, (), sending)


def forget_subject(subject: str, collection: str | None = None, **sending: Any) -> Call[Forgotten]:
    """Destroy all that is kept of a subject; returns a signed receipt. Raises NotFound for an unknown one."""
    given = {"subject": subject, "collection": collection}
    return result_of(Forgotten, "face.forget", checked(ForgetParams, given, manual=_MANUAL), (), sending)


def calibrate_faces(
    collection: str | None = None, *, fmr: float | None = None, keep: bool = True, **sending: Any
) -> Call[Calibrated]:
    """Measure how alike the strangers of a collection are, and keep that for its decisions."""
    given = {"collection": collection, "fmr": fmr, "keep": keep}
    return result_of(Calibrated, "face.calibrate", checked(CalibrateParams, given, manual=_MANUAL), (), sending)
