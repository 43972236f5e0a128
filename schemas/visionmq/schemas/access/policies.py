"""The rules by which is decided, in versions."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from visionmq.schemas.common import Params


class Rules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what is decided; times in seconds."""

    grace_before: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    """A booking is live so long before its start, while no other booking of the car runs."""
    grace_after: Annotated[float, Meta(ge=0, le=86_400)] = 900.0
    """And so long after its end, until another booking of the car starts."""
    user_overlap: bool = False
    """Whether one user may hold several cars at a time."""
    longest_booking: Annotated[float, Meta(gt=0)] = 31 * 86_400.0
    failures: Annotated[int, Meta(ge=1, le=100)] = 5
    """Failed logins of a name, existing or not, after which it is locked (NIST SP 800-63B allows at most 100)."""
    lock_seconds: Annotated[float, Meta(ge=1, le=86_400)] = 30.0
    """The first lock-out; each further failure doubles it."""
    longest_lock: Annotated[float, Meta(ge=1, le=604_800)] = 3_600.0
    nonce_seconds: Annotated[float, Meta(ge=1, le=600)] = 30.0
    nonces: Annotated[int, Meta(ge=1, le=64)] = 8
    """Nonces of a car that are good at a time; one more ends the oldest."""
    false_match_rate: Annotated[float, Meta(gt=0, le=0.1)] = 0.001
    """Wanted of `access.face`, over all candidates together, and of a portrait in `case.verify`."""
    face_margin: Annotated[float, Meta(ge=0, le=1)] = 0.05
    """A second candidate must be so much farther than the first."""
    least_age: Annotated[int, Meta(ge=0, le=130)] = 18
    """Whole years on the day; `case.verify` measures it by the document."""
    accept_specimens: bool = False
    """Whether `case.verify` takes documents that call themselves specimens for good: for trials only."""
    login_age: bool = False
    """Whether `access.validate` and `access.face` ask the record's date of birth too."""


class PolicyParams(Params, frozen=True, kw_only=True):
    """Ask for a policy."""

    version: Annotated[int, Meta(ge=0)] | None = None
    """None for the one in force."""


class SetPolicyParams(Params, frozen=True, kw_only=True):
    """Put rules in force as a new version; former versions stay readable."""

    rules: dict[str, Any]
    """Only what is to change, by the names of `Rules`; the rest stays."""
    replaces: Annotated[int, Meta(ge=0)] | None = None
    """Only if this version is in force; CONFLICT otherwise."""


class Policy(Struct, frozen=True, kw_only=True):
    """Rules and their version; 0 is what holds before any was set."""

    version: int
    rules: Rules
    set_at: str | None = None
    in_force: bool = True
    pass_back: Any = None
