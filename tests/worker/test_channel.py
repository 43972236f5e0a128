"""The frames between parent and child, over a real socket pair."""

import socket
import struct
from collections.abc import Iterator

import pytest

from visionmq.worker import seccomp
from visionmq.worker.channel import ChannelError, ChildEnd, ParentEnd
from visionmq.worker.process import describe
from visionmq.worker.relay import LINES_AT_ONCE, Relay


@pytest.fixture
def ends() -> Iterator[tuple[ParentEnd, ChildEnd]]:
    ours, theirs = socket.socketpair()
    yield ParentEnd(ours), ChildEnd(theirs)
    ours.close()
    theirs.close()


def test_frames_arrive_as_they_were(ends: tuple[ParentEnd, ChildEnd]) -> None:
    parent, child = ends
    sent = [b"head", b"", bytes(1000), memoryview(b"view")]
    parent.send(sent)
    assert [bytes(frame) for frame in child.receive() or ()] == [bytes(frame) for frame in sent]
    child.send(sent)
    assert [bytes(frame) for frame in parent.receive() or ()] == [bytes(frame) for frame in sent]
    assert parent.receive() is None


def test_a_child_that_does_not_read_never_blocks_the_parent(ends: tuple[ParentEnd, ChildEnd]) -> None:
    parent, child = ends
    parent.send([b"x" * 3_000_000, *[b"y"] * 600])
    assert parent.pending
    child.sock.settimeout(5)
    got = bytearray()
    while parent.pending:
        got += child.sock.recv(1 << 20)
        parent.flush()
    child.sock.setblocking(False)
    while len(got) < 4 + 4 * 601 + 3_000_600:
        got += child.sock.recv(1 << 20)
    assert struct.unpack_from("<I", got)[0] == 601


def test_a_message_in_pieces_is_put_together(ends: tuple[ParentEnd, ChildEnd]) -> None:
    parent, child = ends
    whole = struct.pack("<III", 2, 3, 2) + b"abcde"
    for byte in whole[:-1]:
        child.sock.send(bytes([byte]))
        assert parent.receive() is None
    child.sock.send(whole[-1:])
    assert [bytes(frame) for frame in parent.receive() or ()] == [b"abc", b"de"]


@pytest.mark.parametrize(
    "junk", [struct.pack("<I", 0), struct.pack("<I", 1 << 30), struct.pack("<III", 2, 0xFFFFFFFF, 0xFFFFFFFF)]
)
def test_claims_beyond_reason_are_refused(ends: tuple[ParentEnd, ChildEnd], junk: bytes) -> None:
    parent, child = ends
    child.sock.send(junk)
    with pytest.raises(ChannelError):
        parent.receive()


def test_a_closed_end_is_told(ends: tuple[ParentEnd, ChildEnd]) -> None:
    parent, child = ends
    child.sock.close()
    with pytest.raises(ChannelError, match="closed"):
        parent.receive()
    with pytest.raises(ChannelError):
        parent.send([b"x"])


@pytest.mark.parametrize(
    ("status", "text", "memory"),
    [(-9, "SIGKILL", True), (-11, "SIGSEGV", False), (3, "status 3", False), (None, "closed", False)],
)
def test_an_end_is_described(status: int | None, text: str, memory: bool) -> None:
    said, was_memory = describe(status)
    assert text in said
    assert was_memory is memory


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_only_jumps_within_itself(machine: str) -> None:
    code = seccomp.build(machine)
    steps = [struct.unpack_from("<HBBI", code, at) for at in range(0, len(code), 8)]
    assert len(steps) < 4096
    assert steps[-1][0] == 0x06
    for at, (operation, if_true, if_false, _) in enumerate(steps):
        if operation in (0x15, 0x35, 0x45):
            assert at + 1 + max(if_true, if_false) < len(steps)


def test_warnings_are_relayed_at_a_bounded_rate() -> None:
    relay = Relay()
    for n in range(100):
        relay.put("warning", f"line {n}")
    relay.put("info", "no")
    lines = relay.take(1.0)
    assert len(lines) == LINES_AT_ONCE
    assert lines[-1] == "line 99"
    relay.put("error", "more")
    assert relay.take(1.5) == []
    assert relay.take(2.0) == ["more"]
