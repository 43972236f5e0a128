"""Which store a command works on, and the service that has it."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import Settings, connect_or_embed

if TYPE_CHECKING:
    from visionmq.client import Client

STORE_VARIABLE: Final = "VISIONMQ_STORE"
_LISTS: Final = {
    "subject": "`visionmq face subjects`",
    "collection": "`visionmq face collections`",
    "user": "`visionmq access user list`",
    "booking": "`visionmq access bookings`",
    "assignment": "`visionmq access engineer list`",
    "car": "`visionmq access car list`",
}
"""Which command lists what a request may have named wrongly."""

Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="FILE|URL",
        help="Store of a service of one's own: a file, or postgresql://... [VISIONMQ_STORE, else one of your own]",
    ),
]


def place_of(store: str | None) -> str:
    """Return in words which store a service of one's own uses; passwords are left out."""
    address = store or os.environ.get(STORE_VARIABLE) or ""
    if address:
        return _without_password(address)
    from platformdirs import user_data_path

    return str(user_data_path("visionmq", appauthor=False) / "store.db")


def _without_password(address: str) -> str:
    if "://" not in address:
        return address
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


@contextmanager
def service(
    settings: Settings,
    engines: Sequence[str],
    *,
    store: str | None = None,
    together: int = 1,
    tell: bool = False,
    kept: bool = True,
) -> "Iterator[Client]":
    """Give a client of the brokers named, or of a broker and worker of its own with these engines and this store.

    `together` requests share it. `tell` says on standard error which store it is; what needs none (`kept` is False)
    gets one that is gone afterwards, so that comparing two pictures neither makes nor reads a gallery. Raises Failure
    where a store is named for workers that are not ours to start.
    """
    from visionmq.client.cli.progress import waiting
    from visionmq.client.errors import NotFound

    if store and settings.brokers:
        raise Failure(
            f"--store is for a service of one's own; the workers behind {settings.brokers[0]} have theirs",
            f"Name it where they start: {STORE_VARIABLE}=... visionmq worker.",
            Exit.USAGE,
        )
    if tell and not settings.brokers:
        print(f"store: {place_of(store)}", file=sys.stderr)
    with ExitStack() as stack:
        if not (kept or store or settings.brokers):
            store = os.path.join(stack.enter_context(TemporaryDirectory(prefix="visionmq-")), "store.db")
        with waiting("" if settings.brokers else "starting a broker and a worker of our own"):
            made = connect_or_embed(settings, children=1 if together == 1 else None, engines=engines, store=store)
        client = stack.enter_context(made)
        try:
            yield client
        except NotFound as missing:
            told = "`visionmq" in missing.hint  # the engine knows better than the words of its message
            hint = missing.hint if told else _list_of(missing.message) or missing.hint
            raise Failure(missing.message, hint) from None


def _list_of(message: str) -> str:
    """Return which command lists what was not found, by the words of the message."""
    return next((f"{command} lists what there is." for word, command in _LISTS.items() if word in message), "")
