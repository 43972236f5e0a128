"""The policy in force, and its versions: rows that are only ever added."""

import msgspec
from sqlalchemy import func, insert, select

from visionmq.engine.access.errors import bad, conflict, missing
from visionmq.engine.access.methods import SET_POLICY, Asked
from visionmq.engine.access.tables import policies
from visionmq.engine.store.session import Session
from visionmq.schemas.access.policies import Policy, PolicyParams, Rules, SetPolicyParams


def policy_in_force(session: Session) -> Policy:
    """Return the policy that decides now; version 0 is the built-in one."""
    row = session.connection.execute(select(policies).order_by(policies.c.version.desc()).limit(1)).one_or_none()
    return Policy(version=0, rules=Rules()) if row is None else _policy(row.version, row.rules, row.set_at)


def get_policy(session: Session, request: PolicyParams) -> Policy:
    """Return a policy by version; NOT_FOUND for one that never was."""
    latest = policy_in_force(session)
    if request.version is None or request.version == latest.version:
        return latest
    if request.version == 0:
        return Policy(version=0, rules=Rules(), in_force=False)
    row = session.connection.execute(select(policies).where(policies.c.version == request.version)).one_or_none()
    if row is None:
        raise missing(f"There is no policy {request.version}; the latest is {latest.version}.")
    return msgspec.structs.replace(_policy(row.version, row.rules, row.set_at), in_force=False)


def set_policy(session: Session, request: Asked[SetPolicyParams]) -> Policy:
    """Put rules in force as the next version."""
    params = request.params
    with session.write(request.author, SET_POLICY, request) as write:
        if write.former is not None:
            return write.former
        former = policy_in_force(session)
        if params.replaces is not None and params.replaces != former.version:
            raise conflict(f"Policy {former.version} is in force, not {params.replaces}.")
        rules = _changed(former.rules, params)
        version = 1 + (session.connection.execute(select(func.max(policies.c.version))).scalar() or 0)
        text, at = msgspec.json.encode(rules).decode(), session.now()
        session.connection.execute(insert(policies).values(version=version, rules=text, set_at=at))
        write.record(policy=version, rules=text)
        return write.reply(Policy(version=version, rules=rules, set_at=at))


def _changed(rules: Rules, params: SetPolicyParams) -> Rules:
    try:
        return msgspec.convert(msgspec.to_builtins(rules) | params.rules, Rules)
    except msgspec.ValidationError as mistake:
        raise bad(f"These rules cannot be: {mistake}.") from None


def _policy(version: int, rules: str, set_at: str) -> Policy:
    return Policy(version=version, rules=msgspec.json.decode(rules, type=Rules), set_at=set_at)
