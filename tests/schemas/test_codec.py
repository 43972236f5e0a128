"""Every message survives the wire; whatever else comes raises ProtocolError and nothing else."""

import json
import math

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from visionmq.schemas import messages as m
from visionmq.schemas.codec import (
    ProtocolError,
    check_depth,
    decode_body,
    decode_from_client,
    decode_from_worker,
    decode_to_client,
    decode_to_worker,
    encode,
    frames,
    salvage,
)
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_BODY_BYTES, MAX_BODY_DEPTH, MAX_ENVELOPE_BYTES
from visionmq.schemas.operations import OPERATIONS
from visionmq.schemas.system import EchoParams

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64)
COUNT = st.integers(0, 2**62)
TIME = st.floats(0, 1e12, allow_nan=False)
ITEMS = {
    "v": st.integers(-(2**62), 2**62),
    "left_ms": st.integers(1, 3_600_000),
    "images": st.integers(0, 64),
    "priority": st.sampled_from(list(m.Priority)),
    "state": st.sampled_from(list(m.State)),
    "key": TEXT,
    "plan": TEXT,
    "code": TEXT,
    "worker": TEXT,
    "user": TEXT,
    "updates": st.booleans(),
    "ids": st.lists(TEXT, max_size=8),
    "ops": st.lists(TEXT, min_size=1, max_size=8),
    "engines": st.lists(TEXT, max_size=8),
    "operations": st.lists(TEXT, max_size=8),
    "lines": st.lists(TEXT, max_size=8),
    "lease": st.integers(0, 2**62),
    "attempt": st.integers(0, 9),
}
DECODERS = {
    decode_from_client: (m.Request, m.Hello, m.Heartbeat, m.Cancel, m.Check, m.Bye),
    decode_from_worker: (m.Answer, m.Heartbeat, m.Ready, m.Credit, m.Progress, m.Drain, m.Bye, m.Log),
    decode_to_client: (m.Reply, m.Welcome, m.Heartbeat, m.Unknown, m.Refused),
    decode_to_worker: (m.Run, m.Heartbeat, m.Welcome, m.Stop, m.Who, m.Drain, m.Refused),
}
PAIRS = [(decode, kind) for decode, kinds in DECODERS.items() for kind in kinds]
NAMES = [f"{decode.__name__}-{kind.__name__}" for decode, kind in PAIRS]
each_message = pytest.mark.parametrize(("decode", "kind"), PAIRS, ids=NAMES)


def _messages(kind: type[m.Message]) -> st.SearchStrategy[m.Message]:
    fields = {}
    for field in msgspec.structs.fields(kind):
        name = field.name
        optional = "None" in str(field.type)
        time = name.endswith("_ms") and name not in {"heartbeat_ms", "liveness_ms"}
        fields[name] = ITEMS.get(name, TIME if time else TEXT if "str" in str(field.type) else COUNT)
        fields[name] = st.none() | fields[name] if optional else fields[name]
    return st.builds(kind, **fields)


@each_message
def test_every_message_survives_the_wire(decode, kind) -> None:
    @settings(max_examples=15, deadline=None)
    @given(_messages(kind))
    def survives(message: m.Message) -> None:
        assert decode(encode(message)) == message

    survives()


@each_message
@pytest.mark.parametrize("field", ["extra", "Type", "", "images "])
def test_unknown_fields_are_refused(decode, kind, field: str) -> None:
    message = json.loads(encode(_sample(kind)))
    with pytest.raises(ProtocolError) as caught:
        decode(json.dumps({**message, field: 1}).encode())
    assert caught.value.code is ErrorCode.BAD_REQUEST


def _sample(kind: type[m.Message]) -> m.Message:
    values = {"v": 1, "lease": 1, "left_ms": 5, "credit": 1, "heartbeat_ms": 1, "liveness_ms": 1}
    lists = {"ids": ["a"], "ops": ["a"], "lines": ["a"], "state": m.State.DONE}
    needed = [field.name for field in msgspec.structs.fields(kind) if field.required]
    return kind(**{name: {**values, **lists}.get(name, "text") for name in needed})


@each_message
def test_missing_fields_are_refused(decode, kind) -> None:
    whole = {**json.loads(encode(_sample(kind)))}
    for field in [field.name for field in msgspec.structs.fields(kind) if field.required]:
        with pytest.raises(ProtocolError):
            decode(json.dumps({key: value for key, value in whole.items() if key != field}).encode())


def test_each_side_speaks_only_its_own_messages() -> None:
    for decode, kinds in DECODERS.items():
        strange = {kind for others in DECODERS.values() for kind in others} - set(kinds)
        for kind in strange:
            with pytest.raises(ProtocolError):
                decode(encode(_sample(kind)))


REQUEST = {"type": "request", "v": 1, "id": "a", "op": "system.echo", "left_ms": 1000}
WRONG = {
    "no object": b"[]",
    "nothing": b"",
    "spaces": b"  ",
    "null": b"null",
    "half an object": b'{"type":"request"',
    "no type": b'{"v":1}',
    "a strange type": b'{"type":"requests"}',
    "a type that is a number": b'{"type":1}',
    "a lone surrogate": b'{"type":"cancel","id":"\\ud800"}',
    "raw invalid UTF-8": b'{"type":"cancel","id":"\xff\xfe"}',
    "a byte order mark": b'\xef\xbb\xbf{"type":"hello","v":1}',
    "UTF-16": '{"type":"hello","v":1}'.encode("utf-16"),
    "NaN": b'{"type":"hello","v":NaN}',
    "infinity": b'{"type":"answer","lease":1,"state":"done","run_ms":1e999}',
    "a fraction": b'{"type":"hello","v":1.5}',
    "five thousand digits": b'{"type":"hello","v":' + b"9" * 5_000 + b"}",
    "a huge depth": b'{"type":"hello","v":' + b"[" * 8_000,
    "deep unknown fields": b'{"x":' * 3_000,
    "two objects": b'{"type":"bye"}{"type":"bye"}',
    "a trailing NUL": b'{"type":"bye"}\0',
    "duplicate type": b'{"type":"bye","type":"hello"}',
    **{
        f"{field} {value!r:.20}": json.dumps({**REQUEST, field: value}).encode()
        for field, values in {
            "v": ["1", None, 1.5, True, []],
            "id": ["", "x" * 65, 5, None, {}, ["a"]],
            "op": ["", "x" * 65, None, 7],
            "left_ms": [0, -1, 3_600_001, 2**64, 1.5, "5", None, True],
            "images": [-1, 65, 2**64, 2**63, 1.5, "1", None],
            "priority": ["urgent", "", None, 1],
            "updates": [1, "true", None],
            "key": ["", "x" * 65, 5],
        }.items()
        for value in values
    },
}


@pytest.mark.parametrize("frame", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_message_raises_a_protocol_error_of_bounded_length(frame: bytes) -> None:
    for decode in DECODERS:
        with pytest.raises(ProtocolError) as caught:
            decode(frame)
        assert caught.value.code is ErrorCode.BAD_REQUEST
        assert len(str(caught.value)) < 1_000
    salvage(frame)


def test_a_version_of_any_size_is_an_answer_not_a_crash() -> None:
    for digits in (20, 100, 4_000):
        frame = b'{"type":"hello","v":1' + b"0" * digits + b"}"
        try:
            message = decode_from_client(frame)
        except ProtocolError:
            continue
        assert isinstance(message, m.Hello)
        assert str(message.v)


def test_a_long_unknown_field_does_not_make_a_long_answer() -> None:
    frame = b'{"type":"hello","v":1,"' + b"x" * 16_000 + b'":1}'
    with pytest.raises(ProtocolError) as caught:
        decode_from_client(frame)
    assert len(encode(m.Refused(code="bad_request", message=str(caught.value)))) < 2_000


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(NAMES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["v", "id", "ids", "x"]), inner),
    max_leaves=8,
)
TAGS = sorted({kind.__struct_config__.tag for _, kind in PAIRS})
LIKELY = st.builds(
    lambda tag, fields: json.dumps({"type": tag, **fields}).encode(),
    st.sampled_from(TAGS),
    st.dictionaries(st.sampled_from([*ITEMS, "id", "op", "name", "credit", "lease", "junk"]), JSON, max_size=8),
)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | LIKELY)
@example(b'"\\ud83d"')
@example(b"\xed\xa0\x80")
def test_arbitrary_bytes_raise_nothing_but_protocol_errors(frame: bytes) -> None:
    for decode in DECODERS:
        for buffer in (frame, bytearray(frame), memoryview(frame)):
            try:
                message = decode(buffer)
            except ProtocolError:
                continue
            assert decode(encode(message)) == message, "what is taken can be said again"
    request_id, version = salvage(frame)
    assert request_id is None or isinstance(request_id, str)
    assert version is None or isinstance(version, int)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_bodies_raise_nothing_but_protocol_errors(frame: bytes) -> None:
    for row in OPERATIONS.values():
        try:
            body = decode_body(row.params, frame)
        except ProtocolError:
            continue
        assert decode_body(row.params, encode(body)) == body


# ---- limits ---------------------------------------------------------------------------------


def test_an_envelope_has_at_most_its_bytes() -> None:
    padding = MAX_ENVELOPE_BYTES - len(encode(m.Hello(v=1)))
    assert decode_from_client(encode(m.Hello(v=1)) + b" " * padding) == m.Hello(v=1)
    with pytest.raises(ProtocolError) as caught:
        decode_from_client(encode(m.Hello(v=1)) + b" " * (padding + 1))
    assert caught.value.code is ErrorCode.TOO_LARGE
    assert salvage(b'{"id":"a"}'.ljust(MAX_ENVELOPE_BYTES + 1)) == (None, None)


def test_a_body_has_at_most_its_bytes() -> None:
    assert decode_body(EchoParams, b"{}".ljust(MAX_BODY_BYTES)) == EchoParams()
    with pytest.raises(ProtocolError) as caught:
        decode_body(EchoParams, b"{}".ljust(MAX_BODY_BYTES + 1))
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_an_empty_body_is_an_empty_object() -> None:
    assert decode_body(EchoParams, b"") == decode_body(EchoParams, memoryview(b"{}")) == EchoParams()


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_a_body_nests_at_most_so_deep(opening: bytes, closing: bytes) -> None:
    def nest(levels: int) -> bytes:
        return b'{"pass_back":' + opening * levels + b"1" + closing * levels + b"}"

    decode_body(EchoParams, nest(MAX_BODY_DEPTH - 1))
    for levels in (MAX_BODY_DEPTH, 1_000, 100_000):
        with pytest.raises(ProtocolError):
            decode_body(EchoParams, nest(levels))


def test_brackets_in_text_do_not_count_as_levels() -> None:
    text = "[{" * 1_000 + '\\"[[['
    body = json.dumps({"text": text}).encode()
    assert decode_body(EchoParams, body).text == text
    check_depth(b'"' + b"[" * 100)
    with pytest.raises(ProtocolError):
        check_depth(b'"\\""' + b"[" * 100)


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_the_depth_that_is_counted_is_the_depth_that_is(value: object) -> None:
    def depth(one: object) -> int:
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    wrapped = value
    for _ in range(MAX_BODY_DEPTH - depth(value)):
        wrapped = [wrapped]
    check_depth(json.dumps(wrapped).encode())
    with pytest.raises(ProtocolError):
        check_depth(json.dumps([wrapped]).encode())


def test_the_largest_body_is_checked_without_trouble() -> None:
    for body in (b'"' * MAX_BODY_BYTES, b"\\" * MAX_BODY_BYTES, b"[]" * (MAX_BODY_BYTES // 2), b'"' + b"a" * 1_000_000):
        check_depth(body)


def test_numbers_that_json_does_not_have_are_refused_in_bodies() -> None:
    for body in (b'{"sleep_ms":NaN}', b'{"sleep_ms":Infinity}', b'{"sleep_ms":1e999}', b'{"sleep_ms":-1}'):
        with pytest.raises(ProtocolError):
            decode_body(EchoParams, body)
    assert math.isfinite(decode_body(EchoParams, b'{"sleep_ms":5e3}').sleep_ms)


def test_frames_are_the_envelope_the_body_and_the_pictures() -> None:
    request = m.Request(v=1, id="a", op="system.echo", left_ms=5, images=2)
    assert frames(request, b"{}", [b"1", b"2"]) == [encode(request), b"{}", b"1", b"2"]


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        (b'{"id":"a","v":2,"type":"request","future":[1]}', ("a", 2)),
        (b'{"v":2}', (None, 2)),
        (b'{"id":5}', (None, None)),
        (b"garbage", (None, None)),
        (b"", (None, None)),
    ],
)
def test_what_can_still_be_read_of_a_broken_envelope_is(frame: bytes, found: tuple) -> None:
    assert salvage(frame) == found
