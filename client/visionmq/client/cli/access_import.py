"""`visionmq access import`: users, cars, bookings and engineers from a table, each row for itself."""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from visionmq.client.cli.access_ask import DESK
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.places import AsJson, AsLines, Output, Places
from visionmq.client.cli.stores import Store, service

if TYPE_CHECKING:
    from visionmq.client.cli.output import Sink

COLUMNS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "users": (("user", "password"), ("full_name", "birth_date", "subject", "collection")),
    "vehicles": (("car",), ("plate", "latitude", "longitude", "location")),
    "bookings": (("user", "car", "start", "end"), ()),
    "engineers": (("user", "car"), ("start", "end")),
}
"""What each kind of table must have, and may have."""
_BATCH: Final = 50
"""Rows of one request: a password takes 50 ms to hash, and a person wants to see progress."""
_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, by column name."""

    number: int
    """Its line in the file, from 1."""
    cells: dict[str, str]


@talks
def take_in(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A table; its first line names the columns.")],
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="WORD", help=f"{', '.join(COLUMNS)}. [by the columns]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row here, and change nothing.")] = False,
    output: Output = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    store: Store = None,
) -> None:
    """Take in a table of users, vehicles, bookings or engineers; a bad row ends nothing, and none is taken in twice.

    Each line is {"row", "ok": true, "result"} or {"row", "ok": false, "error"}. Importing the same file again changes
    nothing. New cars' device keys stand in the results: keep them with -o.
    """
    places = Places(output=output, as_json=as_json, as_lines=as_lines)
    places.check()
    rows = read_rows(file)
    table = kind_of(rows[0].cells, kind)
    if dry_run:
        with closing(places.open(_shown(table, dry=True))) as sink:
            failed = sum(_write(sink, check(table, row)) for row in rows)
        places.finish(len(rows) - failed, failed)
        return
    mark = hashlib.sha256(file.read_bytes() + table.encode()).hexdigest()[:24]
    connection = service(settings_of(context), DESK, store=store, tell=not (as_json or as_lines))
    with closing(places.open(_shown(table))) as sink, connection as client:
        failed = _import(client, table, rows, mark, sink)
    places.finish(len(rows) - failed, failed)


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file; raises Failure if it cannot be read or holds none."""
    hint = "A table with a heading, such as user,password,full_name"
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, skipinitialspace=True)
            rows = [Row(reader.line_num, _cells(row)) for row in reader if any(row.values())]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Failure(f"{path} cannot be read: {reason}", hint, Exit.USAGE) from None
    if not rows:
        raise Failure(f"{path} holds no rows", hint, Exit.USAGE)
    return rows


def _cells(row: Mapping[Any, Any]) -> dict[str, str]:
    """Return a row's cells; those without a heading, and empty ones, are left out."""
    return {
        str(name).strip().lower(): value.strip()
        for name, value in row.items()
        if isinstance(name, str) and isinstance(value, str) and value.strip()
    }


def kind_of(cells: Mapping[str, str], kind: str | None) -> str:
    """Return the kind of a table, as named or by its columns; raises Failure for one that is none."""
    if kind is not None:
        if kind not in COLUMNS:
            raise Failure(f"there is no kind {kind!r}", f"--kind is one of {', '.join(COLUMNS)}.", Exit.USAGE)
        return kind
    found = [name for name, (needed, more) in COLUMNS.items() if set(needed) <= set(cells) <= {*needed, *more}]
    if len(found) == 1:
        return found[0]
    hint = "; ".join(
        f"{name}: {','.join((*needed, *(f'[{one}]' for one in more)))}" for name, (needed, more) in COLUMNS.items()
    )
    if found:
        raise Failure(f"the columns fit {' and '.join(found)}", "Say which with --kind.", Exit.USAGE)
    raise Failure(f"the columns {', '.join(cells)} fit no kind of table", hint, Exit.USAGE)


def check(kind: str, row: Row) -> dict[str, Any]:
    """Return the line of a row that was only looked at: what it would be, or what is wrong with it."""
    from visionmq.client.errors import VisionMQError

    line: dict[str, Any] = {"row": row.number}
    try:
        _try(kind, row.cells)
    except VisionMQError as error:
        wrong = {"code": "bad_request", "message": error.message, "hint": error.hint}
        return line | {"ok": False, "error": wrong | {"retryable": False, "request_id": None}}
    shown = {name: "***" if name == "password" else value for name, value in row.cells.items()}
    return line | {"ok": True, "result": {"would": shown}}


def _try(kind: str, cells: Mapping[str, str]) -> None:
    """Raise BadRequest for what the service would refuse by its looks alone."""
    from visionmq.client import access_bookings, access_users, access_vehicles
    from visionmq.client.errors import BadRequest

    needed, more = COLUMNS[kind]
    if missing := [name for name in needed if name not in cells]:
        raise BadRequest(f"There is no {' and no '.join(missing)}.", hint="Fill the column.", stage="client")
    if odd := sorted(set(cells) - {*needed, *more}):
        raise BadRequest(f"There is no column {', '.join(odd)}.", hint=f"Known: {', '.join((*needed, *more))}.")
    given = dict(cells)
    if kind == "users":
        access_users.add_user(given.pop("user"), given.pop("password"), **given)
    elif kind == "vehicles":
        access_vehicles.add_vehicle(given["car"], plate=given.get("plate"), location=_location(given))
    elif kind == "bookings":
        call = access_bookings.book(given["user"], given["car"], given["start"], given["end"])
        _ordered(call.params)
    else:
        access_bookings.assign(given["user"], given["car"], given.get("start"), given.get("end"))


def _location(given: Mapping[str, str]) -> Any:
    from visionmq.client.errors import BadRequest

    if "latitude" not in given and "longitude" not in given:
        return given.get("location")
    try:
        return float(given["latitude"]), float(given["longitude"])
    except (KeyError, ValueError):
        raise BadRequest(
            "Latitude and longitude are two numbers.", hint="Write degrees, as 48.2 and 16.37.", stage="client"
        ) from None


def _ordered(params: Any) -> None:
    from visionmq.client.errors import BadRequest

    if params.end <= params.start:
        raise BadRequest("The booking ends before it starts.", hint="start comes before end.", stage="client")


def _import(client: Any, kind: str, rows: Sequence[Row], mark: str, sink: "Sink") -> int:
    from visionmq.client.cli.progress import counting

    failed = 0
    with counting(len(rows), what=f"importing {kind}") as advance:
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            for line in _taken(client, kind, batch, f"import-{mark}-{start}"):
                failed += _write(sink, line)
                advance()
    return failed


def _taken(client: Any, kind: str, batch: Sequence[Row], key: str) -> Iterator[dict[str, Any]]:
    import msgspec

    from visionmq.client.cli.document_lines import describe
    from visionmq.client.cli.document_read import _stop_if_hopeless

    try:
        items = msgspec.to_builtins(
            client.access.import_rows(kind, [row.cells for row in batch], key=key, timeout=_SECONDS).items
        )
    except Exception as error:
        _stop_if_hopeless(error)
        items = [{"ok": False, "error": describe(error)}] * len(batch)
    for row, item in zip(batch, items, strict=True):
        said = {"result": item["result"]} if item["ok"] else {"error": item["error"]}
        yield {"row": row.number, "ok": item["ok"], **said}


def _write(sink: "Sink", line: Mapping[str, Any]) -> bool:
    """Write a line; return whether it failed."""
    sink.write(line)
    return not line["ok"]


def _shown(kind: str, *, dry: bool = False) -> Any:
    def show(lines: Sequence[Mapping[str, Any]]) -> None:
        from visionmq.client.cli import board
        from visionmq.client.cli.document_marks import BAD
        from visionmq.client.cli.show import plain

        console = board.console()
        bad = [line for line in lines if not line["ok"]]
        console.print(board.rows_of([(f"line {line['row']}", plain(line["error"]["message"]), BAD) for line in bad]))
        for line in lines:
            if line["ok"] and line["result"].get("key"):
                console.print(board.text(f"{line['result']['id']}  device key {line['result']['key']}"))
        repeated = sum(line["ok"] and bool(line["result"].get("repeated")) for line in lines)
        good = f"{len(lines) - len(bad)} {kind} {'could be' if dry else 'were'} taken in"
        again = f", {repeated} of them before" if repeated else ""
        console.print(board.text(f"{good}{again}, {len(bad)} refused" + ("; nothing was changed" if dry else "")))

    return show
