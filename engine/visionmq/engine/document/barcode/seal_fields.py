"""Seals as fields: the header, the machine-readable zone that most of them hold, and what their profile names."""

from datetime import date
from typing import Final

from msgspec.structs import replace

from visionmq.engine.document.barcode.payload_fields import Maker
from visionmq.engine.document.barcode.seals import NcSeal, Seal, SealError, TwoDDoc, c40
from visionmq.engine.document.mrz.layouts import FILLER, MRVA, MRVB, TD2, Layout, Span, check_digit
from visionmq.schemas.document.fields import CheckDigit, Field

UNVERIFIED: Final = "the seal's signature was not verified"
_VISA: Final = 0x5D
_PROFILES: Final = {
    (_VISA, 0x01): "visa",
    (0x5E, 0x03): "emergency travel document",
    (0xFD, 0x02): "arrival attestation",
    (0xFC, 0x04): "social insurance card",
    (0xFB, 0x06): "residence permit",
    (0xFA, 0x06): "supplementary sheet of a residence permit",
    (0xF9, 0x08): "address sticker of an identity card",
}
"""Feature definition reference and document category (Doc 9303-13; TR-03137-1, chapters 5 to 9)."""
_NAMES: Final = {
    (_VISA, 5): "passport_number",
    (0xFD, 3): "azr_number",
    (0xFB, 3): "passport_number",
    (0xFA, 4): "sheet_number",
    (0xF9, 1): "number",
    (0xF9, 2): "municipality_code",
    (0xF9, 3): "address",
}
"""Feature definition reference and tag: our name."""
_ZONES: Final = {(_VISA, 1): MRVA, (_VISA, 2): MRVB, (0x5E, 2): TD2, (0xFD, 2): TD2, (0xFB, 2): TD2, (0xFA, 2): TD2}
"""Which features hold a machine-readable zone; a visa's without the end of its second line."""
_MOST_YEARS_AHEAD: Final = 50


def seal_fields(seal: Seal, make: Maker, today: date) -> dict[str, Field]:
    """Return a seal's fields; none of them says that the seal is genuine."""
    title = _PROFILES.get((seal.reference, seal.category), f"profile {seal.reference:02x}{seal.category:02x}")
    more = {"version": str(seal.version), "signer": seal.signer, "certificate": seal.certificate}
    more |= {"country": seal.country, "signature_bytes": str(len(seal.signature))}
    note = "; ".join((UNVERIFIED, *seal.troubles))
    fields = [make("seal", title, seal.signer, note=note, attributes=more), make("issuer", seal.country, seal.country)]
    fields += [_day(name, day, make) for name, day in (("issue_date", seal.issued), ("seal_date", seal.signed))]
    for tag, data in seal.features.items():
        fields += _feature(seal.reference, tag, data, make, today)
    return {field.name: field for field in fields}


def _day(name: str, day: date | None, make: Maker) -> Field:
    if day is None:
        return make(name, None, "", trouble="it is no date")
    return make(name, day.isoformat(), day.isoformat(), note=UNVERIFIED, attributes={"date": day.strftime("%d.%m.%Y")})


def _feature(reference: int, tag: int, data: bytes, make: Maker, today: date) -> list[Field]:
    name = _NAMES.get((reference, tag), f"feature_{tag:02x}")
    if (reference, tag) == (_VISA, 4) and len(data) == 3:
        parts = [f"{count} {unit}" for count, unit in zip(data, ("days", "months", "years"), strict=True) if count]
        return [make("duration_of_stay", " ".join(parts) or "none", data.hex(), note=UNVERIFIED)]
    try:
        text = c40(data)
    except SealError as error:
        return [make(name, None, data.hex(), trouble=str(error))]
    if layout := _ZONES.get((reference, tag)):
        return _zone(layout, text.replace(" ", FILLER), make, today)
    return [make(name, text.strip(), text, note=UNVERIFIED)]


def _zone(layout: Layout, text: str, make: Maker, today: date) -> list[Field]:
    if len(text) <= layout.length or len(text) > 2 * layout.length:
        return [make("mrz", None, text, trouble="it has the wrong length for a machine-readable zone")]
    lines = (text[: layout.length], text[layout.length :].ljust(layout.length, FILLER))
    if not all(set(line) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<") for line in lines):
        return [make("mrz", None, text, trouble="it has characters that no machine-readable zone may have")]
    # The line break is the field's own, no control character of the content.
    whole = replace(make("mrz", lines[0], text, note=UNVERIFIED), value="\n".join(lines))
    fields = [whole]
    for span in layout.spans:
        fields += _span(lines, span, make, today)
    return fields


def _span(lines: tuple[str, ...], span: Span, make: Maker, today: date) -> list[Field]:
    raw = lines[span.line][span.start : span.end]
    clean = " ".join(raw.replace(FILLER, " ").split())
    if span.name == "names":
        surname, _, given = raw.rstrip(FILLER).partition(FILLER * 2)
        return [
            make(name, " ".join(part.replace(FILLER, " ").split()), part, note=UNVERIFIED)
            for name, part in (("surname", surname), ("given_names", given))
        ]
    value: str | None = {"M": "M", "F": "F", FILLER: "X", "X": "X"}.get(raw) if span.name == "gender" else clean
    if span.name in ("birth_date", "expiry_date"):
        day = _short_date(span.name, raw, today)
        value = None if day is None else day.isoformat()
    state = CheckDigit.ABSENT
    if span.check is not None:
        fits = check_digit(raw) == lines[span.line][span.check].replace(FILLER, "0")
        state = CheckDigit.PASSED if fits else CheckDigit.FAILED
    trouble = "its check digit does not fit" if state is CheckDigit.FAILED else None
    trouble = trouble or ("it cannot be made sense of" if value is None else None)
    return [replace(make(span.name, value, raw, trouble=trouble, note=UNVERIFIED), check_digit=state)]


def _short_date(name: str, raw: str, today: date) -> date | None:
    """Births: the latest century not in the future. Expiry: within 50 years of today."""
    if not (raw.isascii() and raw.isdigit()):
        return None
    try:
        found = date(2000 + int(raw[:2]), int(raw[2:4]), int(raw[4:]))
        late = found > today if name == "birth_date" else found.year > today.year + _MOST_YEARS_AHEAD
        return found.replace(year=found.year - 100) if late else found
    except ValueError:
        return None


def doc_fields(doc: TwoDDoc, make: Maker) -> dict[str, Field]:
    """Return what a 2D-Doc's header says; its message is part of the text, unparsed."""
    more = {"version": str(doc.version), "authority": doc.authority, "certificate": doc.certificate}
    more["document_type"] = doc.document_type
    fields = [make("seal", "2D-Doc", doc.authority, note=UNVERIFIED, attributes=more)]
    country = doc.country or doc.authority[:2]
    fields.append(make("issuer", country, country))
    days = (("issue_date", doc.issued), ("seal_date", doc.signed))
    fields += [_day(name, day, make) for name, day in days if day is not None]
    return {field.name: field for field in fields}


def nc_fields(seal: NcSeal, make: Maker, today: date) -> dict[str, Field]:
    """Return what a VDS-NC says about its holder."""
    header, person = seal.data.hdr, seal.data.msg.pid
    fields = [
        make("seal", f"VDS-NC {header.t}", header.t, note=UNVERIFIED, attributes={"version": str(header.v)}),
        make("issuer", header.issuer, header.issuer),
    ]
    # Doc 9303-3 separates the primary identifier from the others by two spaces or fillers.
    if person.n:
        surname, _, given = person.n.replace(FILLER, " ").partition("  ")
        fields.append(make("full_name", person.n, person.n))
        fields += [make("surname", surname, person.n), make("given_names", given, person.n)] if given else []
    if number := person.i or person.dn:
        fields.append(make("number", number, number, note=UNVERIFIED))
    if person.dob:
        fields.append(_iso("birth_date", person.dob, make, today))
    if person.sex:
        value = {"M": "M", "F": "F", "X": "X"}.get(person.sex.upper())
        fields.append(make("gender", value, person.sex, trouble=None if value else "the standard knows no such code"))
    return {field.name: field for field in fields}


def _iso(name: str, raw: str, make: Maker, today: date) -> Field:
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        return make(name, None, raw, trouble="it is no date")
    trouble = "it lies in the future" if day > today else None
    return make(name, day.isoformat(), raw, trouble=trouble, attributes={"date": day.strftime("%d.%m.%Y")})
