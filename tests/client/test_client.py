"""The client over real sockets, against a scripted broker."""

import concurrent.futures
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import pytest

from tests.client.fake_broker import WAIT, FakeBroker, echo
from visionmq.client import Client, Progress, errors
from visionmq.client.wire_errors import BY_CODE
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.schemas.errors import ErrorCode


def hold(broker: FakeBroker, peer: bytes, request: m.Request, body: bytes, images: Sequence[bytes]) -> None:
    """Know the request and never answer it."""
    broker.known.add(request.id)


def test_frames_come_back_as_they_went() -> None:
    pictures = [b"small", bytes(300_000)]
    with FakeBroker() as broker, Client(broker.endpoint) as client:
        reply = client.echo("hi", pictures)
        assert reply.result.sizes == [5, 300_000]
        assert [bytes(image) for image in reply.images] == pictures
        assert (reply.worker, reply.attempt, reply.timings.run_ms) == ("fake", 1, 1.5)
        assert reply.timings.total_ms > 0


def test_replies_out_of_order_reach_their_own_futures() -> None:
    held: list[tuple[bytes, m.Request, Sequence[bytes]]] = []

    def backwards(broker: FakeBroker, peer: bytes, request: m.Request, body: bytes, images: Sequence[bytes]) -> None:
        held.append((peer, request, images))
        if len(held) == 5:
            for one_peer, one, pictures in reversed(held):
                echo(broker, one_peer, one, b"", pictures)

    with FakeBroker(backwards) as broker, Client(broker.endpoint) as client:
        futures = [client.submit("system.echo", images=[bytes(size)]) for size in range(1, 6)]
        assert [future.result(WAIT).result.sizes for future in futures] == [[1], [2], [3], [4], [5]]


def test_nobody_listening_is_said_within_a_second_with_every_endpoint() -> None:
    tried = ["tcp://127.0.0.1:9", "tcp://127.0.0.1:11"]
    with Client(tried) as client:
        with pytest.raises(errors.Unreachable) as caught:
            client.ping()
        assert all(endpoint in str(caught.value) for endpoint in tried)
        assert "visionmq broker" in caught.value.hint


def test_a_broker_that_restarts_gets_the_request_again() -> None:
    with FakeBroker(hold) as first:
        client = Client(first.endpoint)
        future = client.submit("system.echo", images=[b"x"])
        first.wait_for(m.Request)
    with client, FakeBroker(instance="two", endpoint=first.endpoint):
        assert future.result(WAIT).result.sizes == [1]
        assert client.counts.restarts == 1


def test_another_instance_behind_the_same_connection_gets_the_request_again() -> None:
    with FakeBroker(hold, heartbeat_ms=50) as broker, Client(broker.endpoint) as client:
        future = client.submit("system.echo")
        broker.wait_for(m.Request)
        broker.behave, broker.instance = echo, "two"
        assert future.result(WAIT).result.sizes == []


def test_a_lost_reply_is_found_by_a_check() -> None:
    def lose_once(broker: FakeBroker, peer: bytes, request: m.Request, body: bytes, images: Sequence[bytes]) -> None:
        broker.behave = echo

    with FakeBroker(lose_once) as broker, Client(broker.endpoint) as client:
        assert client.echo(images=[b"abc"]).result.sizes == [3]
        assert client.counts.resent == 1
        assert len(broker.wait_for(m.Check)) == 1


def test_a_silent_broker_is_left_for_the_next() -> None:
    with (
        FakeBroker(hold, heartbeat_ms=50, liveness_ms=300) as first,
        FakeBroker(instance="two") as second,
        Client([first.endpoint, second.endpoint]) as client,
    ):
        future = client.submit("system.echo")
        first.wait_for(m.Request)
        first.silent = True
        assert future.result(WAIT).result.sizes == []
        assert client.counts.connects == 2


def test_the_second_endpoint_serves_where_the_first_is_dead() -> None:
    with FakeBroker() as broker, Client(["tcp://127.0.0.1:9", broker.endpoint]) as client:
        assert client.echo().result.sizes == []


def test_busy_is_waited_out() -> None:
    def busy_twice(broker: FakeBroker, peer: bytes, request: m.Request, body: bytes, images: Sequence[bytes]) -> None:
        if len(broker.seen) >= 3:  # hello, and two requests
            broker.behave = echo
        broker.fail(peer, request.id, ErrorCode.BUSY, retry_after_ms=30)

    with FakeBroker(busy_twice) as broker, Client(broker.endpoint) as client:
        assert client.echo().result.sizes == []
        assert client.counts.retried >= 2


@pytest.mark.parametrize("code", [ErrorCode.BUSY, ErrorCode.BAD_REQUEST])
def test_a_failure_is_its_exception_when_no_retry_is_allowed(code: ErrorCode) -> None:
    with FakeBroker(lambda broker, peer, request, *_: broker.fail(peer, request.id, code, 70)) as broker:  # noqa: SIM117
        with Client(broker.endpoint, retries=0) as client:
            future = client.submit("system.ping")
            with pytest.raises(BY_CODE[code]) as caught:
                future.result(WAIT)
            assert caught.value.request_id == future.request_id
            assert caught.value.retry_after == 0.07


def test_no_reply_in_time_is_a_timeout_and_cancels() -> None:
    with FakeBroker(hold) as broker, Client(broker.endpoint) as client:
        with pytest.raises(errors.Timeout):
            client.ping(timeout=0.1)
        broker.wait_for(m.Cancel)


def test_cancel_ends_the_future_here_and_the_request_there() -> None:
    with FakeBroker(hold) as broker, Client(broker.endpoint) as client:
        future = client.submit("system.ping")
        broker.wait_for(m.Request)
        assert future.cancel()
        assert future.cancel()
        (cancel,) = broker.wait_for(m.Cancel)
        assert cancel == m.Cancel(future.request_id)
        with pytest.raises(concurrent.futures.CancelledError):
            future.result(WAIT)
        assert concurrent.futures.wait([future], WAIT).done == {future}


def test_progress_reaches_the_listener_in_order() -> None:
    def steps(broker: FakeBroker, peer: bytes, request: m.Request, body: bytes, images: Sequence[bytes]) -> None:
        assert request.updates
        broker.reply(peer, request.id, b'{"position": 2}', state=m.State.ACCEPTED)
        broker.reply(peer, request.id, b'{"stage": "read", "fraction": 0.5}', state=m.State.PROGRESS)
        echo(broker, peer, request, body, images)

    news: list[Progress] = []
    with FakeBroker(steps) as broker, Client(broker.endpoint) as client:
        client.call("system.echo", on_progress=news.append)
    assert [(one.stage, one.position, one.fraction) for one in news] == [("waiting", 2, None), ("read", None, 0.5)]


def test_a_callback_that_would_wait_for_itself_is_told_so() -> None:
    caught: list[Exception] = []
    called = threading.Event()
    with FakeBroker() as broker, Client(broker.endpoint) as client:

        def wait(_done: object) -> None:
            try:
                client.ping()
            except RuntimeError as error:
                caught.append(error)
            called.set()

        client.submit("system.echo").add_done_callback(wait)
        assert called.wait(WAIT)
    assert len(caught) == 1


def test_many_threads_share_one_client() -> None:
    with FakeBroker() as broker, Client(broker.endpoint) as client:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            sizes = list(pool.map(lambda size: client.echo(images=[bytes(size)]).result.sizes, range(1, 201)))
        assert sizes == [[size] for size in range(1, 201)]


def test_closing_ends_what_is_open_says_bye_and_leaves_no_thread() -> None:
    with FakeBroker(hold) as broker:
        client = Client(broker.endpoint)
        future = client.submit("system.ping")
        broker.wait_for(m.Request)
        client.close()
        client.close()
        with pytest.raises(errors.ClosedError):
            future.result(WAIT)
        with pytest.raises(errors.ClosedError):
            client.ping()
        broker.wait_for(m.Bye)
    assert not [thread for thread in threading.enumerate() if thread.name == "visionmq-client"]


def test_a_forgotten_client_ends_with_its_last_reference() -> None:
    with FakeBroker() as broker:
        client = Client(broker.endpoint)
        client.echo()
        del client
        broker.wait_for(m.Bye)


def test_garbage_from_the_broker_is_dropped() -> None:
    def garbage(broker: FakeBroker, peer: bytes, request: m.Request, body: bytes, images: Sequence[bytes]) -> None:
        for frames in (
            [b"\xff"],
            [b"{}"],
            [encode(m.Reply(id=request.id, state=m.State.DONE, images=3)), b"{}"],
            [b""],
        ):
            broker._router.send_multipart([peer, *frames])
        echo(broker, peer, request, body, images)

    with FakeBroker(garbage) as broker, Client(broker.endpoint) as client:
        assert client.echo().result.sizes == []


def test_a_result_of_another_shape_is_an_internal_error() -> None:
    with FakeBroker(lambda broker, peer, request, *_: broker.reply(peer, request.id, b'{"pid": "x"}')) as broker:  # noqa: SIM117
        with Client(broker.endpoint) as client, pytest.raises(errors.Internal):
            client.ping()


def test_map_keeps_order_and_reads_no_further_than_its_window() -> None:
    taken: list[int] = []

    def source() -> "object":
        for number in range(1, 101):
            taken.append(number)
            yield bytes(number)

    with FakeBroker() as broker, Client(broker.endpoint) as client:
        for outcome in client.map("system.echo", source(), window=4):  # type: ignore[var-annotated, arg-type]
            assert len(taken) <= outcome.index + 4
            assert outcome.unwrap().result.sizes == [outcome.index + 1]
    assert len(taken) == 100


def test_map_returns_errors_in_their_place_or_raises_them() -> None:
    items = [b"a", b"", b"c"]
    with FakeBroker() as broker, Client(broker.endpoint) as client:
        for ordered in (True, False):
            outcomes = sorted(client.map("system.echo", items, ordered=ordered), key=lambda one: one.index)
            assert [one.ok for one in outcomes] == [True, False, True]
            assert isinstance(outcomes[1].error, errors.BadImage)
        with pytest.raises(errors.BadImage):
            list(client.map("system.echo", items, errors="raise"))


def test_leaving_map_early_cancels_what_is_under_way() -> None:
    def first_only(broker: FakeBroker, peer: bytes, request: m.Request, body: bytes, images: Sequence[bytes]) -> None:
        broker.behave = hold
        echo(broker, peer, request, body, images)

    with FakeBroker(first_only) as broker, Client(broker.endpoint) as client:
        outcomes = client.map("system.echo", [b"x"] * 10, window=3)
        assert next(outcomes).ok
        broker.wait_for(m.Request, 3)
        outcomes.close()  # type: ignore[attr-defined]
        broker.wait_for(m.Cancel, 2)


def test_parameters_that_are_no_json_are_refused_here() -> None:
    with Client("tcp://127.0.0.1:9") as client:
        with pytest.raises(errors.BadRequest):
            client.submit("x", {"a": object()})
        with pytest.raises(errors.TooLarge):
            client.submit("x", {"a": "b" * 2_000_000})
        with pytest.raises(errors.BadRequest):
            client.submit("x", timeout=0)


def test_interrupting_a_wait_cancels(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with FakeBroker(hold) as broker, Client(broker.endpoint) as client:
        future = client.submit("system.ping")
        broker.wait_for(m.Request)
        monkeypatch.setattr(concurrent.futures.Future, "result", interrupt)
        with pytest.raises(KeyboardInterrupt):
            future.result()
        broker.wait_for(m.Cancel)


def test_importing_the_client_loads_no_picture_library() -> None:
    code = "import sys, visionmq.client; print([m for m in ('numpy', 'cv2', 'PIL') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_open_client_does_not_keep_the_interpreter() -> None:
    code = "from visionmq.client import Client; c = Client('tcp://127.0.0.1:9'); c.submit('system.ping')"
    started = time.monotonic()
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=WAIT)
    assert time.monotonic() - started < WAIT
