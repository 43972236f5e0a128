"""The blocking client: thread-safe, one method for each operation, futures and `map` for more."""

import concurrent.futures
import os
import queue
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from visionmq.client.access import AccessCalls
from visionmq.client.administration import Administration
from visionmq.client.brands import BrandCalls
from visionmq.client.brokers import BrokerCalls
from visionmq.client.cases import CaseCalls
from visionmq.client.channel import DEFAULT_TIMEOUT, Channel, Endpoints, Params
from visionmq.client.connection import CONNECT_SECONDS
from visionmq.client.counts import Counts
from visionmq.client.documents import DocumentCalls
from visionmq.client.faces import FaceCalls
from visionmq.client.future import Future
from visionmq.client.outcomes import Outcome
from visionmq.client.pictures import Picture
from visionmq.client.registrations import RegistrationCalls
from visionmq.client.replies import Progress, Reply
from visionmq.client.retry import Retry
from visionmq.client.stores import StoreCalls
from visionmq.schemas.messages import Priority

if TYPE_CHECKING:
    from visionmq.client.local import LocalService

T = TypeVar("T")


class Client(
    DocumentCalls,
    RegistrationCalls,
    FaceCalls,
    AccessCalls,
    CaseCalls,
    BrandCalls,
    StoreCalls,
    BrokerCalls,
):
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
        store: str | os.PathLike[str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        start_seconds: float = 60.0,
    ) -> "Client":
        """Start a broker and workers of one's own and return their client; closing it ends them.

        `bundles` are folders of document templates that the workers load, `store` is the file or address of the
        store of faces and access (without it VISIONMQ_STORE, else one in the user's data folder). Raises
        ClosedError with the program's last words if one ends while starting, and Timeout if they are not ready in
        `start_seconds`.
        """
        from visionmq.client.local import start

        service = start(workers, children, engines, bundles=bundles, store=store, start_seconds=start_seconds)
        return cls(service.endpoint, timeout=timeout, connect_seconds=5.0, service=service)

    @property
    def endpoints(self) -> list[str]:
        """The endpoints that this client knows."""
        return list(self._channel.endpoints)

    @property
    def access(self) -> Administration:
        """Administration of users, cars, bookings, engineers and rules."""
        return Administration(self)

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
