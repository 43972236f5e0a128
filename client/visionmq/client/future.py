"""A request under way, as a standard future that can also be taken back on the server."""

import concurrent.futures
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from visionmq.client.replies import Progress, Reply

R = TypeVar("R")
_log = structlog.get_logger()


class Future(concurrent.futures.Future[Reply[R]]):
    """The reply to come; callbacks run on the client's own thread and must not wait for replies."""

    def __init__(self, request_id: str, operation: str, withdraw: Callable[[str], None]) -> None:
        super().__init__()
        self.request_id = request_id
        self.operation = operation
        self.thread: threading.Thread | None = None
        """The thread that resolves this future."""
        self._withdraw = withdraw
        self._listeners: list[Callable[[Progress], None]] = []

    def add_progress(self, listener: Callable[[Progress], None]) -> None:
        """Call `listener` with each later piece of news; ask for them with `updates=True`."""
        self._listeners.append(listener)

    def cancel(self) -> bool:
        """Take the request back, here at once and on the server; False if it had ended."""
        with self._condition:  # of two callers at once, one notifies
            if self.cancelled():
                return True
            if not super().cancel():
                return False
            self.set_running_or_notify_cancel()
        self._withdraw(self.request_id)
        return True

    def result(self, timeout: float | None = None) -> Reply[R]:
        """Wait for the reply; an interrupt (Ctrl-C) cancels the request."""
        self._refuse_own_thread()
        try:
            return super().result(timeout)
        except KeyboardInterrupt:
            self.cancel()
            raise

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end and return the error, None for a reply."""
        self._refuse_own_thread()
        return super().exception(timeout)

    def _refuse_own_thread(self) -> None:
        if not self.done() and threading.current_thread() is self.thread:
            self.cancel()
            raise RuntimeError("a callback waits for a reply that only its own thread can receive")

    def report(self, progress: Progress) -> None:
        """Tell the listeners; their errors are logged, not raised."""
        for listener in list(self._listeners):
            try:
                listener(progress)
            except Exception:
                _log.exception("progress_callback_failed", request_id=self.request_id)

    def settle(self, outcome: Reply[Any] | BaseException) -> None:
        """Resolve, unless the caller has cancelled meanwhile."""
        with contextlib.suppress(concurrent.futures.InvalidStateError):
            if isinstance(outcome, BaseException):
                self.set_exception(outcome)
            else:
                self.set_result(outcome)
