"""Dates of the zone: six digits without a century, of which parts may be unknown (ICAO Doc 9303-3, 4.8)."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from visionmq.engine.document.mrz.layouts import FILLER

EXPIRY_SPAN: Final = 50
"""Years ahead of today that a date of expiry may lie; none of our documents is valid for longer."""

BIRTH_CENTURY: Final = "century: the latest that does not lie in the future; a holder over a hundred is read as a child"
EXPIRY_CENTURY: Final = f"century: the latest that is at most {EXPIRY_SPAN} years ahead"


@dataclass(frozen=True, slots=True)
class ZoneDate:
    """What six characters say."""

    value: str | None
    """ISO 8601: `1974-08-12`, `1974-08` or `1974`; empty where the document gives none; None if it is no date."""
    note: str
    """The century rule, and what is unknown."""
    printed: str | None = None
    """DD.MM.YYYY, of whole dates only."""

    @property
    def whole(self) -> date | None:
        """The day, if year, month and day are known."""
        return date.fromisoformat(self.value) if self.value and len(self.value) == 10 else None


def read_birth_date(raw: str, today: date) -> ZoneDate:
    """Read YYMMDD as a date of birth: the latest century in which no known part of it lies in the future."""
    return _read(raw, today, BIRTH_CENTURY, birth=True)


def read_expiry_date(raw: str, today: date) -> ZoneDate:
    """Read YYMMDD as a date of expiry: the latest century in which it lies at most EXPIRY_SPAN years ahead."""
    return _read(raw, today, EXPIRY_CENTURY, birth=False)


def age_at(born: date, today: date) -> int:
    """Return a person's age in whole years; one born on 29 February is a year older on 1 March."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def zone_date(value: str) -> str:
    """Return an ISO date, whole or of year and month or year alone, as YYMMDD; raise ValueError if it is none."""
    if not value:
        return FILLER * 6
    parts = value.split("-")
    if [len(part) for part in parts] != [4, 2, 2][: len(parts)] or not "".join(parts).isdigit():
        raise ValueError(f"{value!r} is no date: write YYYY-MM-DD, or YYYY-MM or YYYY where the rest is unknown")
    date(int(parts[0]), *(int(part) for part in (*parts[1:], "01", "01")[:2]))
    return "".join([parts[0][2:], *parts[1:]]).ljust(6, FILLER)


def _read(raw: str, today: date, rule: str, *, birth: bool) -> ZoneDate:
    if not raw.strip(FILLER):
        return ZoneDate("", "the document gives no date")
    known = raw.rstrip(FILLER)
    # Some issuers write 00 for an unknown month or day, though the standard asks for fillers.
    while len(known) > 2 and known.endswith("00") and known.strip("0"):
        known = known[:-2]
    if len(raw) != 6 or len(known) % 2 or not (known.isascii() and known.isdigit()):
        return ZoneDate(None, "it is no date: six digits, or fillers for an unknown day and month, belong here")
    year, *rest = (int(known[at : at + 2]) for at in range(0, len(known), 2))
    full = _century(year, rest, today, birth=birth)
    try:
        date(full, *[*rest, 1, 1][:2])
    except ValueError:
        return ZoneDate(None, "there is no such day")
    value = "-".join([f"{full:04}", *(f"{part:02}" for part in rest)])
    missing = ("", "; the day is unknown", "; day and month are unknown")[2 - len(rest)]
    printed = f"{rest[1]:02}.{rest[0]:02}.{full}" if len(rest) == 2 else None
    return ZoneDate(value, rule + missing, printed)


def _century(year: int, rest: list[int], today: date, *, birth: bool) -> int:
    now = [today.year, today.month, today.day][: 1 + len(rest)] if birth else [today.year + EXPIRY_SPAN]
    full = today.year // 100 * 100 + 100 + year
    while [full, *rest][: len(now)] > now:
        full -= 100
    return full
