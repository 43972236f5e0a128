"""The tables of errors and operations are whole, and the document of the protocol says what the code says."""

import re
from pathlib import Path

import jsonschema
import msgspec
import pytest

from visionmq.schemas import limits
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.schemas.errors import TRAITS, Error, ErrorCode, make_error
from visionmq.schemas.operations import OPERATIONS, json_schema, message_schema

PROTOCOL = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
REQUIRED = {
    "brand.forget": {"brand": "acme"},
    "document.learn": {"name": "badge", "zones": []},
    "face.enroll": {"subject": "Ada"},
    "face.forget": {"subject": "Ada"},
    "face.respond": {"challenge": "x"},
    "gallery.export": {"collection": "staff"},
    "receipt.verify": {"receipt": {}},
    "registration.warp": {"matrix": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]},
    "access.validate": {"user": "ann", "password": "", "car": "c1"},
    "access.face": {"car": "c1"},
    "access.nonce": {"car": "c1"},
    "access.return": {"user": "ann", "car": "c1", "location": {"text": "yard"}},
    "access.add_user": {"user": "ann", "password": "correct horse"},
    "access.edit_user": {"user": "ann"},
    "access.set_password": {"user": "ann", "password": "correct horse"},
    "access.unlock": {"user": "ann"},
    "access.forget_user": {"user": "ann"},
    "access.add_vehicle": {"car": "c1"},
    "access.edit_vehicle": {"car": "c1"},
    "access.rotate_device_key": {"car": "c1"},
    "access.remove_vehicle": {"car": "c1"},
    "access.book": {"user": "ann", "car": "c1", "start": "2030-01-01T10:00:00Z", "end": "2030-01-01T12:00:00+01:00"},
    "access.cancel_booking": {"booking": "b"},
    "access.add_engineer": {"user": "ann"},
    "access.remove_engineer": {"user": "ann"},
    "access.assign": {"user": "ann", "car": "*"},
    "access.unassign": {"assignment": "a"},
    "access.import": {"kind": "users", "rows": []},
    "access.set_policy": {"rules": {}},
    "case.verify": {"car": "c1"},
}
"""What the parameters of some operations cannot be without."""
MESSAGES = sorted(m.Message.__subclasses__(), key=lambda kind: kind.__name__)


def _section(number: int) -> str:
    return PROTOCOL.split(f"\n## {number}. ")[1].split("\n## ")[0]


def _row(text: str, name: str) -> str:
    rows = [line for line in text.splitlines() if line.startswith(f"| `{name}`")]
    assert rows, f"no row for {name}"
    return "\n".join(rows)


# ---- errors ---------------------------------------------------------------------------------


def test_every_error_code_has_a_trait_and_a_hint_of_one_sentence() -> None:
    assert set(TRAITS) == set(ErrorCode)
    for trait in TRAITS.values():
        assert trait.hint.endswith(".")
        assert 10 < len(trait.hint) < 100


@pytest.mark.parametrize("code", list(ErrorCode))
def test_the_document_says_of_each_code_whose_turn_it_is_and_whether_to_retry(code: ErrorCode) -> None:
    _, _, fault, again, when, _ = [cell.strip() for cell in _row(_section(6), code).split("|")]
    assert (fault, again) == (TRAITS[code].fault, "yes" if TRAITS[code].retryable else "no")
    assert when


@pytest.mark.parametrize("code", list(ErrorCode))
def test_an_error_carries_its_standing_traits_over_the_wire(code: ErrorCode) -> None:
    error = make_error(code, "why", stage="broker", request_id="a", retry_after_ms=5)
    assert msgspec.json.decode(encode(error), type=Error) == error
    assert (error.retryable, error.hint) == (TRAITS[code].retryable, TRAITS[code].hint)
    assert make_error(code, "why", hint="Do this.").hint == "Do this."


# ---- the document ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
def test_the_document_names_every_message_and_its_fields(kind: type[m.Message]) -> None:
    rows = _row(_section(4), kind.__struct_config__.tag)
    for field in msgspec.structs.fields(kind):
        assert re.search(rf"`{field.name}(\?|`)", rows), f"{field.name} of {kind.__name__}"


def test_the_document_names_no_message_that_is_not_there() -> None:
    named = {tag for line in _section(4).splitlines() for tag in re.findall(r"^\| `(\w+)` \|", line)}
    assert named == {kind.__struct_config__.tag for kind in MESSAGES}


def test_every_message_goes_somewhere() -> None:
    unions = (m.FromClient, m.FromWorker, m.ToClient, m.ToWorker)
    assert {kind for union in unions for kind in union.__args__} == set(MESSAGES)


def test_the_document_gives_the_limits_of_the_code() -> None:
    text = _section(8)
    for words in (
        f"{limits.MAX_ENVELOPE_BYTES // 1024} KiB",
        f"{limits.MAX_BODY_BYTES // 1024**2} MiB, {limits.MAX_BODY_DEPTH} levels",
        f"{limits.MAX_FRAME_BYTES // 1024**2} MiB",
        f"{limits.MAX_MESSAGE_BYTES // 1024**2} MiB, {limits.MAX_IMAGES} images",
        f"{limits.MAX_IMAGE_BYTES // 1024**2} MiB; {limits.MAX_PIXELS // 10**6} million pixels",
        f"sides {limits.MIN_SIDE} to {limits.MAX_SIDE:,}",
        f"{limits.MAX_JPEG_SCANS} JPEG scans",
    ):
        assert words in text
    assert f"1..{limits.MAX_LEFT_MS:,}" in PROTOCOL
    assert f"protocol, version {limits.PROTOCOL_VERSION}" in PROTOCOL


def test_the_document_names_the_broker_operations() -> None:
    for name in OPERATIONS:
        if name.startswith("broker."):
            assert f"`{name}`" in _section(5)


# ---- schemas --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_schema_of_every_operation_is_json_schema(name: str) -> None:
    schema = json_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator({**schema["properties"]["params"], "$defs": schema["$defs"]})
    row = OPERATIONS[name]
    least = msgspec.convert(REQUIRED.get(name, {}), row.params)
    validator.validate(msgspec.json.decode(encode(least)))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"no such": 1})
    assert row.least_images <= row.most_images <= limits.MAX_IMAGES


def test_the_schema_of_the_envelopes_is_json_schema() -> None:
    schema = message_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    said = {"type": "request", "v": 1, "id": "a", "op": "system.echo", "left_ms": 5}
    validator = jsonschema.Draft202012Validator({**schema["properties"]["client to broker"], "$defs": schema["$defs"]})
    validator.validate(said)
    for wrong in ({**said, "left_ms": 0}, {**said, "extra": 1}, {"type": "welcome"}):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(wrong)


def test_an_operation_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        json_schema("no.such")


def test_every_row_stands_under_its_own_name() -> None:
    assert all(name == row.name and "." in name for name, row in OPERATIONS.items())
