"""`case.verify`, the store's part: the document against the user's record, the booking, and one decision of it all."""

from dataclasses import dataclass

import msgspec

from visionmq.engine.access.decisions import Finding, decide
from visionmq.engine.access.facing import compare
from visionmq.engine.access.logins import Checked, check_password, settle
from visionmq.engine.access.methods import CASE, CaseAsked, CaseTold, Facts, Probe
from visionmq.engine.access.names import compare as compare_names
from visionmq.engine.access.people import Record, find_user, users_by_id
from visionmq.engine.access.policies import policy_in_force
from visionmq.engine.access.rights import Right, Rights, right_of, rights_of, take
from visionmq.engine.store.session import Session
from visionmq.schemas.access.decisions import Evidence
from visionmq.schemas.access.policies import Policy
from visionmq.schemas.access.reasons import FOR, Reason, Role
from visionmq.schemas.case import Agreement, IdentityEvidence

_NOTHING = IdentityEvidence()
_UNTOLD = IdentityEvidence(name=Agreement.UNTOLD, birth_date=Agreement.UNTOLD, enrolled_face=Agreement.UNTOLD)


@dataclass(frozen=True, slots=True)
class _Claim:
    """Who the case is about."""

    user_id: str | None
    reasons: list[Reason]
    """What the login says."""
    known: bool
    """Whether reasons about the record may be told: the user logged in, or nobody was named."""
    why: str = ""


def verify_case(session: Session, request: CaseAsked) -> CaseTold:
    """Decide a case; allowed only if nothing at all speaks against it."""
    checked = None
    if request.user is not None and request.password is not None:
        checked = check_password(session, request.user, request.password)
    with session.write(request.author, CASE, request) as write:
        if write.former is not None:
            former = write.former
            return msgspec.structs.replace(former, decision=msgspec.structs.replace(former.decision, repeated=True))
        policy = policy_in_force(session)
        rights = rights_of(session, request.car, policy)
        claim = _claim(session, request, checked, rights, policy)
        finding, identity, right = _judge(session, request, claim, rights, policy)
        if finding.allowed and right is not None and right.role is Role.BOOKER and right.booking is not None:
            take(session, rights, right.booking)
        decision = decide(write, finding, policy)
        return write.reply(
            CaseTold(
                decision=decision,
                name=identity.name,
                birth_date=identity.birth_date,
                enrolled_face=identity.enrolled_face,
            )
        )


def _claim(session: Session, request: CaseAsked, checked: Checked | None, rights: Rights, policy: Policy) -> _Claim:
    if checked is not None:
        login = settle(session, checked, policy.rules)
        reason = Reason.LOGIN_FAILED if login.user_id is None else Reason.LOGIN_RIGHT
        return _Claim(login.user_id, [reason], known=login.user_id is not None, why=login.why)
    if request.user is not None:
        user = find_user(session, request.user)
        return _Claim(None if user is None else user.user_id, [], known=False)
    return _Claim(None if rights.booking is None else rights.booking.user_id, [], known=True)


def _judge(
    session: Session, request: CaseAsked, claim: _Claim, rights: Rights, policy: Policy
) -> tuple[Finding, IdentityEvidence, Right | None]:
    """Return the finding, the comparisons as they may be told, and the user's right."""
    facts = request.facts
    said = [*claim.reasons, *facts.reasons, *_age(facts, policy)]
    if Reason.LOGIN_FAILED in claim.reasons:
        return Finding(said, why=claim.why, evidence=facts.evidence), _NOTHING, None
    right, about, identity = None, [Reason.NO_LIVE_BOOKING], _NOTHING
    if claim.user_id is not None and claim.user_id in rights.holders:
        right = right_of(session, rights, claim.user_id, policy)
        record = users_by_id(session, [claim.user_id])[claim.user_id].record
        identity = _identity(session, claim.user_id, record, facts, request.probe, policy)
        about = [*_identity_reasons(record, identity), *right.reasons]
    against = any(reason not in FOR for reason in about)
    hidden = against and not claim.known
    finding = Finding(
        list(dict.fromkeys([*said, *about])),
        user_id=claim.user_id,
        role=right.role if right is not None else None,
        booking=right.booking.booking_id if right is not None and right.booking is not None else None,
        evidence=_evidence(claim, rights, right, facts),
        told=[*said, Reason.IDENTITY_NOT_CONFIRMED] if hidden else None,
        why="" if facts.day is None else f"judged as of {facts.day}",
    )
    return finding, _UNTOLD if hidden else identity, right


def _evidence(claim: _Claim, rights: Rights, right: Right | None, facts: Facts) -> list[Evidence]:
    """Return all evidence; the car is told whoever the user is, as its absence would tell of the user."""
    user = [] if claim.user_id is None else [Evidence("user", claim.user_id)]
    more = [] if right is None else right.evidence
    return list(dict.fromkeys([*user, *rights.evidence, *more, *facts.evidence]))


def _age(facts: Facts, policy: Policy) -> list[Reason]:
    if policy.rules.least_age == 0:
        return []
    if facts.age is None:
        return [Reason.AGE_UNKNOWN]
    return [Reason.TOO_YOUNG] if facts.age < policy.rules.least_age else []


def _identity(
    session: Session, user_id: str, record: Record, facts: Facts, probe: Probe | None, policy: Policy
) -> IdentityEvidence:
    name = compare_names(facts.surname, facts.given_names, record.full_name or "", cut=facts.name_cut)
    birth = Agreement.UNKNOWN
    if facts.birth_date and record.birth_date:
        birth = Agreement.SAME if facts.birth_date == record.birth_date else Agreement.DIFFERENT
    return IdentityEvidence(name=name, birth_date=birth, enrolled_face=_enrolled(session, user_id, probe, policy))


def _enrolled(session: Session, user_id: str, probe: Probe | None, policy: Policy) -> Agreement:
    if probe is None:
        return Agreement.UNKNOWN
    verdict, seen = compare(session, [user_id], probe, policy)
    if seen.templates == 0:
        return Agreement.UNKNOWN
    return Agreement.SAME if verdict.winner is not None else Agreement.DIFFERENT


def _identity_reasons(record: Record, identity: IdentityEvidence) -> list[Reason]:
    found: list[Reason] = []
    if record.full_name is None or record.birth_date is None:
        found.append(Reason.RECORD_INCOMPLETE)
    if identity.name is Agreement.DIFFERENT:
        found.append(Reason.NAME_DIFFERS)
    if identity.birth_date is Agreement.DIFFERENT:
        found.append(Reason.BIRTH_DATE_DIFFERS)
    if identity.enrolled_face is Agreement.DIFFERENT:
        found.append(Reason.FACE_NOT_RECOGNISED)
    if not found and identity.name is identity.birth_date is Agreement.SAME:
        return [Reason.IDENTITY_CONFIRMED]
    return found or [Reason.DOCUMENT_NOT_SURE]
