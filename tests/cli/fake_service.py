"""A service of made-up answers for the command line's tests: real sockets, parameters read as the engines read them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from tests.client.fake_broker import FakeBroker
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.schemas.common import ProgressReport
from visionmq.schemas.errors import ErrorCode, make_error
from visionmq.schemas.operations import OPERATIONS

Answer: TypeAlias = Struct | tuple[Struct, list[bytes]]


class Refused(Exception):
    """An answer that becomes an error of this code."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class FakeService(FakeBroker):
    """Answers each operation by a function of its parameters and pictures, and keeps what it was asked."""

    def __init__(
        self,
        answers: Mapping[str, Callable[[Any, Sequence[bytes]], Answer]],
        progress: Mapping[str, Sequence[ProgressReport]] | None = None,
    ) -> None:
        self.asked: list[tuple[str, Any, list[bytes]]] = []
        self.keys: list[str | None] = []
        self._answers, self._reports = answers, progress or {}
        super().__init__(self._serve)

    def _serve(self, broker: FakeBroker, peer: bytes, request: m.Request, body: bytes, images: Sequence[bytes]) -> None:
        params = msgspec.json.decode(body or b"{}", type=OPERATIONS[request.op].params)
        self.asked.append((request.op, params, [bytes(image) for image in images]))
        self.keys.append(request.key)
        try:
            answer = self._answers[request.op](params, [bytes(image) for image in images])
        except Refused as refusal:
            error = make_error(refusal.code, str(refusal))
            broker.reply(peer, request.id, encode(error), state=m.State.FAILED)
            return
        for report in self._reports.get(request.op, ()) if request.updates else ():
            broker.reply(peer, request.id, encode(report), state=m.State.PROGRESS)
        result, frames = answer if isinstance(answer, tuple) else (answer, [])
        broker.reply(peer, request.id, encode(result), images=frames)
