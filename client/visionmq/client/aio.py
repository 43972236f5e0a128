"""The asyncio client: the same methods as the blocking one, on the same transport."""

import asyncio
import os
import weakref
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from visionmq.client.access import AsyncAccessCalls
from visionmq.client.administration import AsyncAdministration
from visionmq.client.brands import AsyncBrandCalls
from visionmq.client.brokers import AsyncBrokerCalls
from visionmq.client.cases import AsyncCaseCalls
from visionmq.client.channel import DEFAULT_TIMEOUT, Channel, Endpoints, Params
from visionmq.client.client import _end
from visionmq.client.connection import CONNECT_SECONDS
from visionmq.client.counts import Counts
from visionmq.client.documents import AsyncDocumentCalls
from visionmq.client.faces import AsyncFaceCalls
from visionmq.client.outcomes import Outcome
from visionmq.client.pictures import Picture
from visionmq.client.registrations import AsyncRegistrationCalls
from visionmq.client.replies import Progress, Reply
from visionmq.client.retry import Retry
from visionmq.client.stores import AsyncStoreCalls
from visionmq.schemas.messages import Priority

if TYPE_CHECKING:
    from visionmq.client.local import LocalService

T = TypeVar("T")


class AsyncClient(
    AsyncDocumentCalls,
    AsyncRegistrationCalls,
    AsyncFaceCalls,
    AsyncAccessCalls,
    AsyncCaseCalls,
    AsyncBrandCalls,
    AsyncStoreCalls,
    AsyncBrokerCalls,
):
    """A connection to the service for asyncio; parameters and methods are those of `Client`.

    Cancelling the task that waits for a reply cancels the request on the server.
    """

    def __init__(
        self,
        endpoints: Endpoints = None,
        *,
        key: str | os.PathLike[str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retries: Retry | int | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        service: "LocalService | None" = None,
    ) -> None:
        self._channel = Channel(endpoints, key=key, timeout=timeout, retries=retries, connect_seconds=connect_seconds)
        self._service = service
        self._end = weakref.finalize(self, _end, self._channel, service)

    @classmethod
    async def local(
        cls,
        workers: int = 1,
        children: int | None = None,
        engines: Sequence[str] | None = None,
        *,
        bundles: Sequence[str | os.PathLike[str]] = (),
        store: str | os.PathLike[str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        start_seconds: float = 60.0,
    ) -> "AsyncClient":
        """Start a broker and workers of one's own and return their client; closing it ends them."""
        from visionmq.client.local import start

        service = await asyncio.to_thread(
            start, workers, children, engines, bundles=bundles, store=store, start_seconds=start_seconds
        )
        return cls(service.endpoint, timeout=timeout, connect_seconds=5.0, service=service)

    @property
    def endpoints(self) -> list[str]:
        """The endpoints that this client knows."""
        return list(self._channel.endpoints)

    @property
    def access(self) -> AsyncAdministration:
        """Administration of users, cars, bookings, engineers and rules."""
        return AsyncAdministration(self)

    @property
    def counts(self) -> Counts:
        """What the connection has seen: resends, late replies, restarts of the broker ..."""
        return self._channel.transport.session.counts

    async def close(self) -> None:
        """Cancel what is open, say goodbye, and end a local service; may be called twice."""
        await asyncio.to_thread(self._end)

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # ---- any operation -------------------------------------------------------------------

    def submit(
        self,
        operation: str,
        params: Params = None,
        images: Iterable[Picture] = (),
        *,
        timeout: float | None = None,
        priority: Priority | str = Priority.NORMAL,
        key: str | None = None,
        updates: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
        retries: Retry | int | None = None,
        order: str = "bgr",
    ) -> "asyncio.Future[Reply[Any]]":
        """Send a request and return at once with the future of its reply; options as for `Client`.

        `on_progress` is called in the event loop. Pictures given as paths are read here, which
        blocks the loop for as long; give bytes where that matters.
        """
        loop = asyncio.get_running_loop()
        report = None
        if on_progress is not None:
            listener = on_progress

            def report(progress: Progress) -> None:
                loop.call_soon_threadsafe(listener, progress)

        future = self._channel.submit(
            operation,
            params,
            images,
            timeout=timeout,
            priority=priority,
            key=key,
            updates=updates,
            on_progress=report,
            retries=retries,
            order=order,
        )
        return asyncio.wrap_future(future, loop=loop)

    async def call(
        self, operation: str, params: Params = None, images: Iterable[Picture] = (), **options: Any
    ) -> Reply[Any]:
        """Send a request, wait, and return its reply; options as for `submit`."""
        return await self.submit(operation, params, images, **options)

    async def map(
        self,
        what: "str | Callable[[T], asyncio.Future[Reply[Any]]]",
        items: Iterable[T] | AsyncIterable[T],
        *,
        window: int = 32,
        ordered: bool = True,
        errors: str = "return",
        **options: Any,
    ) -> AsyncIterator[Outcome[T]]:
        """Yield the outcome of each item, with at most `window` taken from `items` and not yet yielded.

        As `Client.map`; `items` may be asynchronous too.
        """
        if window < 1:
            raise ValueError("window must be at least 1")
        submit = self._one_picture(what, options) if isinstance(what, str) else what
        waiting: list[asyncio.Task[Outcome[T]]] = []
        source = _numbered(items)
        more = True
        try:
            while more or waiting:
                while more and len(waiting) < window:
                    try:
                        index, item = await anext(source)
                    except StopAsyncIteration:
                        more = False
                    else:
                        waiting.append(asyncio.create_task(_outcome(submit, index, item)))
                if not waiting:
                    return
                outcome = await _next(waiting, ordered)
                if errors == "raise":
                    outcome.unwrap()
                yield outcome
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    def _one_picture(self, operation: str, options: Mapping[str, Any]) -> "Callable[[Any], asyncio.Future[Reply[Any]]]":
        return lambda item: self.submit(operation, images=[item], **{"params": None, **options})


async def _numbered(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[tuple[int, T]]:
    index = 0
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield index, item
            index += 1
    else:
        for index, item in enumerate(items):
            yield index, item


async def _outcome(submit: "Callable[[T], asyncio.Future[Reply[Any]]]", index: int, item: T) -> Outcome[T]:
    try:
        return Outcome(index, item, reply=await submit(item))
    except Exception as error:
        return Outcome(index, item, error=error)


async def _next(waiting: "list[asyncio.Task[Outcome[T]]]", ordered: bool) -> Outcome[T]:
    """Take the first task, or the first that ends, out of the list and return its outcome."""
    if ordered:
        await asyncio.wait([waiting[0]])
        return waiting.pop(0).result()
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    task = next(iter(done))
    waiting.remove(task)
    return task.result()
