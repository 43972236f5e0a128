"""Bundles: folders that describe a document by one clean picture and named zones."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from visionmq.client.errors import BadRequest, Internal
from visionmq.client.replies import Reply
from visionmq.schemas.document.templates import Learned, TemplateZone, ZoneKind

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,47}", re.ASCII)
"""Names of templates and zones: they become masks (`template.NAME`), fields and folders."""
_FILE: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", re.ASCII)
_DATE_PART: Final = re.compile("YYYY|YY|MMM|MM|M|DD|D")


def write_bundle(reply: Reply[Learned], folder: Path) -> list[Path]:
    """Write what `learn_document` returned to a folder and return the files.

    Raises FileExistsError if the folder holds anything, and Internal if the service names a file that is none.
    """
    files = [(_safe(attachment.name), reply.images[attachment.frame]) for attachment in reply.result.images]
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in files:
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    return paths


def _safe(name: str) -> str:
    if not _FILE.fullmatch(name):
        raise Internal(f"The service names a file {name!r}, which is no file name.", stage="client")
    return name


def read_zones(path: Path) -> list[TemplateZone]:
    """Return the zones of a JSON file: a list of zones, or an object whose `zones` is one.

    Raises BadRequest that names the zone and what is wrong with it, of all that are.
    """
    content = path.read_bytes()
    try:
        found = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as mistake:
        raise _bad(f"{path} is no JSON: {mistake}.") from None
    rows = found.get("zones") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not rows:
        raise _bad(f"{path} holds no list of zones.")
    zones, troubles = _convert(rows)
    troubles += _repeated(zones)
    if troubles:
        raise _bad(f"{path}: {'; '.join(troubles)}.")
    return zones


def _bad(message: str) -> BadRequest:
    hint = 'A zone is {"name": "number", "kind": "text", "box": [left, top, width, height]}; kinds are '
    return BadRequest(message, hint=hint + ", ".join(kind.value for kind in ZoneKind) + ".", stage="client")


def _convert(rows: Sequence[Any]) -> tuple[list[TemplateZone], list[str]]:
    zones, troubles = [], []
    for number, row in enumerate(rows, 1):
        name = row.get("name") if isinstance(row, dict) else None
        where = f"zone {number}" + (f" ({name})" if isinstance(name, str) else "")
        try:
            zone = msgspec.convert(row, TemplateZone)
        except msgspec.ValidationError as mistake:
            troubles.append(f"{where}: {_plainer(str(mistake))}")
            continue
        zones.append(zone)
        troubles += [f"{where}: {trouble}" for trouble in _troubles(zone)]
    return zones, troubles


def _plainer(text: str) -> str:
    """Return a validation message in words for someone who does not know its paths."""
    text, _, place = text.partition(" - at `$")
    place = place.rstrip("`").lstrip(".")
    text = text.replace("Object missing required field", "lacks").replace(
        "Object contains unknown field", "has unknown"
    )
    return f"{place}: {text}" if place else text


def _troubles(zone: TemplateZone) -> list[str]:
    """Return what is wrong with one zone, beyond its types."""
    left, top, width, height = zone.box
    found = []
    if not NAME.fullmatch(zone.name):
        found.append("a name has small letters, digits and _, begins with a letter, and is at most 48 long")
    if min(left, top) < 0 or min(width, height) <= 0:
        found.append(f"box {list(zone.box)} is no rectangle; it is [left, top, width, height]")
    return [*found, *_pattern_troubles(zone), *_date_troubles(zone)]


def _pattern_troubles(zone: TemplateZone) -> list[str]:
    if zone.pattern is None:
        return []
    if zone.kind is not ZoneKind.TEXT:
        return [f"pattern is for text, not for {zone.kind.value}"]
    try:
        re.compile(zone.pattern)  # the service's patterns are fewer; it says so itself
    except re.error as mistake:
        return [f"pattern {zone.pattern!r} is no regular expression ({mistake})"]
    return []


def _date_troubles(zone: TemplateZone) -> list[str]:
    form = zone.date_format
    if zone.kind is not ZoneKind.DATE:
        return [f"date_format is for dates, not for {zone.kind.value}"] if form is not None else []
    if form is None:
        return ["a date needs a date_format, such as DD.MM.YYYY"]
    parts = sorted(part[0] for part in _DATE_PART.findall(form))
    if parts not in (["D", "M", "Y"], ["M", "Y"]) or any(c.isalnum() for c in _DATE_PART.sub("", form)):
        return [f"date_format {form!r} is none; write it as DD.MM.YYYY or D MMM YY"]
    return []


def _repeated(zones: Sequence[TemplateZone]) -> list[str]:
    names = [zone.name for zone in zones]
    return [f"{names.count(name)} zones are named {name!r}" for name in dict.fromkeys(names) if names.count(name) > 1]
