"""A North American card's elements as fields, named as those of the machine-readable zone are."""

import re
from datetime import date
from typing import Final

from visionmq.engine.document.barcode.aamva import Card
from visionmq.engine.document.barcode.aamva_tables import CODES, DATES, ISSUERS, NOTHING, TEXTS, TITLES, TRUNCATION
from visionmq.engine.document.barcode.payload_fields import Maker
from visionmq.schemas.document.fields import Field

_CENTURIES: Final = ("18", "19", "20", "21")
"""A year begins so and a month never does: the two orders of a date cannot be confused."""
_SHORT: Final = {"MEX": "MX"}
"""Two-letter codes that are not the first two of three letters."""
_CM_PER_INCH: Final = 2.54
_KG_PER_POUND: Final = 0.45359237


def card_fields(card: Card, today: date, make: Maker) -> dict[str, Field]:
    """Return the fields of a card. What is malformed is not accepted, and says why."""
    fields = [*_issuer(card, make), *_names(card, make)]
    for name, ids in TEXTS.items():
        # In version 01 this element holds medical codes.
        if (found := _first(card, ids)) is not None and not (name == "alias_given_names" and card.version <= 1):
            fields.append(make(name, found.rstrip(","), found))
    fields += [_date(name, found, card, make, today) for name, ids in DATES.items() if (found := _first(card, ids))]
    fields += [_code(name, codes, found, make) for name, (ids, codes) in CODES.items() if (found := _first(card, ids))]
    fields += [*_measures(card, make), *_address(card, make), *_others(card, make)]
    return {field.name: field for field in fields}


def _first(card: Card, ids: tuple[str, ...]) -> str | None:
    return next((card.elements[key] for key in ids if _given(card.elements.get(key))), None)


def _given(text: str | None) -> str | None:
    """Return a text, or None where the issuer says that there is nothing."""
    return None if text is None or text.upper() in NOTHING else text


def _issuer(card: Card, make: Maker) -> list[Field]:
    code, name, country = ISSUERS.get(card.issuer, ("", "", ""))
    more = {"iin": card.issuer, "version": f"{card.version:02d}"}
    if card.issuer_version is not None:
        more["issuer_version"] = f"{card.issuer_version:02d}"
    more |= {"code": f"{country[:2]}-{code}", "country": country} if code else {}
    trouble = None if name else "no issuer has this number"
    named = _given(card.elements.get("DCG"))
    if name and named and named.upper() not in (country, country[:2], _SHORT.get(country)):
        trouble = f"its number belongs to {name} in {country}, the card names {named} as its country"
    fields = [make("issuer", name or None, card.issuer, trouble=trouble, attributes=more)]
    if card.kind:
        fields.append(make("document_code", card.kind, card.kind, attributes={"title": TITLES[card.kind]}))
    return fields


def _names(card: Card, make: Maker) -> list[Field]:
    get = card.elements.get
    whole, surname = get("DAA"), get("DCS") or get("DAB")
    first, middle = get("DAC") or get("DCT"), get("DAD")
    if whole and not surname:
        return [make("full_name", _one_line(whole), whole), *_split(whole, make)]
    fields = []
    if surname:
        cut = {"truncated": TRUNCATION[get("DDE", "")]} if get("DDE") in TRUNCATION else {}
        fields.append(make("surname", _one_line(surname.rstrip(",")), surname, attributes=cut))
    parts = [part for part in (first, middle) if _given(part)]
    if parts:
        given = " ".join(_one_line(part) for part in parts if part)
        cut = {f"{key}_truncated": TRUNCATION[get(i, "")] for key, i in _CUT if get(i) in TRUNCATION}
        own = {"first": _one_line(first)} if first and get("DAC") else {}
        own |= {"middle": _one_line(middle)} if middle and _given(middle) else {}
        fields.append(make("given_names", given, ",".join(part for part in parts if part), attributes=own | cut))
    return fields


_CUT: Final = (("first", "DDF"), ("middle", "DDG"))


def _one_line(name: str) -> str:
    """Given names of versions 02 and 03 stand with commas between them."""
    return " ".join(name.replace(",", " ").split())


def _split(whole: str, make: Maker) -> list[Field]:
    """Version 01: family name, first, middle, suffix with commas; some issuers wrote neither order nor commas."""
    parts = [part.strip() for part in re.split(r"[,@$]", whole)]
    if len(parts) < 2:
        return []
    fields = [make("surname", parts[0], parts[0])]
    if given := " ".join(part for part in parts[1:3] if part):
        fields.append(make("given_names", given, ",".join(parts[1:3])))
    if suffix := " ".join(part for part in parts[3:] if part):
        fields.append(make("suffix", suffix, suffix))
    return fields


def _date(name: str, raw: str, card: Card, make: Maker, today: date) -> Field:
    """Dates are MMDDYYYY in the United States, YYYYMMDD in Canada, Mexico and in version 01."""
    digits = re.sub(r"[-/. ]", "", raw)
    found, year_first = _day(digits)
    if found is None:
        return make(name, None, raw, trouble="it is no date")
    country = card.elements.get("DCG") or ISSUERS.get(card.issuer, ("", "", ""))[2]
    expected = country in ("CAN", "MEX") or card.version <= 1
    note = None if year_first == expected else "written in the order of another country or version"
    trouble = "it lies in the future" if name == "birth_date" and found > today else None
    shown = {"date": found.strftime("%d.%m.%Y")}
    return make(name, found.isoformat(), raw, trouble=trouble, note=note, attributes=shown)


def _day(digits: str) -> tuple[date | None, bool]:
    year_first = digits[:2] in _CENTURIES
    if not (len(digits) == 8 and digits.isascii() and digits.isdigit()):
        return None, year_first
    year, month, day = (digits[:4], digits[4:6], digits[6:]) if year_first else (digits[4:], digits[:2], digits[2:4])
    try:
        return (date(int(year), int(month), int(day)) if year[:2] in _CENTURIES else None), year_first
    except ValueError:
        return None, year_first


def _code(name: str, codes: dict[str, str], raw: str, make: Maker) -> Field:
    value = codes.get(raw.upper())
    return make(name, value, raw, trouble=None if value else "the standard knows no such code")


def _measures(card: Card, make: Maker) -> list[Field]:
    get = card.elements.get
    fields = []
    height, weight = get("DAU") or get("DAV"), get("DAX") or get("DAW")
    if height and _given(height):
        metres = _centimetres(height, metric="DAU" not in card.elements)
        fields.append(_number("height", metres, "cm", height, make))
    if weight and _given(weight):
        kilograms = _leading(weight)
        if kilograms and not (get("DAX") or weight.lower().endswith("kg")):
            kilograms *= _KG_PER_POUND
        fields.append(_number("weight", kilograms, "kg", weight, make))
    return fields


def _number(name: str, value: float | None, unit: str, raw: str, make: Maker) -> Field:
    if not value:
        return make(name, None, raw, trouble="it cannot be made sense of")
    return make(name, f"{value:.0f} {unit}", raw)


def _leading(raw: str) -> float | None:
    found = re.match(r"0*(\d{1,3})(?!\d)", raw)
    return float(found[1]) if found else None


def _centimetres(raw: str, *, metric: bool) -> float | None:
    """`068 in`, `172 cm`; `509`, `5-09`, `5'09"` in version 01 are feet and inches."""
    if "cm" in raw.lower() or metric:
        return _leading(raw)
    feet = re.fullmatch(r"([3-8])(?:[-' ]+(\d|0\d|1[01])|(0\d|1[01]))\"?", raw)
    inches = float(feet[1]) * 12 + float(feet[2] or feet[3]) if feet else _leading(raw)
    return inches * _CM_PER_INCH if inches else None


def _address(card: Card, make: Maker) -> list[Field]:
    parts = {name: _first(card, TEXTS[name]) or "" for name in ("street", "street_2", "city", "region", "postal_code")}
    if not any(parts.values()):
        return []
    end = " ".join(part for part in (parts["region"], _postal(parts["postal_code"])) if part)
    lines = (parts["street"], parts["street_2"], parts["city"], end)
    value = ", ".join(line.rstrip(",") for line in lines if line)
    return [make("address", value, "\n".join(part for part in parts.values() if part))]


def _postal(code: str) -> str:
    """Nine digits are the ZIP and its extension; four zeros say that there is none."""
    if re.fullmatch(r"\d{9}", code):
        return code[:5] if code.endswith("0000") else f"{code[:5]}-{code[5:]}"
    return code


def _others(card: Card, make: Maker) -> list[Field]:
    """Elements without a name of ours, by their ID: an issuer's own (Z..) and rare ones."""
    known = {key for ids in (*TEXTS.values(), *DATES.values(), *(ids for ids, _ in CODES.values())) for key in ids}
    known |= {"DAA", "DAB", "DAC", "DAD", "DCS", "DCT", "DDE", "DDF", "DDG", "DAU", "DAV", "DAW", "DAX"}
    return [make(f"element_{key.lower()}", text, text) for key, text in card.elements.items() if key not in known]
