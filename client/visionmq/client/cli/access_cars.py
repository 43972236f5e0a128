"""`visionmq access car`: the cars, and the keys by which they prove what they encode."""

from pathlib import Path
from typing import Annotated, Any

import typer

from visionmq.client.cli.access_ask import (
    DESK,
    AsObject,
    Yes,
    everything,
    location,
    place,
    print_changed,
    print_rows,
    write_secret,
)
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.stores import Store, service

CarId = Annotated[str, typer.Argument(metavar="CAR", help="The car's id.")]
Plate = Annotated[str | None, typer.Option("--plate", metavar="TEXT", help="Number plate.")]
Where = Annotated[str | None, typer.Option("--at", metavar="LOCATION", help="LATITUDE,LONGITUDE, or words.")]
KeyFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE.json", help="Keep the device key here, readable to you alone."),
]


@talks
def add(
    context: typer.Context,
    car: CarId,
    plate: Plate = None,
    at: Where = None,
    output: KeyFile = None,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Add a car. Its device key, by which it proves what it encodes, is told this once."""
    where = None if at is None else location(at)
    _check(output)
    with service(settings_of(context), DESK, store=store, tell=not as_json) as client:
        made = client.access.add_vehicle(car, plate=plate, location=where)
    _tell_key(made, f"car {car} added", output, as_json=as_json)


@talks
def key(
    context: typer.Context, car: CarId, output: KeyFile = None, store: Store = None, as_json: AsObject = False
) -> None:
    """Give a car a new device key; the former proves nothing any more."""
    _check(output)
    with service(settings_of(context), DESK, store=store) as client:
        made = client.access.rotate_device_key(car)
    _tell_key(made, f"car {car} has a new device key", output, as_json=as_json)


def _check(output: Path | None) -> None:
    if output is not None and output.exists():
        raise Failure(f"{output} exists", "Name another file with -o, or remove it first.", Exit.USAGE)


def _tell_key(made: Any, words: str, output: Path | None, *, as_json: bool) -> None:
    import msgspec

    if output is not None:
        write_secret(output, msgspec.json.encode({"car": made.car, "key": made.key}) + b"\n")
    print_changed(made, words, as_json=as_json)
    if as_json:
        return
    print(f"device key: {output}" if output else f"device key: {made.key}")
    typer.echo("The key is told this once; the car needs it to prove encodings.", err=True)


@talks
def edit(
    context: typer.Context,
    car: CarId,
    plate: Plate = None,
    at: Where = None,
    state: Annotated[
        str | None, typer.Option("--state", metavar="WORD", help="free or out_of_service (engineers only).")
    ] = None,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Change what is given of a car."""
    where = None if at is None else location(at)
    with service(settings_of(context), DESK, store=store) as client:
        done = client.access.edit_vehicle(car, plate=plate, location=where, state=state)
    print_changed(done, f"car {car} changed", as_json=as_json)


@talks
def remove(
    context: typer.Context, car: CarId, yes: Yes = False, store: Store = None, as_json: AsObject = False
) -> None:
    """Remove a car."""
    from visionmq.client.cli.face_gallery import confirm

    confirm(f"Remove car {car!r}?", yes=yes)
    with service(settings_of(context), DESK, store=store) as client:
        done = client.access.remove_vehicle(car)
    print_changed(done, f"car {car} removed", as_json=as_json)


@talks
def cars(context: typer.Context, store: Store = None, as_json: AsObject = False) -> None:
    """List the cars: what each is doing, and where it stands."""
    with service(settings_of(context), DESK, store=store, tell=not as_json) as client:
        found = list(everything(lambda after: client.access.vehicles(after=after), "vehicles"))
    empty = "there are no cars yet; visionmq access car add CAR"
    columns = ("car", "plate", "state", "where", "booking")
    print_rows(found, columns, _row, as_json=as_json, empty=empty)


def _row(one: Any) -> tuple[object, ...]:
    return one.car, one.plate or "-", one.state.replace("_", " "), place(one.location), one.booking or "-"
