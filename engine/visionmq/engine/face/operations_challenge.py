"""`face.challenge` and `face.respond`: a live response, asked for and judged.

Every worker on the same store knows the secret that challenges are signed with; a challenge is used up by the first
response, in the same store, so that no recording of a response can be sent again.
"""

import base64
import secrets
import time
from datetime import UTC, datetime
from typing import Final

import numpy as np

from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.face import challenge as pure
from visionmq.engine.face.challenge import INSTRUCTIONS, Asked, Glimpse
from visionmq.engine.face.decision import Ruler, operating_point
from visionmq.engine.face.encoding import CHIP_SIDE
from visionmq.engine.face.liveness import openness
from visionmq.engine.face.operations import Tools
from visionmq.engine.face.operations_look import Probe, encode_probes, probe_picture
from visionmq.engine.face.presentation import CHALLENGE_MISSES
from visionmq.engine.store.messages import GET_NOTES, SET_NOTES, Author, Gallery, GetNotes, SetNotes
from visionmq.schemas.common import ProgressReport
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.face.challenge import Challenge, ChallengeParams, Responded, RespondParams
from visionmq.schemas.face.common import Several
from visionmq.schemas.face.comparison import Presentation

METHOD: Final = "challenge/1"
PERSON_FMR: Final = 0.03
"""Frames of one person, turned and blinking, differ more than portraits do; a change of persons is found in 97 %."""
_PLACE: Final = Gallery("face.challenge", "challenges", "hmac-sha256", 1)
_SIGNING: Final = "signing"
_USED: Final = "used"
_SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 16


def challenge(tools: Tools, job: Job) -> Answer:
    """Answer `face.challenge`."""
    params = job.params
    assert isinstance(params, ChallengeParams)
    expires = time.time() + params.seconds
    asked = Asked(secrets.token_hex(_NONCE_BYTES), pure.steps_of(secrets.choice, params.actions), expires)
    told = Challenge(
        challenge=pure.sign(asked, _secret(tools)),
        steps=asked.steps,
        instructions=[INSTRUCTIONS[step] for step in asked.steps],
        expires_at=datetime.fromtimestamp(expires, UTC).isoformat(timespec="seconds"),
        seconds=params.seconds,
        cannot_detect=list(CHALLENGE_MISSES),
        pass_back=params.pass_back,
    )
    return Answer(told)


def _secret(tools: Tools) -> bytes:
    """Return the store's secret, made if there is none; of two who make one at once, the first wins."""
    known = _read_secret(tools)
    if known is not None:
        return known
    note = SetNotes(
        gallery=_PLACE,
        name=_SIGNING,
        content=base64.b64encode(secrets.token_bytes(_SECRET_BYTES)),
        author=Author(key="face.challenge.secret"),
    )
    try:
        tools.store.call(SET_NOTES, note)
    except EngineError as error:
        if error.code is not ErrorCode.CONFLICT:
            raise
    known = _read_secret(tools)
    assert known is not None
    return known


def _read_secret(tools: Tools) -> bytes | None:
    content = tools.store.call(GET_NOTES, GetNotes(_PLACE, _SIGNING)).content
    return base64.b64decode(content) if content else None


def _use_up(tools: Tools, asked: Asked, job: Job) -> bool:
    """Use a challenge up; False if another response has. The same response, sent again, may."""
    mine = f"{job.user or ''}/{job.key or job.request_id}".encode()
    note = SetNotes(gallery=_PLACE, name=_USED, content=mine, author=Author(key=f"face.challenge.{asked.nonce}"))
    try:
        tools.store.call(SET_NOTES, note)
    except EngineError as error:
        if error.code is ErrorCode.CONFLICT:
            return False
        raise
    return True


def respond(tools: Tools, job: Job) -> Answer:
    """Answer `face.respond`."""
    params = job.params
    assert isinstance(params, RespondParams)
    asked = pure.read(params.challenge, _secret(tools))
    reasons = [] if time.time() <= asked.expires else ["expired"]
    if not _use_up(tools, asked, job):
        reasons.append("used_before")
    glimpses = _look(tools, job)
    steps = pure.follow(asked.steps, glimpses)
    best = pure.best_frame(glimpses)
    distance = pure.apart(best, glimpses) if best is not None else None
    limit = operating_point(Ruler(tools.table), PERSON_FMR).threshold
    reasons += ["step_missing"] if not all(step.done for step in steps) else []
    reasons += ["other_movement"] if pure.stray_after(asked.steps, steps, glimpses) else []
    reasons += ["face_lost"] if len(job.pictures) - len(glimpses) > pure.MOST_LOST * len(job.pictures) else []
    reasons += ["another_person"] if distance is not None and distance[0] > limit else []
    told = Responded(
        live=not reasons,
        reasons=reasons,
        steps=steps,
        best_frame=best.frame if best is not None else None,
        person_distance=distance[0] if distance is not None else None,
        presentation=Presentation(
            checked=True, passed=not reasons or None, method=METHOD, cannot_detect=list(CHALLENGE_MISSES)
        ),
        model=tools.model,
        pass_back=params.pass_back,
    )
    return Answer(told)


def _look(tools: Tools, job: Job) -> list[Glimpse]:
    """Return what the frames show, in order; frames without a usable picture or face are left out."""
    probes = []
    for item, given in enumerate(job.pictures):
        probe = probe_picture(tools.vision, given, item, several=Several.PROMINENT, strict=False)
        if probe.error is None:
            probes.append(probe)
        job.progress(ProgressReport("detect", (item + 1) / len(job.pictures)))
    encode_probes(tools.vision, probes)
    return [_glimpse(tools, probe) for probe in probes]


def _glimpse(tools: Tools, probe: Probe) -> Glimpse:
    assert probe.picture is not None
    assert probe.face is not None
    assert probe.quality is not None
    return Glimpse(
        frame=probe.item,
        yaw=probe.quality.yaw,
        openness=openness(tools.vision.crop(probe.picture.pixels, probe.face, CHIP_SIDE)),
        quality=probe.quality.overall,
        vector=np.asarray(probe.ready, np.float32),
    )
