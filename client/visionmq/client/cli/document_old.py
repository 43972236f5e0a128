"""The flags of the recognition service that VisionMQ replaces, under their names there.

| flag | here |
|---|---|
| `--image_path FILE` | one more FILE |
| `--output_path DIR` | the folder of result files, one JSON file a recognition; `./result` without it |
| `--signature`, `-s` | the key file to speak with (`--key`) |
| `--endpoint`, `--port` | the broker's address (`--broker`) |
| `--log` | the last 80 lines of the broker's log |
| `--bundle_dir` | `--bundle` |
| `--concur` | engine processes of a service of one's own; 0 is one a core |
| `--lazy` | nothing: engines are loaded before a worker says that it is ready |
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import Settings
from visionmq.wire.sockets import CLIENT_PORT

LOG_LINES: Final = 80
RESULT_FOLDER: Final = Path("result")
_HOST: Final = "127.0.0.1"
_PANEL: Final = "Flags of the replaced service"


def old_flag(*names: str, text: str, **more: Any) -> Any:
    """Return an option whose name comes from the replaced service."""
    return typer.Option(*names, help=text, rich_help_panel=_PANEL, **more)


@dataclass(frozen=True, slots=True)
class OldFlags:
    """What was given under the old names."""

    image_path: Annotated[
        list[Path] | None,
        old_flag("--image_path", "--image-path", metavar="FILE", text="A picture, as FILE; may be repeated."),
    ] = None
    output_path: Annotated[
        Path | None,
        old_flag(
            "--output_path",
            "--output-path",
            metavar="DIR",
            text="Folder for one JSON file a picture, named by time. [./result]",
        ),
    ] = None
    signature: Annotated[
        str | None, old_flag("--signature", "-s", metavar="FILE", text="The caller's key file, as --key.")
    ] = None
    endpoint: Annotated[str | None, old_flag("--endpoint", metavar="HOST", text="The broker's host, as --broker.")] = (
        None
    )
    port: Annotated[
        int | None,
        old_flag("--port", metavar="N", min=1, max=65535, text=f"The broker's port; {CLIENT_PORT} without it."),
    ] = None
    log: Annotated[
        bool,
        old_flag("--log", text=f"Print the last {LOG_LINES} lines of the broker's log; reads no picture by itself."),
    ] = False
    bundle_dir: Annotated[
        list[Path] | None, old_flag("--bundle_dir", "--bundle-dir", metavar="DIR", text="As --bundle.")
    ] = None
    concur: Annotated[
        int | None,
        old_flag("--concur", metavar="N", min=0, text="Engine processes of a service of one's own; 0: one a core."),
    ] = None
    lazy: Annotated[
        bool,
        old_flag("--lazy", text="Changes nothing: engines load before a worker is ready, so no first call is slow."),
    ] = False

    @property
    def used(self) -> bool:
        """Whether this is a call of the old client, whose results go to a folder."""
        return any((self.image_path, self.output_path, self.signature, self.endpoint, self.port))

    def folder(self, output: Path | None) -> Path | None:
        """Return the folder that result files go to, one a recognition; None if no old flag asks for them.

        `--output` is the other old name of `--output_path`; a FILE.json or FILE.jsonl stays what it is here.
        """
        if self.output_path is not None:
            return self.output_path
        if not self.used:
            return None
        if output is None:
            return RESULT_FOLDER
        return None if output.suffix in {".json", ".jsonl", ".ndjson"} else output

    def settings(self, settings: Settings) -> Settings:
        """Return the settings with the address and the key that the old names say put over them."""
        if self.endpoint is not None or self.port is not None:
            settings = replace(settings, brokers=(broker_address(self.endpoint, self.port),))
        return settings if self.signature is None else replace(settings, key=_key_file(self.signature))

    def children(self) -> int | None:
        """Return the engine processes of a service of one's own; None for one a core."""
        return self.concur or None


def broker_address(host: str | None, port: int | None) -> str:
    """Return the broker's address of an old `--endpoint` and `--port`; a full address may stand for both."""
    host = host or _HOST
    if "://" in host:
        return host
    name, colon, own = host.rpartition(":")
    if colon and own.isdigit() and "]" not in own:
        host, port = name, port or int(own)
    return f"tcp://{host}:{port or CLIENT_PORT}"


def _key_file(text: str) -> Path:
    path = Path(text)
    try:
        there = path.is_file()
    except OSError:  # a long licence text is no file name
        there = False
    if not there:
        raise Failure(
            "--signature names no key file: where the replaced service took a licence text, the caller's key stands",
            "Make one with `visionmq keys new NAME`, and name it: --signature NAME.key. On one's own host none is needed.",
            Exit.USAGE,
        )
    return path


def takes_old_flags(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the old flags; it gets them as its parameter `old`."""

    @functools.wraps(function)
    def command(*positional: Any, **given: Any) -> None:
        values = {field.name: given.pop(field.name) for field in fields(OldFlags)}
        function(*positional, old=OldFlags(**values), **given)

    own = [part for name, part in inspect.signature(function).parameters.items() if name != "old"]
    added = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in fields(OldFlags)
    ]
    command.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
    command.__annotations__ = {part.name: part.annotation for part in (*own, *added)}
    return command
