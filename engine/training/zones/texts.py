"""Texts to draw: machine-readable lines as issuers print them, and ordinary text that must not be taken for them."""

import string
from typing import Final

import numpy as np

_SYLLABLES: Final = (  # noqa: SIM905 - words in a row are easier to read than a list
    "AN BAR CHEN DA DIE EL EN ER FRAN GAR GRE HA HEL IN JO KA KOW LA LE LI LO MA MAR MI MO NA NE NI NO OL PE RA RE RI "
    "RO SA SCH SEN SKI SON STE TA TE TH TI TO UL VA VE VI VOL WA WE XI YA YU ZA ZO"
).split()
_WORDS: Final = (  # noqa: SIM905
    "Surname Given names Nationality Date of birth Place Sex Authority Passport Type Code Republic Identity card "
    "Nom Prénoms Signature du titulaire Valid until Name Vorname Geburtstag Staatsangehörigkeit Height Colour eyes "
    "Issued expires document number holder observations visa entries duration stay remarks federal kingdom state"
).split()
_COUNTRIES: Final = "UTO D<< FRA GBR USA POL CHE ESP ITA LVA NLD SWE AUS IND CHN UKR TUR MAR BRA KEN CAN JPN".split()  # noqa: SIM905
_CODES: Final = {44: ("P<", "PP", "V<", "PD", "VC", "PA"), 36: ("I<", "ID", "V<", "AC", "C<"), 30: ("I<", "ID", "AR")}


def _name(random: np.random.Generator) -> str:
    return "".join(random.choice(_SYLLABLES, random.integers(2, 5)))


def _digits(random: np.random.Generator, count: int) -> str:
    return "".join(random.choice(list(string.digits), count))


def _number(random: np.random.Generator) -> str:
    letters = "".join(random.choice(list(string.ascii_uppercase), random.integers(0, 3)))
    return (letters + _digits(random, 9))[: random.integers(6, 10)].ljust(9, "<")


def zone_texts(random: np.random.Generator, length: int, lines: int) -> list[str]:
    """Return the lines of a zone: `lines` of `length` characters; legal in looks, not in check digits."""
    country = str(random.choice(_COUNTRIES))
    code = str(random.choice(_CODES.get(length, ("I<",))))
    given = "<".join(_name(random) for _ in range(random.integers(1, 4)))
    names = f"{_name(random)}<<{given}"
    numbers = f"{_digits(random, 7)}{random.choice(['M', 'F', '<'])}{_digits(random, 7)}{country}"
    document = f"{_number(random)}{_digits(random, 1)}"
    filler = "" if random.random() < 0.6 else _digits(random, int(random.integers(3, 12)))
    if lines == 3:
        texts = [f"{code}{country}{document}{filler}", numbers, names]
    else:
        texts = [f"{code}{country}{names}", f"{document}{country}{numbers[:-3]}{filler}"]
    if lines == 1:
        texts = texts[1:]
    fitted = [text[:length].ljust(length, "<") for text in texts]
    fitted[-1 if lines == 2 else len(fitted) // 2] = fitted[-1 if lines == 2 else len(fitted) // 2][:-1] + _digits(
        random, 1
    )
    return fitted


def ordinary_text(random: np.random.Generator) -> str:
    """Return a short line as documents and papers carry: words, names, dates, numbers."""
    kind = random.integers(0, 6)
    if kind <= 1:
        return " ".join(random.choice(_WORDS, random.integers(1, 7)))
    if kind == 2:
        return " ".join(_name(random) for _ in range(random.integers(1, 4)))
    if kind == 3:
        return f"{_digits(random, 2)}{random.choice(['.', '/', ' '])}{_digits(random, 2)}.{_digits(random, 4)}"
    if kind == 4:
        return " ".join(_digits(random, 4) for _ in range(random.integers(1, 5)))
    return f"{_number(random).rstrip('<')} {_name(random).title()}"


def code_text(random: np.random.Generator) -> str:
    """Return a long line with few spaces, as in listings, tables and on keyboards: the hardest to tell apart."""
    length = int(random.integers(16, 60))
    kinds = (
        string.ascii_lowercase + " _().,=",
        string.digits + " .-",
        string.ascii_uppercase + "   -.",
        string.ascii_letters + string.digits + "+/",
        string.digits + string.ascii_uppercase + "  ",
        "-_=.*#/\\|",
    )
    return "".join(random.choice(list(kinds[random.integers(0, len(kinds))]), length))
