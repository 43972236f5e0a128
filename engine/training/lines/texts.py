"""Texts of zone lines to learn from: legal lines, names of the world, and letters in every order."""

import string
from typing import Final

import numpy as np

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
"""The classes of the recogniser, in their order."""

_LOOKALIKES: Final = "O0QDC8B6G5SZ2I1LTJ7MNHWVYUXK4A<CKE"
_SYLLABLES: Final = (  # of names the world over
    "AN BE RO MA RI KA SO NEN DO VIC TOR SKI SZ CZ LI WANG CH EN SON ER MUS TER OV IC NGU YEN AL FA HA MED ABD "
    "UL RA KU MAR SI NGH PA TEL GAR CIA LO PEZ ROD RI GUEZ DE LA FER NAN DEZ O BRI MC GRE GOR VAN DER JAN SEN "
    "HO FF MANN KO WAL CZYK TA NA KA YA MO TO SU ZU KI PHAM TRAN LE DJ ORD JE VIC AA LTO NEN VIR TA ERIK QVI ST "
    "THE OD OR PAPA DO POU LOS XI AO ZH ANG YU WE I HU QI JO SE PH MI CHA EL OLI VIA EM MA WIL LI AM FAT IMA"
)
_COUNTRIES: Final = (
    "UTO D<< FRA GBR USA AUS AUT BEL BGR BRA CAN CHE CHN CMR CZE DNK DZA EGY ESP EST FIN GRC HRV HUN IDN IND IRL "
    "IRN ISR ITA JPN KAZ KEN KOR LKA LTU LVA MAR MEX MLT MYS NGA NLD NOR NZL PAK PER PHL POL PRT QAT ROU RUS SAU "
    "SGP SRB SVK SVN SWE THA TUN TUR TWN UKR VNM XKX ZAF ZWE"
)
_WEIGHTS: Final = (7, 3, 1)


def check_digit(text: str) -> str:
    """Return the check digit of ICAO 9303-3, 4.9."""
    values = (0 if c == "<" else int(c, 36) for c in text)
    return str(sum(value * _WEIGHTS[index % 3] for index, value in enumerate(values)) % 10)


def random_line(random: np.random.Generator) -> str:
    """Return a line of 30, 36 or 44 characters."""
    length = int(random.choice([30, 36, 44]))
    kind = random.random()
    if kind < 0.30:
        return _letters(random, length, ALPHABET, fillers=0.05)
    if kind < 0.42:
        return _letters(random, length, _LOOKALIKES, fillers=0.05)
    if kind < 0.70:
        return _names_line(random, length)
    return _data_line(random, length)


def _letters(random: np.random.Generator, length: int, alphabet: str, *, fillers: float) -> str:
    drawn = random.choice(list(alphabet), length)
    drawn[random.random(length) < fillers] = "<"
    return "".join(drawn)


def _word(random: np.random.Generator) -> str:
    if random.random() < 0.25:
        return _letters(random, int(random.integers(2, 12)), string.ascii_uppercase, fillers=0)
    return "".join(random.choice(_SYLLABLES.split(), int(random.integers(1, 4))))


def _names_line(random: np.random.Generator, length: int) -> str:
    head = ""
    if random.random() < 0.7:
        code = str(random.choice(["P<", "PA", "PD", "PS", "I<", "ID", "AR", "V<", "VC", "C<", "AC", "IR", "PM", "PO"]))
        head = code + str(random.choice(_COUNTRIES.split()))
    surname = "<".join(_word(random) for _ in range(int(random.choice([1, 1, 1, 2]))))
    given = "<".join(_word(random) for _ in range(int(random.choice([0, 1, 1, 2, 3]))))
    return (head + surname + "<<" + given)[:length].ljust(length, "<")


def _data_line(random: np.random.Generator, length: int) -> str:
    number = _number(random, 9)
    birth, expiry = _date(random), _date(random)
    sex = str(random.choice(["M", "F", "<", "X"], p=[0.45, 0.45, 0.08, 0.02]))
    country = str(random.choice(_COUNTRIES.split()))
    rest = _number(random, int(random.integers(0, 15)))
    if length == 30 and random.random() < 0.5:
        code = str(random.choice(["I<", "ID", "AR", "C<", "AC", "IR"]))
        return (code + country + number + check_digit(number) + rest)[:30].ljust(30, "<")
    dates = birth + check_digit(birth) + sex + expiry + check_digit(expiry)
    text = dates + country if length == 30 else number + check_digit(number) + country + dates
    body = (text + rest)[: length - 1].ljust(length - 1, "<")
    return body + check_digit(body)


def _number(random: np.random.Generator, length: int) -> str:
    if random.random() < 0.5:
        return _letters(random, length, string.digits + string.digits + string.ascii_uppercase, fillers=0.02)
    return _letters(random, length, string.digits, fillers=0.04)


def _date(random: np.random.Generator) -> str:
    year, month, day = random.integers(0, 100), random.integers(1, 13), random.integers(1, 29)
    return f"{year:02d}{month:02d}{day:02d}"
