"""The methods of both clients about access, cases and the store, and decisions in the replaced service's shapes."""

import asyncio
import inspect
from datetime import UTC, date, datetime

import pytest

from tests.cli import fake_access as fake
from visionmq.client import AsyncClient, Client, access, errors, legacy
from visionmq.client.administration import Administration, AsyncAdministration
from visionmq.schemas.access.vehicles import Location
from visionmq.schemas.errors import ErrorCode, make_error

MOMENT = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def broker():
    with fake.service() as broker:
        yield broker


def public(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_")}


def test_both_clients_have_the_same_words() -> None:
    assert public(Administration) == public(AsyncAdministration)
    pairs = [(Administration, AsyncAdministration, name) for name in public(Administration)]
    names = (
        "validate face_access return_car verify_case audit_verify audit_entries audit_head store_info verify_receipt"
    )
    pairs += [(Client, AsyncClient, name) for name in names.split()]
    for sync, other, name in pairs:
        assert str(inspect.signature(getattr(sync, name))) == str(inspect.signature(getattr(other, name)))


def test_a_login_a_face_and_a_return_are_decided(broker) -> None:
    with Client(broker.endpoint) as client:
        assert client.validate("ada", "right horse", "car-7").allowed
        assert not client.validate("ada", "wrong", "car-7").allowed
        assert client.face_access("car-7", b"ada").result.role is None
        assert client.return_car("ada", "car-7", (48.2, 16.37), key="r-1").reasons == ["returned"]
    assert broker.asked[-1][1].location == Location(latitude=48.2, longitude=16.37)
    assert broker.keys[-1] == "r-1"


def test_an_encoding_of_the_car_is_proved(broker) -> None:
    with Client(broker.endpoint) as client:
        nonce = client.access.nonce("car-7")
        made = access.edge_encoding(nonce, fake.KEY, vector=[0.5, 0.25], model="dlib-resnet/1")
        assert client.face_access("car-7", encoding=made).result.allowed
        other = access.edge_encoding(nonce, "00" * 32, vector=[0.5, 0.25], model="dlib-resnet/1")
        assert not client.face_access("car-7", encoding=other).result.allowed


def test_administration_stands_apart(broker) -> None:
    with Client(broker.endpoint) as client:
        client.access.add_user("ada", "long secret", birth_date="1990-12-10", full_name="Ada Lovelace")
        client.access.book("ada", "car-7", MOMENT, "2026-12-01T10:00+00:00")
        client.access.assign("grace")
        client.access.set_policy(rules={"least_age": 21}, replaces=2)
        rows = client.access.import_rows("users", [{"user": "u", "password": "long secret"}]).items
    assert rows[0].ok
    user, booking, assignment, policy, _ = (params for _, params, _ in broker.asked)
    assert user.birth_date == date(1990, 12, 10)
    assert (booking.start, booking.end) == (MOMENT, MOMENT.replace(hour=10))
    assert (assignment.car, assignment.start) == ("*", None)
    assert (policy.rules, policy.replaces) == ({"least_age": 21}, 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda client: client.access.add_user("ada", "short"),
        lambda client: client.access.book("ada", "car-7", "soon", "later"),
        lambda client: client.access.add_user("ada", "long secret", birth_date="soon"),
        lambda client: client.return_car("ada", "car-7", (91.0, 0.0)),
    ],
)
def test_what_is_out_of_bounds_is_refused_before_it_is_sent(broker, make) -> None:
    with Client(broker.endpoint) as client, pytest.raises(errors.BadRequest):
        make(client)
    assert not broker.asked


def test_a_point_in_time_without_a_zone_is_this_computers() -> None:
    assert access.moment_of("2026-12-01T08:00").tzinfo is not None
    assert access.moment_of(MOMENT) == MOMENT


def test_a_case_tells_its_evidence_on_the_way(broker) -> None:
    told: list[tuple[str, object]] = []
    with Client(broker.endpoint) as client:
        reply = client.verify_case(
            b"licence", b"ada", "car-7", want=["overlay"], on_evidence=lambda stage, known: told.append((stage, known))
        )
    assert reply.result.decision.allowed
    assert reply.picture("overlay") == fake.PNG
    assert [stage for stage, _ in told] == ["document", "comparison"]
    assert told[0][1].document == fake.DOCUMENT
    assert told[1][1].comparison == fake.COMPARISON


def test_the_store_and_its_log_have_methods(broker) -> None:
    with Client(broker.endpoint) as client:
        head = client.audit_head()
        assert client.audit_verify(head).head_checked
        assert client.audit_entries(last=True, limit=5).entries[0].sequence == 7
        assert client.store_info().kind == "sqlite"
        assert client.rekey_store().wrapped == 5
        assert client.verify_receipt(client.access.forget_user("ada")).ok
        assert not client.verify_receipt({"signature": "no"}).ok


def test_the_asynchronous_client_has_the_same_methods(broker) -> None:
    async def talk() -> None:
        async with AsyncClient(broker.endpoint) as client:
            assert (await client.validate("ada", "right horse", "car-7")).allowed
            assert (await client.access.users()).total == 2
            assert (await client.verify_case(b"licence", b"ada", "car-7")).result.decision.allowed
            assert (await client.audit_verify()).ok

    asyncio.run(talk())


# ---- the old shapes -------------------------------------------------------------------------


def test_decisions_in_the_old_shapes() -> None:
    yes, no = fake.decision(True, "car-7"), fake.decision(False, "car-7")
    assert (legacy.old_validation(yes), legacy.old_validation(no)) == (True, False)
    assert (legacy.old_face(yes), legacy.old_face(no)) == ("01ADA", -1)
    assert (legacy.old_return(yes), legacy.old_return(no)) == (True, False)


def test_a_failure_opens_no_car_in_the_old_shapes() -> None:
    for failure in (make_error(ErrorCode.NO_FACE, "No face."), errors.Busy("full"), RuntimeError("odd")):
        assert legacy.old_validation(failure) is False
        assert legacy.old_face(failure) == -1
        assert legacy.old_return(failure) is False
