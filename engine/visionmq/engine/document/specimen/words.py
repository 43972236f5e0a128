"""What a specimen's page says in words: dates spelt out, countries by name, and what every page has."""

from collections.abc import Mapping
from datetime import date

from visionmq.engine.document.fields.countries import find_country
from visionmq.engine.document.mrz.layouts import FILLER


def age_of(fields: Mapping[str, str]) -> int:
    """Return the holder's age in years when the document was issued."""
    return int(fields["issue_date"][:4]) - int((fields.get("birth_date") or "1985")[:4])


def shown_words(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what the page says, by the names that designs use."""
    shown = {name: text.replace(FILLER, " ") for name, text in fields.items()}
    for name in ("surname", "given_names"):
        shown[name] = fields.get(name, "").replace("ß", "ẞ").upper()
    for name in ("birth_date", "issue_date", "expiry_date"):
        shown[name] = _day(fields.get(name, ""))
    for name in ("issuer", "nationality"):
        country = find_country(fields.get(name, fields["issuer"]))
        shown[f"{name}_name"] = (country.name if country else fields["issuer"]).upper()
    shown["issuer_name"] = "UTOPIA" if fields["issuer"] == "UTO" else shown["issuer_name"]
    shown["nationality_name"] = "UTOPIAN" if fields.get("nationality") == "UTO" else shown["nationality_name"]
    age = len(shown["surname"])
    shown |= {"authority": "MINISTRY OF SPECIMENS", "height": f"{158 + age * 3 % 36} cm", "entries": "MULT"}
    shown |= {"eyes": ("BROWN", "GREEN", "BLUE", "GREY")[age % 4], "stay": "90 DAYS"}
    shown["birth_line"] = f"{shown['birth_date']} {shown.get('birth_place', '').upper()}"
    shown["birth_place"] = shown.get("birth_place", "").upper()
    shown["whole_name"] = f"{shown['surname']}, {shown['given_names']}"
    return shown


def _day(value: str) -> str:
    parts = value.split("-")
    if len(parts) == 3:
        return date.fromisoformat(value).strftime("%d %b %Y").upper()
    return value if len(parts) == 1 else date(int(parts[0]), int(parts[1]), 1).strftime("%b %Y").upper()
