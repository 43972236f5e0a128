"""What may be decided, and why.

What a decision tells an outsider never says whether a name exists; the audit log has every reason.
"""

from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What was decided."""

    ALLOW = "allow"
    DENY = "deny"


class Reason(StrEnum):
    """Why: every reason that a decision may give. Those of the first group speak for it, the others against."""

    LOGIN_RIGHT = "login_right"
    FACE_MATCHED = "face_matched"
    LIVE_BOOKING = "live_booking"
    ENGINEER_ASSIGNED = "engineer_assigned"
    RETURNED = "returned"
    IDENTITY_CONFIRMED = "identity_confirmed"
    """The document's name and date of birth are those of the user's record."""
    DOCUMENT_VALID = "document_valid"
    PORTRAIT_MATCHED = "portrait_matched"
    """The selfie shows the person of the document's portrait."""

    LOGIN_FAILED = "login_failed"
    """No such name, wrong password, or locked out: never told apart."""
    NO_LIVE_BOOKING = "no_live_booking"
    """Nobody, or not this person, holds a booking for this car now; also for a car that is not known."""
    CAR_OUT_OF_SERVICE = "car_out_of_service"
    FACE_NOT_RECOGNISED = "face_not_recognised"
    """It is none of those who may take this car now."""
    FACE_AMBIGUOUS = "face_ambiguous"
    """It is nearly as like a second person who may take this car."""
    FACE_NOT_ENROLLED = "face_not_enrolled"
    """None of those who may take this car has a face of this model in the store."""
    NONCE_REFUSED = "nonce_refused"
    """The nonce was never given, not for this car, was used before, or is too old."""
    PROOF_REFUSED = "proof_refused"
    """The proof is not this car's over this encoding."""
    MODEL_DIFFERS = "model_differs"
    """The encoding was made by another model than the store's."""
    ALREADY_RETURNED = "already_returned"
    NOTHING_TO_RETURN = "nothing_to_return"
    """This user has no booking of this car that has begun; also for a user or car that is not known."""
    TOO_YOUNG = "too_young"
    AGE_UNKNOWN = "age_unknown"
    DOCUMENT_NOT_READ = "document_not_read"
    DOCUMENT_NOT_SURE = "document_not_sure"
    """Fields that the decision rests on were read, but not surely enough."""
    DOCUMENT_EXPIRED = "document_expired"
    DOCUMENT_EXPIRY_UNKNOWN = "document_expiry_unknown"
    DOCUMENT_SUSPECT = "document_suspect"
    """Check digits or forensic checks speak against the document."""
    PORTRAIT_NOT_FOUND = "portrait_not_found"
    PORTRAIT_DIFFERS = "portrait_differs"
    PORTRAIT_UNCERTAIN = "portrait_uncertain"
    """Neither like enough nor unlike enough to say."""
    SELFIE_REFUSED = "selfie_refused"
    """No face, several, or one that is too small, blurred, turned away or covered; the evidence says which."""
    SELFIE_COPIES_PORTRAIT = "selfie_copies_portrait"
    """The two are so alike that the selfie is likely the portrait's own photograph."""
    NAME_DIFFERS = "name_differs"
    BIRTH_DATE_DIFFERS = "birth_date_differs"
    RECORD_INCOMPLETE = "record_incomplete"
    """The user's record lacks the full name or the date of birth that the document is to be compared with."""
    IDENTITY_NOT_CONFIRMED = "identity_not_confirmed"
    """Stands for every reason about a named user's record and booking where that user has not logged in."""


FOR: Final = frozenset(
    {
        Reason.LOGIN_RIGHT,
        Reason.FACE_MATCHED,
        Reason.LIVE_BOOKING,
        Reason.ENGINEER_ASSIGNED,
        Reason.RETURNED,
        Reason.IDENTITY_CONFIRMED,
        Reason.DOCUMENT_VALID,
        Reason.PORTRAIT_MATCHED,
    }
)
"""Reasons that speak for a decision; all others speak against it."""


class Role(StrEnum):
    """As what somebody may take a car."""

    BOOKER = "booker"
    ENGINEER = "engineer"
