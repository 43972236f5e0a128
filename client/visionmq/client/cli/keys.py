"""`visionmq keys`: who may talk to a broker, and what each may do."""

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.group import examples, make_group
from visionmq.wire import keys as files
from visionmq.wire.keys import AUTHORIZED, BROKER_KEY, Grant, Role

DEFAULT_FOLDER: Final = Path("~/.config/visionmq/keys")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Folder = Annotated[
    Path,
    typer.Option("--folder", "--keys", metavar="DIR", envvar="VISIONMQ_KEYS", help="The broker's key folder."),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, dot, dash and underscore.")]

group = make_group(
    "Make, list and revoke keys.",
    epilog=examples("visionmq keys init", "visionmq keys new laptop", "visionmq keys list"),
)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or name == Path(BROKER_KEY).stem:
        raise Failure(
            f"{name!r} cannot be the name of a key",
            "Use letters, digits, dot, dash and underscore, at most 64; `broker` is taken.",
            Exit.USAGE,
        )
    return name


@group.command("init", epilog=examples("visionmq keys init", "visionmq keys init --folder /etc/visionmq/keys"))
def init(folder: Folder = DEFAULT_FOLDER) -> None:
    """Make a key folder with the broker's own key."""
    folder = folder.expanduser()
    files.write_identity(folder / BROKER_KEY, files.make_identity("broker"))
    (folder / AUTHORIZED).mkdir(exist_ok=True, mode=0o700)
    print(f"made {folder / BROKER_KEY}; it stays on the broker's host")
    print(f"next:  visionmq keys new NAME, then  visionmq broker --keys {folder}")


@group.command(
    "new",
    epilog=examples(
        "visionmq keys new laptop",
        "visionmq keys new gpu-host --role worker",
        "visionmq keys new kiosk --operations 'document.*' --rate '20 per day'",
    ),
)
def new(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the key is for.")] = Role.CLIENT,
    operations: Annotated[
        list[str] | None, typer.Option("--operations", metavar="PATTERN", help="What it may ask; may be repeated.")
    ] = None,
    rate: Annotated[
        list[str] | None, typer.Option("--rate", metavar="RATE", help="For instance `20 per day`; may be repeated.")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Make a key for a client, a worker or an admin, and grant it."""
    folder = folder.expanduser()
    _checked(name)
    server = _broker_public(folder)
    identity = files.make_identity(name, server)
    secret = folder / f"{name}.key"
    files.write_identity(secret, identity)
    grant = Grant(name, identity.public, role, list(operations or ["*"]), list(rate or []))
    try:
        files.write_grant(folder, grant)
    except files.KeyFileError:
        secret.unlink()
        raise
    _say_what_to_copy(secret, role)


def _broker_public(folder: Path) -> str:
    if not (folder / BROKER_KEY).exists():
        raise Failure(f"{folder} holds no broker's key", f"visionmq keys init --folder {folder}", Exit.USAGE)
    return files.read_identity(folder / BROKER_KEY).public


def _say_what_to_copy(secret: Path, role: Role) -> None:
    print(f"made {secret} ({role}); the broker knows it from now on")
    print(f"move it to the {role}'s host by a safe way (scp), keep mode 0600, delete it here; then there:")
    if role is Role.WORKER:
        print(f"  visionmq worker --broker tcp://BROKER-HOST:5761 --key {secret.name}")
    else:
        print(f"  visionmq --broker tcp://BROKER-HOST:5760 --key {secret.name} ping")


@group.command("list", epilog=examples("visionmq keys list"))
def list_keys(folder: Folder = DEFAULT_FOLDER) -> None:
    """List the keys a broker knows."""
    folder = folder.expanduser()
    ring = files.KeyRing(folder)
    rows = []
    for path in sorted((folder / AUTHORIZED).glob("*.json")):
        grant = _read_grant(path)
        if grant is not None:
            rows.append((grant.name, str(grant.role), " ".join(grant.operations), "; ".join(grant.rates), grant.public))
    from visionmq.client.cli.show import print_table

    print_table(("name", "role", "operations", "rates", "public key"), rows, empty=f"no keys in {folder}")
    if ring.problems:
        raise Failure("; ".join(ring.problems), "Mend or remove these files; their keys are refused.")


def _read_grant(path: Path) -> Grant | None:
    import msgspec

    try:
        return msgspec.json.decode(path.read_bytes(), type=Grant)
    except (OSError, msgspec.MsgspecError):
        return None


@group.command("revoke", epilog=examples("visionmq keys revoke laptop"))
def revoke(name: Name, folder: Folder = DEFAULT_FOLDER) -> None:
    """Take a key's grant away; a running broker refuses its next message."""
    folder = folder.expanduser()
    _checked(name)
    grant = folder / AUTHORIZED / f"{name}.json"
    if not grant.exists():
        raise Failure(f"no key called {name} in {folder}", "`visionmq keys list` shows them.", Exit.USAGE)
    grant.unlink()
    (folder / f"{name}.key").unlink(missing_ok=True)
    print(f"revoked {name}")
