"""`access.validate`: a login, and a live booking of this user for this car."""

import msgspec

from visionmq.engine.access.decisions import Finding, decide, finding_of
from visionmq.engine.access.logins import check_password, settle
from visionmq.engine.access.methods import VALIDATE, Asked
from visionmq.engine.access.policies import policy_in_force
from visionmq.engine.access.rights import right_of, rights_of, take
from visionmq.engine.store.session import Session
from visionmq.schemas.access.decisions import Decision, ValidateParams
from visionmq.schemas.access.policies import Policy
from visionmq.schemas.access.reasons import Reason, Role


def validate(session: Session, request: Asked[ValidateParams]) -> Decision:
    """Decide whether a login opens a car; the same work for every login that fails."""
    params = request.params
    checked = check_password(session, params.user, params.password)
    with session.write(request.author, VALIDATE, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        policy = policy_in_force(session)
        login = settle(session, checked, policy.rules)
        if login.user_id is None:
            finding = Finding([Reason.LOGIN_FAILED], user_id=checked.user_id, why=login.why)
        else:
            finding = take_by(session, params.car, login.user_id, Reason.LOGIN_RIGHT, policy)
        return write.reply(decide(write, finding, policy))


def take_by(session: Session, car: str, user_id: str, known_by: Reason, policy: Policy) -> Finding:
    """Return whether a user who was recognised may take a car; if so, it is marked taken. Inside a write."""
    rights = rights_of(session, car, policy)
    right = right_of(session, rights, user_id, policy)
    if right.role is Role.BOOKER and right.booking is not None:
        take(session, rights, right.booking)
    return finding_of(right, known_by)
