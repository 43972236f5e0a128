"""Whether a document's name is that of a record, whatever way national letters were written.

Zones hold A to Z: Müller is MUELLER in Germany and MULLER in Spain, Щербаков is SHCHERBAKOV. A word of the record
fits a word of the document if one of its spellings (ICAO Doc 9303-3, section 6, by any issuer's rules, or with marks
left out) is the document's. Letters that look alike are not made one: who may be told apart, is.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from visionmq.engine.document.fields.transliteration import NotWritable, to_zone
from visionmq.engine.document.page.spelling import plain
from visionmq.schemas.case import Agreement

_ISSUERS: Final = ("", "TUR", "UKR", "BLR", "BGR", "SRB", "MKD")
"""Issuers whose rules differ from one another."""


def spellings(text: str) -> set[str]:
    """Return the ways a name may stand in a zone, words parted by single spaces."""
    found = {_latin(plain(text))}
    for issuer in _ISSUERS:
        try:
            found.add(to_zone(text, issuer))
        except NotWritable:
            continue
    return {" ".join(form.split()) for form in found if form.strip()}


def _latin(text: str) -> str:
    kept = "".join("" if char in "'’." else char if char.isalnum() else " " for char in text)
    return kept if kept.isascii() else ""


def compare(surname: str, given: str, record: str, *, cut: bool = False) -> Agreement:
    """Return whether surname and given names of a document are those of a record's full name, in any order.

    Every word of the surname must be in the record, one given name at least, and every word of the record in the
    document, which may hold further given names. With `cut` the document's last word may be the beginning of one, and
    words after it may be missing.
    """
    words = record.replace("-", " ").replace(",", " ").split()
    if not (surname + given).strip() or not words or not all(map(spellings, words)):
        return Agreement.UNKNOWN
    same = any(_fits(surname, given, form, cut) for form in _forms(words))
    return Agreement.SAME if same else Agreement.DIFFERENT


def _forms(words: Sequence[str]) -> Iterator[list[set[str]]]:
    """Yield the record's words, each as the set of its spellings; then with two neighbours written as one."""
    yield [spellings(word) for word in words]
    for at, pair in enumerate(pairwise(words)):
        yield [*map(spellings, words[:at]), _joined(*pair), *map(spellings, words[at + 2 :])]


def _joined(one: str, other: str) -> set[str]:
    return {first + second for first in spellings(one) for second in spellings(other)}


def _fits(surname: str, given: str, record: Sequence[set[str]], cut: bool) -> bool:
    sure, first = surname.upper().split(), given.upper().split()
    printed = [*sure, *first]
    whole = {"".join(sure), "".join(first)}
    joined = whole | {one + other for words in (sure, first) for one, other in pairwise(words)}
    known: set[str] = set().union(*record)
    if cut and any(form.startswith(printed[-1]) for form in known):
        known.add(printed[-1])
    if not all(word in known for word in sure) and "".join(sure) not in known:
        return False
    if first and not any(word in known for word in first) and "".join(first) not in known:
        return False
    return cut or all(forms & {*printed, *joined} for forms in record)
