"""Which pictures are learnt as which brands: folders and lists, cut into requests."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from visionmq.client.cli.brand_options import FILMS
from visionmq.client.cli.failures import Exit, Failure

TOGETHER: Final = 8
"""Pictures of one request: small enough for many in flight, large enough that the network's batches fill."""
_MOST: Final = 64
"""Pictures of one brand that can replace the former ones: they go in one request."""
_BYTES: Final = 64 * 1024 * 1024
_LONGEST_SOURCE: Final = 256
_SHOWN: Final = 3
"""Names of what is left out that are told."""
_SEPARATORS: Final = (",", ";", "\t")
_WAYS: Final = "Make one folder a brand, FOLDER/acme/1.png, or a list of lines: file,brand."


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture and the brand that it shows."""

    file: Path
    brand: str
    source: str = ""
    """What later answers call it: its path in the folder or list that it came from."""


def listed(source: Path, label: str | None = None) -> list[Reference]:
    """Return the references of a folder with one folder a brand, or of a CSV file of file, brand.

    With a label all pictures of a folder, or the one file, are of that brand. Raises Failure where there is none.
    """
    read = _in_folder if source.is_dir() else _in_list
    found = read(source) if label is None else _of_one(source, label)
    if not found:
        raise Failure(f"{source} names no pictures", _WAYS, Exit.USAGE)
    return found


def _of_one(source: Path, label: str) -> list[Reference]:
    from visionmq.client.cli.batch import pictures

    if not source.is_dir():
        return [Reference(source, label, source.name)]
    found = [_reference(file, label, source) for file in pictures([source])]
    deeper = {one.file.parent for one in found} - {source}
    if len(deeper) > 1:
        hint = "Leave --label out to learn one folder a brand, or name the folder of this brand."
        raise Failure(
            f"{source} holds {len(deeper)} folders of pictures, not the pictures of one brand", hint, Exit.USAGE
        )
    return found


def _reference(file: Path, brand: str, folder: Path) -> Reference:
    return Reference(file, brand, file.relative_to(folder).as_posix()[-_LONGEST_SOURCE:])


def _in_folder(folder: Path) -> list[Reference]:
    from visionmq.client.cli.batch import SUFFIXES, pictures

    found = [
        _reference(file, inner.name, folder)
        for inner in sorted(folder.iterdir())
        if inner.is_dir()
        for file in pictures([inner])
    ]
    beside = [file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES]
    if beside and not found:
        raise Failure(
            f"{folder} holds pictures, but no folders of pictures",
            f"Make one folder a brand, {folder}/acme/1.png, or write a list of lines: file,brand. "
            f"If all are of one brand: visionmq brand learn {folder} --label BRAND",
            Exit.USAGE,
        )
    return found


def left_out(folder: Path) -> list[str]:
    """Return what of a folder with one folder a brand is not learnt, and why: a sentence for each reason."""
    from visionmq.client.cli.batch import SUFFIXES

    def shown(files: Sequence[Path]) -> str:
        names = [file.relative_to(folder).as_posix() for file in sorted(files)]
        return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")

    files = [file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")]
    beside = [file for file in files if file.parent == folder and file.suffix.lower() in SUFFIXES]
    others = [file for file in files if file.parent != folder and file.suffix.lower() not in SUFFIXES]
    filled = {file.relative_to(folder).parts[0] for file in files if file.suffix.lower() in SUFFIXES}
    empty = [inner for inner in folder.iterdir() if inner.is_dir() and inner.name not in filled]
    told = (
        (beside, "in no brand's folder"),
        (empty, "without a picture"),
        (others, f"no {', '.join(sorted(one[1:] for one in SUFFIXES))} (SVG: draw it as PNG first)"),
    )
    return [f"left out, {why}: {shown(found)}" for found, why in told if found]


def _in_list(source: Path) -> list[Reference]:
    """Return the rows of a CSV; files are sought beside it. A first row of other words than files is its head."""
    rows = _rows(source)
    at, label = _columns(rows)
    head = rows[0] if rows and _is_head(rows[0]) else None
    most = 2 if head is None else len(head)
    found = []
    for number, row in enumerate(rows[head is not None :], 1 + (head is not None)):
        _check_row(source, number, row, max(at, label), most)
        found.append(Reference(_beside(source, row[at]), row[label], row[at][-_LONGEST_SOURCE:]))
    return found


def _rows(source: Path) -> list[list[str]]:
    """Return the rows that have something in them, their cells without blanks around."""
    from visionmq.client.cli.batch import SUFFIXES

    if source.suffix.lower() in SUFFIXES:
        raise Failure(f"{source} is a picture: of what?", f"visionmq brand learn {source} --label BRAND", Exit.USAGE)
    if source.suffix.lower() in FILMS:
        hint = f"visionmq brand learn --video {source} --label BRAND"
        raise Failure(f"{source} is a film: of what?", hint, Exit.USAGE)
    try:
        lines = source.read_text("utf-8-sig").splitlines()
        between = next((one for one in _SEPARATORS if any(one in line for line in lines[:1])), ",")
        rows = list(csv.reader(lines, skipinitialspace=True, delimiter=between))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Failure(
            f"{source} cannot be read: {error}", "It takes a folder, or lines of file,brand.", Exit.USAGE
        ) from None
    return [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]


def _check_row(source: Path, number: int, row: Sequence[str], needed: int, most: int) -> None:
    """Raise Failure for a row that has too few cells or empty ones, or more than the list's other rows."""
    if len(row) <= needed or not all(row[: needed + 1]):
        raise Failure(f"{source}: row {number} is no file,brand", "One picture a line: logos/acme.png,acme", Exit.USAGE)
    if len(row) > most:
        hint = 'A name with a comma is put in quotes: logos/acme.png,"Acme, Inc."'
        raise Failure(f"{source}: row {number} has {len(row)} cells, not {most}", hint, Exit.USAGE)


def _is_head(row: Sequence[str]) -> bool:
    return "brand" in [cell.lower() for cell in row] or "label" in [cell.lower() for cell in row]


def _columns(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return which column has the file and which the brand."""
    if not rows or not _is_head(rows[0]):
        return 0, 1
    head = [cell.lower() for cell in rows[0]]
    label = head.index("brand" if "brand" in head else "label")
    named = [index for index, cell in enumerate(head) if cell in {"file", "path", "image", "picture"}]
    return (named[0] if named else int(label == 0)), label


def _beside(source: Path, name: str) -> Path:
    """Return a file of a list: as it is named, or beside the list if it is only there."""
    file = Path(name)
    return file if file.is_absolute() or file.exists() else source.parent / file


def requests_of(references: Sequence[Reference], *, replace: bool) -> Iterator[list[Reference]]:
    """Yield what goes into one request each; with `replace`, all pictures of a brand go into the same.

    Raises Failure for a brand with more than fit into one then.
    """
    batch: list[Reference] = []
    size = 0
    for group in _groups(references, replace=replace):
        more = sum(one.file.stat().st_size for one in group if one.file.is_file())
        if batch and (len(batch) + len(group) > TOGETHER or size + more > _BYTES):
            yield batch
            batch, size = [], 0
        batch, size = [*batch, *group], size + more
    if batch:
        yield batch


def _groups(references: Sequence[Reference], *, replace: bool) -> Iterator[list[Reference]]:
    if not replace:
        yield from ([one] for one in references)
        return
    brands: dict[str, list[Reference]] = {}
    for one in references:
        brands.setdefault(one.brand, []).append(one)
    for name, group in brands.items():
        if len(group) > _MOST:
            raise Failure(f"{name}: --replace takes up to {_MOST} pictures of a brand", code=Exit.USAGE)
        yield group
