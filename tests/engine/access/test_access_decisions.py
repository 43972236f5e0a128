"""Decisions about logins and faces: who is let in, what outsiders learn, and what the log keeps."""

import hmac
import json
from datetime import date, timedelta

import msgspec
import pytest

from tests.engine.access.garage import MODEL, PASSWORD, Garage
from visionmq.engine.access import methods, passwords
from visionmq.engine.api import EngineError
from visionmq.engine.store.audit import entries
from visionmq.schemas.access.decisions import Decision
from visionmq.schemas.access.edge import NonceParams, edge_proof
from visionmq.schemas.access.engineers import AssignParams
from visionmq.schemas.access.reasons import Outcome, Reason, Role
from visionmq.schemas.access.users import EditUserParams, UserParams, UsersParams
from visionmq.schemas.access.vehicles import CarState, EditVehicleParams, VehicleParams
from visionmq.schemas.errors import ErrorCode

TICK = timedelta(microseconds=1)
ANN, BEN, STRANGER = [0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 5.0, 0.0, 0.0]


def last_facts(shop: Garage) -> dict[str, object]:
    with shop.link.store.session() as session:
        return dict(json.loads(list(entries(session.connection))[-1].facts))


# ---- logins ---------------------------------------------------------------------------------


def test_the_right_login_opens_the_car_that_is_booked_and_no_other(any_shop: Garage) -> None:
    ann = any_shop.add_user("ann")
    any_shop.add_car("c1")
    any_shop.add_car("c2")
    booking = any_shop.book("ann", "c1")
    told = any_shop.validate("ann")
    assert (told.decision, told.allowed, told.user_id, told.role) == (Outcome.ALLOW, True, ann, Role.BOOKER)
    assert told.reasons == [Reason.LOGIN_RIGHT, Reason.LIVE_BOOKING]
    assert told.booking == booking
    assert {one.kind for one in told.evidence} == {"user", "booking", "car"}
    assert any_shop.validate("ann", "c2").reasons == [Reason.LOGIN_RIGHT, Reason.NO_LIVE_BOOKING]
    assert any_shop.validate("ann", "no such car").reasons == [Reason.LOGIN_RIGHT, Reason.NO_LIVE_BOOKING]
    car = any_shop.cars()["c1"]
    assert (car.state, car.booking) == (CarState.IN_USE, booking)


def test_a_booking_opens_from_its_start_until_its_grace_is_over(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    shop.set_rules(grace_after=60)
    shop.book("ann", start=10, end=20)
    for now, expected in [
        (shop.at(10) - TICK, False),
        (shop.at(10), True),
        (shop.at(20) - TICK, True),
        (shop.at(21) - TICK, True),
        (shop.at(21), False),
    ]:
        shop.now = now
        assert shop.validate("ann").allowed is expected


def test_outsiders_learn_the_same_from_a_wrong_name_a_wrong_password_and_a_lock(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    shop.book("ann")
    shop.set_rules(failures=2)
    told = [
        shop.validate("nobody", password="x" * 12),
        shop.validate("ann", password="x" * 12),
        shop.validate("ann", password="y" * 12),
        shop.validate("ann"),
    ]
    plain = [msgspec.structs.replace(one, audit_sequence=0, repeated=False) for one in told]
    assert all(one == plain[0] for one in plain)
    assert plain[0].reasons == [Reason.LOGIN_FAILED]
    assert plain[0].user_id is None
    assert plain[0].evidence == []
    assert last_facts(shop)["why"] == "locked"


def test_a_lock_falls_on_names_that_exist_and_on_names_that_do_not(shop: Garage) -> None:
    ann = shop.add_user("ann")
    shop.add_car()
    shop.book("ann")
    shop.set_rules(failures=2, lock_seconds=60)
    for name in ("ann", "nobody"):
        whys = []
        for _ in range(3):
            shop.validate(name, password="wrong" * 3)
            whys.append(last_facts(shop)["why"])
        assert whys[2] == "locked"
        assert whys[0] == whys[1] == ("password" if name == "ann" else "name")
    assert last_facts(shop)["user"] != ann
    shop.now += timedelta(seconds=60)
    assert shop.validate("ann").allowed
    shop.validate("ann", password="wrong" * 3)
    assert shop.validate("ann").allowed  # the right login began the count anew


def test_an_administrator_sees_a_lock_and_clears_it(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    shop.book("ann")
    for _ in range(5):
        shop.validate("ann", password="wrong" * 3)
    (shown,) = shop.link.call(methods.USERS, UsersParams()).users
    assert (shown.failures, shown.locked_until is not None) == (5, True)
    shop.ask(methods.UNLOCK, UserParams(user="ann"))
    assert shop.validate("ann").allowed


def test_a_repeated_login_is_answered_again_and_counted_once(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    first = shop.validate("ann", password="wrong" * 3, key="same")
    again = shop.validate("ann", password="wrong" * 3, key="same")
    assert again == msgspec.structs.replace(first, repeated=True)
    assert shop.link.call(methods.USERS, UsersParams()).users[0].failures == 1
    with pytest.raises(EngineError) as caught:
        shop.validate("ann", key="same")
    assert caught.value.code is ErrorCode.CONFLICT


def test_names_are_one_however_they_are_capitalised(shop: Garage) -> None:
    shop.add_user("Ann")
    shop.add_car()
    shop.book("ANN")
    assert shop.validate(" ann ").allowed
    with pytest.raises(EngineError, match="taken"):
        shop.add_user("aNN")


def test_a_hash_of_another_cost_is_made_anew_at_the_next_login(shop: Garage, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.add_user("ann")
    shop.add_car()
    shop.book("ann")
    dearer = passwords.Passwords(passwords.Cost(128, 1, 1))
    monkeypatch.setitem(shop.link.store._kept, passwords.Passwords, dearer)
    hashed: list[str] = []
    monkeypatch.setattr(dearer, "hash", lambda password, make=dearer.hash: hashed.append(password) or make(password))
    assert shop.validate("ann").allowed
    assert shop.validate("ann").allowed
    assert hashed.count(PASSWORD) == 1
    assert len(hashed) == 2  # and nobody's, so that both cost the same


def test_an_out_of_service_car_opens_for_engineers_only(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_user("eve")
    shop.add_car()
    shop.book("ann")
    shop.ask(methods.ADD_ENGINEER, UserParams(user="eve"))
    assert not shop.validate("eve").allowed
    shop.ask(methods.ASSIGN, AssignParams(user="eve", car="*", end=shop.at(30)))
    shop.ask(methods.EDIT_VEHICLE, EditVehicleParams(car="c1", state=CarState.OUT_OF_SERVICE))
    told = shop.validate("eve")
    assert (told.allowed, told.role, told.booking) == (True, Role.ENGINEER, None)
    assert shop.validate("ann").reasons == [Reason.LOGIN_RIGHT, Reason.LIVE_BOOKING, Reason.CAR_OUT_OF_SERVICE]
    shop.now = shop.at(30)
    assert not shop.validate("eve").allowed


def test_the_age_is_asked_where_the_policy_says_so(shop: Garage) -> None:
    shop.add_user("ann", birth_date=date(2012, 5, 2))
    shop.add_user("ben")
    shop.add_car()
    shop.set_rules(login_age=True)
    shop.book("ann", end=30)
    assert Reason.TOO_YOUNG in shop.validate("ann").reasons
    shop.now = shop.at(30)
    shop.book("ben", start=30)
    assert Reason.AGE_UNKNOWN in shop.validate("ben").reasons
    shop.ask(methods.EDIT_USER, EditUserParams(user="ben", birth_date=date(2012, 5, 1)))
    assert shop.validate("ben").allowed  # eighteen today


def test_every_decision_names_the_policy_and_its_place_in_the_log(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    version = shop.set_rules(grace_after=5).version
    told = shop.validate("ann")
    assert (told.policy, version) == (1, 1)
    with shop.link.store.session() as session:
        entry = list(entries(session.connection))[-1]
    assert (entry.sequence, entry.action, entry.at) == (told.audit_sequence, "access.validate", told.decided_at)
    assert "ann" not in entry.facts


# ---- faces ----------------------------------------------------------------------------------


@pytest.fixture
def faces(any_shop: Garage) -> Garage:
    for name, vector in (("ann", ANN), ("ben", BEN)):
        any_shop.add_user(name)
        any_shop.enroll(name, vector)
    any_shop.add_car("c1")
    any_shop.add_car("c2")
    any_shop.book("ann", "c1")
    any_shop.book("ben", "c2")
    return any_shop


def test_a_face_is_compared_with_those_who_may_take_the_car_and_nobody_else(faces: Garage) -> None:
    told = faces.look(ANN)
    assert told.reasons == [Reason.FACE_MATCHED, Reason.LIVE_BOOKING]
    assert told.face is not None
    assert (told.face.candidates, told.face.templates, told.face.distance) == (1, 1, 0.0)
    other = faces.look(BEN)
    assert other.reasons == [Reason.FACE_NOT_RECOGNISED]
    assert (other.user_id, other.allowed) == (None, False)
    assert other.face is not None
    assert other.face.distance is None


def test_the_nearest_of_several_wins_and_never_the_first(faces: Garage) -> None:
    faces.ask(methods.ADD_ENGINEER, UserParams(user="ben"))
    faces.ask(methods.ASSIGN, AssignParams(user="ben", car="c1"))
    between = faces.look([0.55, 0.0, 0.0, 0.0])
    assert between.role is Role.ENGINEER
    assert between.face is not None
    assert between.face.threshold == 0.5  # for up to four candidates
    assert faces.look([0.5, 0.0, 0.0, 0.0]).reasons == [Reason.FACE_AMBIGUOUS]
    assert faces.look(STRANGER).reasons == [Reason.FACE_NOT_RECOGNISED]


def test_without_a_booking_or_a_template_nobody_is_recognised(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    assert shop.look(ANN).reasons == [Reason.NO_LIVE_BOOKING]
    shop.book("ann")
    assert shop.look(ANN).reasons == [Reason.FACE_NOT_ENROLLED]
    shop.enroll("ann", ANN)
    assert shop.look(ANN).allowed
    shop.now = shop.at(200)
    assert shop.look(ANN).reasons == [Reason.NO_LIVE_BOOKING]


# ---- the edge -------------------------------------------------------------------------------


def nonce_of(shop: Garage, car: str = "c1") -> str:
    return str(shop.ask(methods.NONCE, NonceParams(car=car)).nonce)


def at_edge(shop: Garage, key: str, nonce: str, vector: list[float] = ANN, car: str = "c1") -> Decision:
    proof = edge_proof(key, nonce=nonce, car=car, model=MODEL, vector=vector)
    return shop.look(vector, car, nonce=nonce, proof=proof)


@pytest.fixture
def edge(shop: Garage) -> tuple[Garage, str]:
    shop.add_user("ann")
    shop.enroll("ann", ANN)
    key = shop.add_car()
    shop.add_car("c2")
    shop.book("ann")
    return shop, key


def test_an_encoding_counts_once_with_its_nonce(edge: tuple[Garage, str]) -> None:
    shop, key = edge
    nonce = nonce_of(shop)
    told = at_edge(shop, key, nonce)
    assert told.allowed
    assert told.face is not None
    assert told.face.at_edge
    assert "nonce" in {one.kind for one in told.evidence}
    assert at_edge(shop, key, nonce).reasons == [Reason.NONCE_REFUSED]


def test_a_nonce_is_short_lived_and_of_one_car(edge: tuple[Garage, str]) -> None:
    shop, key = edge
    assert at_edge(shop, key, nonce_of(shop, "c2")).reasons == [Reason.NONCE_REFUSED]
    assert at_edge(shop, key, "ab" * 32).reasons == [Reason.NONCE_REFUSED]
    nonce = nonce_of(shop)
    shop.now += timedelta(seconds=30)
    assert at_edge(shop, key, nonce).reasons == [Reason.NONCE_REFUSED]
    nonce = nonce_of(shop)
    shop.now += timedelta(seconds=30) - TICK
    assert at_edge(shop, key, nonce).allowed


def test_a_wrong_proof_uses_the_nonce_up(edge: tuple[Garage, str]) -> None:
    shop, key = edge
    nonce = nonce_of(shop)
    good = {"nonce": nonce, "car": "c1", "model": MODEL, "vector": ANN}
    for change in ({"car": "c2"}, {"model": "other/1"}, {"vector": BEN}):
        nonce = nonce_of(shop)
        proof = edge_proof(key, **(good | {"nonce": nonce} | change))
        assert shop.look(ANN, nonce=nonce, proof=proof).reasons == [Reason.PROOF_REFUSED]
        assert at_edge(shop, key, nonce).reasons == [Reason.NONCE_REFUSED]
    assert at_edge(shop, "00" * 32, nonce_of(shop)).reasons == [Reason.PROOF_REFUSED]


def test_only_so_many_nonces_of_a_car_are_good_at_a_time(edge: tuple[Garage, str]) -> None:
    shop, key = edge
    shop.set_rules(nonces=2)
    given = []
    for _ in range(3):
        shop.now += TICK
        given.append(nonce_of(shop))
    assert [at_edge(shop, key, nonce).allowed for nonce in given] == [False, True, True]


def test_a_new_device_key_ends_the_former_and_its_nonces(edge: tuple[Garage, str]) -> None:
    shop, key = edge
    nonce = nonce_of(shop)
    newer = shop.ask(methods.ROTATE_KEY, VehicleParams(car="c1"), "turn").key
    assert newer != key
    assert shop.ask(methods.ROTATE_KEY, VehicleParams(car="c1"), "turn").key == newer
    assert at_edge(shop, key, nonce).reasons == [Reason.NONCE_REFUSED]
    assert at_edge(shop, key, nonce_of(shop)).reasons == [Reason.PROOF_REFUSED]
    assert at_edge(shop, newer, nonce_of(shop)).allowed


def test_the_proof_is_what_the_manual_says() -> None:
    proof = edge_proof("11" * 32, nonce="22" * 32, car="c1", model="m/1", vector=[1.0, -0.5])
    parts = [b"visionmq.access.face.1", b"\x22" * 32, b"c1", b"m/1", bytes.fromhex("0000803f000000bf")]
    text = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    assert proof == hmac.new(b"\x11" * 32, text, "sha256").hexdigest()
