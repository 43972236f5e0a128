"""Documents: what both clients put into `document.*` and take out of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from visionmq.client.calls import Call, awaited, blocking, reply_of, result_of
from visionmq.client.errors import BadRequest
from visionmq.client.pictures import Picture
from visionmq.client.replies import Reply
from visionmq.client.wire_errors import from_wire
from visionmq.schemas.document.documents import Document, Documents, RecognizeParams
from visionmq.schemas.document.specimens import Made, MakeParams
from visionmq.schemas.document.templates import Learned, LearnParams, Masks, TemplateZone

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


# ---- methods --------------------------------------------------------------------------------


def document(picture: Picture, *, mask: Sequence[str] = ("*",), **options: Any) -> Call[Document]:
    """Read the document in one picture; options as for `recognize`.

    Raises the error of a picture that cannot be read.
    """
    return documents([picture], mask=mask, **options).then(_only)


def _only(found: Documents) -> Document:
    (item,) = found.items
    if item.error is not None:
        raise from_wire(item.error)
    assert item.result is not None
    return item.result


def documents(
    pictures: Iterable[Picture], *, mask: Sequence[str] = ("*",), mode: str = "default", **options: Any
) -> Call[Documents]:
    """Read the documents in up to 64 pictures; options as for `recognize`, of whose reply this is the result."""
    return recognize(pictures, mask=mask, mode=mode, **options).then(lambda reply: reply.result)


def recognize(
    pictures: Iterable[Picture],
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
    **sending: Any,
) -> Call[Reply[Documents]]:
    """Read the documents in up to 64 pictures: one item a picture, bad ones with their error.

    `mask` names document types as patterns; `mode` is `default` or `strict`. `forensics` judges the
    document on `current_date` (a date, `today`, DD.MM.YYYY), `visual` reads the text outside the zone
    too, `merge` takes all pictures for one document. `want` names pictures to return (`overlay`, `mrz`,
    `page`, `portrait`, `signature`, `zone.NAME`): see `Reply.picture`. `sending` as for `submit`.
    """
    params = recognize_params(
        mask=mask,
        mode=mode,
        options=options,
        current_date=current_date,
        forensics=forensics,
        visual=visual,
        merge=merge,
        want=want,
        pass_back=pass_back,
    )
    return reply_of(Documents, "document.recognize", params, pictures, sending)


def make_document(
    doc_type: str = "mrz.mrp",
    *,
    fields: Mapping[str, str] | None = None,
    seed: int = 0,
    photograph: bool = True,
    **sending: Any,
) -> Call[Reply[Made]]:
    """Draw a specimen; its truth is the result, its picture the first image.

    `fields` by their names without `mrz_`, dates as ISO 8601; what is left out is invented from `seed`.
    """
    return reply_of(Made, "document.make", make_params(doc_type, fields, seed, photograph), (), sending)


def learn_document(
    name: str,
    picture: Picture,
    zones: Iterable[TemplateZone | Mapping[str, Any]],
    *,
    title: str | None = None,
    **sending: Any,
) -> Call[Reply[Learned]]:
    """Make a template from a clean picture and its named zones.

    The reply's images are the files of the bundle: `visionmq.client.bundles.write_bundle` writes them.
    """
    return reply_of(Learned, "document.learn", learn_params(name, zones, title), [picture], sending)


def masks(**options: Any) -> Call[Masks]:
    """Return which documents can be recognised."""
    return result_of(Masks, "document.masks", None, (), options)


class DocumentCalls:
    """The methods of `Client` about documents."""

    document = blocking(document)
    documents = blocking(documents)
    recognize = blocking(recognize)
    make_document = blocking(make_document)
    learn_document = blocking(learn_document)
    masks = blocking(masks)


class AsyncDocumentCalls:
    """The methods of `AsyncClient` about documents."""

    document = awaited(document)
    documents = awaited(documents)
    recognize = awaited(recognize)
    make_document = awaited(make_document)
    learn_document = awaited(learn_document)
    masks = awaited(masks)
