"""A live response: what is asked cannot be guessed or forged, and frames must show it, in order, by one person."""

import itertools
import random
import time

import msgspec
import pytest

from tests.engine.face_scenes import Asker, engine_with, picture
from visionmq.engine.api import EngineError
from visionmq.engine.face import operations_challenge
from visionmq.engine.face.challenge import Asked, Glimpse, best_frame, follow, read, sign, steps_of, stray_after
from visionmq.engine.store.link import open_direct
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.face.challenge import Action, Challenge, ChallengeParams, RespondParams

SECRET = b"s" * 32
STRAIGHT, LEFT, RIGHT, BLINK = Action.LOOK_STRAIGHT, Action.TURN_LEFT, Action.TURN_RIGHT, Action.BLINK
YAW = {STRAIGHT: 0.0, LEFT: 35.0, RIGHT: -35.0}


def glimpses(*shown):
    """Return frames: a yaw each, or a yaw and how open the eyes are."""
    pairs = [one if isinstance(one, tuple) else (one, 1.0) for one in shown]
    return [Glimpse(frame, yaw, openness, 0.9) for frame, (yaw, openness) in enumerate(pairs)]


def done(steps, *shown):
    return [step.done for step in follow(steps, glimpses(*shown))]


# ---- what is asked --------------------------------------------------------------------------


def test_a_sequence_asks_for_a_turn_and_never_for_the_same_twice_in_a_row():
    for seed in range(200):
        steps = steps_of(random.Random(seed).choice, 3)
        assert len(steps) == 3
        assert all(a is not b for a, b in itertools.pairwise(steps))
        assert {LEFT, RIGHT} & set(steps)


def test_sequences_differ():
    assert len({tuple(steps_of(random.Random(seed).choice, 4)) for seed in range(300)}) > 50


def test_a_challenge_comes_back_as_it_was_signed():
    asked = Asked("n", [LEFT, BLINK], 123.5)
    assert read(sign(asked, SECRET), SECRET) == asked


@pytest.mark.parametrize("change", ["", "x", "a.b", "a.b.c", "äöü.x"])
def test_what_was_not_asked_is_refused(change):
    with pytest.raises(EngineError) as caught:
        read(change, SECRET)
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_no_character_of_a_challenge_can_be_changed():
    text = sign(Asked("n", [LEFT], 1.0), SECRET)
    for place in range(0, len(text), 7):
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(EngineError):
            read(text[:place] + other + text[place + 1 :], SECRET)
    with pytest.raises(EngineError):
        read(text, b"another")


# ---- what is shown --------------------------------------------------------------------------


def test_steps_are_seen_in_their_order_only():
    assert done([LEFT, RIGHT], 0, 30, 0, -30) == [True, True]
    assert done([RIGHT, LEFT], 0, -30, 0, -30) == [True, False]
    assert done([LEFT, STRAIGHT, RIGHT], 25, 5, -25) == [True, True, True]


def test_a_turn_that_was_not_asked_for_there_ends_the_sequence():
    assert done([RIGHT, LEFT], 0, 30, 0, -30, 0, 30) == [False, False]
    assert done([LEFT, BLINK, RIGHT], 0, 30, 0, -30, 0, (0, 0.3), 0, -30) == [True, False, False]
    everything = [0, 30, 0, -30, (0, 0.3)] * 4
    passed = [all(done(steps, *everything)) for steps in ([LEFT, RIGHT], [RIGHT, LEFT], [LEFT, STRAIGHT, LEFT])]
    assert passed == [True, False, False]


def test_a_turn_may_last_into_the_next_step_and_may_not_follow_the_last():
    assert done([LEFT, STRAIGHT, RIGHT], 30, 35, 30, 0, 0, -30, -30) == [True, True, True]
    steps, shown = [LEFT, RIGHT], glimpses(30, -30, -25, 0, 30)
    assert stray_after(steps, follow(steps, shown), shown)
    assert not stray_after(steps, follow(steps, shown[:4]), shown[:4])


def test_all_sequences_are_as_likely_as_each_other():
    draw, counts = random.Random(2).choice, {}
    for _ in range(3400):
        steps = tuple(steps_of(draw, 3))
        counts[steps] = counts.get(steps, 0) + 1
    assert len(counts) == 34
    assert min(counts.values()) > 60


def test_one_frame_shows_one_step():
    assert done([LEFT, LEFT], 30) == [True, False]
    assert done([LEFT, STRAIGHT], 30) == [True, False]


@pytest.mark.parametrize("yaw", [13, 19, -19, -13])
def test_half_a_turn_is_neither_straight_nor_turned(yaw):
    assert done([STRAIGHT], yaw) == done([LEFT], yaw) == done([RIGHT], yaw) == [False]


def test_evidence_names_frames_and_figures():
    left, right = follow([LEFT, RIGHT], glimpses(0, 27, 8))
    assert (left.frames, left.measured, left.limit) == ([1], 27, 20)
    assert (right.done, right.measured, right.limit) == (False, 8, -20)
    assert "8" in right.message


def test_what_follows_a_missing_step_is_not_looked_for():
    assert [step.message for step in follow([LEFT, RIGHT], glimpses(-30))][1] == "Not looked for."


def test_a_blink_is_open_shut_and_open_again():
    assert done([BLINK], 0, 0, (0, 0.3), 0, 0) == [True]
    assert done([BLINK], 0, 0, 0, (0, 0.3)) == [False], "a still picture with eyes shut, shown last"
    assert done([BLINK], (0, 0.3), 0, 0, 0) == [False]
    assert done([BLINK], 0, 0, 0, (0, 0.75), 0) == [False], "narrowed is not shut"
    assert done([BLINK], 0, (40, 0.2), 0, 0, 0) == [False], "eyes seen from the side do not count"
    assert done([BLINK], *[(0, None)] * 5) == [False]


def test_the_best_frame_looks_straight():
    assert best_frame(glimpses(30, 2, -30)).frame == 1
    assert best_frame([]) is None


# ---- the operations -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def asker(tmp_path_factory):
    link = open_direct(str(tmp_path_factory.mktemp("faces") / "store.db"))
    yield Asker(engine_with(link))
    link.close()


@pytest.fixture
def turns(asker, monkeypatch):
    """A challenge of turns alone."""
    monkeypatch.setattr(operations_challenge.pure, "steps_of", lambda *_: [LEFT, STRAIGHT, RIGHT])
    return asker("challenge", ChallengeParams())


def frames(steps, person=1):
    return [picture(person, shot, yaw=YAW[step]) for shot, step in enumerate((STRAIGHT, *steps))]


def respond(asker, challenge, shots, **more):
    return asker("respond", RespondParams(challenge=challenge.challenge), *shots, **more)


def test_what_is_asked_is_said_in_words(asker):
    told = asker("challenge", ChallengeParams(actions=4, seconds=30))
    assert len(told.steps) == len(told.instructions) == 4
    assert told.seconds == 30
    assert told.cannot_detect
    assert msgspec.json.decode(msgspec.json.encode(told), type=Challenge) == told


def test_frames_that_show_what_was_asked_prove_a_live_response(asker, turns):
    told = respond(asker, turns, frames(turns.steps))
    assert (told.live, told.reasons) == (True, [])
    assert [step.frames for step in told.steps] == [[1], [2], [3]]
    assert told.best_frame == 0
    assert told.presentation.passed
    assert told.presentation.cannot_detect


def test_a_recording_of_all_movements_proves_nothing(asker, turns):
    told = respond(asker, turns, frames([LEFT, STRAIGHT, RIGHT, STRAIGHT, LEFT]))
    assert (told.live, told.reasons) == (False, ["other_movement"])


def test_a_still_picture_proves_nothing(asker, turns):
    told = respond(asker, turns, [picture(1)] * 6)
    assert (told.live, told.reasons, told.presentation.passed) == (False, ["step_missing"], None)


def test_a_challenge_is_good_for_one_response_which_may_be_sent_again(asker, turns):
    shots = frames(turns.steps)
    assert respond(asker, turns, shots, key="mine").live
    assert respond(asker, turns, shots, key="mine").live
    again = respond(asker, turns, shots, key="other")
    assert (again.live, again.reasons) == (False, ["used_before"])
    assert not respond(asker, turns, shots, key="mine", user="eve").live


def test_a_challenge_expires(asker, turns, monkeypatch):
    later = time.time() + turns.seconds + 1
    monkeypatch.setattr(operations_challenge.time, "time", lambda: later)
    assert respond(asker, turns, frames(turns.steps)).reasons == ["expired"]


def test_another_person_in_between_is_found(asker, turns):
    shots = frames(turns.steps)
    shots[2] = picture(2, 2)
    told = respond(asker, turns, shots)
    assert told.reasons == ["another_person"]
    assert told.person_distance > 0.7


def test_a_face_that_is_lost_may_have_been_exchanged(asker, turns):
    gone = picture(0, faces=0)
    told = respond(asker, turns, [*frames(turns.steps), gone, gone])
    assert told.reasons == ["face_lost"]
    nothing = respond(asker, asker("challenge", ChallengeParams()), [gone])
    assert (nothing.live, nothing.best_frame) == (False, None)


def test_another_worker_on_the_same_store_judges_the_response(asker, turns):
    other = Asker(engine_with(asker.engine.tools.link))
    assert respond(other, turns, frames(turns.steps)).live
