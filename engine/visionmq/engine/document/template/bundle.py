"""Bundles: a folder that describes a document by one clean picture and named zones.

    bundle.json      name, title, size of the picture, zones
    reference.png    the clean picture

Everything of a bundle is checked when it is read, as when it is learnt: the file may come from anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from visionmq.engine.api import EngineError
from visionmq.engine.document.template.date_format import DateFormatError, check_format
from visionmq.engine.document.template.pattern import PatternError, compile_pattern
from visionmq.engine.picture import Pixels, encode_png, read_picture
from visionmq.schemas.document.templates import TemplateZone, ZoneKind
from visionmq.schemas.errors import ErrorCode

DESCRIPTION: Final = "bundle.json"
REFERENCE: Final = "reference.png"
FORMAT: Final = 1

_NAME: Final = compile_pattern("[a-z][a-z0-9_]{0,47}")
"""Names become parts of file names, masks and frames."""
_MOST_ZONES: Final = 64
_LEAST_SIDE: Final = 4.0
"""Pixels: nothing can be read in a smaller zone."""
_MOST_LABEL: Final = 120
_MOST_BYTES: Final = 8_000_000
"""Of either file of a bundle; a clean picture of 1,000 to 2,000 pixels takes a tenth."""


class BundleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `bundle.json` holds."""

    name: str
    size: tuple[int, int]
    """Width and height of the reference in pixels."""
    zones: list[TemplateZone]
    title: str | None = None
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle."""

    name: str
    title: str
    zones: tuple[TemplateZone, ...]
    reference: Pixels

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the reference in pixels."""
        return self.reference.shape[1], self.reference.shape[0]


def check_zones(name: str, zones: Sequence[TemplateZone], size: tuple[int, int]) -> None:
    """Raise EngineError(BAD_REQUEST) that says what is wrong with a template's name or zones."""
    if not _NAME.matches(name):
        raise _bad(f"The template's name {name[:60]!r} must be lower-case letters, digits and _, at most 48.")
    if not 1 <= len(zones) <= _MOST_ZONES:
        raise _bad(f"A template has 1 to {_MOST_ZONES} zones; these are {len(zones)}.")
    names = [zone.name for zone in zones]
    for zone in zones:
        if not _NAME.matches(zone.name):
            raise _bad(f"The zone's name {zone.name[:60]!r} must be lower-case letters, digits and _, at most 48.")
        if names.count(zone.name) > 1:
            raise _bad(f"Two zones are named {zone.name!r}.")
        trouble = _box_trouble(zone, size) or _form_trouble(zone)
        if trouble:
            raise _bad(f"The zone {zone.name!r} {trouble}.")


def _bad(message: str) -> EngineError:
    return EngineError(ErrorCode.BAD_REQUEST, message, stage="template")


def _box_trouble(zone: TemplateZone, size: tuple[int, int]) -> str | None:
    left, top, width, height = zone.box
    if not (width >= _LEAST_SIDE and height >= _LEAST_SIDE):
        return f"is {width:g} by {height:g} pixels; {_LEAST_SIDE:g} by {_LEAST_SIDE:g} is the least"
    if not (left >= 0 and top >= 0 and left + width <= size[0] and top + height <= size[1]):
        return f"reaches out of the picture of {size[0]} by {size[1]} pixels"
    return None


def _form_trouble(zone: TemplateZone) -> str | None:
    if zone.label is not None and len(zone.label) > _MOST_LABEL:
        return f"has a label of {len(zone.label)} characters; {_MOST_LABEL} are allowed"
    if zone.date_format is None and zone.kind is ZoneKind.DATE:
        return "is a date and needs a date_format, such as DD.MM.YYYY"
    if zone.date_format is not None and zone.kind is not ZoneKind.DATE:
        return f"is of kind {zone.kind.value} and takes no date_format"
    if zone.pattern is not None and zone.kind is not ZoneKind.TEXT:
        return f"is of kind {zone.kind.value} and takes no pattern"
    try:
        compile_pattern(zone.pattern or "")
        check_format(zone.date_format or "D.M.YYYY")
    except PatternError as error:
        return f"has a pattern that {error}"
    except DateFormatError as error:
        return f"has a date_format that {error}"
    return None


def bundle_files(bundle: Bundle) -> dict[str, bytes]:
    """Return the files of a bundle by their names."""
    described = BundleFile(bundle.name, bundle.size, list(bundle.zones), bundle.title)
    text = msgspec.json.format(msgspec.json.encode(described), indent=1)
    return {DESCRIPTION: text + b"\n", REFERENCE: encode_png(bundle.reference)}


def read_bundle(folder: Path) -> Bundle:
    """Return the bundle in a folder; raise EngineError(ENGINE_UNAVAILABLE) that says what is wrong with it."""
    try:
        text, picture = (_bytes(folder / name) for name in (DESCRIPTION, REFERENCE))
        described = msgspec.json.decode(text, type=BundleFile)
        reference = read_picture(picture).pixels
        if described.format != FORMAT:
            raise _bad(f"Its format is {described.format}; this version reads {FORMAT}.")
        if described.size != (reference.shape[1], reference.shape[0]):
            raise _bad(f"{REFERENCE} is not of the size that {DESCRIPTION} says.")
        check_zones(described.name, described.zones, described.size)
    except (OSError, msgspec.MsgspecError, EngineError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, f"The bundle {folder} cannot be used: {reason}") from None
    return Bundle(described.name, described.title or described.name, tuple(described.zones), reference)


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > _MOST_BYTES:
        raise _bad(f"{path.name} is over {_MOST_BYTES:,} bytes.")
    return path.read_bytes()


def bundle_folders(folder: Path) -> list[Path]:
    """Return the bundles in a folder, in order of their names: itself if it is one, else its folders that are.

    Raises EngineError(ENGINE_UNAVAILABLE) if there is no such folder.
    """
    if (folder / DESCRIPTION).is_file():
        return [folder]
    if not folder.is_dir():
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, f"There is no folder of bundles {folder}.")
    return sorted(inner for inner in folder.iterdir() if (inner / DESCRIPTION).is_file())
