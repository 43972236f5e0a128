"""Spellings that mean the same: letters without marks, capitals only, and how many letters two words differ by."""

import unicodedata

from visionmq.engine.document.fields.transliteration import NotWritable, to_zone


def plain(text: str) -> str:
    """Return a text in capitals without marks on letters: août becomes AOUT."""
    parts = unicodedata.normalize("NFKD", text.upper())
    return "".join(char for char in parts if not unicodedata.combining(char))


def fold(text: str) -> str:
    """Return the letters and digits of a text with those alike made one: O and 0, I and 1."""
    return "".join(char for char in plain(text) if char.isascii() and char.isalnum()).translate(_ALIKE)


_ALIKE = str.maketrans("OQDILSBZG", "000115826")


def folded_words(text: str) -> list[str]:
    """Return the words of a text, as printed without marks and as a zone spells them, folded."""
    words = [form for word in _split(text) for form in (plain(word), _spelt(word))]
    return list(dict.fromkeys(folded for word in words if (folded := fold(word))))


def _spelt(word: str) -> str:
    try:
        return to_zone(word)
    except NotWritable:
        return ""


def _split(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text).split()


def edits(one: str, other: str, most: int) -> int | None:
    """Return the Levenshtein distance of two words, None if it is more than `most`."""
    if abs(len(one) - len(other)) > most:
        return None
    row = list(range(len(other) + 1))
    for number, char in enumerate(one, 1):
        before, row[0] = row[0], number
        for index, against in enumerate(other, 1):
            before, row[index] = row[index], min(row[index] + 1, row[index - 1] + 1, before + (char != against))
    return row[-1] if row[-1] <= most else None
