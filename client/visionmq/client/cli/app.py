"""The tree of commands."""

from typing import Annotated, Any

import typer

from visionmq.client.cli import (
    access,
    admin,
    audit,
    brand,
    case,
    demo,
    doctor,
    document,
    face,
    keys,
    programs,
    register,
    schema,
    store,
    up,
)
from visionmq.client.cli.group import examples
from visionmq.client.cli.options import Broker, Key, Seconds, from_environment
from visionmq.wire import VERSION

_EPILOG = examples(
    "visionmq demo",
    "visionmq up",
    "visionmq document passport.jpg",
    "visionmq register photo.jpg map.png",
    "visionmq face verify ada.jpg unknown.jpg",
    "visionmq access validate ada car-7",
    "visionmq -b tcp://10.0.0.5:5760 --key me.key info",
)

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", epilog=_EPILOG)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(VERSION)
        raise typer.Exit


@app.callback()
def start(
    context: typer.Context,
    broker: Broker = None,
    key: Key = None,
    timeout: Seconds = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Send pictures, get answers: what a document says, whose face it is, where a picture lies on another.

    Without an address the commands about pictures, access and the store start a broker and a worker of their own for
    the time they run; commands that look at a broker ask the one at tcp://127.0.0.1:5760. The variables
    VISIONMQ_BROKER and VISIONMQ_KEY stand for --broker and --key, VISIONMQ_STORE names the store of one's own worker.

    Exit codes: 0 done, 1 some items failed, 2 wrong usage, 3 nobody answered, 4 refused, 5 timed out, 130 interrupted.
    """
    context.obj = from_environment().with_options(broker, key, timeout)


_pass: dict[str, Any] = {"context_settings": programs.PASS_THROUGH, "add_help_option": False}
app.command(
    "up",
    epilog=examples(
        "visionmq up", "visionmq up -n 4", "visionmq up --keys ~/.config/visionmq/keys", "visionmq up --bundle bundles"
    ),
)(up.up)
app.command("broker", epilog=examples("visionmq broker --help", "visionmq broker --keys /etc/visionmq/keys"), **_pass)(
    programs.broker
)
app.command("worker", epilog=examples("visionmq worker --help", "visionmq worker -n 2"), **_pass)(programs.worker)
app.add_typer(document.group, name="document")
app.add_typer(register.group, name="register")
app.add_typer(face.group, name="face")
app.add_typer(brand.group, name="brand")
app.add_typer(access.group, name="access")
app.add_typer(case.group, name="case")
app.add_typer(audit.group, name="audit")
app.add_typer(store.group, name="store")
app.command("demo", epilog=examples("visionmq demo", "visionmq demo -o /tmp"))(demo.demo)
admin.register(app)
app.command(
    "schema", epilog=examples("visionmq schema", "visionmq schema document.recognize", "visionmq schema messages")
)(schema.schema)
app.add_typer(keys.group, name="keys")
app.command("doctor", epilog=examples("visionmq doctor", "visionmq doctor -b tcp://10.0.0.5:5760 --key me.key"))(
    doctor.doctor
)


def command() -> Any:
    """Return the tree as one command to be run."""
    return typer.main.get_command(app)
