"""Dates as documents print them: 12 AUG/AOUT 74, 12.08.1974, 1974-08-12, 12AUG1974."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from visionmq.engine.document.page.spelling import plain

_MONTHS: Final = (
    "JAN GEN ENE SAU TAM STY LED",
    "FEB FEV VAS VEE HEL LUT UNO",
    "MAR MRZ MAE KOV MAAL MAA BRE",
    "APR AVR ABR BAL HUH KWI DUB",
    "MAY MAI MAG MAJ GEG MEI TOU KVE",
    "JUN JUIN GIU BIR JUUN KES CZE CER",
    "JUL JUIL LUG LIE JUUL HEI LIP CVC",
    "AUG AOU AGO RGP ELO SIE SRP",
    "SEP SET RGS SYY WRZ ZAR",
    "OCT OKT OTT OUT SPA LOK PAZ RIJ",
    "NOV LAP MARR LIS STU",
    "DEC DEZ DIC DES GRU DET JOU GRD",
)
"""Beginnings of the months' names in the languages of Europe; one that means two months counts for both."""
_NAMED: Final = re.compile(r"(?<!\d)(\d{1,2})[ ./-]*([A-Z]{3,9}(?:[ ]?/[ ]?[A-Z]{3,9})?)[ ./-]*(\d{4}|\d{2})(?!\d)")
_NUMBERS: Final = re.compile(r"(?<!\d)(\d{1,2})[ ]?([./ -])[ ]?(\d{1,2})[ ]?\2[ ]?(\d{4}|\d{2})(?!\d)")
_ISO: Final = re.compile(r"(?<!\d)(\d{4})[ ]?([./-])[ ]?(\d{1,2})[ ]?\2[ ]?(\d{1,2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Day:
    """A day as printed."""

    year: int
    """Four digits, or two where only two are printed."""
    month: int
    day: int
    named: bool
    """Which part is which is certain: the month is a word, or the year comes first, or the day is over twelve."""

    def is_iso(self, value: str) -> bool:
        """Whether it is the day of an ISO 8601 date; two digits of a year suffice."""
        try:
            year, month, day = (int(part) for part in value.split("-"))
        except ValueError:
            return False
        same_year = self.year == year if self.year > 99 else self.year == year % 100
        return same_year and (self.month, self.day) == (month, day)


def dates_in(text: str) -> list[Day]:
    """Return all days that a text may name; 03.04.2010 is two of them."""
    return [day for day in _found(plain(text)) if 1 <= day.month <= 12 and 1 <= day.day <= 31]


def _found(text: str) -> Iterator[Day]:
    for match in _NAMED.finditer(text):
        for month in sorted({month for word in re.split(r"[ /]+", match[2]) for month in _months(word)}):
            yield Day(int(match[3]), month, int(match[1]), True)
    for match in _ISO.finditer(text):
        yield Day(int(match[1]), int(match[3]), int(match[4]), True)
    for match in _NUMBERS.finditer(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        yield Day(year, second, first, first > 12 or first == second)
        if first != second:
            yield Day(year, first, second, second > 12)


def _months(word: str) -> list[int]:
    """Return the months a word may mean: by four letters where these are a name's beginning, else by three."""
    for length in (4, 3):
        found = [number for number, names in enumerate(_MONTHS, 1) if word[:length] in names.split()]
        if found and len(word) >= length:
            return found
    return []
