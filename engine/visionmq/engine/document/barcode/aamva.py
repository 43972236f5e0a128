"""The barcode of North American driving licences and identification cards (AAMVA card design standard, annex D).

    @ LF RS CR  "ANSI "  IIN  version  [issuer's version]  entries  (type offset length)...  subfiles

Version 01 lacks the issuer's version and writes names in one element (`DAA`); 02 and 03 write given names in one
(`DCT`). Offsets are wrong on many real cards, so elements are found by their separators and offsets only checked.
Nothing here raises on hostile input: what cannot be read is left out and named.
"""

import re
from dataclasses import dataclass
from typing import Final

MOST_ELEMENTS: Final = 200
"""The standard knows about 80; a PDF417 holds fewer than 400 empty ones."""
_HEADER: Final = re.compile(
    r"@?([^A-Za-z0-9]{0,8})(ANSI ?|AAMVA)(\d{6})(\d{2})(\d{2})?(\d{2})?(?=[A-Z]{2}|[^A-Za-z0-9]|$)"
)
_ENTRY: Final = re.compile(r"(DL|ID|EN|Z[A-Z])(\d{4})(\d{4})")
_ELEMENT: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
_PERSONAL: Final = ("DL", "ID", "EN")


@dataclass(frozen=True, slots=True)
class Card:
    """The elements of one card's barcode."""

    issuer: str
    """Issuer identification number, six digits."""
    version: int
    issuer_version: int | None
    kind: str
    """`DL`, `ID` or `EN`; empty where no subfile says."""
    elements: dict[str, str]
    """By element ID; spaces at the ends removed. Of repeated ones the first."""
    troubles: tuple[str, ...]
    """What does not follow the standard, in words."""


def is_aamva(text: str) -> bool:
    """Return whether a barcode's text begins as the standard's header does."""
    return _HEADER.match(text) is not None


def parse_card(text: str) -> Card | None:
    """Return the elements of a card; None if the text has no such header."""
    header = _HEADER.match(text)
    if header is None:
        return None
    troubles: list[str] = []
    entries, start = _entries(text, header.end())
    declared = int(header[6] or header[5] or 0)
    if not entries or declared != len(entries):
        troubles.append(f"the header announces {declared} subfiles and lists {len(entries)}")
    if any(not _fits(text, entry) for entry in entries):
        troubles.append("the header's offsets do not fit the text")
    elements, more = _elements(text[start:], _separators(header[1]))
    kind = next((entry[0] for entry in entries if entry[0] in _PERSONAL), "")
    return Card(
        issuer=header[3],
        version=int(header[4]),
        issuer_version=int(header[5]) if header[6] else None,
        kind=kind,
        elements=elements,
        troubles=(*troubles, *more),
    )


def _entries(text: str, start: int) -> tuple[list[tuple[str, int, int]], int]:
    """Return the subfiles listed from `start` (type, offset, length), and where the list ends."""
    entries = []
    while found := _ENTRY.match(text, start):
        entries.append((found[1], int(found[2]), int(found[3])))
        start = found.end()
    return entries, start


def _fits(text: str, entry: tuple[str, int, int]) -> bool:
    kind, offset, length = entry
    return text[offset : offset + 2] == kind and offset + length <= len(text)


def _separators(given: str) -> str:
    """Return a class of separators: those of the standard and the one the header declares for elements."""
    own = given[:1] if given[:1] and not given[:1].isspace() else ""
    return "[" + re.escape(own) + "\n\r\x1e]"


def _elements(body: str, separators: str) -> tuple[dict[str, str], list[str]]:
    elements: dict[str, str] = {}
    unread: list[str] = []
    repeated: list[str] = []
    for token in re.split(separators, body):
        named = _named(token)
        if named is None:
            unread += [token[:12]] if token.strip("\x00\x04\x1c\x1d ") else []
        elif named[0] in elements:
            repeated += [named[0]] if elements[named[0]] != named[1] else []
        elif len(elements) < MOST_ELEMENTS:
            elements[named[0]] = named[1]
        else:
            unread.append(named[0])
    troubles = [f"{len(unread)} parts have no element ID, the first {unread[0]!a}"] if unread else []
    if repeated:
        troubles.append(f"given twice and differently: {', '.join(sorted(set(repeated))[:8])}")
    return elements, troubles


def _named(token: str) -> tuple[str, str] | None:
    """Split an element into its ID and its text; the first one of a subfile has the subfile's type before it."""
    token = token.lstrip("\x00\x1c\x1d ")
    if token[:2] in _PERSONAL or (token[:1] == "Z" and token[:2] == token[2:4]):
        token = token[2:]
    if not _ELEMENT.match(token):
        return None
    return token[:3], token[3:].strip()
