"""How to hand a picture to the engine process: socket pair, pipe, ZeroMQ ipc, shared memory.

Each way starts a child that reads the picture, touches every page and acknowledges with one byte.
Prints the median round trip and the parent's processor time for each, in microseconds.

    python benchmarks/child_transport.py
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker, shared_memory
from pathlib import Path

import zmq

from visionmq.worker.channel import ChildEnd, ParentEnd

SIZES = (100_000, 1_000_000, 6_000_000)
ROUNDS = 60
WAYS = ("socketpair", "pipe", "ipc", "shared memory")


def touch(view: memoryview) -> None:
    sum(view[::4096])


# ---- the child's side: acknowledges on standard output --------------------------------------


def acknowledge() -> None:
    os.write(1, b".")


def child_socketpair(fd: str) -> None:
    with socket.socket(fileno=int(fd)) as sock:
        end = ChildEnd(sock)
        while (frames := end.receive()) is not None:
            touch(frames[0])
            acknowledge()


def child_pipe(fd: str) -> None:
    buffer = memoryview(bytearray(max(SIZES)))
    with open(int(fd), "rb", buffering=0) as pipe:
        while head := pipe.read(8):
            size, have = int.from_bytes(head, "little"), 0
            while have < size:
                have += pipe.readinto(buffer[have:size]) or 0
            touch(buffer[:size])
            acknowledge()


def child_ipc(endpoint: str) -> None:
    with zmq.Context() as context, context.socket(zmq.PAIR) as pair:
        pair.connect(endpoint)
        while len(frame := pair.recv(copy=False)):
            touch(frame.buffer)
            acknowledge()


def child_shared(name: str) -> None:
    block = shared_memory.SharedMemory(name)
    resource_tracker.unregister(block._name, "shared_memory")  # type: ignore[attr-defined]
    while head := os.read(0, 8):
        with block.buf[: int.from_bytes(head, "little")] as view:
            touch(view)
        acknowledge()
    block.close()


# ---- the parent's side: yields what sends one picture ------------------------------------------


@contextmanager
def started(way: str, argument: str, *fds: int) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, __file__, way, argument], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=fds
    )
    with process:
        yield process


@contextmanager
def by_socketpair() -> Iterator[tuple["subprocess.Popen[bytes]", Callable[[bytes], None]]]:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    end = ParentEnd(ours)
    poller = zmq.Poller()
    poller.register(ours.fileno(), zmq.POLLOUT)

    def send(picture: bytes) -> None:
        end.send([picture])
        while end.pending:
            poller.poll()
            end.flush()

    with started("socketpair", str(theirs.fileno()), theirs.fileno()) as process:
        theirs.close()
        yield process, send
        ours.close()


@contextmanager
def by_pipe() -> Iterator[tuple["subprocess.Popen[bytes]", Callable[[bytes], None]]]:
    theirs, ours = os.pipe()

    def send(picture: bytes) -> None:
        os.write(ours, len(picture).to_bytes(8, "little"))
        view, sent = memoryview(picture), 0
        while sent < len(view):
            sent += os.write(ours, view[sent:])

    with started("pipe", str(theirs), theirs) as process:
        os.close(theirs)
        yield process, send
        os.close(ours)


@contextmanager
def by_ipc() -> Iterator[tuple["subprocess.Popen[bytes]", Callable[[bytes], None]]]:
    with tempfile.TemporaryDirectory() as folder, zmq.Context() as context, context.socket(zmq.PAIR) as pair:
        pair.bind(f"ipc://{folder}/s")
        with started("ipc", f"ipc://{folder}/s") as process:
            yield process, lambda picture: pair.send(picture, copy=False)  # type: ignore[misc]
            pair.send(b"")
            process.wait()


@contextmanager
def by_shared_memory() -> Iterator[tuple["subprocess.Popen[bytes]", Callable[[bytes], None]]]:
    block = shared_memory.SharedMemory(create=True, size=max(SIZES))
    with started("shared memory", block.name) as process:
        stdin = process.stdin
        assert stdin is not None

        def send(picture: bytes) -> None:
            block.buf[: len(picture)] = picture
            os.write(stdin.fileno(), len(picture).to_bytes(8, "little"))

        yield process, send
        stdin.close()
        process.wait()
    block.close()
    block.unlink()


def measure(process: "subprocess.Popen[bytes]", send: Callable[[bytes], None], size: int) -> tuple[float, float]:
    """Return the median round trip and the parent's CPU time a round trip, in microseconds."""
    assert process.stdout is not None
    picture, times = os.urandom(size), []
    cpu = 0.0
    for turn in range(ROUNDS + 5):
        if turn == 5:
            cpu = time.process_time()
        start = time.perf_counter()
        send(picture)
        os.read(process.stdout.fileno(), 1)
        times.append(time.perf_counter() - start)
    return statistics.median(times[5:]) * 1e6, (time.process_time() - cpu) / ROUNDS * 1e6


def main() -> None:
    children = dict(zip(WAYS, (child_socketpair, child_pipe, child_ipc, child_shared), strict=True))
    if len(sys.argv) == 3:
        children[sys.argv[1]](sys.argv[2])
        return
    ways = dict(zip(WAYS, (by_socketpair, by_pipe, by_ipc, by_shared_memory), strict=True))
    print(f"{Path(__file__).stem}: round trip / parent's CPU, microseconds, median of {ROUNDS}")
    print(f"{'':14}" + "".join(f"{size // 1000:>16,} KB" for size in SIZES))
    for name, way in ways.items():
        cells = []
        for size in SIZES:
            with way() as (process, send):
                cells.append("{:>9.0f} / {:>6.0f}".format(*measure(process, send, size)))
        print(f"{name:14}" + "   ".join(cells))


if __name__ == "__main__":
    main()
