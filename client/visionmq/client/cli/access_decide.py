"""`visionmq access validate`, `face`, `return` and `nonce`: what a car's computer asks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visionmq.client.cli.access_ask import DESK, ENGINES, AsObject, Once, PasswordStdin, location, read_password
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.stores import Store, service

if TYPE_CHECKING:
    from visionmq.client import Client
    from visionmq.schemas.access.edge import EdgeEncoding

UserName = Annotated[str, typer.Argument(metavar="USER", help="Login name.")]
CarId = Annotated[str, typer.Argument(metavar="CAR", help="The car's id.")]


@talks
def validate(
    context: typer.Context,
    user: UserName,
    car: CarId,
    password_stdin: PasswordStdin = False,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Decide whether this login opens this car now: only with a live booking of this user for this car.

    The password is asked for, or comes by --password-stdin. Exit code 0: allowed, 1: denied.
    """
    from visionmq.client.cli.access_show import print_decision

    password = read_password(stdin=password_stdin)
    with service(settings_of(context), DESK, store=store) as client:
        decision = client.validate(user, password, car)
    print_decision(decision, as_json=as_json)


@talks
def face(
    context: typer.Context,
    car: CarId,
    picture: Annotated[
        Path | None, typer.Argument(metavar="[PICTURE]", help="Who stands before the car; - for standard input.")
    ] = None,
    encoding: Annotated[
        Path | None,
        typer.Option("--encoding", metavar="FILE", help="An encoding instead: a line of `face encode --jsonl`."),
    ] = None,
    device_key: Annotated[
        Path | None,
        typer.Option("--device-key", metavar="FILE", help="The car's key, of `access car add -o`, to prove it with."),
    ] = None,
    want: Annotated[
        list[str] | None, typer.Option("--want", metavar="NAME", help="Picture to save: overlay (what was compared).")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Where pictures go. [.]")] = (
        None
    ),
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Decide whether this face opens this car now: compared with those who may take it, and nobody else.

    With --encoding the car has encoded the face itself: a nonce is fetched, and proved with its device key. Exit
    code 0: allowed, 1: denied.
    """
    import msgspec

    from visionmq.client.cli.access_show import print_decision
    from visionmq.client.cli.document_lines import save_pictures
    from visionmq.client.cli.face_run import picture as load
    from visionmq.client.cli.places import words

    if (picture is None) == (encoding is None) or (encoding is None) != (device_key is None):
        raise Failure(
            "a picture is needed, or an encoding and the car's device key",
            "visionmq access face CAR PICTURE; or CAR --encoding FILE --device-key FILE",
            Exit.USAGE,
        )
    edge = None if encoding is None else (read_encoding(encoding), read_key(device_key or Path()))
    with service(settings_of(context), ENGINES, store=store) as client:
        if edge is not None:
            reply = client.face_access(car, encoding=_proved(client, car, *edge))
        else:
            reply = client.face_access(car, load(picture or Path()), want=words(want))
    stem = (output or Path()) / f"{(picture or Path('face')).stem}-{car}"
    saved = save_pictures(stem, msgspec.to_builtins(reply.result.images), reply.images)
    print_decision(reply.result, as_json=as_json, saved=saved)


def _proved(client: "Client", car: str, made: tuple[list[float], str], key: str) -> "EdgeEncoding":
    from visionmq.client.access import edge_encoding

    vector, model = made
    nonce = client.access.nonce(car)
    try:
        return edge_encoding(nonce, key, vector=vector, model=model)
    except ValueError:
        raise Failure("the device key is none", "Take the file that `visionmq access car add -o` wrote.") from None


def read_encoding(path: Path) -> tuple[list[float], str]:
    """Return the encoding of the first face in a file of `face encode`, and its model; raises Failure without one."""
    import msgspec

    try:
        line = msgspec.json.decode(path.read_bytes().splitlines()[0])
        (model, *_), (one, *_) = line["result"]["models"], line["result"]["faces"]
        vector, name = one["encoding"], f"{model['name']}/{model['version']}"
    except (OSError, IndexError, KeyError, TypeError, ValueError):
        raise Failure(
            f"{path} holds no encoding", "Make one: visionmq face encode PICTURE --jsonl > FILE", Exit.USAGE
        ) from None
    return [float(number) for number in vector], name


def read_key(path: Path) -> str:
    """Return a device key from the file of `access car add -o`, or a file that holds it alone."""
    import msgspec

    try:
        content = path.read_bytes().strip()
        return str(msgspec.json.decode(content)["key"]) if content.startswith(b"{") else content.decode("ascii")
    except (OSError, KeyError, ValueError):
        raise Failure(
            f"{path} holds no device key", "Take the file that `visionmq access car add -o` wrote.", Exit.USAGE
        ) from None


@talks
def bring_back(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="Login name, or id of a decision.")],
    car: CarId,
    where: Annotated[str, typer.Argument(metavar="LOCATION", help="LATITUDE,LONGITUDE, or words.")],
    booking: Annotated[
        str | None, typer.Option("--booking", metavar="ID", help="Only this booking. [the one that has begun]")
    ] = None,
    once: Once = None,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Bring a car back: booking closed, car free, location stored, all or nothing, once.

    Exit code 0: done, 1: denied.
    """
    from visionmq.client.cli.access_show import print_decision

    place = location(where)
    with service(settings_of(context), DESK, store=store) as client:
        decision = client.return_car(user, car, place, booking=booking, **keyed(once))
    print_decision(decision, as_json=as_json)


def keyed(once: str | None) -> dict[str, Any]:
    """Return the option that lets an effect happen once."""
    return {} if once is None else {"key": once}


@talks
def nonce(context: typer.Context, car: CarId, store: Store = None, as_json: AsObject = False) -> None:
    """Print a number with which this car proves one encoding, soon."""
    from visionmq.client.cli.show import print_json

    with service(settings_of(context), DESK, store=store) as client:
        made = client.access.nonce(car)
    print_json(made) if as_json else print(f"{made.nonce}  good for {made.seconds:g} s")
