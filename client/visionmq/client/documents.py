"""What both clients put into `document.*` and take out of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from visionmq.client.errors import BadRequest
from visionmq.schemas.document import LearnParams, MakeParams, RecognizeParams, TemplateZone

DATE_OPTION: Final = "common.currentDate"
"""The option that names the day a document is judged on, as DD.MM.YYYY."""
TODAY: Final = "today"
STRICT: Final = "strict"

_ASK_FOR_A_DAY: Final = "Give current_date='today', or the option common.currentDate as DD.MM.YYYY."


def written_date(day: date | str) -> str:
    """Return a day as DD.MM.YYYY: a date, `today`, DD.MM.YYYY or YYYY-MM-DD.

    Raises BadRequest for text that names no day.
    """
    if isinstance(day, str):
        day = date.today() if day.lower() == TODAY else _parse(day)
    return f"{day.day:02}.{day.month:02}.{day.year:04}"


def _parse(text: str) -> date:
    try:
        if "-" in text:
            return date.fromisoformat(text)
        day, month, year = (int(part) for part in text.split("."))
        return date(year, month, day)
    except ValueError:
        raise BadRequest(
            f"{text!r} names no day.", hint="Write today, DD.MM.YYYY or YYYY-MM-DD.", stage="client"
        ) from None


def recognize_params(
    *,
    mask: Sequence[str] | str = ("*",),
    mode: str = "default",
    options: Mapping[str, str] | None = None,
    current_date: date | str | None = None,
    forensics: bool = False,
    visual: bool = False,
    merge: bool = False,
    want: Iterable[str] = (),
    pass_back: Any = None,
) -> RecognizeParams:
    """Return the parameters of `document.recognize`.

    Raises BadRequest if forensics are asked for and no day is named to judge on.
    """
    given = dict(options or {})
    if current_date is not None:
        given[DATE_OPTION] = written_date(current_date)
    if forensics and DATE_OPTION not in given:
        raise BadRequest("Forensics need the day to judge on.", hint=_ASK_FOR_A_DAY, stage="client")
    return RecognizeParams(
        mask=[mask] if isinstance(mask, str) else list(mask),
        mode=mode,
        options=given,
        forensics=forensics,
        visual=visual,
        merge=merge,
        want=list(want),
        pass_back=pass_back,
    )


def make_params(doc_type: str, fields: Mapping[str, str] | None, seed: int, photograph: bool) -> MakeParams:
    """Return the parameters of `document.make`."""
    return MakeParams(doc_type=doc_type, fields=dict(fields or {}), seed=seed, photograph=photograph)


def learn_params(name: str, zones: Iterable[TemplateZone | Mapping[str, Any]], title: str | None = None) -> LearnParams:
    """Return the parameters of `document.learn`; raises BadRequest that names the first zone that is wrong."""
    return LearnParams(name=name, zones=[_zone(number, zone) for number, zone in enumerate(zones, 1)], title=title)


def _zone(number: int, zone: TemplateZone | Mapping[str, Any]) -> TemplateZone:
    if isinstance(zone, TemplateZone):
        return zone
    try:
        return msgspec.convert(zone, TemplateZone)
    except msgspec.ValidationError as mistake:
        raise BadRequest(f"Zone {number}: {mistake}.", hint="See docs/documents.md, Zones.", stage="client") from None
