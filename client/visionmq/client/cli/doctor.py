"""`visionmq doctor`: what is wrong here, and what to do about it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visionmq.client.cli.failures import Exit
from visionmq.client.cli.options import Settings, settings_of, talks
from visionmq.wire.sockets import CLIENT_ENDPOINT

if TYPE_CHECKING:
    from visionmq.client.cli.checks import Finding


@talks
def doctor(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Option("--keys", metavar="DIR", envvar="VISIONMQ_KEYS", help="The broker's key folder.")
    ] = Path("~/.config/visionmq/keys"),
) -> None:
    """Check this installation, the keys and the broker; say what to do where something is not well.

    The exit code is 1 if a check failed; warnings do not count.
    """
    from visionmq.client.cli.checks import State

    worst = Exit.OK
    for finding in _findings(settings_of(context), folder.expanduser()):
        _print(finding)
        if finding.state is State.FAIL:
            worst = Exit.SOME_FAILED
    raise typer.Exit(worst)


def _findings(settings: Settings, folder: Path) -> "Iterator[Finding]":
    from visionmq.client.cli import checks, store_checks
    from visionmq.wire.keys import read_identity

    yield checks.python()
    yield checks.packages()
    yield checks.engines()
    yield from store_checks.store()
    yield from checks.key_folder(folder)
    identity = None
    if settings.key is not None:
        finding = checks.key_file(settings.key)
        yield finding
        if finding.state is not checks.State.OK:
            return
        identity = read_identity(settings.key)
    usual = list(checks.ports()) if not settings.brokers else []
    yield from usual
    taken = any(finding.state is not checks.State.OK for finding in usual)
    for endpoint in settings.brokers or ((CLIENT_ENDPOINT,) if taken else ()):
        yield from checks.address(endpoint, identity)


def _print(finding: "Finding") -> None:
    from visionmq.client.cli.show import for_people, plain

    colours = {"ok": "green", "warn": "yellow", "fail": "red"}
    mark = f"{finding.state:4}"
    if for_people():
        mark = typer.style(mark, fg=colours[finding.state], bold=finding.state != "ok")
    print(f"{mark}  {plain(finding.name)}: {plain(finding.detail)}")
    if finding.advice:
        print(f"      -> {finding.advice}")
