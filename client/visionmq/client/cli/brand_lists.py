"""Which pictures are learnt as which brands: folders and lists, cut into requests."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from visionmq.client.cli.failures import Exit, Failure

TOGETHER: Final = 8
"""Pictures of one request: small enough for many in flight, large enough that the network's batches fill."""
_MOST: Final = 64
"""Pictures of one brand that can replace the former ones: they go in one request."""
_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture and the brand that it shows."""

    file: Path
    brand: str


def listed(source: Path) -> list[Reference]:
    """Return the references of a folder with one folder a brand, or of a CSV file of file, brand.

    Raises Failure where there is none.
    """
    found = _in_folder(source) if source.is_dir() else _in_list(source)
    if not found:
        raise Failure(
            f"{source} names no pictures",
            "Make one folder a brand, FOLDER/acme/1.png, or a list of lines: file,brand.",
            Exit.USAGE,
        )
    return found


def _in_folder(folder: Path) -> list[Reference]:
    from visionmq.client.cli.batch import pictures

    return [
        Reference(file, inner.name)
        for inner in sorted(folder.iterdir())
        if inner.is_dir()
        for file in pictures([inner])
    ]


def _in_list(source: Path) -> list[Reference]:
    """Return the rows of a CSV; files are sought beside it. A first row of other words than files is its head."""
    try:
        rows = list(csv.reader(source.read_text("utf-8-sig").splitlines(), skipinitialspace=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Failure(
            f"{source} cannot be read: {error}", "It takes a folder, or lines of file,brand.", Exit.USAGE
        ) from None
    rows = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    at, label = _columns(rows)
    rows = rows[1:] if rows and _is_head(rows[0]) else rows
    short = next((number for number, row in enumerate(rows, 1) if len(row) <= max(at, label)), None)
    if short is not None:
        raise Failure(f"{source}: row {short} is no file,brand", "One picture a line: logos/acme.png,acme", Exit.USAGE)
    return [Reference(_beside(source, row[at]), row[label]) for row in rows]


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
