"""Parameters and results of `system.ping` and `system.echo`."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from visionmq.schemas.common import Params


class PingParams(Params, frozen=True, kw_only=True):
    """`system.ping` takes nothing of its own."""


class Pong(Struct, frozen=True):
    """An engine process is alive and answered."""

    agent: str
    """`visionmq/VERSION` of the worker."""
    pid: int
    """Process id of the engine child."""
    pass_back: Any = None


class EchoParams(Params, frozen=True, kw_only=True):
    """`system.echo` answers its image frames unopened, after `sleep_ms` if that is given."""

    text: str = ""
    sleep_ms: Annotated[float, Meta(ge=0, le=60_000)] = 0.0


class Echo(Struct, frozen=True):
    """What came in: the text, the sizes of the frames in bytes, and the frames themselves."""

    text: str
    sizes: list[int]
    pass_back: Any = None
