"""Methods that both clients have, each written once.

A function takes what a method takes and returns a `Call`: the request, and how its reply is read.
`blocking` makes it a method of `Client`, `awaited` one of `AsyncClient`, with the same words.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, get_args, get_origin

import msgspec

from visionmq.client.channel import Params
from visionmq.client.errors import BadRequest
from visionmq.client.pictures import Picture
from visionmq.client.replies import Reply
from visionmq.schemas.common import Params as Fields

P = ParamSpec("P")
T = TypeVar("T")
U = TypeVar("U")
R = TypeVar("R")
F = TypeVar("F", bound=Fields)


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request to be sent, and what its caller gets for the reply."""

    operation: str
    read: Callable[[Reply[Any]], T]
    params: Params = None
    images: Iterable[Picture] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    """As for `submit`."""

    def then(self, further: Callable[[T], U]) -> "Call[U]":
        """Return the same request whose caller gets something made of this result."""
        first = self.read
        return Call(self.operation, lambda reply: further(first(reply)), self.params, self.images, self.options)


def reply_of(
    kind: type[R],
    operation: str,
    params: Params = None,
    images: Iterable[Picture] = (),
    options: Mapping[str, Any] | None = None,
) -> Call[Reply[R]]:
    """Return a request whose caller gets the whole reply, with pictures and timings."""

    def read(reply: Reply[Any]) -> Reply[R]:
        assert isinstance(reply.result, get_origin(kind) or kind)
        return reply

    return Call(operation, read, params, images, options or {})


def result_of(
    kind: type[R],
    operation: str,
    params: Params = None,
    images: Iterable[Picture] = (),
    options: Mapping[str, Any] | None = None,
) -> Call[R]:
    """Return a request whose caller gets the result alone."""
    return reply_of(kind, operation, params, images, options).then(lambda reply: reply.result)


class Blocking(Protocol):
    """What sends a request and waits for its reply."""

    def call(self, operation: str, params: Params, images: Iterable[Picture], **options: Any) -> Reply[Any]:
        """Return the reply, or raise."""
        ...


class Awaiting(Protocol):
    """What sends a request and lets its reply be awaited."""

    def call(self, operation: str, params: Params, images: Iterable[Picture], **options: Any) -> Awaitable[Reply[Any]]:
        """Return the reply to come."""
        ...


def blocking(make: Callable[P, Call[T]]) -> Callable[Concatenate[Blocking, P], T]:
    """Return the method of a blocking client that sends what `make` makes of its arguments."""

    @functools.wraps(make)
    def method(self: Blocking, /, *args: P.args, **kwargs: P.kwargs) -> T:
        made = make(*args, **kwargs)
        return made.read(self.call(made.operation, made.params, made.images, **made.options))

    method.__signature__ = _signature(make)  # type: ignore[attr-defined]
    return method


def awaited(make: Callable[P, Call[T]]) -> Callable[Concatenate[Awaiting, P], Coroutine[Any, Any, T]]:
    """Return the method of an asyncio client that sends what `make` makes of its arguments."""

    @functools.wraps(make)
    async def method(self: Awaiting, /, *args: P.args, **kwargs: P.kwargs) -> T:
        made = make(*args, **kwargs)
        return made.read(await self.call(made.operation, made.params, made.images, **made.options))

    method.__signature__ = _signature(make)  # type: ignore[attr-defined]
    return method


def _signature(make: Callable[..., Call[Any]]) -> inspect.Signature:
    """Return the signature as a method has it: with `self`, and what the caller gets."""
    given = inspect.signature(make)
    self = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    (result,) = get_args(given.return_annotation)
    return given.replace(parameters=[self, *given.parameters.values()], return_annotation=result)


def checked(kind: type[F], given: Mapping[str, Any], *, manual: str) -> F:
    """Return parameters with their bounds checked; what is None is left to the engine.

    Raises BadRequest that says what is wrong and names the manual.
    """
    plain = {name: value for name, value in given.items() if value is not None}
    plain["want"] = list(plain.get("want", ()))
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as mistake:
        raise BadRequest(f"{mistake}.", hint=f"See {manual}.", stage="client") from None
