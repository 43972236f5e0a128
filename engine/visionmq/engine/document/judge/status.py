"""One verdict on each side of a document, and one on the whole."""

from collections.abc import Iterable
from typing import Final

from visionmq.schemas.document.documents import Document, Finding
from visionmq.schemas.document.fields import CheckDigit, Field

_PASSED, _FAILED, _UNDEFINED = Finding.PASSED, Finding.FAILED, Finding.UNDEFINED
_SECURITY: Final = (
    "mrz_typeface",
    "mrz_geometry",
    "screen_suspicion",
    "copy_suspicion",
    "barcode_vs_mrz",
    "country_codes",
    "specimen",
)
_TOPICS: Final = {"expiry": ("expiry",), "portrait": ("portrait_present",), "security": _SECURITY}
_DECIDING: Final = ("doc_type", "mrz", "expiry", "text", "security", "age")
"""What the whole fails with. A picture of poor quality, or without a portrait, makes it undefined at most."""


def status(document: Document) -> dict[str, Finding]:
    """Return a verdict on `doc_type`, `expiry`, `quality`, `mrz`, `text`, `security`, `portrait`, `age` and `overall`.

    Call it last, on the finished document. Topics that were not looked at are undefined: `expiry`, `text`, `security`,
    `portrait` and `age` need forensics. `age` fails where the dates are impossible; it passes no judgement on minors.
    """
    topics = {
        "doc_type": _PASSED if document.doc_type is not None else _FAILED,
        "quality": document.quality.verdict if document.quality is not None else _UNDEFINED,
        "mrz": _mrz(document.fields),
        "text": _of(document, ("mrz_vs_visual",)),
        "age": _of(document, ("date_order",)),
    }
    topics |= {topic: _of(document, names) for topic, names in _TOPICS.items()}
    return topics | {"overall": _overall(topics)}


def _of(document: Document, names: Iterable[str]) -> Finding:
    """Return failed where one check failed, passed where one passed and none failed."""
    states = [document.forensics[name].state for name in names if name in document.forensics]
    return _FAILED if _FAILED in states else _PASSED if _PASSED in states else _UNDEFINED


def _mrz(fields: dict[str, Field]) -> Finding:
    own = [field for name, field in fields.items() if field.source == "mrz" and not name.startswith("mrz_line")]
    if not own:
        return _UNDEFINED
    if any(field.check_digit is CheckDigit.FAILED for field in own):
        return _FAILED
    return _PASSED if all(field.accepted for field in own) else _UNDEFINED


def _overall(topics: dict[str, Finding]) -> Finding:
    """Return passed only where what was looked at passed, and the zone or another source was read whole."""
    if any(topics[name] is _FAILED for name in _DECIDING):
        return _FAILED
    if any(topics[name] is _FAILED for name in ("quality", "portrait")):
        return _UNDEFINED
    needed = ("doc_type", "expiry", "security")
    return _PASSED if all(topics[name] is _PASSED for name in needed) and topics["mrz"] is not _FAILED else _UNDEFINED
