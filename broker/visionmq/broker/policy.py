"""Who may do what, and how often: roles, rights and rates of keys. Pure; time is an argument."""

import re
from fnmatch import fnmatchcase
from functools import cache
from typing import NamedTuple

from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.operations import BROKER_PREFIX
from visionmq.wire.keys import Grant, Role

_OPEN_TO_CLIENTS = frozenset({"broker.info"})
_RATE = re.compile(r"^\s*(\d+)\s*(?:/|per)\s*([1-9]\d*)?\s*(second|minute|hour|day|month|year)s?\s*$", re.IGNORECASE)
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "month": 2_592_000, "year": 31_104_000}


class Refusal(NamedTuple):
    """Why something is refused, and when to come again where that would help."""

    code: ErrorCode
    text: str
    retry_after_ms: int | None = None


def refuse_client(grant: Grant | None) -> Refusal | None:
    """Return why this key may not send a client's messages, or None."""
    if grant is None:
        return Refusal(ErrorCode.UNAUTHORIZED, "this key is not, or no longer, known here")
    if grant.role is Role.WORKER:
        return Refusal(ErrorCode.FORBIDDEN, f"key {grant.name} is a worker's; clients need role client or admin")
    return None


def refuse_worker(grant: Grant | None) -> Refusal | None:
    """Return why this key may not send a worker's messages, or None."""
    if grant is None:
        return Refusal(ErrorCode.UNAUTHORIZED, "this key is not, or no longer, known here")
    if grant.role is not Role.WORKER:
        return Refusal(ErrorCode.FORBIDDEN, f"key {grant.name} has role {grant.role}; workers need role worker")
    return None


def refuse_operation(grant: Grant, op: str, rates: "Rates", now: float) -> Refusal | None:
    """Return why this key may not ask for this operation now, or None; counts it if it may."""
    if op.startswith(BROKER_PREFIX):
        if grant.role is Role.ADMIN or op in _OPEN_TO_CLIENTS:
            return None
        return Refusal(ErrorCode.FORBIDDEN, f"{op} needs role admin; key {grant.name} has role {grant.role}")
    if not any(fnmatchcase(op, pattern) for pattern in grant.operations):
        return Refusal(ErrorCode.FORBIDDEN, f"key {grant.name} may use {', '.join(grant.operations)}, not {op}")
    try:
        wait = rates.take(grant, now)
    except ValueError as error:  # a slip of the operator's must not end the broker
        return Refusal(ErrorCode.FORBIDDEN, f"the rates of key {grant.name} cannot be read: {error}")
    if wait is not None:
        return Refusal(
            ErrorCode.RATE_LIMITED, f"key {grant.name} is limited to {', '.join(grant.rates)}", int(wait * 1000) + 1
        )
    return None


@cache
def parse_rate(text: str) -> tuple[int, int]:
    """Return (requests, seconds) of a rate in the wording of the `limits` library, `20 per day`.

    Raises ValueError for anything else.
    """
    match = _RATE.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no rate; write for instance '20 per day' or '5/second'")
    amount, multiple, unit = match.groups()
    return int(amount), int(multiple or 1) * _SECONDS[unit.lower()]


class Rates:
    """How often each key has asked, in fixed windows that start with its first request."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def take(self, grant: Grant, now: float) -> float | None:
        """Count one request; or return the seconds to wait and count nothing, if a rate is used up."""
        current = []
        for text in grant.rates:
            amount, seconds = parse_rate(text)
            began, used = self._windows.get((grant.public, text), (now, 0))
            if now >= began + seconds:
                began, used = now, 0
            if used >= amount:
                return began + seconds - now
            current.append((text, began, used + 1))
        for text, began, used in current:
            self._windows[grant.public, text] = (began, used)
        return None
