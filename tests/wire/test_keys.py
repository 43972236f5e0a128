"""Keys: strangers stay outside, roles and users stay apart, revoked keys stop, and no door is left open."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import zmq

from tests.wire.conftest import Door, KeyFolder, start_broker
from visionmq.broker.zap import Doorman, InsecureError, prove_closed
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.wire.keys import Identity, KeyRing, Role, make_identity, read_identity
from visionmq.wire.sockets import make_dealer, make_router


def _key(keys: KeyFolder, name: str) -> Identity:
    return read_identity(keys.folder / f"{name}.key")


def _code(frames: list[bytes]) -> str:
    return str(json.loads(frames[0])["code"])


# ---- strangers ------------------------------------------------------------------------------


def _handshake(context: Any, endpoint: str, identity: Identity | None) -> int:
    """Return the first event that says how a handshake ended."""
    failures = (
        zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    )
    events = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | failures
    monitors: list[Any] = []
    dealer = make_dealer(
        context, endpoint, identity, watch=lambda made: monitors.append(made.get_monitor_socket(events))
    )
    (monitor,) = monitors
    try:
        assert monitor.poll(10_000), "no handshake ended"
        return int.from_bytes(monitor.recv_multipart()[0][:2], "little")
    finally:
        dealer.disable_monitor()
        monitor.close(linger=0)
        dealer.close(linger=0)


@pytest.mark.parametrize("port", ["clients", "workers"])
def test_only_known_keys_come_in(port: str, locked: Door, keys: KeyFolder, context: Any) -> None:
    endpoint = locked.said[port]
    assert _handshake(context, endpoint, _key(keys, "ann")) == zmq.EVENT_HANDSHAKE_SUCCEEDED
    stranger = make_identity("stranger", keys.server.public)
    misled = Identity("ann", _key(keys, "ann").public, _key(keys, "ann").secret, make_identity("other").public)
    for identity in (stranger, misled, None):
        assert _handshake(context, endpoint, identity) != zmq.EVENT_HANDSHAKE_SUCCEEDED


def test_those_with_keys_are_served(locked: Door, keys: KeyFolder) -> None:
    worker = locked.echo_worker(_key(keys, "wim"))
    assert locked.serves(locked.client(_key(keys, "ann")), worker)


# ---- roles ----------------------------------------------------------------------------------


def test_a_client_key_cannot_be_a_worker(locked: Door, keys: KeyFolder) -> None:
    liar = locked.worker(_key(keys, "ann"))
    liar.say(m.Ready(v=1, name="liar", incarnation="l", ops=["system.echo"], credit=9))
    refused, _ = liar.hear(m.Refused)
    assert refused.code == "forbidden"


def test_a_worker_key_cannot_be_a_client(locked: Door, keys: KeyFolder) -> None:
    liar = locked.client(_key(keys, "wim"))
    liar.say(m.Request(v=1, id="a", op="broker.info", left_ms=5_000), b"{}")
    _, frames = liar.hear(m.Reply)
    assert _code(frames) == "forbidden"


def test_operators_need_the_admin_role(locked: Door, keys: KeyFolder) -> None:
    for name, expected in (("ann", m.State.FAILED), ("root", m.State.DONE)):
        peer = locked.client(_key(keys, name))
        peer.say(m.Request(v=1, id="q", op="broker.queues", left_ms=5_000), b"{}")
        reply, _ = peer.hear(m.Reply)
        assert reply.state is expected


# ---- users ----------------------------------------------------------------------------------


def test_nobody_cancels_or_replays_the_request_of_another(locked: Door, keys: KeyFolder) -> None:
    worker = locked.echo_worker(_key(keys, "wim"))
    ann, bob = locked.client(_key(keys, "ann")), locked.client(_key(keys, "bob"))
    request = m.Request(v=1, id="secret", op="system.echo", left_ms=10_000)
    ann.say(request, b'{"of":"ann"}')
    run, _ = worker.hear(m.Run)
    assert run.user == "ann"
    bob.say(m.Cancel(id="secret"))
    assert bob.hear()[0] == m.Unknown(ids=["secret"])
    worker.say(m.Answer(lease=run.lease, state=m.State.DONE), b'{"for":"ann"}')
    assert ann.hear(m.Reply)[1] == [b'{"for":"ann"}']
    bob.say(m.Check(ids=["secret"]))
    assert bob.hear()[0] == m.Unknown(ids=["secret"])
    bob.say(request, b'{"of":"bob"}')
    run, frames = worker.hear(m.Run)
    assert (run.user, frames) == ("bob", [b'{"of":"bob"}'])
    worker.say(m.Answer(lease=run.lease, state=m.State.DONE), b'{"for":"bob"}')
    assert bob.hear(m.Reply)[1] == [b'{"for":"bob"}']


# ---- revocation -----------------------------------------------------------------------------


def test_a_revoked_client_is_stopped_at_its_next_message(locked: Door, keys: KeyFolder) -> None:
    ann, bob = locked.client(_key(keys, "ann")), locked.client(_key(keys, "bob"))
    ann.say(m.Hello(v=1))
    ann.hear(m.Welcome)
    keys.revoke("ann")
    answer = None
    for _ in range(10_000):  # until the broker has read the folder again
        ann.say(m.Heartbeat())
        answer, _ = ann.hear()
        if isinstance(answer, m.Refused):
            break
    assert isinstance(answer, m.Refused)
    assert answer.code == "unauthorized"
    ann.say(m.Request(v=1, id="a", op="broker.info", left_ms=5_000), b"{}")
    assert _code(ann.hear(m.Reply)[1]) == "unauthorized"
    bob.say(m.Heartbeat())
    bob.hear(m.Heartbeat)


def test_a_revoked_worker_loses_its_requests(locked: Door, keys: KeyFolder) -> None:
    worker, ann = locked.echo_worker(_key(keys, "wim")), locked.client(_key(keys, "ann"))
    ann.say(m.Request(v=1, id="a", op="system.echo", left_ms=30_000), b"{}")
    run, _ = worker.hear(m.Run)
    other_key = keys.new("wam", Role.WORKER)
    other = _when_let_in(locked, other_key)
    keys.revoke("wim")
    refused = None
    for _ in range(10_000):
        worker.say(m.Heartbeat())
        refused, _ = worker.hear()
        if isinstance(refused, m.Refused):
            break
    assert isinstance(refused, m.Refused)
    worker.say(m.Answer(lease=run.lease, state=m.State.DONE), b"{}")
    again, _ = other.hear(m.Run)
    assert (again.id, again.attempt) == ("a", 2)
    other.say(m.Answer(lease=again.lease, state=m.State.DONE), b'{"right":1}')
    assert ann.hear(m.Reply)[1] == [b'{"right":1}']


def _when_let_in(locked: Door, identity: Identity) -> Any:
    """Connect a worker with a key that is new: libzmq tries again until the broker has read it."""
    for _ in range(50):
        worker = locked.worker(identity)
        if worker.socket.poll(200, zmq.POLLOUT):
            worker.say(m.Ready(v=1, name="other", incarnation="o", ops=["system.echo"], credit=4))
            worker.hear(m.Welcome)
            return worker
        worker.socket.close(linger=0)
    raise AssertionError("the new key was never let in")


# ---- the start ------------------------------------------------------------------------------


def _start(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "visionmq.broker", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("endpoint", ["tcp://*:*", "tcp://0.0.0.0:*", "tcp://[::]:*"])
def test_an_open_door_without_keys_is_refused(endpoint: str) -> None:
    for port in ("--clients", "--workers"):
        other = "--workers" if port == "--clients" else "--clients"
        status, said = _start(port, endpoint, other, "tcp://127.0.0.1:*")
        assert status == 2
        assert said.startswith(f"error: {endpoint} can be reached from other hosts, and no keys are demanded.")


def test_a_key_that_others_can_read_is_refused(keys: KeyFolder) -> None:
    keys.new("ann", Role.WORKER)
    (keys.folder / "broker.key").chmod(0o644)
    status, said = _start("--keys", str(keys.folder))
    assert status == 2
    assert "can be read by others; run `chmod 600" in said


def test_a_folder_without_keys_is_refused(keys: KeyFolder, tmp_path: Path) -> None:
    for folder in (keys.folder, tmp_path / "nowhere"):
        status, said = _start("--keys", str(folder))
        assert (status, "No keys in" in said) == (2, True)


def test_a_folder_without_the_brokers_key_is_refused(keys: KeyFolder) -> None:
    keys.new("ann", Role.WORKER)
    (keys.folder / "broker.key").unlink()
    status, said = _start("--keys", str(keys.folder))
    assert (status, "Cannot read key file" in said) == (2, True)


def test_a_port_in_use_is_a_sentence(locked: Door) -> None:
    status, said = _start("--clients", locked.said["clients"], "--workers", "tcp://127.0.0.1:*")
    assert status == 3
    assert said.startswith(f"error: cannot listen on {locked.said['clients']}")


# ---- the proof that the door is closed ---------------------------------------------------------


@contextmanager
def _router(server: Identity, *, keys: KeyRing | None, open_door: bool = False) -> Iterator[tuple[Any, str]]:
    context: Any = zmq.Context()
    doorman = Doorman(context, keys) if keys is not None else None
    if doorman is not None:
        doorman.start()
    router = make_router(context, send_limit=10, server=None if open_door else server)
    try:
        if open_door:
            router.setsockopt(zmq.CURVE_SERVER, 1)  # as it looks to who forgets the domain
            router.setsockopt(zmq.CURVE_SECRETKEY, server.secret.encode())
        router.bind("tcp://127.0.0.1:*")
        yield context, router.get_string(zmq.LAST_ENDPOINT)
    finally:
        router.close(linger=0)
        context.term()
        if doorman is not None:
            doorman.join(10)


def test_the_self_test_passes_behind_a_doorman(keys: KeyFolder) -> None:
    keys.new("ann", Role.WORKER)
    with _router(keys.server, keys=KeyRing(keys.folder)) as (context, endpoint):
        prove_closed(context, endpoint, keys.server)


def test_the_self_test_fails_where_anybody_comes_in(keys: KeyFolder) -> None:
    with (
        _router(keys.server, keys=None, open_door=True) as (context, endpoint),
        pytest.raises(InsecureError, match="a random key was accepted"),
    ):
        prove_closed(context, endpoint, keys.server)


def test_the_self_test_fails_where_nobody_answers(
    context: Any, keys: KeyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("visionmq.broker.zap._SELF_TEST_MS", 100)
    with pytest.raises(InsecureError, match="no handshake happened"):
        prove_closed(context, "tcp://127.0.0.1:1", keys.server)


def test_the_doorman_refuses_all_that_is_not_a_curve_handshake_of_ours(keys: KeyFolder) -> None:
    ring = KeyRing(keys.folder)
    identity = keys.new("ann", Role.WORKER)
    ring.refresh()
    context: Any = zmq.Context()
    doorman = Doorman(context, ring)
    doorman.start()
    asker = context.socket(zmq.REQ)
    asker.connect("inproc://zeromq.zap.01")
    from zmq.utils import z85

    public = z85.decode(identity.public)
    right = [b"1.0", b"1", b"visionmq", b"127.0.0.1", b"", b"CURVE", public]
    wrong = [
        [*right[:2], b"other", *right[3:]],
        [*right[:5], b"NULL", public],
        [*right[:5], b"PLAIN", b"a", b"b"],
        [*right[:6], b"short"],
        [*right[:6], b"\0" * 32],
        [b"1.0"],
    ]
    try:
        for request, status in [(right, b"200"), *((request, b"400") for request in wrong)]:
            asker.send_multipart(request)
            assert asker.poll(10_000)
            assert asker.recv_multipart()[2] == status
    finally:
        asker.close(linger=0)
        context.term()
        doorman.join(10)


# ---- the end --------------------------------------------------------------------------------


def test_a_broker_ends_when_its_parent_does_and_says_where_it_listened() -> None:
    process = start_broker()
    assert process.stdin is not None
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert said["event"] == "listening"
    assert said["pid"] == process.pid
    process.stdin.close()
    assert process.wait(10) == 0
    process.stdout.close()


def test_sigterm_lets_running_work_end(context: Any) -> None:
    process = start_broker()
    door = Door(process, context, None)
    try:
        worker, client = door.echo_worker(), door.client()
        client.say(m.Request(v=1, id="a", op="system.echo", left_ms=10_000), b"{}")
        run, _ = worker.hear(m.Run)
        process.terminate()
        code = ""
        for number in range(10_000):  # until the broker has seen the signal
            client.send(encode(m.Request(v=1, id=f"n{number}", op="no.such", left_ms=10_000)), b"{}")
            code = _code(client.hear(m.Reply)[1])
            if code == "shutting_down":
                break
        assert code == "shutting_down"
        worker.say(m.Answer(lease=run.lease, state=m.State.DONE), b'{"still":1}')
        assert client.hear(m.Reply)[1] == [b'{"still":1}']
        assert process.wait(10) == 0
    finally:
        door.close()
