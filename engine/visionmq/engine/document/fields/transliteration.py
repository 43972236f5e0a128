"""National letters as the zone writes them, and a guess at the way back (ICAO Doc 9303-3, section 6).

Latin and Cyrillic letters are written by the standard's tables. Arabic is not: its table writes consonants and long
vowels as issued (`XTH`, `XKH`), which few issuers follow, so names must be given in Latin letters.
"""

import re
import unicodedata
from typing import Final

_LATIN: Final = {
    **{
        "Ä": "AE",
        "Å": "AA",
        "Æ": "AE",
        "Ð": "D",
        "Đ": "D",
        "Ə": "E",
        "Ħ": "H",
        "İ": "I",
        "Ĳ": "IJ",
        "ĸ": "Q",
        "Ł": "L",
    },
    **{"Ŀ": "L", "Ŋ": "N", "Ö": "OE", "Ø": "OE", "Œ": "OE", "ẞ": "SS", "Þ": "TH", "Ŧ": "T", "Ü": "UE"},
}
"""What does not just lose its accent (9303-3, section 6, A)."""

_CYRILLIC: Final = dict(
    pair.split("=")
    for pair in (  # noqa: SIM905
        "А=A Б=B В=V Г=G Д=D Е=E Ё=E Ж=ZH З=Z И=I І=I Й=I К=K Л=L М=M Н=N О=O П=P Р=R С=S Т=T У=U Ф=F Х=KH Ц=TS Ч=CH "
        "Ш=SH Щ=SHCH Ы=Y Ъ=IE Ь= Э=E Ю=IU Я=IA Ѵ=Y Ґ=G Ў=U Ѫ=U Ѓ=G Ђ=D Ѕ=DZ Ј=J Ќ=K Љ=LJ Њ=NJ Ћ=C Џ=DZ Є=IE Ї=I"
    ).split()
)
"""9303-3, section 6, B."""

_NATIONAL: Final[dict[str, dict[str, str]]] = {
    "BLR": {"Г": "H", "Ё": "IO"},
    "BGR": {"Щ": "SHT"},
    "MKD": {"Х": "H", "Ц": "C", "Ѓ": "GJ", "Ќ": "KJ", "Џ": "DJ"},
    "SRB": {"Г": "H", "Ж": "Z", "Х": "H", "Ц": "C", "Ч": "C", "Ш": "S"},
    "UKR": {"Г": "H", "И": "Y"},
    **{code: {"Ä": "A", "Ö": "O", "Ü": "U"} for code in ("ESP", "TUR", "AZE", "KAZ", "TKM")},
}
"""Exceptions by issuer. The standard leaves Ä, Ö and Ü to the issuer (AE or A, OE or O, UE or U)."""
_WORD_START: Final = {"UKR": {"Є": "YE", "Ї": "YI", "Й": "Y", "Ю": "YU", "Я": "YA"}}
"""Exceptions at the start of a word."""


class NotWritable(ValueError):
    """A value cannot be written into a zone; the message says what to do."""


def to_zone(text: str, issuer: str = "") -> str:
    """Return a name in capital A to Z, words parted by single spaces; raise NotWritable for other scripts or digits.

    Hyphens part words, apostrophes and full stops vanish (9303-3, 4.6).
    """
    rules = _LATIN | _CYRILLIC | _NATIONAL.get(issuer, {})
    starts = _WORD_START.get(issuer, {})
    words = re.split(r"[\s\-\u2010-\u2015,/]+", re.sub(r"['\u2018\u2019\u02bc`´.]", "", text))
    return " ".join(filter(None, (_word(word, rules, starts) for word in words)))


def _word(word: str, rules: dict[str, str], starts: dict[str, str]) -> str:
    capitals = unicodedata.normalize("NFC", word.replace("ß", "ẞ").replace("ı", "I").upper())
    return "".join(
        starts[letter] if index == 0 and letter in starts else _letter(letter, rules)
        for index, letter in enumerate(capitals)
    )


def _letter(letter: str, rules: dict[str, str]) -> str:
    if letter in rules:
        return rules[letter]
    base = unicodedata.normalize("NFD", letter)[0]
    if base.isascii() and base.isalpha():
        return base
    if base in rules:
        return rules[base]
    raise NotWritable(
        f"{letter!r} has no place in a name of the zone: write the name in Latin or Cyrillic letters, numbers as words"
    )


_TAIL: Final = r"(?!L(?:A|E|LE)?\b)"
"""Not Manuel, Michaela, Noel."""
_GERMAN: Final = (
    (rf"(?<![AEIOUQ])AE(?![EU]){_TAIL}", "Ä"),
    (rf"(?<![AEIOUQ])OE(?![EU]){_TAIL}", "Ö"),
    (rf"(?<![AEIOUQ])UE(?![EU]){_TAIL}", "Ü"),
)
_RULES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    **dict.fromkeys(("D", "DEU", "BDR", "AUT", "CHE", "LIE", "LUX", "EST"), _GERMAN),
    **dict.fromkeys(("DNK", "NOR"), (("AA", "Å"), (rf"AE{_TAIL}", "Æ"), (rf"OE{_TAIL}", "Ø"))),
    "SWE": (("AA", "Å"), (rf"AE{_TAIL}", "Ä"), (rf"OE{_TAIL}", "Ö")),
    # AA is an ordinary vowel in Finnish names.
    "FIN": ((rf"AE{_TAIL}", "Ä"), (rf"OE{_TAIL}", "Ö")),
    "ISL": (("TH", "Þ"), (rf"AE{_TAIL}", "Æ"), (rf"OE{_TAIL}", "Ö")),
}
_ANY_ISSUER: Final = (("NXX", "Ñ"), ("UXX", "Ü"))
"""Written so by the standard's alternatives, and by nothing else."""
_RUSSIAN: Final = (
    *((r"II\b", "ИЙ"), (r"YI\b", "ЫЙ"), (r"(?<=[AEOUY])I\b", "Й"), (r"IIA", "ИЯ"), (r"\bE(?=[LRDM])", "Е")),
    *(("SHCH", "Щ"), ("ZH", "Ж"), ("KH", "Х"), ("TS", "Ц"), ("CH", "Ч"), ("SH", "Ш"), ("IU", "Ю"), ("IA", "Я")),
    *((letter, cyrillic) for letter, cyrillic in zip("ABVGDEZIKLMNOPRSTUFY", "АБВГДЕЗИКЛМНОПРСТУФЫ", strict=True)),
)


def guess_spelling(name: str, issuer: str) -> str | None:
    """Return how a name of the zone (words parted by spaces) is likely spelt at home; None without a rule or a change.

    A guess: `MUELLER` of Germany may be Müller or Mueller. What lost its accents (Turkey, Poland, Spain) cannot be
    told, so nothing is tried there. Russian names come back in Cyrillic.
    """
    text = name.upper()
    for pattern, letter in (*_ANY_ISSUER, *_RULES.get(issuer, ())):
        text = re.sub(pattern, letter, text)
    if issuer == "RUS":
        text = _in_cyrillic(text)
    return None if text == name.upper() else text.title()


def _in_cyrillic(text: str) -> str:
    for pattern, letter in _RUSSIAN:
        text = re.sub(pattern, letter, text)
    return text
