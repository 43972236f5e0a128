"""Parameters and result of `case.verify`: document, selfie and booking in one decision."""

from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from visionmq.schemas.access.common import Car, Moment, Name, Password
from visionmq.schemas.access.decisions import Decision
from visionmq.schemas.common import Attachment, ModelInfo, Params, Quad
from visionmq.schemas.document.fields import Field

STAGES: Final = ("document", "portrait", "selfie", "comparison", "decision")
"""The stages of progress, in order; each report's `partial` is a `CaseProgress` of all that is known by then."""
WANTS: Final = ("overlay", "portrait", "selfie")


class Agreement(StrEnum):
    """How two statements about one thing compare."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    """One of them is missing or was not read surely enough."""
    UNTOLD = "untold"
    """Compared, but not told: the user has not logged in."""


class CaseParams(Params, frozen=True, kw_only=True):
    """A car, and two pictures: the document first, then the selfie.

    Without `user` the document is held against whoever holds the live booking of the car. `want` may name pictures to
    return: `overlay` (both side by side, with all that was found), `portrait` and `selfie` (the faces compared).
    """

    car: Car
    user: Name | None = None
    password: Password | None = None
    """With it the login is part of the case, and reasons about the user's record are told."""
    now: Moment | None = None
    """Judge the document's validity and the holder's age as of then; the booking is always judged by the clock."""
    forensics: bool = True
    """Judge the document's looks too; what fails is a reason against."""


class DocumentEvidence(Struct, frozen=True, kw_only=True):
    """What the document says."""

    doc_type: str | None
    surname: str | None = None
    given_names: str | None = None
    birth_date: str | None = None
    expiry_date: str | None = None
    number: str | None = None
    valid: bool | None = None
    """On the day; None where the date of expiry could not be read surely."""
    age: int | None = None
    """Whole years on the day."""
    fields: dict[str, Field] = {}
    failed_checks: dict[str, str] = {}
    """Forensic checks that failed, each with its reason."""
    reason: str | None = None
    """Why it, or part of it, was not read."""
    advice: str | None = None
    quad: Quad | None = None


class FaceSeen(Struct, frozen=True, kw_only=True):
    """The face of one of the two pictures."""

    found: bool
    refused: str | None = None
    """Error code of the face engine: `no_face`, `face_blurred`, ..."""
    message: str | None = None
    quad: Quad | None = None
    """In pixels of its picture as sent."""
    quality: float | None = None


class Comparison(Struct, frozen=True, kw_only=True):
    """Portrait against selfie."""

    distance: float | None
    threshold: float
    same: bool | None
    """None where it cannot be said."""
    probability: float | None = None
    """That both show one person."""
    interval: tuple[float, float] | None = None
    false_match_rate: float
    """The rate that the threshold keeps."""
    cannot_detect: str = ""


class IdentityEvidence(Struct, frozen=True, kw_only=True):
    """The document against the user's record."""

    name: Agreement = Agreement.UNKNOWN
    birth_date: Agreement = Agreement.UNKNOWN
    enrolled_face: Agreement = Agreement.UNKNOWN
    """The selfie against the user's enrolled face; `unknown` where none is enrolled."""


class CaseProgress(Struct, frozen=True, kw_only=True):
    """What is known so far; the partial result of a progress report."""

    document: DocumentEvidence | None = None
    portrait: FaceSeen | None = None
    selfie: FaceSeen | None = None
    comparison: Comparison | None = None


class Case(Struct, frozen=True, kw_only=True):
    """One decision with every reason, and what it rests on."""

    decision: Decision
    document: DocumentEvidence
    portrait: FaceSeen
    selfie: FaceSeen
    comparison: Comparison | None = None
    identity: IdentityEvidence = IdentityEvidence()
    images: list[Attachment] = []
    models: list[ModelInfo] = []
    pass_back: Any = None
