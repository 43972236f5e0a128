"""The asyncio client: the same methods as the blocking one, on the same transport."""

import asyncio
import os
import weakref
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from visionmq.client import documents, registrations
from visionmq.client.channel import DEFAULT_TIMEOUT, Channel, Endpoints, Params
from visionmq.client.client import _end
from visionmq.client.errors import from_wire
from visionmq.client.outcomes import Outcome
from visionmq.client.pictures import Picture
from visionmq.client.registrations import MatrixLike
from visionmq.client.replies import Progress, Reply
from visionmq.client.retry import Retry
from visionmq.client.session import CONNECT_SECONDS, Counts
from visionmq.schemas import admin
from visionmq.schemas.document import Document, Documents, Learned, Made, Masks, TemplateZone
from visionmq.schemas.messages import Priority
from visionmq.schemas.registration import DEFAULT_POINTS, DEFAULT_SIDE, Registered, Stitched, Warped
from visionmq.schemas.system import Echo, EchoParams, Pong

if TYPE_CHECKING:
    from visionmq.client.local import LocalService

T = TypeVar("T")


class AsyncClient:
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
        timeout: float = DEFAULT_TIMEOUT,
        start_seconds: float = 60.0,
    ) -> "AsyncClient":
        """Start a broker and workers of one's own and return their client; closing it ends them."""
        from visionmq.client.local import start

        service = await asyncio.to_thread(
            start, workers, children, engines, bundles=bundles, start_seconds=start_seconds
        )
        return cls(service.endpoint, timeout=timeout, connect_seconds=5.0, service=service)

    @property
    def endpoints(self) -> list[str]:
        """The endpoints that this client knows."""
        return list(self._channel.endpoints)

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

    # ---- one method an operation ---------------------------------------------------------

    async def ping(self, **options: Any) -> Pong:
        """Ask an engine process whether it is alive."""
        return _result(await self.call("system.ping", **options), Pong)

    async def echo(
        self, text: str = "", images: Iterable[Picture] = (), *, sleep_ms: float = 0.0, **options: Any
    ) -> Reply[Echo]:
        """Send text and frames and get them back."""
        return await self.call("system.echo", EchoParams(text=text, sleep_ms=sleep_ms), images, **options)

    async def document(self, picture: Picture, *, mask: Sequence[str] = ("*",), **options: Any) -> Document:
        """Read the document in one picture; options as for `recognize`.

        Raises the error of a picture that cannot be read.
        """
        (item,) = (await self.documents([picture], mask=mask, **options)).items
        if item.error is not None:
            raise from_wire(item.error)
        assert item.result is not None
        return item.result

    async def documents(
        self, pictures: Iterable[Picture], *, mask: Sequence[str] = ("*",), mode: str = "default", **options: Any
    ) -> Documents:
        """Read the documents in up to 64 pictures; options as for `recognize`, of whose reply this is the result."""
        return (await self.recognize(pictures, mask=mask, mode=mode, **options)).result

    async def recognize(
        self,
        pictures: Iterable[Picture],
        *,
        mask: Sequence[str] | str = ("*",),
        mode: str = "default",
        options: Mapping[str, str] | None = None,
        current_date: date | str | None = None,
        forensics: bool = False,
        visual: bool = False,
        merge: bool = False,
        want: Iterable[str] = (),
        pass_back: Any = None,
        **sending: Any,
    ) -> Reply[Documents]:
        """Read the documents in up to 64 pictures: one item a picture, bad ones with their error.

        `mask` names document types as patterns; `mode` is `default` or `strict`. `forensics` judges the
        document on `current_date` (a date, `today`, DD.MM.YYYY), `visual` reads the text outside the zone
        too, `merge` takes all pictures for one document. `want` names pictures to return (`overlay`, `mrz`,
        `page`, `portrait`, `signature`, `zone.NAME`): see `Reply.picture`. `sending` as for `submit`.
        """
        params = documents.recognize_params(
            mask=mask,
            mode=mode,
            options=options,
            current_date=current_date,
            forensics=forensics,
            visual=visual,
            merge=merge,
            want=want,
            pass_back=pass_back,
        )
        return await self.call("document.recognize", params, pictures, **sending)

    async def make_document(
        self,
        doc_type: str = "mrz.mrp",
        *,
        fields: Mapping[str, str] | None = None,
        seed: int = 0,
        photograph: bool = True,
        **sending: Any,
    ) -> Reply[Made]:
        """Draw a specimen; its truth is the result, its picture the first image.

        `fields` by their names without `mrz_`, dates as ISO 8601; what is left out is invented from `seed`.
        """
        params = documents.make_params(doc_type, fields, seed, photograph)
        return await self.call("document.make", params, **sending)

    async def learn_document(
        self,
        name: str,
        picture: Picture,
        zones: Iterable[TemplateZone | Mapping[str, Any]],
        *,
        title: str | None = None,
        **sending: Any,
    ) -> Reply[Learned]:
        """Make a template from a clean picture and its named zones.

        The reply's images are the files of the bundle: `visionmq.client.bundles.write_bundle` writes them.
        """
        params = documents.learn_params(name, zones, title)
        return await self.call("document.learn", params, [picture], **sending)

    async def masks(self, **options: Any) -> Masks:
        """Return which documents can be recognised."""
        return _result(await self.call("document.masks", **options), Masks)

    async def register(
        self,
        user: Picture,
        model: Picture,
        *,
        algorithm: str = "auto",
        ratio: float | None = None,
        mutual: bool | None = None,
        spread: bool | None = None,
        estimator: str | None = None,
        transform: str | None = None,
        refine: bool | None = None,
        budget: int | None = None,
        tolerance: float | None = None,
        points: int = DEFAULT_POINTS,
        side: int = DEFAULT_SIDE,
        want: Iterable[str] = (),
        pass_back: Any = None,
        **sending: Any,
    ) -> Reply[Registered]:
        """Lay the user's picture on the model's: a matrix from user to model pixels, and its certificate.

        `algorithm` is `auto`, `sift`, `orb`, `akaze`, `brisk` or `surf`; `transform` is the parameter `model`:
        `homography`, `affine`, `similarity` or `translation`. `want` names pictures to return (`overlay`,
        `matches`, `warped`, `red_green`, `checkerboard`, `layer`, `difference`): see `Reply.picture`. Pictures
        that do not fit are an answer without a matrix; its `failure` says why. `sending` as for `submit`.
        """
        given = {
            "algorithm": algorithm,
            "ratio": ratio,
            "mutual": mutual,
            "spread": spread,
            "estimator": estimator,
            "model": transform,
            "refine": refine,
            "budget": budget,
            "tolerance": tolerance,
            "points": points,
            "side": side,
            "want": want,
            "pass_back": pass_back,
        }
        return await self.call("registration.register", registrations.register_params(given), [user, model], **sending)

    async def warp(
        self,
        matrix: MatrixLike,
        picture: Picture | None = None,
        *,
        points: Iterable[Sequence[float]] = (),
        size: tuple[int, int] | None = None,
        inverse: bool = False,
        fit: bool = False,
        transparent: bool = False,
        **sending: Any,
    ) -> Reply[Warped]:
        """Apply a matrix, or that of a registration, to points and to a picture.

        The picture comes back as `warped`, in a frame of `size` (the model's, usually; its own without it), or
        whole with `fit`. `inverse` goes from model to user. `sending` as for `submit`.
        """
        given = {"size": size, "inverse": inverse, "fit": fit, "transparent": transparent}
        params = registrations.warp_params(matrix, points, given)
        return await self.call("registration.warp", params, [] if picture is None else [picture], **sending)

    async def stitch(
        self, user: Picture, model: Picture, *, blend: str = "bands", algorithm: str = "auto", **options: Any
    ) -> Reply[Stitched]:
        """Merge two pictures in the model's frame, if their registration is accepted; `refused` says why if not.

        The picture comes back as `stitched`. `blend` is `bands`, `feather` or `none`; `options` are those of
        `submit`, and by `params` (a dictionary) any of `registration.register`.
        """
        given = {"blend": blend, "algorithm": algorithm, **options.pop("params", {})}
        return await self.call("registration.stitch", registrations.stitch_params(given), [user, model], **options)

    # ---- the broker ----------------------------------------------------------------------

    async def info(self, **options: Any) -> admin.Info:
        """Return the broker's state and ledger."""
        return _result(await self.call("broker.info", **options), admin.Info)

    async def workers(self, **options: Any) -> list[admin.WorkerState]:
        """Return the connected workers."""
        found: admin.Workers = (await self.call("broker.workers", **options)).result
        return found.workers

    async def queues(self, **options: Any) -> list[admin.QueueState]:
        """Return the queues in use."""
        found: admin.Queues = (await self.call("broker.queues", **options)).result
        return found.queues

    async def pause(self, *operations: str, **options: Any) -> int:
        """Stop dispatching these operations, or all; return how many were touched."""
        return await self._touch("broker.pause", admin.OperationsParams(operations=list(operations)), options)

    async def resume(self, *operations: str, **options: Any) -> int:
        """Dispatch these operations, or all, again; return how many were touched."""
        return await self._touch("broker.resume", admin.OperationsParams(operations=list(operations)), options)

    async def purge(self, *operations: str, **options: Any) -> int:
        """Cancel what waits for these operations, or for all; return how many requests."""
        return await self._touch("broker.purge", admin.OperationsParams(operations=list(operations)), options)

    async def drain(self, worker: str | None = None, **options: Any) -> int:
        """Let a worker, or the broker itself, finish and end; return how many were touched."""
        return await self._touch("broker.drain", admin.DrainParams(worker=worker), options)

    async def dead(
        self, request_id: str | None = None, *, purge: bool = False, **options: Any
    ) -> Reply[admin.DeadLetters]:
        """Return the dead letters, or one with its pictures; `purge` deletes them."""
        return await self.call("broker.dead", admin.DeadParams(id=request_id, purge=purge), **options)

    async def logs(self, tail: int = 80, **options: Any) -> list[str]:
        """Return the last lines of the broker's log, each a JSON object."""
        found: admin.Logs = (await self.call("broker.logs", admin.LogsParams(tail=tail), **options)).result
        return found.lines

    async def _touch(self, operation: str, params: Params, options: Mapping[str, Any]) -> int:
        done: admin.Done = (await self.call(operation, params, **options)).result
        return done.touched


def _result(reply: Reply[Any], kind: type[T]) -> T:
    assert isinstance(reply.result, kind)
    return reply.result


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
