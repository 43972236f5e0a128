"""Visible digital seals: what a state signs into a barcode (ICAO Doc 9303-13, BSI TR-03137; ICAO VDS-NC; 2D-Doc).

Seals are read, never verified: that needs the signers' certificates. A field out of a seal is what the barcode says.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import msgspec

MAGIC: Final = 0xDC
_SIGNATURE: Final = 0xFF
_BASIC: Final = "\0\0\0 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""C40's basic set; 0 to 2 shift to sets that a seal does not use."""
_VARIABLE_CERTIFICATE: Final = 3
"""From this header version on (raw value) the certificate reference has a length of its own."""
_EPOCH: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal's header and its features."""

    version: int
    """As the standard counts: 3 or 4."""
    country: str
    signer: str
    certificate: str
    issued: date | None
    signed: date | None
    reference: int
    """Document feature definition reference."""
    category: int
    features: dict[int, bytes] = field(default_factory=dict)
    signature: bytes = b""
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TwoDDoc:
    """The header of a French 2D-Doc (ANTS specification 3): who issued which kind of document when."""

    version: int
    authority: str
    certificate: str
    issued: date | None
    signed: date | None
    document_type: str
    country: str
    message: str
    """The data elements as they stand; lengths of theirs depend on the type."""


class SealError(ValueError):
    """The bytes begin like a seal and are none."""


def c40(data: bytes) -> str:
    """Return the text of C40 bytes as seals use it (TR-03137-1, annex B); raise SealError for anything else."""
    if len(data) % 2:
        raise SealError("C40 has an odd number of bytes")
    text: list[str] = []
    for high, low in zip(data[::2], data[1::2], strict=True):
        if high == 0xFE:  # one character is left over: unlatch, then ASCII plus one
            text.append(chr(low - 1) if 1 <= low <= 128 else "\0")
            continue
        value = (high << 8 | low) - 1
        triple = (value // 1600, value // 40 % 40, value % 40)
        if value < 0 or triple[0] >= len(_BASIC):
            raise SealError("C40 value out of range")
        text += [_BASIC[number] for number in triple]
    while text and text[-1] == "\0":  # the padding of two left-over characters
        text.pop()
    if "\0" in text:
        raise SealError("C40 shifts out of its basic set")
    return "".join(text)


def is_seal(data: bytes) -> bool:
    """Return whether binary content begins like a seal of header version 3 or 4."""
    return len(data) > 15 and data[0] == MAGIC and data[1] in (2, 3)


def parse_seal(data: bytes) -> Seal:
    """Return a seal; raise SealError if its header is broken. A broken message keeps what could be read."""
    try:
        country, at = c40(data[2:4]).strip(), 4
        signer, certificate, at = _signer(data, at)
        issued, signed = _date(data[at : at + 3]), _date(data[at + 3 : at + 6])
        reference, category = data[at + 6], data[at + 7]
    except IndexError:
        raise SealError("the header is cut off") from None
    features, signature, trouble = _features(data[at + 8 :])
    return Seal(
        data[1] + 1, country, signer, certificate, issued, signed, reference, category, features, signature, trouble
    )


def _signer(data: bytes, at: int) -> tuple[str, str, int]:
    """Four letters name the signer; then five characters, or two hexadecimal digits and as many, the certificate."""
    if data[1] < _VARIABLE_CERTIFICATE:
        text, at = c40(data[at : at + 6]), at + 6
        return text[:4], text[4:], at
    try:
        length = int(c40(data[at : at + 4])[4:6], 16)
    except ValueError:
        raise SealError("the certificate reference has no length") from None
    end = at + (6 + length + 2) // 3 * 2
    return (text := c40(data[at:end]))[:4], text[6:], end


def _date(data: bytes) -> date | None:
    """Three bytes hold MMDDYYYY as one number."""
    if len(data) < 3:
        raise SealError("the header is cut off")
    number = int.from_bytes(data, "big")
    return _or_none(lambda: date(number % 10000, number // 1000000, number // 10000 % 100))


def _or_none(make: Callable[[], date]) -> date | None:
    try:
        return make()
    except (ValueError, OverflowError):
        return None


def _features(data: bytes) -> tuple[dict[int, bytes], bytes, tuple[str, ...]]:
    """Return tagged values (DER-TLV lengths), the signature, and what is wrong."""
    features: dict[int, bytes] = {}
    at = 0
    while at + 1 < len(data):
        tag, (length, start) = data[at], _length(data, at + 1)
        value = data[start : start + length]
        if len(value) < length:
            return features, b"", (f"feature {tag:#04x} is cut off",)
        if tag == _SIGNATURE:
            return features, value, ()
        features.setdefault(tag, value)
        at = start + length
    return features, b"", ("there is no signature",)


def _length(data: bytes, at: int) -> tuple[int, int]:
    more = data[at] - 0x80
    if more <= 0:
        return data[at], at + 1
    return int.from_bytes(data[at + 1 : at + 1 + more], "big"), at + 1 + more


def parse_2d_doc(text: str) -> TwoDDoc | None:
    """Return the header of a 2D-Doc of version 2 to 4 in text form; None if the text is none."""
    if text[:2] != "DC" or text[2:4] not in ("02", "03", "04"):
        return None
    version = int(text[2:4])
    end = {2: 22, 3: 24, 4: 26}[version]
    head, message = text[:end], text[end:]
    if len(head) < end or not (head.isascii() and head.isalnum()):
        return None
    try:
        issued, signed = (int(head[at : at + 4], 16) for at in (12, 16))
    except ValueError:
        return None
    return TwoDDoc(
        version=version,
        authority=head[4:8],
        certificate=head[8:12],
        issued=_days(issued),
        signed=_days(signed),
        document_type=head[20:22],
        country=head[24:26],
        message=message.split("\x1f")[0],
    )


def _days(number: int) -> date | None:
    """Days since 2000; FFFF says that there is no date."""
    return None if number == 0xFFFF else _EPOCH + timedelta(days=number)


class _Header(msgspec.Struct):
    t: str
    v: int
    # `is` is a word of Python's own.
    issuer: str = msgspec.field(name="is")


class Person(msgspec.Struct):
    """Who a VDS-NC speaks of."""

    n: str = ""
    dob: str = ""
    i: str = ""
    dn: str = ""
    sex: str = ""


class _Message(msgspec.Struct):
    pid: Person = msgspec.field(default_factory=Person)
    uvci: str = ""
    utci: str = ""


class _Data(msgspec.Struct):
    hdr: _Header
    msg: _Message


class NcSeal(msgspec.Struct):
    """A seal in JSON (ICAO VDS-NC): vaccination and test certificates."""

    data: _Data


def parse_nc(text: str) -> NcSeal | None:
    """Return a VDS-NC; None if the text is none."""
    if not (text.startswith("{") and '"hdr"' in text and '"icao.' in text):
        return None
    try:
        return msgspec.json.decode(text, type=NcSeal)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
