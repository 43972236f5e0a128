"""Lists of frames over a stream socket between the parent and one engine process.

A message is a count (u32), that many lengths (u32 each, little-endian), and the frames. Sending
gathers from the buffers as they are; receiving reads into one buffer and hands out views of it.
"""

import socket
import struct
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from visionmq.schemas.limits import MAX_MESSAGE_BYTES

_COUNT: Final = struct.Struct("<I")
_MOST_FRAMES: Final = 8192
_MOST_PIECES: Final = 512
"""Pieces in one sendmsg; the kernel takes 1,024."""
_MOST_BYTES: Final = 4 * MAX_MESSAGE_BYTES


class ChannelError(Exception):
    """The other end has closed, or does not keep to the format."""


def pack(frames: Sequence[Any]) -> list[memoryview]:
    """Return the pieces of a message, without copying the frames."""
    views = [memoryview(frame).cast("B") for frame in frames]
    head = struct.pack(f"<I{len(views)}I", len(views), *map(len, views))
    return [memoryview(head), *(view for view in views if len(view))]


def _lengths(count: int, data: memoryview) -> tuple[int, ...]:
    sizes = struct.unpack_from(f"<{count}I", data)
    if sum(sizes) > _MOST_BYTES:
        raise ChannelError("a message is too large")
    return sizes


def _check_count(data: memoryview | bytearray) -> int:
    count = int(_COUNT.unpack_from(data)[0])
    if not 0 < count <= _MOST_FRAMES:
        raise ChannelError("a message has no frames, or too many")
    return count


def _split(data: memoryview, sizes: Sequence[int]) -> list[memoryview]:
    frames, at = [], 0
    for size in sizes:
        frames.append(data[at : at + size])
        at += size
    return frames


class ParentEnd:
    """The parent's end: never blocks; what the child does not read yet stays queued."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self._outgoing: deque[memoryview] = deque()
        self._expect("count", 4)

    @property
    def pending(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._outgoing)

    def send(self, frames: Sequence[Any]) -> None:
        """Send, or queue what does not go at once."""
        self._outgoing.extend(pack(frames))
        self.flush()

    def flush(self) -> None:
        """Send as much as the socket takes."""
        outgoing = self._outgoing
        while outgoing:
            pieces = [outgoing[i] for i in range(min(len(outgoing), _MOST_PIECES))]
            try:
                sent = self.sock.sendmsg(pieces)
            except BlockingIOError:
                return
            except OSError as error:
                outgoing.clear()
                raise ChannelError(str(error)) from None
            while sent:
                piece = outgoing.popleft()
                if sent < len(piece):
                    outgoing.appendleft(piece[sent:])
                    break
                sent -= len(piece)

    def receive(self) -> list[memoryview] | None:
        """Return the next whole message, None if there is none yet; ChannelError at the end."""
        while self._fill():
            done = self._advance()
            if done is not None:
                return done
        return None

    def _expect(self, what: str, size: int) -> None:
        self._what, self._data, self._have = what, memoryview(bytearray(size)), 0

    def _fill(self) -> bool:
        while self._have < len(self._data):
            try:
                got = self.sock.recv_into(self._data[self._have :])
            except BlockingIOError:
                return False
            except OSError as error:
                raise ChannelError(str(error)) from None
            if not got:
                raise ChannelError("closed")
            self._have += got
        return True

    def _advance(self) -> list[memoryview] | None:
        if self._what == "count":
            self._expect("lengths", 4 * _check_count(self._data))
            return None
        if self._what == "lengths":
            self._sizes = _lengths(len(self._data) // 4, self._data)
            self._expect("frames", sum(self._sizes))
            return None
        frames = _split(self._data, self._sizes)
        self._expect("count", 4)
        return frames


class ChildEnd:
    """The child's end: blocks; frames are valid until the next message is received."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(True)
        self.sock = sock
        self._buffer = bytearray(1 << 20)

    def receive(self) -> list[memoryview] | None:
        """Return the next message; None when the parent has closed."""
        count_bytes = self._read(4)
        if count_bytes is None:
            return None
        count = _check_count(count_bytes)
        table = self._read(4 * count)
        if table is None:
            return None
        sizes = _lengths(count, table)
        data = self._read(sum(sizes))
        return None if data is None else _split(data, sizes)

    def _read(self, size: int) -> memoryview | None:
        if len(self._buffer) < size:
            self._buffer = bytearray(size)
        view, have = memoryview(self._buffer)[:size], 0
        while have < size:
            got = self.sock.recv_into(view[have:], size - have, socket.MSG_WAITALL)
            if not got:
                return None
            have += got
        return view

    def send(self, frames: Sequence[Any]) -> None:
        """Send a message whole."""
        pieces = deque(pack(frames))
        while pieces:
            sent = self.sock.sendmsg([pieces[i] for i in range(min(len(pieces), _MOST_PIECES))])
            while sent:
                piece = pieces.popleft()
                if sent < len(piece):
                    pieces.appendleft(piece[sent:])
                    break
                sent -= len(piece)
