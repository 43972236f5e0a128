"""SIGTERM and SIGINT as something to poll."""

import signal
import socket
from contextlib import ExitStack


class Bell:
    """A descriptor that has news when a signal has come; the former handlers return when the stack ends."""

    def __init__(self, stack: ExitStack) -> None:
        self._ours, theirs = socket.socketpair()
        stack.callback(self._ours.close)
        stack.callback(theirs.close)
        for sock in (self._ours, theirs):
            sock.setblocking(False)
        stack.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False))
        for number in (signal.SIGTERM, signal.SIGINT):
            stack.callback(signal.signal, number, signal.signal(number, lambda *_: None))
        self.fd = self._ours.fileno()

    def count(self) -> int:
        """Return how many signals have come since the last call."""
        return sum(byte in (signal.SIGTERM, signal.SIGINT) for byte in self._ours.recv(64))
