"""The blocking client: thread-safe, one method for each operation, futures and `map` for more."""

import concurrent.futures
import os
import queue
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from visionmq.client import documents, registrations
from visionmq.client.channel import DEFAULT_TIMEOUT, Channel, Endpoints, Params
from visionmq.client.errors import from_wire
from visionmq.client.future import Future
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


class Client:
    """A connection to the service, for any number of threads; close it, or use it in `with`.

    Without endpoints it takes those of VISIONMQ_BROKER, else `tcp://127.0.0.1:5760`; of several the
    next is taken when one falls silent. `key` is a key file (default VISIONMQ_KEY), `timeout` the
    seconds that a request may take in all, `retries` which refusals are waited out (see `Retry`).
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
    def local(
        cls,
        workers: int = 1,
        children: int | None = None,
        engines: Sequence[str] | None = None,
        *,
        bundles: Sequence[str | os.PathLike[str]] = (),
        timeout: float = DEFAULT_TIMEOUT,
        start_seconds: float = 60.0,
    ) -> "Client":
        """Start a broker and workers of one's own and return their client; closing it ends them.

        `bundles` are folders of document templates that the workers load. Raises ClosedError with the
        program's last words if one ends while starting, and Timeout if they are not ready in `start_seconds`.
        """
        from visionmq.client.local import start

        service = start(workers, children, engines, bundles=bundles, start_seconds=start_seconds)
        return cls(service.endpoint, timeout=timeout, connect_seconds=5.0, service=service)

    @property
    def endpoints(self) -> list[str]:
        """The endpoints that this client knows."""
        return list(self._channel.endpoints)

    @property
    def counts(self) -> Counts:
        """What the connection has seen: resends, late replies, restarts of the broker ..."""
        return self._channel.transport.session.counts

    def close(self) -> None:
        """Cancel what is open, say goodbye, and end a local service; may be called twice."""
        self._end()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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
    ) -> Future[Any]:
        """Send a request and return at once with the future of its reply.

        `key` names the effect of an operation that writes, so that it happens once. `on_progress`
        (or `updates`, and the future's `add_progress`) brings news on the way. `order` is that of
        the channels of NumPy arrays. Raises what is found wrong before anything is sent.
        """
        return self._channel.submit(
            operation,
            params,
            images,
            timeout=timeout,
            priority=priority,
            key=key,
            updates=updates,
            on_progress=on_progress,
            retries=retries,
            order=order,
        )

    def call(self, operation: str, params: Params = None, images: Iterable[Picture] = (), **options: Any) -> Reply[Any]:
        """Send a request, wait, and return its reply; options as for `submit`."""
        return self.submit(operation, params, images, **options).result()

    def map(
        self,
        what: str | Callable[[T], Future[Any]],
        items: Iterable[T],
        *,
        window: int = 32,
        ordered: bool = True,
        errors: str = "return",
        **options: Any,
    ) -> Iterator[Outcome[T]]:
        """Yield the outcome of each item, with at most `window` taken from `items` and not yet yielded.

        `what` is an operation on one picture an item (options as for `submit`), or a function that
        submits an item and returns the future. With `errors="raise"` the first failure is raised.
        Ending the iteration early cancels what is under way.
        """
        submit = self._one_picture(what, options) if isinstance(what, str) else what
        for outcome in _windowed(submit, iter(items), window, ordered):
            if errors == "raise":
                outcome.unwrap()
            yield outcome

    def _one_picture(self, operation: str, options: Mapping[str, Any]) -> Callable[[Any], Future[Any]]:
        return lambda item: self.submit(operation, images=[item], **{"params": None, **options})

    # ---- one method an operation ---------------------------------------------------------

    def ping(self, **options: Any) -> Pong:
        """Ask an engine process whether it is alive."""
        return _result(self.call("system.ping", **options), Pong)

    def echo(
        self, text: str = "", images: Iterable[Picture] = (), *, sleep_ms: float = 0.0, **options: Any
    ) -> Reply[Echo]:
        """Send text and frames and get them back."""
        return self.call("system.echo", EchoParams(text=text, sleep_ms=sleep_ms), images, **options)

    def document(self, picture: Picture, *, mask: Sequence[str] = ("*",), **options: Any) -> Document:
        """Read the document in one picture; options as for `recognize`.

        Raises the error of a picture that cannot be read.
        """
        (item,) = self.documents([picture], mask=mask, **options).items
        if item.error is not None:
            raise from_wire(item.error)
        assert item.result is not None
        return item.result

    def documents(
        self, pictures: Iterable[Picture], *, mask: Sequence[str] = ("*",), mode: str = "default", **options: Any
    ) -> Documents:
        """Read the documents in up to 64 pictures; options as for `recognize`, of whose reply this is the result."""
        return self.recognize(pictures, mask=mask, mode=mode, **options).result

    def recognize(
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
        return self.call("document.recognize", params, pictures, **sending)

    def make_document(
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
        return self.call("document.make", params, **sending)

    def learn_document(
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
        return self.call("document.learn", params, [picture], **sending)

    def masks(self, **options: Any) -> Masks:
        """Return which documents can be recognised."""
        return _result(self.call("document.masks", **options), Masks)

    def register(
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
        return self.call("registration.register", registrations.register_params(given), [user, model], **sending)

    def warp(
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
        return self.call("registration.warp", params, [] if picture is None else [picture], **sending)

    def stitch(
        self, user: Picture, model: Picture, *, blend: str = "bands", algorithm: str = "auto", **options: Any
    ) -> Reply[Stitched]:
        """Merge two pictures in the model's frame, if their registration is accepted; `refused` says why if not.

        The picture comes back as `stitched`. `blend` is `bands`, `feather` or `none`; `options` are those of
        `submit`, and by `params` (a dictionary) any of `registration.register`.
        """
        given = {"blend": blend, "algorithm": algorithm, **options.pop("params", {})}
        return self.call("registration.stitch", registrations.stitch_params(given), [user, model], **options)

    # ---- the broker ----------------------------------------------------------------------

    def info(self, **options: Any) -> admin.Info:
        """Return the broker's state and ledger."""
        return _result(self.call("broker.info", **options), admin.Info)

    def workers(self, **options: Any) -> list[admin.WorkerState]:
        """Return the connected workers."""
        found: admin.Workers = self.call("broker.workers", **options).result
        return found.workers

    def queues(self, **options: Any) -> list[admin.QueueState]:
        """Return the queues in use."""
        found: admin.Queues = self.call("broker.queues", **options).result
        return found.queues

    def pause(self, *operations: str, **options: Any) -> int:
        """Stop dispatching these operations, or all; return how many were touched."""
        return self._touch("broker.pause", admin.OperationsParams(operations=list(operations)), options)

    def resume(self, *operations: str, **options: Any) -> int:
        """Dispatch these operations, or all, again; return how many were touched."""
        return self._touch("broker.resume", admin.OperationsParams(operations=list(operations)), options)

    def purge(self, *operations: str, **options: Any) -> int:
        """Cancel what waits for these operations, or for all; return how many requests."""
        return self._touch("broker.purge", admin.OperationsParams(operations=list(operations)), options)

    def drain(self, worker: str | None = None, **options: Any) -> int:
        """Let a worker, or the broker itself, finish and end; return how many were touched."""
        return self._touch("broker.drain", admin.DrainParams(worker=worker), options)

    def dead(self, request_id: str | None = None, *, purge: bool = False, **options: Any) -> Reply[admin.DeadLetters]:
        """Return the dead letters, or one with its pictures; `purge` deletes them."""
        return self.call("broker.dead", admin.DeadParams(id=request_id, purge=purge), **options)

    def logs(self, tail: int = 80, **options: Any) -> list[str]:
        """Return the last lines of the broker's log, each a JSON object."""
        found: admin.Logs = self.call("broker.logs", admin.LogsParams(tail=tail), **options).result
        return found.lines

    def _touch(self, operation: str, params: Params, options: Mapping[str, Any]) -> int:
        done: admin.Done = self.call(operation, params, **options).result
        return done.touched


def _result(reply: Reply[Any], kind: type[T]) -> T:
    assert isinstance(reply.result, kind)
    return reply.result


def _end(channel: Channel, service: "LocalService | None") -> None:
    channel.transport.close()
    if service is not None:
        service.close()


def outcome_of(index: int, item: T, future: Future[Any]) -> Outcome[T]:
    """Return the outcome of a future that has ended."""
    try:
        return Outcome(index, item, reply=future.result())
    except concurrent.futures.CancelledError as error:  # by the caller, through the future
        return Outcome(index, item, error=error)
    except Exception as error:
        return Outcome(index, item, error=error)


def _windowed(
    submit: Callable[[T], Future[Any]], items: Iterator[T], window: int, ordered: bool
) -> Iterator[Outcome[T]]:
    if window < 1:
        raise ValueError("window must be at least 1")
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    waiting: dict[int, tuple[T, Future[Any] | Exception]] = {}
    line: deque[int] = deque()
    numbered = enumerate(items)
    more = True
    try:
        while True:
            while more and len(waiting) < window:
                index, item = next(numbered, (-1, None))
                if index < 0:
                    more = False
                    break
                waiting[index] = (item, _try(submit, item, index, ended))  # type: ignore[arg-type, assignment]
                line.append(index)
            if not waiting:
                return
            index = line.popleft() if ordered else ended.get()
            item, future = waiting[index]
            outcome = (
                Outcome(index, item, error=future) if isinstance(future, Exception) else outcome_of(index, item, future)
            )
            del waiting[index]
            yield outcome
    finally:
        for _item, future in waiting.values():
            if not isinstance(future, Exception):
                future.cancel()


def _try(
    submit: Callable[[T], Future[Any]], item: T, index: int, ended: "queue.SimpleQueue[int]"
) -> Future[Any] | Exception:
    """Submit an item; what is wrong with it before sending is its outcome, not the end of the map."""
    try:
        future = submit(item)
    except Exception as error:
        ended.put(index)
        return error
    future.add_done_callback(lambda _future: ended.put(index))
    return future
