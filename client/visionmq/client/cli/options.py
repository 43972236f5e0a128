"""Options that many commands share, and the client that they lead to.

`--broker`, `--key` and `--timeout` may stand before the command or behind it; the nearer wins,
and the environment comes last.
"""

import functools
import inspect
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from visionmq.client.cli.programs import check_installed
from visionmq.wire.sockets import CLIENT_ENDPOINT

if TYPE_CHECKING:
    from visionmq.client import Client

BROKER_VARIABLE: Final = "VISIONMQ_BROKER"
KEY_VARIABLE: Final = "VISIONMQ_KEY"

Broker = Annotated[
    list[str] | None,
    typer.Option("--broker", "-b", metavar="ENDPOINT", help="Broker for clients, tcp://HOST:5760; may be repeated."),
]
Key = Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Key file to speak with. [VISIONMQ_KEY]")]
Seconds = Annotated[float | None, typer.Option("--timeout", min=0.001, metavar="SECONDS", help="Time for a request.")]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to send requests, with which key, and how long to wait."""

    brokers: tuple[str, ...] = ()
    key: Path | None = None
    timeout: float | None = None
    """Seconds for one request; None for the client's default."""

    def with_options(self, broker: list[str] | None, key: Path | None, timeout: float | None) -> "Settings":
        """Return these settings with what was given on the command line put over them."""
        brokers = tuple(part.strip() for item in broker or () for part in item.split(",") if part.strip())
        return replace(
            self,
            brokers=brokers or self.brokers,
            key=key or self.key,
            timeout=timeout if timeout is not None else self.timeout,
        )


def from_environment() -> Settings:
    """Return the settings that the environment makes."""
    key = os.environ.get(KEY_VARIABLE)
    return Settings().with_options([os.environ.get(BROKER_VARIABLE, "")], Path(key) if key else None, None)


def settings_of(context: typer.Context) -> Settings:
    """Return the settings of this command line so far."""
    found = context.find_object(Settings)
    return found if found is not None else from_environment()


def talks(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command (its first parameter is the context) the options that lead to a broker."""

    @functools.wraps(function)
    def command(
        context: typer.Context, *, broker: Broker = None, key: Key = None, timeout: Seconds = None, **rest: Any
    ) -> None:
        context.obj = settings_of(context).with_options(broker, key, timeout)
        function(context, **rest)

    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in (("broker", Broker), ("key", Key), ("timeout", Seconds))
    ]
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in inspect.signature(function).parameters.values()
    ]
    command.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *shared)}
    return command


def connect(settings: Settings) -> "AbstractContextManager[Client]":
    """Return a client of the brokers named, or else of the one at the usual local address."""
    from visionmq.client import Client

    brokers = settings.brokers or (CLIENT_ENDPOINT,)
    return Client(list(brokers), key=settings.key, **_time(settings))


def connect_or_embed(
    settings: Settings,
    *,
    children: int | None = None,
    bundles: Sequence[Path] = (),
    engines: Sequence[str] | None = None,
    store: str | None = None,
) -> "AbstractContextManager[Client]":
    """Return a client of the brokers named, or else of a broker and worker of its own.

    That worker knows these bundles and keeps faces and access in this store (without one, that of VISIONMQ_STORE,
    else one in the user's data folder). It loads these engines only; without any named, all.
    """
    if settings.brokers:
        return connect(settings)
    from visionmq.client import Client

    check_installed("worker")
    return Client.local(children=children, engines=engines, bundles=bundles, store=store, **_time(settings))


def _time(settings: Settings) -> dict[str, Any]:
    return {} if settings.timeout is None else {"timeout": settings.timeout}
