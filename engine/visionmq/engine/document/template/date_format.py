"""Dates as printed: formats such as `DD.MM.YYYY` or `D MMM YY`, to and from patterns and ISO 8601."""

import re
from datetime import date
from typing import Final

MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_TOKENS: Final = re.compile("YYYY|YY|MMM|MM|M|DD|D")
_PIECES: Final = {
    "YYYY": r"\d{4}",
    "YY": r"\d{2}",
    "MMM": f"({'|'.join((*MONTHS, *(month.capitalize() for month in MONTHS)))})",
    "MM": r"\d{2}",
    "M": r"\d{1,2}",
    "DD": r"\d{2}",
    "D": r"\d{1,2}",
}
LONGEST: Final = 24
"""Characters of a format."""


class DateFormatError(ValueError):
    """A format lacks a day, month or year, or has one twice."""


def check_format(form: str) -> None:
    """Raise DateFormatError unless the format has one year, one month, at most one day, and only signs between."""
    letters = sorted(token[0] for token in _TOKENS.findall(form))
    if len(form) > LONGEST or letters not in (["D", "M", "Y"], ["M", "Y"]):
        raise DateFormatError("needs one year (YYYY or YY), one month (MM, M or MMM) and at most one day (DD or D)")
    if any(character.isalnum() for character in _TOKENS.sub("", form)):
        raise DateFormatError("has letters or digits beside Y, M and D")


def pattern_of(form: str) -> str:
    """Return the pattern (of `document.pattern`) of texts in this format."""
    pieces, end = [], 0
    for token in _TOKENS.finditer(form):
        pieces += [_escaped(form[end : token.start()]), _PIECES[token[0]]]
        end = token.end()
    return "".join([*pieces, _escaped(form[end:])])


def parse_date(text: str, form: str, today: date) -> str | None:
    """Return a text in this format as ISO 8601 (YYYY-MM where it has no day); None if it is none, or no such day.

    Two digits of a year mean the one within 50 years of today; birthdays of the old need YYYY.
    """
    found = _expression(form).fullmatch("".join(text.split()))
    if found is None:
        return None
    parts = found.groupdict()
    name = parts["M"].upper()
    month = MONTHS.index(name) + 1 if name in MONTHS else int(name)
    try:
        day = date(_year(parts["Y"], today), month, int(parts.get("D") or 1))
    except ValueError:
        return None
    return day.isoformat() if "D" in parts else day.isoformat()[:7]


def _expression(form: str) -> re.Pattern[str]:
    """Return the format without its spaces as Python's expression; safe: it repeats nothing but single digits."""
    parts, end = [], 0
    form = "".join(form.split())
    for token in _TOKENS.finditer(form):
        parts += [re.escape(form[end : token.start()]), f"(?P<{token[0][0]}>{_PIECES[token[0]]})"]
        end = token.end()
    return re.compile("".join([*parts, re.escape(form[end:])]), re.ASCII)


def _year(text: str, today: date) -> int:
    if len(text) == 4:
        return int(text)
    year = today.year - today.year % 100 + int(text)
    return year - 100 if year > today.year + 50 else year + 100 if year < today.year - 49 else year


def _escaped(signs: str) -> str:
    """Return signs as a pattern; spaces may be missing, as recognisers lose them."""
    return "".join(" ?" if sign.isspace() else f"\\{sign}" for sign in signs)
