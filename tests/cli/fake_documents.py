"""A service of documents for the command line's tests: real sockets, made-up answers of every kind."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tests.client.fake_broker import FakeBroker
from visionmq.schemas import messages as m
from visionmq.schemas.admin import Logs
from visionmq.schemas.codec import encode
from visionmq.schemas.common import Attachment, Item, Quad
from visionmq.schemas.document.documents import (
    Check,
    Document,
    Finding,
    Measure,
    Merged,
    Quality,
    RecognizeParams,
    TextLine,
)
from visionmq.schemas.document.documents import Documents as DocumentsTold
from visionmq.schemas.document.fields import Alternative, CheckDigit, Edit, Field
from visionmq.schemas.document.specimens import Made, MakeParams
from visionmq.schemas.document.templates import Learned, LearnParams, Masks, MasksParams
from visionmq.schemas.errors import ErrorCode, make_error

MASKS = ["mrz.mrp", "mrz.td1", "barcode.aamva"]
ONES = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
TWOS = "L898902C36UTO7408122F1204159ZE184226B<<<<<14"
PNG = b"\x89PNG picture"
QUAD = Quad([(1.0, 1.0), (9.0, 1.0), (9.0, 4.0), (1.0, 4.0)])


def field(name: str, value: str | None, raw: str | None = None, **more: Any) -> Field:
    """Return an accepted field, but for what is said otherwise."""
    given = {"accepted": True, "confidence": 0.999, "check_digit": CheckDigit.ABSENT} | more
    return Field(name=name, value=value, raw=value or "" if raw is None else raw, **given)


def passport(**more: Any) -> Document:
    """Return a passport with one field of each kind."""
    passed, failed = CheckDigit.PASSED, CheckDigit.FAILED
    fields = [
        field("full_mrz", f"{ONES}\n{TWOS}", accepted=False, check_digit=failed, confidence=0.71),
        field("mrz_line1", ONES),
        field("mrz_line2", TWOS),
        field("mrz_document_code", "P", "P<"),
        field("mrz_issuer", "UTO", attributes={"country": "Utopia"}),
        field("mrz_surname", "ERIKSSON"),
        field("mrz_given_names", "ANNA MARIA", "ANNA<MARIA<<"),
        field("mrz_number", "L898902C3", check_digit=passed, repaired=True, confidence=0.93),
        field("mrz_birth_date", "1974-08-12", "740812", check_digit=passed),
        field(
            "mrz_optional_data",
            "ZE184226B",
            "ZE184226B<<<<<",
            check_digit=passed,
            accepted=False,
            ambiguous=True,
            confidence=0.52,
            note="not accepted: two readings fit",
            alternatives=[Alternative(8, "8", 0.46)],
        ),
        field(
            "mrz_expiry_date",
            "2012-04-15",
            "120415",
            check_digit=failed,
            accepted=False,
            confidence=0.61,
            note="not accepted: its check digit does not fit",
        ),
        field("mrz_number_check_digit", "6", check_digit=passed),
        field("mrz_composite_check_digit", "4", check_digit=failed, accepted=False),
        field("visual_surname", "ERIKSSON", source="visual"),
        field("barcode_text", "@\n\x1eANSI " + "DAQ" * 200, source="barcode", accepted=False),
    ]
    return Document(doc_type="mrz.mrp", fields={one.name: one for one in fields}, **{"size": (1600, 1200), **more})


def judged() -> Document:
    """Return a passport with edits, forensics, quality and the text of the visual zone."""
    measures = {
        "resolution": Measure(9.1, "px", False, least=14.0),
        "focus": Measure(0.7, "", True, least=0.3),
        "glare": Measure(0.0, "%", True, most=2.0),
    }
    forensics = {
        "expiry": Check(Finding.FAILED, "expired on 15.04.2012, 5333 days before 21.11.2026"),
        "mrz_check_digits": Check(Finding.PASSED, "4 of 4 fit", "a forged zone with right digits"),
        "screen": Check(Finding.UNDEFINED, "the picture is too small to tell"),
    }
    advice = "Hold the camera closer; letters are 9 px high, 14 are needed."
    return passport(
        reason="one check digit does not fit",
        edits=[Edit(3, 1, "O", "0", 1.2), Edit(7, 1, "G", "6", 0.4)],
        quality=Quality(Finding.FAILED, measures, advice),
        advice=advice,
        forensics=forensics,
        status={"expiry": Finding.FAILED, "quality": Finding.FAILED, "overall": Finding.FAILED},
        text=[TextLine("UTOPIA PASSPORT", 0.98, QUAD)],
    )


def nothing() -> Document:
    """Return the answer to a picture without a document."""
    return Document(
        doc_type=None, reason="no machine-readable zone was found", advice="Photograph the page flat and whole."
    )


Answer = tuple[Struct, list[bytes]]


def recognize(params: RecognizeParams, images: Sequence[bytes]) -> Answer:
    """Answer by what the pictures' bytes say: nothing, bad, judged, or a passport."""
    items, attached, frames = [], [], []
    for number, image in enumerate(images):
        if image == b"bad":
            items.append(Item(ok=False, error=make_error(ErrorCode.BAD_IMAGE, "It is no picture.")))
            continue
        made = {b"nothing": nothing, b"judged": judged}.get(bytes(image), passport)()
        items.append(Item(ok=True, result=made))
        for name in params.want:
            attached.append(Attachment(name, len(frames), number))
            frames.append(PNG)
    merged = None
    if params.merge:
        merged = Merged(document=judged(), final=False, pictures=[0], missing=["mrz_expiry_date"])
    return DocumentsTold(items=items, images=attached, merged=merged), frames


def make(params: MakeParams, _images: Sequence[bytes]) -> Answer:
    """Answer with a specimen of the asked type."""
    made = Made(
        doc_type=params.doc_type,
        mrz=[ONES, TWOS],
        fields={"surname": f"NAME{params.seed}", **params.fields},
        quads={"mrz_number": QUAD},
        images=[Attachment("specimen", 0, media_type="image/jpeg" if params.photograph else "image/png")],
    )
    return made, [PNG]


def learn(params: LearnParams, _images: Sequence[bytes]) -> Answer:
    """Answer with a bundle of two files."""
    files = [Attachment("bundle.json", 0, media_type="application/json"), Attachment("page.png", 1)]
    learned = Learned(name=params.name, features=321, warnings=["zone photo is small"], images=files)
    return learned, [msgspec.json.encode(params), PNG]


class Refused(Exception):
    """An answer that becomes `bad_request`."""


class Documents(FakeBroker):
    """Answers `document.*` and `broker.logs`, and keeps what it was asked."""

    def __init__(self, **answers: Callable[[Any, Sequence[bytes]], Answer]) -> None:
        self.asked: list[tuple[str, Any, list[bytes]]] = []
        self.seconds: list[float] = []
        """What each request allowed."""
        self._answers: dict[str, tuple[type[Any], Callable[[Any, Sequence[bytes]], Answer]]] = {
            "document.recognize": (RecognizeParams, answers.get("recognize", recognize)),
            "document.make": (MakeParams, answers.get("make", make)),
            "document.learn": (LearnParams, answers.get("learn", learn)),
            "document.masks": (MasksParams, lambda *_: (Masks(MASKS, ["default", "strict"]), [])),
            "broker.logs": (msgspec.Raw, lambda *_: (Logs(['{"event":"listening"}', "odd \x1b line"]), [])),
        }
        super().__init__(self._serve)

    def _serve(self, broker: FakeBroker, peer: bytes, request: m.Request, body: bytes, images: Sequence[bytes]) -> None:
        kind, answer = self._answers[request.op]
        params = msgspec.json.decode(body or b"{}", type=kind)
        self.seconds.append(request.left_ms / 1000)
        self.asked.append((request.op, params, [bytes(image) for image in images]))
        try:
            result, frames = answer(params, images)
        except Refused as refusal:
            error = make_error(ErrorCode.BAD_REQUEST, str(refusal))
            broker.reply(peer, request.id, encode(error), state=m.State.FAILED)
            return
        broker.reply(peer, request.id, encode(result), images=frames)
