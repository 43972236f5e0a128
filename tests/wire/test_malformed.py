"""Whatever comes in, the broker answers or drops it, and serves the others on."""

import json
import random
import socket
from urllib.parse import urlsplit

import pytest

from tests.wire.conftest import Door, Peer
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode

GOOD = {"type": "request", "v": 1, "id": "bad", "op": "system.echo", "left_ms": 1000}


def _request(**fields: object) -> bytes:
    return json.dumps({**GOOD, **fields}).encode()


def _random_messages(count: int) -> list[tuple[bytes, ...]]:
    source = random.Random(20_240_607)
    return [
        tuple(source.randbytes(source.choice((0, 1, 5, 40, 300))) for _ in range(source.randint(1, 6)))
        for _ in range(count)
    ]


# By name: frames, and whether an answer must come.
CAMPAIGN: dict[str, tuple[tuple[bytes, ...], bool]] = {
    "no body": ((_request(),), True),
    "no images": ((_request(images=2), b"{}"), True),
    "one image too few": ((_request(images=2), b"{}", b"1"), True),
    "one image too many": ((_request(images=1), b"{}", b"1", b"2"), True),
    "a body before a heartbeat": ((b'{"type":"heartbeat"}', b"{}"), True),
    "a hundred frames": ((_request(images=64), *[b"x"] * 100), True),
    "a hundred empty frames": ((b"",) * 100, True),
    "an empty frame": ((b"",), True),
    "an empty delimiter": ((b"", _request(), b"{}"), True),
    "wrong JSON": ((b'{"type":',), True),
    "an array": ((b"[]",), True),
    "a strange type": ((b'{"type":"no such"}',), True),
    "a worker's ready": ((encode(m.Ready(v=1, name="w", incarnation="i", ops=["system.echo"], credit=9)),), True),
    "a worker's answer": ((encode(m.Answer(lease=1, state=m.State.DONE)), b"{}"), True),
    "a broker's reply": ((encode(m.Reply(id="bad", state=m.State.DONE)), b"{}"), True),
    "an unknown version": ((_request(v=99), b"{}"), True),
    "an unknown version with new fields": ((_request(v=2, shiny=True), b"{}"), True),
    "a version of 4,000 digits": ((b'{"type":"hello","v":' + b"9" * 4_000 + b"}",), True),
    "2^64 ms": ((_request(left_ms=2**64), b"{}"), True),
    "no time": ((_request(left_ms=0), b"{}"), True),
    "NaN": ((b'{"type":"hello","v":NaN}',), True),
    "1e999": ((b'{"type":"hello","v":1e999}',), True),
    "images of 2^64": ((_request(images=2**64), b"{}"), True),
    "minus one image": ((_request(images=-1), b"{}"), True),
    "a lone surrogate": ((b'{"type":"cancel","id":"\\ud800"}',), True),
    "a lone surrogate in a broken request": ((b'{"type":"request","id":"\\udfff"}',), True),
    "invalid UTF-8": ((b'{"type":"cancel","id":"\xff"}',), True),
    "a byte order mark": ((b"\xef\xbb\xbf" + _request(), b"{}"), True),
    "a huge depth": ((b"[" * 16_000,), True),
    "a deep unknown field": ((_request()[:-1] + b',"x":' + b"[" * 10_000,), True),
    "an envelope too large": ((_request(pad="x" * 20_000), b"{}"), True),
    "a long id": ((_request(id="x" * 65), b"{}"), True),
    "an id of control characters": ((_request(id="\x00\x01\n\x7f", v=3), b"{}"), True),
    "a long unknown field": ((_request(**{"x" * 15_000: 1}), b"{}"), True),
    "a deep body of a verb": ((_request(op="broker.queues"), b"[" * 100_000), True),
    "a wrong body of a verb": ((_request(op="broker.pause"), b'{"operations":5}'), True),
    "a large body of a verb": ((_request(op="broker.info"), b" " * 2_000_000), True),
    "a verb with pictures": ((_request(op="broker.info", images=1), b"{}", b"P"), True),
    "a verb without a body": ((_request(op="broker.info"),), True),
    "300 ids to check": ((encode(m.Check(ids=["x"] * 300)),), True),
    "a goodbye from a stranger": ((b'{"type":"bye"}',), False),
    "a cancel of nothing": ((b'{"type":"cancel","id":"nothing"}',), True),
}


@pytest.fixture(scope="module")
def bystander(door: Door) -> tuple[Peer, Peer]:
    """A client and a worker that mean well."""
    return door.client(), door.echo_worker()


@pytest.mark.parametrize("name", CAMPAIGN)
def test_a_bystander_is_served_after_a_client_sent(name: str, door: Door, bystander: tuple[Peer, Peer]) -> None:
    frames, answered = CAMPAIGN[name]
    rogue = door.client()
    rogue.send(*frames)
    if answered:
        message, _ = rogue.hear()
        assert isinstance(message, m.Reply | m.Refused | m.Unknown)
        if isinstance(message, m.Reply):
            assert message.id in {"bad", "\x00\x01\n\x7f"}
    rogue.say(m.Hello(v=1))
    rogue.hear(m.Welcome)
    assert door.serves(*bystander)


@pytest.mark.parametrize("name", CAMPAIGN)
def test_a_bystander_is_served_after_a_worker_sent(name: str, door: Door, bystander: tuple[Peer, Peer]) -> None:
    frames, _ = CAMPAIGN[name]
    rogue = door.worker()
    rogue.send(*frames)
    rogue.say(m.Heartbeat())
    rogue.hear(m.Who, m.Heartbeat)
    rogue.say(m.Bye())
    assert door.serves(*bystander)


def test_a_bystander_is_served_after_random_bytes(door: Door, bystander: tuple[Peer, Peer]) -> None:
    for rogue in (door.client(), door.worker()):
        for frames in _random_messages(300):
            rogue.send(*frames)
        for _ in range(300):
            message, _ = rogue.hear()
            assert isinstance(message, m.Refused)
    assert door.serves(*bystander)


def test_every_message_cut_short_or_bent_is_survived(door: Door, bystander: tuple[Peer, Peer]) -> None:
    rogue = door.client()
    whole = _request(images=1)
    source = random.Random(1)
    for length in range(len(whole)):
        rogue.send(whole[:length], b"{}", b"P")
        bent = bytearray(whole)
        bent[length] ^= 1 << source.randrange(8)
        rogue.send(bytes(bent), b"{}")
    assert door.serves(*bystander)


@pytest.mark.parametrize("port", ["clients", "workers"])
@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00" * 20, b"\xff" * 10_000, b"\0" * 64, b""],
    ids=["http", "tls", "ones", "zeros", "nothing"],
)
def test_garbage_on_the_raw_port_is_survived(
    port: str, garbage: bytes, door: Door, bystander: tuple[Peer, Peer]
) -> None:
    where = urlsplit(door.said[port])
    with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
        raw.sendall(garbage)
        assert door.serves(*bystander)
    assert door.serves(*bystander)


def test_workers_that_lie_harm_only_their_own_request(door: Door, bystander: tuple[Peer, Peer]) -> None:
    client, worker = bystander
    for state, images, frames in (("done", 3, [b"{}"]), ("accepted", 0, [b"{}"]), ("done", 0, [])):
        client.say(m.Request(v=1, id=f"lie-{state}-{images}-{len(frames)}", op="system.echo", left_ms=9_000), b"{}")
        run, _ = worker.hear(m.Run)
        worker.send(encode(m.Answer(lease=run.lease + 1, state=m.State.DONE)), b"{}")
        worker.send(encode(m.Answer(lease=run.lease, state=m.State(state), images=images)), *frames)
        reply, (body, *_) = client.hear(m.Reply)
        assert (reply.id, json.loads(body)["code"]) == (run.id, "internal")
    assert door.serves(client, worker)


def test_the_ledger_adds_up_after_all_that(door: Door, bystander: tuple[Peer, Peer]) -> None:
    client, _ = bystander
    client.say(m.Request(v=1, id="sum", op="broker.info", left_ms=9_000), b"{}")
    _, (body,) = client.hear(m.Reply)
    info = json.loads(body)
    ledger = info["ledger"]
    assert ledger["accepted"] == sum(ledger[name] for name in ("done", "failed", "cancelled", "expired", "open"))
    assert (ledger["open"], info["waiting"]) == (0, 0)
