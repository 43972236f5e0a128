"""One case: what both clients put into `case.verify`."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from visionmq.client.access import Moment, moment_of
from visionmq.client.calls import Call, awaited, blocking, checked, reply_of
from visionmq.client.pictures import Picture
from visionmq.client.replies import Progress, Reply
from visionmq.schemas import case as c

_MANUAL: Final = "docs/access.md"


def verify_case(
    document: Picture,
    selfie: Picture,
    car: str,
    *,
    user: str | None = None,
    password: str | None = None,
    now: Moment | None = None,
    forensics: bool = True,
    want: Iterable[str] = (),
    on_evidence: Callable[[str, c.CaseProgress], None] | None = None,
    pass_back: Any = None,
    **sending: Any,
) -> Call[Reply[c.Case]]:
    """Decide on a document, a selfie and a car together: read, compared, held against the booking, one decision.

    `on_evidence` is called with each stage and what is known by then. `want` names pictures to return (`overlay`,
    `portrait`, `selfie`). Without `password` nothing is told of the user's record. `sending` as for `submit`.
    """
    given = {
        "car": car,
        "user": user,
        "password": password,
        "now": None if now is None else moment_of(now),
        "forensics": forensics,
        "want": want,
        "pass_back": pass_back,
    }
    if on_evidence is not None:
        sending = {**sending, "on_progress": _evidence(on_evidence, sending.get("on_progress"))}
    return reply_of(c.Case, "case.verify", checked(c.CaseParams, given, manual=_MANUAL), [document, selfie], sending)


def _evidence(
    tell: Callable[[str, c.CaseProgress], None], also: Callable[[Progress], None] | None
) -> Callable[[Progress], None]:
    """Return a listener that tells evidence, and passes all news on."""

    def listen(news: Progress) -> None:
        if also is not None:
            also(news)
        if news.position is None:
            tell(news.stage, msgspec.convert(news.partial or {}, c.CaseProgress))

    return listen


class CaseCalls:
    """The methods of `Client` about cases."""

    verify_case = blocking(verify_case)


class AsyncCaseCalls:
    """The methods of `AsyncClient` about cases."""

    verify_case = awaited(verify_case)
