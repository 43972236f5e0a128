"""What commands of `visionmq access` ask a person for, and how they read it."""

import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from visionmq.client.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from visionmq.schemas.access.vehicles import Location

T = TypeVar("T")

ENGINES: Final = ("access",)
"""It brings those that it needs to see pictures."""
DESK: Final = ("desk",)
"""The same without eyes: starts in half the time."""
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_SPAN: Final = re.compile(r"\+?(\d+(?:\.\d+)?)([mhd])")
_PIPED: Final = 'For instance: printf %s "$PASSWORD" | visionmq access validate ada car-7 --password-stdin'
_HINT: Final = "Write now, 18:00, 2026-11-21T18:00, the same with a zone, or +2h."

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]
AsObject = Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Once = Annotated[
    str | None,
    typer.Option("--once", metavar="TEXT", help="Name of this effect: the same again changes nothing."),
]


def read_password(*, stdin: bool, new: bool = False) -> str:
    """Return a password: from standard input, or typed and not shown; a new one twice.

    Raises Failure where nobody can be asked: a password never stands on the command line, where others can see it.
    """
    if stdin:
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise Failure("standard input holds no password", _PIPED, Exit.USAGE)
        return line
    if not sys.stdin.isatty():
        raise Failure("the password is missing", "Pipe it in with --password-stdin.", Exit.USAGE)
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=new, err=True)
    return typed


def when(text: str, flag: str, *, after: datetime | None = None, now: datetime | None = None) -> datetime:
    """Return a point in time: `now`, a time of today, ISO 8601, or so long after `after` (or now): +2h, +90m, +3d.

    Without a zone it is this computer's time. Raises Failure for other words.
    """
    now = now or datetime.now(UTC).astimezone()
    text = text.strip()
    if text.lower() == "now":
        return now
    if span := _SPAN.fullmatch(text):
        return (after or now) + timedelta(**{_UNITS[span[2]]: float(span[1])})
    try:
        if re.fullmatch(r"\d{1,2}:\d{2}", text):
            hour, minute = (int(part) for part in text.split(":"))
            return now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(f"{flag} {text!r} is no point in time", _HINT, Exit.USAGE) from None
    return moment if moment.tzinfo is not None else moment.astimezone()


def maybe_when(text: str | None, flag: str, *, after: datetime | None = None) -> datetime | None:
    """Return a point in time, or None where none is given."""
    return None if text is None else when(text, flag, after=after)


def location(text: str) -> "Location":
    """Return where a car stands: LATITUDE,LONGITUDE in degrees, with words behind if wanted, or words alone."""
    from visionmq.schemas.access.vehicles import Location

    degrees = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*(?:,\s*(.*))?", text)
    if degrees is None:
        return Location(text=text.strip())
    latitude, longitude = float(degrees[1]), float(degrees[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise Failure(f"{text!r} is beyond the globe", "Latitude first, then longitude, in degrees.", Exit.USAGE)
    return Location(latitude=latitude, longitude=longitude, text=(degrees[3] or "").strip())


def everything(page: Callable[[str | None], Any], rows: str) -> Iterator[Any]:
    """Yield the rows of all pages; `page` returns the one after a place."""
    after: str | None = None
    while True:
        found = page(after)
        yield from getattr(found, rows)
        after = found.after
        if after is None:
            return


def moment(text: str | None) -> str:
    """Return a point in time as a person reads it, in this computer's zone; on a pipe as it is."""
    from visionmq.client.cli.show import for_people

    if text is None:
        return "-"
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M %Z") if for_people() else text


def short_moment(text: str | None) -> str:
    """Return a point in time without its zone for a table of a person; on a pipe as it is."""
    from visionmq.client.cli.show import for_people

    return moment(text).rpartition(" ")[0] if for_people() and text is not None else moment(text)


def place(where: Any) -> str:
    """Return where a car stands in words."""
    if where is None:
        return "-"
    degrees = "" if where.latitude is None else f"{where.latitude:.5f},{where.longitude:.5f}"
    return ", ".join(part for part in (degrees, where.text) if part) or "-"


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read; raises Failure if there is one."""
    import os

    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Failure(f"{path} exists", "Name another file with -o, or remove it first.", Exit.USAGE) from None
    with open(descriptor, "wb") as stream:
        stream.write(content)


def print_rows(found: Any, columns: tuple[str, ...], row: Callable[[Any], Any], *, as_json: bool, empty: str) -> None:
    """Print what was listed: JSON, or a table."""
    from visionmq.client.cli.show import print_json, print_table

    rows = list(found)
    print_json(rows) if as_json else print_table(columns, [row(one) for one in rows], empty=empty)


def print_changed(done: Any, words: str, *, as_json: bool) -> None:
    """Print that a change was made."""
    from visionmq.client.cli.show import plain, print_json

    if as_json:
        print_json(done)
        return
    again = " (the same came before: nothing was changed again)" if getattr(done, "repeated", False) else ""
    print(f"{plain(words)}{again}")
