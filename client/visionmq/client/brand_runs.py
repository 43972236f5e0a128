"""Lists of pictures of any length as requests to `brand.recognize`: some in flight at once, an item for each picture."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from visionmq.client.brand_answers import chunks
from visionmq.client.errors import BadImage, TooLarge, VisionMQError
from visionmq.client.pictures import Picture
from visionmq.schemas.brand.recognition import Recognition
from visionmq.schemas.common import Item
from visionmq.schemas.errors import ErrorCode, make_error

if TYPE_CHECKING:
    from visionmq.client import AsyncClient, Client

Items: TypeAlias = Sequence[Item[Recognition]]

FLYING: Final = 4
"""Requests in flight: enough that a worker's next batch waits when one is done."""


def patient(client: Any, options: dict[str, Any], flying: int) -> dict[str, Any]:
    """Return options of requests of which so many are in flight: unless it is given, each has time for those before it.

    One engine process takes them one by one: the last has waited for all others when its turn comes.
    """
    return {"timeout": client._channel.timeout * flying, **options}


def run(client: "Client", pictures: Iterable[Picture], options: dict[str, Any]) -> Iterator[Items]:
    """Yield the items of all pictures, in order; what cannot be sent is an item with its error.

    What is in flight when the iteration ends early is cancelled.
    """
    from visionmq.client.brands import recognize_brands

    options = patient(client, options, FLYING)

    def submit(part: Sequence[Picture]) -> list[Any]:
        try:
            call = recognize_brands(part, **options)
            return [client.submit(call.operation, call.params, call.images, **call.options)]
        except (BadImage, TooLarge) as error:
            return [error] if len(part) == 1 else [one for picture in part for one in submit([picture])]

    flying: deque[Any] = deque()
    try:
        for part in chunks(map(_kept, pictures)):
            flying.extend(submit(part))
            while len(flying) >= FLYING:
                yield _landed(flying)
        while flying:
            yield _landed(flying)
    finally:
        for one in flying:
            if not isinstance(one, VisionMQError):
                one.cancel()


def _landed(flying: "deque[Any]") -> Items:
    """Return the items of the oldest request, which stays in flight until it has ended."""
    one = flying[0]
    items: Items = [_refused(one)] if isinstance(one, VisionMQError) else one.result().result.items
    flying.popleft()
    return items


async def run_async(
    client: "AsyncClient", pictures: Iterable[Picture], options: dict[str, Any]
) -> AsyncIterator[Items]:
    """Yield the items of all pictures, in order; as `run`, for asyncio."""
    from visionmq.client.brands import recognize_brands

    options = patient(client, options, FLYING)

    async def ask(part: Sequence[Picture]) -> Items:
        call = recognize_brands(part, **options)
        try:
            items: Items = (await client.call(call.operation, call.params, call.images, **call.options)).result.items
        except (BadImage, TooLarge) as error:
            return [_refused(error)] if len(part) == 1 else [item for one in part for item in await ask([one])]
        return items

    flying: deque[asyncio.Task[Items]] = deque()
    try:
        for part in chunks(map(_kept, pictures)):
            flying.append(asyncio.create_task(ask(part)))
            if len(flying) >= FLYING:
                yield await flying.popleft()
        while flying:
            yield await flying.popleft()
    finally:
        for task in flying:
            task.cancel()


def _kept(picture: Picture) -> Picture:
    """Return an open file's bytes, so that it can be sent again; other pictures as they are."""
    return picture.read() if hasattr(picture, "read") else picture


def _refused(error: VisionMQError) -> Item[Recognition]:
    told = make_error(error.code or ErrorCode.BAD_IMAGE, error.message, stage=error.stage, hint=error.hint)
    return Item(ok=False, error=told)
