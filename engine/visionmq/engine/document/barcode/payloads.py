"""What a barcode holds, as a document type and fields.

    for barcode in read_barcodes(pixels):
        doc_type = barcode_type(barcode)        # barcode.aamva, barcode.pdf417, barcode.qr, ...
        fields = barcode_fields(barcode, today)

Every field's source is `barcode`, its confidence 1: a symbol that is read at all is read without error. Accepted
means that the content is well formed; that it is genuine no barcode can say.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from visionmq.engine.document.barcode.aamva import is_aamva, parse_card
from visionmq.engine.document.barcode.aamva_fields import card_fields
from visionmq.engine.document.barcode.payload_fields import MOST_CHARACTERS, Maker, maker, whole
from visionmq.engine.document.barcode.reading import Barcode
from visionmq.engine.document.barcode.seal_fields import doc_fields, nc_fields, seal_fields
from visionmq.engine.document.barcode.seals import SealError, is_seal, parse_2d_doc, parse_nc, parse_seal
from visionmq.schemas.document.fields import Field

BARCODE_MASKS: Final = ("barcode.aamva", "barcode.pdf417", "barcode.qr", "barcode.aztec", "barcode.datamatrix")
"""What `document.masks` lists."""
_CARD_LINES: Final = {"FN": "full_name", "TEL": "telephone", "EMAIL": "email", "ORG": "organisation", "TITLE": "title"}
"""Of a vCard (RFC 6350) or, some of them, of a MECARD."""
_MOST_LINES: Final = 200


def barcode_type(barcode: Barcode) -> str:
    """Return the document type of a symbol."""
    return "barcode.aamva" if is_aamva(barcode.text) else f"barcode.{barcode.kind}"


def barcode_fields(barcode: Barcode, today: date) -> dict[str, Field]:
    """Return the fields of a symbol by name; never raises, however strange the content.

    `barcode_text` is the content as it is, control characters included; binary content is `barcode_bytes`, in
    hexadecimal. All other values are free of control characters.
    """
    make, text = maker(barcode.quad), barcode.text[:MOST_CHARACTERS]
    fields = _content(barcode, make)
    card = parse_card(text)
    if card is not None:
        note = "; ".join(card.troubles) or None
        fields |= _noted(fields, note) | card_fields(card, today, make)
    elif barcode.binary:
        fields |= _seal(barcode.data[:MOST_CHARACTERS], make, today)
    elif (doc := parse_2d_doc(text)) is not None:
        fields |= doc_fields(doc, make)
    elif (nc := parse_nc(text)) is not None:
        fields |= nc_fields(nc, make, today)
    else:
        fields |= _plain(text, make, today)
    return fields


def _content(barcode: Barcode, make: Maker) -> dict[str, Field]:
    kept = barcode.data if barcode.binary else barcode.text
    cut = f"the content has {len(kept)} characters and is cut" if len(kept) > MOST_CHARACTERS else None
    if barcode.binary:
        shown = barcode.data[: MOST_CHARACTERS // 2].hex()
        cut = cut if len(shown) < 2 * len(barcode.data) else None
        note = "in hexadecimal" + (f"; {cut}" if cut else "")
        made = make("bytes", shown, shown, trouble=cut, note=note, attributes={"symbology": barcode.symbology})
        return {made.name: made}
    text = whole(barcode.text)
    return {
        "barcode_text": Field(
            name="barcode_text",
            value=text,
            raw=text,
            accepted=cut is None,
            confidence=1.0,
            note=f"not accepted: {cut}" if cut else None,
            quad=barcode.quad,
            source="barcode",
            attributes={"symbology": barcode.symbology},
        )
    }


def _noted(fields: dict[str, Field], note: str | None) -> dict[str, Field]:
    """Say on the whole content what is malformed in it."""
    found = fields.get("barcode_text")
    if found is None or note is None:
        return {}
    changed = Field(
        name=found.name,
        value=found.value,
        raw=found.raw,
        accepted=found.accepted,
        confidence=found.confidence,
        note="; ".join(part for part in (found.note, note) if part),
        quad=found.quad,
        source=found.source,
        attributes=found.attributes,
    )
    return {found.name: changed}


def _seal(data: bytes, make: Maker, today: date) -> dict[str, Field]:
    if not is_seal(data):
        return {}
    try:
        return seal_fields(parse_seal(data), make, today)
    except SealError as error:
        made = make("seal", None, data[:64].hex(), trouble=str(error))
        return {made.name: made}


def _plain(text: str, make: Maker, today: date) -> dict[str, Field]:
    made: list[Field] = []
    if re.match(r"https?://\S+$", text, re.IGNORECASE):
        made.append(make("url", text, text))
    elif text[:11].upper() == "BEGIN:VCARD":
        made += _contact(re.split(r"\r\n|\n|\r", text)[:_MOST_LINES], make, today)
    elif text[:7].upper() == "MECARD:":
        made += _contact(re.split(r"(?<!\\);", text[7:])[:_MOST_LINES], make, today)
    return {field.name: field for field in reversed(made)}


def _contact(lines: list[str], make: Maker, today: date) -> list[Field]:
    found: list[Field] = []
    for line in lines:
        head, colon, value = line.partition(":")
        key = head.split(";")[0].upper().rpartition(".")[2]
        if colon and value.strip():
            found += _contact_line(key, value.strip(), make, today)
    return found


def _contact_line(key: str, value: str, make: Maker, today: date) -> list[Field]:
    plain: Callable[[str], str] = lambda text: re.sub(r"\\([\\,;])", r"\1", text).strip()  # noqa: E731
    if key == "N":
        parts = [plain(part) for part in re.split(r"(?<!\\)[;,]", value)]
        given = " ".join(part for part in parts[1:3] if part)
        return [make("surname", parts[0], value)] + ([make("given_names", given, value)] if given else [])
    if key == "ADR":
        parts = [plain(part) for part in re.split(r"(?<!\\)[;,]", value)]
        return [make("address", ", ".join(part for part in parts if part), value)]
    if key == "BDAY":
        return [_birthday(value, make, today)]
    return [make(_CARD_LINES[key], plain(value.replace("\\n", " ")), value)] if key in _CARD_LINES else []


def _birthday(value: str, make: Maker, today: date) -> Field:
    found = re.match(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)", value)
    try:
        day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        day = None
    if day is None:
        return make("birth_date", None, value, trouble="it is no date")
    trouble = "it lies in the future" if day > today else None
    return make("birth_date", day.isoformat(), value, trouble=trouble, attributes={"date": day.strftime("%d.%m.%Y")})
