"""From reasons to a decision that is written into the audit log.

The log has every reason; the decision has those that the asker may know. What is kept under the request's key holds
opaque ids only: the car's name is put in again by whoever answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from visionmq.engine.access.rights import Right
from visionmq.engine.store.session import Write
from visionmq.schemas.access.decisions import Decision, Evidence, FaceEvidence
from visionmq.schemas.access.policies import Policy
from visionmq.schemas.access.reasons import FOR, Outcome, Reason, Role

_HARMLESS: Final = ("car", "document", "selfie", "nonce")
"""Kinds of evidence that are told on denial: they say nothing about a person."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out before it is written."""

    reasons: Sequence[Reason]
    user_id: str | None = None
    """Who it is, whatever is decided; on denial only the log says so."""
    role: Role | None = None
    booking: str | None = None
    evidence: Sequence[Evidence] = ()
    face: FaceEvidence | None = None
    why: str = ""
    """More for the log: how a login failed."""
    told: Sequence[Reason] | None = None
    """What the asker is told instead of `reasons`."""

    @property
    def allowed(self) -> bool:
        """Whether nothing speaks against it, and something for it."""
        return bool(self.reasons) and all(reason in FOR for reason in self.reasons)


def finding_of(right: Right, known_by: Reason, evidence: Sequence[Evidence] = ()) -> Finding:
    """Return what a user's right comes to, who was recognised by `known_by`."""
    return Finding(
        reasons=[known_by, *right.reasons],
        user_id=right.user_id,
        role=right.role,
        booking=right.booking.booking_id if right.booking is not None else None,
        evidence=[Evidence("user", right.user_id), *right.evidence, *evidence],
    )


def decide(write: "Write[Any]", finding: Finding, policy: Policy) -> Decision:
    """Write a decision into the log, and return it as it is told; inside a write that then keeps it."""
    allowed = finding.allowed
    entry = write.record(
        decision="allow" if allowed else "deny",
        reasons=",".join(finding.reasons),
        user=finding.user_id,
        role=finding.role,
        booking=finding.booking,
        evidence=",".join(f"{one.kind}:{one.id}" for one in finding.evidence),
        policy=policy.version,
        why=finding.why,
        distance=finding.face.distance if finding.face is not None else None,
    )
    return Decision(
        decision=Outcome.ALLOW if allowed else Outcome.DENY,
        allowed=allowed,
        reasons=list(finding.reasons if finding.told is None else finding.told),
        car="",
        user_id=finding.user_id if allowed else None,
        role=finding.role if allowed else None,
        booking=finding.booking if allowed or Reason.ALREADY_RETURNED in finding.reasons else None,
        evidence=[one for one in finding.evidence if allowed or one.kind in _HARMLESS],
        face=_told_face(finding, allowed),
        policy=policy.version,
        decided_at=entry.at,
        audit_sequence=entry.sequence,
    )


def _told_face(finding: Finding, allowed: bool) -> FaceEvidence | None:
    """Return how a face compared, on denial without its distance.

    One who is told how near a face came can change it until it is near enough (hill climbing; ISO/IEC 19792).
    """
    if finding.face is None or allowed:
        return finding.face
    return msgspec.structs.replace(finding.face, distance=None, margin=None)
