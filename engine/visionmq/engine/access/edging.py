"""`access.face` on the side that sees pictures: a picture, or an encoding made at the edge, becomes a question."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

import msgspec
import numpy as np

from visionmq.engine.access.asking import author_of
from visionmq.engine.access.errors import bad
from visionmq.engine.access.eyes import Eyes
from visionmq.engine.access.methods import FACE, POLICY, FaceAsked
from visionmq.engine.api import Answer, Job
from visionmq.engine.face.answer import overlay
from visionmq.engine.face.operations_look import Probe as FaceProbe
from visionmq.engine.picture import encode_jpeg
from visionmq.engine.store.link import Link
from visionmq.schemas.access.decisions import Decision, FaceParams
from visionmq.schemas.access.edge import EdgeEncoding
from visionmq.schemas.access.policies import PolicyParams
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.common import Attachment

WANTS: Final = ("overlay",)


def check_wants(want: Sequence[str], known: Sequence[str]) -> None:
    """Raise EngineError(BAD_REQUEST) for a picture that cannot be made."""
    for name in want:
        if not any(fnmatchcase(one, name) for one in known):
            raise bad(f"There is no picture {name[:64]!r} to want; supported are {', '.join(known)}.")


def face_access(link: Link, eyes: Eyes, job: Job) -> Answer:
    """Answer `access.face`; EngineError where a picture shows no face, or several."""
    params = job.params
    assert isinstance(params, FaceParams)
    check_wants(params.want, WANTS)
    if (params.encoding is None) == (not job.pictures):
        raise bad("Send either a picture or an encoding.")
    rate = link.call(POLICY, PolicyParams()).rules.false_match_rate
    if params.encoding is not None:
        decision = link.call(FACE, _from_edge(eyes, params, params.encoding, rate, job))
        return Answer(_told(decision, eyes, params))
    probe = eyes.look(job.pictures[0])
    asked = FaceAsked(car=params.car, probe=eyes.ask(probe.ready, rate), author=author_of(job))
    return _drawn(_told(link.call(FACE, asked), eyes, params, probe), probe, params)


def _from_edge(eyes: Eyes, params: FaceParams, encoding: EdgeEncoding, rate: float, job: Job) -> FaceAsked:
    refused = None if eyes.is_ours(encoding) else Reason.MODEL_DIFFERS
    with np.errstate(over="ignore"):  # of a model that is not ours the numbers may be anything
        vector = np.array(encoding.vector).astype(np.float32)
    return FaceAsked(
        car=params.car,
        probe=eyes.ask(vector, rate),
        author=author_of(job),
        nonce=encoding.nonce,
        proof=encoding.proof,
        proof_model=encoding.model,
        refused=refused,
    )


def _told(decision: Decision, eyes: Eyes, params: FaceParams, probe: FaceProbe | None = None) -> Decision:
    """Return a decision with what only this side knows."""
    face = decision.face
    if face is not None:
        face = msgspec.structs.replace(face, model=eyes.model, cannot_detect=eyes.cannot_detect(probe))
    return msgspec.structs.replace(decision, car=params.car, face=face, pass_back=params.pass_back)


def _drawn(decision: Decision, probe: FaceProbe, params: FaceParams) -> Answer:
    if not params.want or probe.picture is None or probe.face is None:
        return Answer(decision)
    caption = f"{decision.decision}: {', '.join(decision.reasons)}"
    drawn = encode_jpeg(np.asarray(overlay(probe.picture, [(probe.face, caption, decision.allowed)]), np.uint8))
    attachment = Attachment("overlay", 0, media_type="image/jpeg")
    return Answer(msgspec.structs.replace(decision, images=[attachment]), images=[drawn])
