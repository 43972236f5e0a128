"""The broker's own operations, `broker.*`: which part answers which."""

from collections.abc import Callable
from typing import Any

from visionmq.broker.clients import Clients
from visionmq.broker.controls import Controls
from visionmq.broker.policy import Refusal
from visionmq.broker.records import Client, Frame
from visionmq.broker.reports import Reports, Result
from visionmq.schemas import messages as m
from visionmq.schemas.codec import ProtocolError, decode_body, encode
from visionmq.schemas.operations import OPERATIONS


class Admin:
    """Answers the broker's own operations at once; they are not counted in the ledger."""

    def __init__(self, clients: Clients, reports: Reports, controls: Controls) -> None:
        self._clients = clients
        self._verbs: dict[str, Callable[[Any, float], Result]] = {
            "broker.info": reports.describe,
            "broker.workers": reports.list_workers,
            "broker.queues": reports.list_queues,
            "broker.logs": reports.tail_log,
            "broker.pause": controls.pause,
            "broker.resume": controls.resume,
            "broker.purge": controls.purge,
            "broker.drain": controls.drain,
            "broker.dead": controls.open_dead_letters,
        }

    def answer(self, client: Client, request: m.Request, body: Frame, now: float) -> None:
        """Answer a request for one of the verbs; what its parameters ask may make no sense."""
        try:
            params = decode_body(OPERATIONS[request.op].params, bytes(body))
            result, images = self._verbs[request.op](params, now)
        except ProtocolError as error:
            self._clients.send_error(client, request.id, Refusal(error.code, str(error)))
            return
        reply = m.Reply(id=request.id, state=m.State.DONE, images=len(images))
        self._clients.send(client, [encode(reply), encode(result), *images])
