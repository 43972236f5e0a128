"""What a case takes from the document: names, dates, whether it is valid, and where its portrait is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from visionmq.engine.access.times import years_between
from visionmq.engine.document.engine import DATE_OPTION, DocumentEngine
from visionmq.engine.document.sighting import Sighting, look, rules_of
from visionmq.engine.document.telling import tell
from visionmq.engine.picture import Picture, Pixels
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.case import DocumentEvidence
from visionmq.schemas.common import Quad
from visionmq.schemas.document.documents import Document, Finding, RecognizeParams
from visionmq.schemas.document.fields import Field

_SOURCES: Final = ("mrz", "barcode", "template", "visual")
"""Where a field may stand, the surest first."""
_NEEDED: Final = ("surname", "birth_date")
"""Fields that a decision rests on whenever the document has them; given names may be absent."""
_OTHERWISE: Final = ("expiry", "portrait_present")
"""Checks that have reasons of their own."""
_SPECIMEN: Final = "specimen"


@dataclass(frozen=True, slots=True)
class Read:
    """A document that was looked at."""

    document: Document
    evidence: DocumentEvidence
    reasons: list[Reason]
    name_cut: bool
    portrait: Pixels | None
    """Cut out, upright and flat."""
    portrait_quad: Quad | None

    def value(self, name: str) -> str:
        """Return a field's value if it may be relied on, else an empty text."""
        field = _field(self.document.fields, name)
        return field.value or "" if field is not None and field.accepted else ""


def read_document(
    engine: DocumentEngine, picture: Picture, day: date, *, forensics: bool, specimens: bool = False
) -> Read:
    """Return what a picture of a document says on a day; with `specimens`, one that calls itself so may be good."""
    options = {DATE_OPTION: f"{day:%d.%m.%Y}"}
    params = RecognizeParams(want=["portrait"], options=options, forensics=forensics)
    (readings,) = engine.models.zones.read([picture.pixels], rules_of(params, day))
    sighting = look(engine.models, picture, readings, params, day)
    document = tell(engine.models, sighting, params, day)
    evidence = _evidence(document, day)
    given = _field(document.fields, "given_names") or _field(document.fields, "surname")
    portrait, quad = _portrait(sighting)
    return Read(
        document=document,
        evidence=evidence,
        reasons=reasons_of(document, evidence, specimens=specimens),
        name_cut=given is not None and given.attributes.get("truncated") is not None,
        portrait=portrait,
        portrait_quad=quad,
    )


def _evidence(document: Document, day: date) -> DocumentEvidence:
    fields = {name: _field(document.fields, name) for name in (*_NEEDED, "given_names", "expiry_date", "number")}
    said = {name: field.value if field is not None else None for name, field in fields.items()}
    birth, expiry = _date(fields["birth_date"]), _date(fields["expiry_date"])
    return DocumentEvidence(
        doc_type=document.doc_type,
        **said,
        valid=None if expiry is None else day <= expiry,
        age=None if birth is None else years_between(birth, day),
        fields=document.fields,
        failed_checks={
            name: check.reason for name, check in document.forensics.items() if check.state is Finding.FAILED
        },
        reason=document.reason,
        advice=document.advice,
        quad=document.page,
    )


def reasons_of(document: Document, evidence: DocumentEvidence, *, specimens: bool) -> list[Reason]:
    """Return what speaks for a document, or all that speaks against it."""
    if document.doc_type is None:
        return [Reason.DOCUMENT_NOT_READ]
    against: list[Reason] = []
    fields = [_field(document.fields, name) for name in (*_NEEDED, "given_names")]
    missing = any(field is None or not field.value for field in fields[: len(_NEEDED)])
    if missing or any(field is not None and field.value and not field.accepted for field in fields):
        against.append(Reason.DOCUMENT_NOT_SURE)
    if evidence.valid is None:
        against.append(Reason.DOCUMENT_EXPIRY_UNKNOWN)
    elif not evidence.valid:
        against.append(Reason.DOCUMENT_EXPIRED)
    failed = set(evidence.failed_checks) - {*_OTHERWISE, *([_SPECIMEN] if specimens else [])}
    if failed or document.status.get("mrz") is Finding.FAILED:
        against.append(Reason.DOCUMENT_SUSPECT)
    return against or [Reason.DOCUMENT_VALID]


def _field(fields: Mapping[str, Field], name: str) -> Field | None:
    """Return a field from the surest source that has it; one that was accepted before all others."""
    found = [fields[f"{source}_{name}"] for source in _SOURCES if f"{source}_{name}" in fields]
    return next((field for field in found if field.accepted), found[0] if found else None)


def _date(field: Field | None) -> date | None:
    """Return a date that may be relied on."""
    if field is None or not field.accepted or not field.value:
        return None
    try:
        return date.fromisoformat(field.value)
    except ValueError:
        return None  # a part of it is unknown, as some documents have it


def _portrait(sighting: Sighting) -> tuple[Pixels | None, Quad | None]:
    if sighting.portrait is not None and sighting.portrait.crop is not None:
        return sighting.portrait.crop.pixels, sighting.portrait.crop.quad
    crop = sighting.frames.get("portrait")
    return (None, None) if crop is None else (np.ascontiguousarray(crop), None)
