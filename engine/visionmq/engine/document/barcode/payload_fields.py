"""How a value out of a barcode becomes a field."""

import unicodedata
from typing import Final, Protocol

from visionmq.schemas.common import Quad
from visionmq.schemas.document.fields import Field

MOST_CHARACTERS: Final = 8192
"""No symbol holds more (QR: 7,089 digits); a longer text comes from no barcode and is cut."""
MOST_SAID: Final = 300
"""Characters of a note: it may quote the content."""


class Maker(Protocol):
    """Makes a field of the barcode at hand."""

    def __call__(
        self,
        name: str,
        value: str | None,
        raw: str,
        *,
        trouble: str | None = None,
        note: str | None = None,
        attributes: dict[str, str] | None = None,
    ) -> Field:
        """Return the field `barcode_NAME`; with a `trouble` it is not accepted and its note says so."""


def maker(quad: Quad | None) -> Maker:
    """Return what makes fields that stand at one place of the picture."""

    def make(
        name: str,
        value: str | None,
        raw: str,
        *,
        trouble: str | None = None,
        note: str | None = None,
        attributes: dict[str, str] | None = None,
    ) -> Field:
        said = f"not accepted: {trouble}" if trouble else note
        return Field(
            name=f"barcode_{name}",
            value=None if value is None else printable(value),
            raw=whole(raw),
            accepted=trouble is None and value is not None,
            # Error correction either restores every byte or fails.
            confidence=1.0,
            note=None if said is None else printable(said)[:MOST_SAID],
            quad=quad,
            source="barcode",
            attributes={key: printable(text) for key, text in (attributes or {}).items()},
        )

    return make


def printable(text: str) -> str:
    """Return a text without what controls a terminal or turns its direction; those become spaces."""
    kept = (" " if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character for character in whole(text))
    return " ".join("".join(kept).split())


def whole(text: str) -> str:
    """Return a text cut to a bounded length, without lone surrogates: it can be written as JSON."""
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
