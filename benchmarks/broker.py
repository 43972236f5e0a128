"""Round trips through the broker, as ratios to zmq.proxy and to other ways, in one run.

    python -m benchmarks.broker                 the whole table (about three minutes)
    python -m benchmarks.broker --quick         fewer round trips
    python -m benchmarks.broker --only direct proxy visionmq

A payload of 200 B is the body of the request, a larger one an image frame behind a small body.
Every way has one echo worker and one load generator, each a process of its own, on TCP loopback.
`direct` is a bare ROUTER/DEALER pair without a broker, `proxy` is libzmq's C proxy, which knows no
credit, deadline, requeue or repeat. `grpc` and `http` answer from the server itself, without balancing.
Read the ratios: absolute figures are of the machine and the moment. Rounds interleave the ways.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import zmq
from zmq.backend import Socket as RawSocket

from visionmq.schemas import messages as m
from visionmq.schemas.codec import decode_to_client, decode_to_worker, encode

_SNDMORE, _NOCOPY_FROM = int(zmq.SNDMORE), 16_384
_BEAT_SECONDS = 0.4


class Load(NamedTuple):
    """One column of the table."""

    name: str
    size: int
    in_flight: int
    trips: int


LOADS = (
    Load("200 B, 256 in flight", 200, 256, 60_000),
    Load("100 KB, 64 in flight", 100_000, 64, 8_000),
    Load("1 MB, 32 in flight", 1_000_000, 32, 1_200),
    Load("200 B, 1 in flight", 200, 1, 4_000),
)


def _start(target: Callable[..., None], *arguments: Any) -> tuple[Any, Any]:
    """Start a process and return it with the first thing it says."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=target, args=(there, *arguments), daemon=True)
    process.start()
    if not here.poll(20):
        raise RuntimeError(f"{target.__name__} did not start")
    return process, here.recv()


def _socket(kind: int) -> Any:
    socket = zmq.Context.instance().socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.SNDHWM, 100_000)
    socket.setsockopt(zmq.RCVHWM, 100_000)
    return socket


# ---- ways: each yields an address and a protocol ------------------------------------------------


def _router_echo(pipe: Connection) -> None:
    """Serve as a bare ROUTER that sends each message back."""
    socket = _socket(zmq.ROUTER)
    pipe.send(f"tcp://127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}")
    _echo_forever(socket, frames_before=1)


def _dealer_echo(pipe: Connection, address: str) -> None:
    """Serve as a DEALER behind a proxy."""
    socket = _socket(zmq.DEALER)
    socket.connect(address)
    pipe.send(True)
    _echo_forever(socket, frames_before=1)


def _echo_forever(socket: Any, frames_before: int) -> None:
    receive, send = RawSocket.recv.__get__(socket), RawSocket.send.__get__(socket)
    while True:
        frame = receive(0, False)
        while frame.more:
            following = receive(0, False)
            send(frame, _SNDMORE, len(frame) < _NOCOPY_FROM)
            frame = following
        send(frame, 0, len(frame) < _NOCOPY_FROM)


def _visionmq_echo(pipe: Connection, address: str) -> None:
    """Serve as a worker of the protocol that answers in its socket's loop, without engine children."""
    socket = _socket(zmq.DEALER)
    socket.connect(address)
    socket.send(encode(m.Ready(v=1, name="echo", incarnation="1", ops=["system.echo"], credit=256)))
    pipe.send(True)
    receive, send = RawSocket.recv.__get__(socket), RawSocket.send.__get__(socket)
    beat, done, beaten = encode(m.Heartbeat(children=1)), m.State.DONE, 0.0
    while True:
        head = receive(0, False)
        if not head.more:
            if time.monotonic() > beaten + _BEAT_SECONDS:  # the broker answers each: do not answer back at once
                beaten = time.monotonic()
                send(beat, 0)
            continue
        run = decode_to_worker(head.buffer)
        send(encode(m.Answer(lease=run.lease, state=done, images=run.images)), _SNDMORE)
        frame = receive(0, False)
        while frame.more:
            following = receive(0, False)
            send(frame, _SNDMORE, len(frame) < _NOCOPY_FROM)
            frame = following
        send(frame, 0, len(frame) < _NOCOPY_FROM)


def _proxy(pipe: Connection) -> None:
    front, back = _socket(zmq.ROUTER), _socket(zmq.DEALER)
    ports = [socket.bind_to_random_port("tcp://127.0.0.1") for socket in (front, back)]
    pipe.send([f"tcp://127.0.0.1:{port}" for port in ports])
    zmq.proxy(front, back)


def _grpc(pipe: Connection) -> None:
    import grpc

    server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", 1 << 26)])
    echo = grpc.unary_unary_rpc_method_handler(lambda request, _context: request)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Echo", {"Echo": echo}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    pipe.send(f"127.0.0.1:{port}")
    server.wait_for_termination()


async def _echo_app(scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        event = await receive()
        body, more = body + event.get("body", b""), event.get("more_body", False)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _http(pipe: Connection) -> None:
    import socket as sockets

    import uvicorn

    # With the protocol named, asyncio sets TCP_NODELAY; without, each answer waits 40 ms for an ACK.
    listener = sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM, sockets.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    pipe.send(f"127.0.0.1:{listener.getsockname()[1]}")
    config = uvicorn.Config(_echo_app, log_level="critical", lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


# ---- load generators ----------------------------------------------------------------------------


def _zmq_load(address: str, load: Load, framed: bool) -> tuple[float, list[float]]:
    """Return seconds for all trips, and each trip's seconds when one is in flight."""
    socket = _socket(zmq.DEALER)
    socket.connect(address)
    receive, send = RawSocket.recv.__get__(socket), RawSocket.send.__get__(socket)
    payload, small = bytes(load.size), load.size < _NOCOPY_FROM
    number, session = 0, secrets.token_hex(8)

    def ask() -> None:
        nonlocal number
        number += 1
        request_id = f"{session}{number:016x}"
        send(
            encode(m.Request(v=1, id=request_id, op="system.echo", left_ms=60_000, images=0 if small else 1)), _SNDMORE
        )
        if not small:
            send(b"{}", _SNDMORE)
        send(payload, 0, small)

    def answer() -> None:
        frame = receive(0, False)
        if framed and (frame.more == 0 or (reply := decode_to_client(frame.buffer)).state is not m.State.DONE):
            raise RuntimeError(f"not an answer: {bytes(frame)!r} {reply!r}")
        while frame.more:
            frame = receive(0, False)
        if len(frame) != load.size:
            raise RuntimeError(f"{len(frame)} bytes came back, {load.size} were sent")

    times: list[float] = []
    began = time.perf_counter()
    for _ in range(min(load.in_flight, load.trips)):
        ask()
    for done in range(load.trips):
        if load.in_flight == 1:
            sent = time.perf_counter()
        answer()
        if load.in_flight == 1:
            times.append(time.perf_counter() - sent)
        if done + load.in_flight < load.trips:
            ask()
    lasted = time.perf_counter() - began
    socket.close(linger=0)
    return lasted, times


def _grpc_load(address: str, load: Load) -> tuple[float, list[float]]:
    import grpc

    options = [("grpc.max_receive_message_length", 1 << 26), ("grpc.max_send_message_length", 1 << 26)]
    payload, window = bytes(load.size), []
    times: list[float] = []
    with grpc.insecure_channel(address, options=options) as channel:
        call = channel.unary_unary("/Echo/Echo")
        call(payload)
        began = time.perf_counter()
        if load.in_flight == 1:
            for _ in range(load.trips):
                sent = time.perf_counter()
                call(payload)
                times.append(time.perf_counter() - sent)
        else:
            for _ in range(load.trips):
                if len(window) >= load.in_flight:
                    window.pop(0).result()
                window.append(call.future(payload))
            for pending in window:
                pending.result()
        return time.perf_counter() - began, times


def _http_load(address: str, load: Load) -> tuple[float, list[float]]:
    host, port = address.split(":")
    payload, times = bytes(load.size), []
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {load.size}\r\n\r\n".encode()

    async def connection(trips: int) -> None:
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 22)
        for _ in range(trips):
            sent = time.perf_counter()
            writer.write(head + payload)
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(load.size)
            times.append(time.perf_counter() - sent)
        writer.close()
        await writer.wait_closed()

    async def everything() -> None:
        await asyncio.gather(*(connection(load.trips // load.in_flight) for _ in range(load.in_flight)))

    began = time.perf_counter()
    asyncio.run(everything())
    return time.perf_counter() - began, times


# ---- the ways together ----------------------------------------------------------------------------


@contextlib.contextmanager
def _way(name: str) -> Iterator[Callable[[Load], tuple[float, list[float]]]]:
    """Start everything one way needs; yield its load generator."""
    processes: list[Any] = []
    broker = None
    try:
        if name == "direct":
            process, address = _start(_router_echo)
            processes.append(process)
            yield lambda load: _zmq_load(address, load, framed=False)
        elif name == "proxy":
            process, (front, back) = _start(_proxy)
            processes += [process, _start(_dealer_echo, back)[0]]
            yield lambda load: _zmq_load(front, load, framed=False)
        elif name == "visionmq":
            command = [sys.executable, "-m", "visionmq.broker", "--exit-with-parent", "--log-level", "warning"]
            command += ["--clients", "tcp://127.0.0.1:*", "--workers", "tcp://127.0.0.1:*", "--liveness-ms", "60000"]
            command += ["--client-liveness-ms", "60000"]
            broker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert broker.stdout is not None
            bound = json.loads(broker.stdout.readline())
            processes.append(_start(_visionmq_echo, bound["workers"])[0])
            yield lambda load: _zmq_load(bound["clients"], load, framed=True)
        else:
            serve, generate = {"grpc": (_grpc, _grpc_load), "http": (_http, _http_load)}[name]
            process, address = _start(serve)
            processes.append(process)
            yield lambda load: generate(address, load)
    finally:
        for process in processes:
            process.kill()
            process.join()
        if broker is not None:
            broker.kill()
            broker.wait()
            for stream in (broker.stdin, broker.stdout):
                if stream is not None:
                    stream.close()


WAYS = ("direct", "proxy", "visionmq", "grpc", "http")


def measure(ways: list[str], loads: list[Load], rounds: int) -> dict[tuple[str, str], float]:
    """Return round trips per second by way and load: the median of interleaved rounds."""
    found: dict[tuple[str, str], list[float]] = {}
    with contextlib.ExitStack() as stack:
        generators = {name: stack.enter_context(_way(name)) for name in ways}
        for load in loads:
            for number in range(rounds):
                for name, generate in generators.items():
                    seconds, times = generate(load)
                    rate = 1 / statistics.median(times) if load.in_flight == 1 else load.trips / seconds
                    found.setdefault((name, load.name), []).append(rate)
                    print(f"  {load.name:22} round {number + 1}/{rounds} {name:9} {rate:10.0f}/s", file=sys.stderr)
    return {key: statistics.median(rates) for key, rates in found.items()}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a fifth of the round trips")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS))
    options = parser.parse_args()
    loads = [load._replace(trips=load.trips // 5) for load in LOADS] if options.quick else list(LOADS)
    rates = measure(options.only, loads, options.rounds)
    base = "proxy" if "proxy" in options.only else options.only[0]
    print(f"\nRound trips per second, and as a ratio to `{base}` (latency: 1 / median)\n")
    print("| way | " + " | ".join(load.name for load in loads) + " |")
    print("|---|" + "---|" * len(loads))
    for name in options.only:
        cells = [
            f"{rates[name, load.name]:,.0f} ({rates[name, load.name] / rates[base, load.name]:.2f})" for load in loads
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
