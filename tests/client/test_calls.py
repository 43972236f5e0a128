"""One function, two methods: what both clients make of a `Call`."""

import asyncio
import inspect
from typing import Any

import pytest

from visionmq.client.calls import Call, awaited, blocking, checked, reply_of, result_of
from visionmq.client.errors import BadRequest
from visionmq.client.replies import Reply, Timings
from visionmq.schemas.registration import RegisterParams
from visionmq.schemas.system import Echo, Pong


def say(text: str, *, twice: bool = False, **sending: Any) -> Call[str]:
    """Say a text."""
    made = reply_of(Echo, "system.echo", {"text": text * (2 if twice else 1)}, [b"x"], sending)
    return made.then(lambda reply: reply.result).then(lambda echo: echo.text)


class Sync:
    """Sends nothing: answers with what was asked."""

    say = blocking(say)

    def call(self, operation: str, params: Any, images: Any, **options: Any) -> Reply[Any]:
        self.sent = (operation, params, list(images), options)
        return Reply(Echo(text=params["text"], sizes=[]), [], Timings(0.0), "id")


class Async:
    """The same, awaited."""

    say = awaited(say)

    async def call(self, operation: str, params: Any, images: Any, **options: Any) -> Reply[Any]:
        return Reply(Echo(text=params["text"], sizes=[]), [], Timings(0.0), "id")


def test_both_methods_send_the_request_and_read_the_reply() -> None:
    client = Sync()
    assert client.say("a", twice=True, timeout=3) == "aa"
    assert client.sent == ("system.echo", {"text": "aa"}, [b"x"], {"timeout": 3})
    assert asyncio.run(Async().say("a", twice=True)) == "aa"


def test_both_methods_look_as_the_function_does_with_self_and_the_result() -> None:
    for kind in (Sync, Async):
        signature = inspect.signature(kind.say)
        assert str(signature) == "(self, /, text: str, *, twice: bool = False, **sending: Any) -> str"
        assert kind.say.__doc__ == "Say a text."
    assert str(inspect.signature(Sync().say)).startswith("(text: str")


def test_a_parameter_may_be_called_as_anything_but_self() -> None:
    def make(call: int, operation: int) -> Call[Pong]:
        return result_of(Pong, f"x{call}{operation}")

    class Client:
        ask = blocking(make)

        def call(self, operation: str, params: Any, images: Any, **options: Any) -> Reply[Any]:
            raise ValueError(operation)

    with pytest.raises(ValueError, match="x12"):
        Client().ask(call=1, operation=2)


def test_parameters_out_of_bounds_name_the_manual_and_what_is_none_is_left_out() -> None:
    made = checked(RegisterParams, {"ratio": None, "want": ("overlay",), "points": 5}, manual="docs/x.md")
    assert made == RegisterParams(want=["overlay"], points=5)
    with pytest.raises(BadRequest, match="ratio") as caught:
        checked(RegisterParams, {"ratio": 3}, manual="docs/x.md")
    assert caught.value.hint == "See docs/x.md."
