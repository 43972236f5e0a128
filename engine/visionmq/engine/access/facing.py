"""`access.face`: a face against those who may take this car now, and nobody else."""

import hmac
from collections.abc import Sequence
from hashlib import sha256

import msgspec
import numpy as np

from visionmq.engine.access.comparison import Compared, Verdict, judge
from visionmq.engine.access.decisions import Finding, decide
from visionmq.engine.access.methods import FACE, FaceAsked, Probe
from visionmq.engine.access.noncing import use_nonce
from visionmq.engine.access.people import users_by_id
from visionmq.engine.access.policies import policy_in_force
from visionmq.engine.access.rights import rights_of
from visionmq.engine.access.validating import take_by
from visionmq.engine.access.vehicles import device_key, find_vehicle
from visionmq.engine.store.gallery import find_gallery, find_subject
from visionmq.engine.store.messages import Gallery
from visionmq.engine.store.records import vectors
from visionmq.engine.store.session import Session
from visionmq.schemas.access.decisions import Decision, Evidence, FaceEvidence
from visionmq.schemas.access.edge import edge_proof
from visionmq.schemas.access.policies import Policy
from visionmq.schemas.access.reasons import Reason

_KIND = "face"
_FLOAT = "<f4"


def face(session: Session, request: FaceAsked) -> Decision:
    """Decide whether a face opens a car. A nonce is used up whatever is decided."""
    with session.write(request.author, FACE, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        policy = policy_in_force(session)
        refused = _refused(session, request)
        finding = Finding(refused, evidence=_nonce(request)) if refused else _recognised(session, request, policy)
        return write.reply(decide(write, finding, policy))


def _refused(session: Session, request: FaceAsked) -> list[Reason]:
    """Return why an encoding from the edge counts for nothing."""
    if request.nonce is None:
        return [] if request.refused is None else [request.refused]
    if not use_nonce(session, request.nonce, request.car):
        return [Reason.NONCE_REFUSED]
    vehicle = find_vehicle(session, request.car)
    assert vehicle is not None  # a nonce is given to cars only, and goes with them
    vector = np.frombuffer(request.probe.vector, _FLOAT).tolist()
    proof = edge_proof(
        device_key(session, vehicle), nonce=request.nonce, car=request.car, model=request.proof_model, vector=vector
    )
    if not hmac.compare_digest(proof, request.proof or ""):
        return [Reason.PROOF_REFUSED]
    return [] if request.refused is None else [request.refused]


def _nonce(request: FaceAsked) -> list[Evidence]:
    """Return the nonce as evidence, by its digest: a nonce itself belongs in no log."""
    return [] if request.nonce is None else [Evidence("nonce", sha256(bytes.fromhex(request.nonce)).hexdigest()[:32])]


def _recognised(session: Session, request: FaceAsked, policy: Policy) -> Finding:
    rights = rights_of(session, request.car, policy)
    verdict, seen = compare(session, rights.holders, request.probe, policy)
    seen = msgspec.structs.replace(seen, at_edge=request.nonce is not None)
    nearest = [] if verdict.nearest is None else [Evidence("template", verdict.nearest.template_id)]
    if verdict.winner is None:
        assert verdict.against is not None
        return Finding([verdict.against], face=seen, evidence=[*rights.evidence, *_nonce(request)])
    found = take_by(session, request.car, verdict.winner.user_id, Reason.FACE_MATCHED, policy)
    return Finding(
        found.reasons,
        user_id=found.user_id,
        role=found.role,
        booking=found.booking,
        evidence=[*found.evidence, *nearest, *_nonce(request)]
        if found.allowed
        else [*rights.evidence, *_nonce(request)],
        face=seen,
    )


def compare(session: Session, user_ids: Sequence[str], probe: Probe, policy: Policy) -> tuple[Verdict, FaceEvidence]:
    """Return which of some users a face is, and how it compared; each is as near as the nearest template."""
    found, templates = [], 0
    for user_id in user_ids:
        near, count = _nearest(session, user_id, probe)
        templates += count
        found += [] if near is None else [near]
    verdict = judge(found, len(user_ids), templates, dict(probe.thresholds), policy.rules.face_margin)
    distance = None if verdict.nearest is None else round(verdict.nearest.distance, 4)
    return verdict, FaceEvidence(
        candidates=len(user_ids),
        templates=templates,
        distance=distance,
        threshold=round(verdict.threshold, 4),
        margin=None if verdict.margin is None else round(verdict.margin, 4),
        false_match_rate=probe.false_match_rate,
    )


def _nearest(session: Session, user_id: str, probe: Probe) -> tuple[Compared | None, int]:
    """Return a user's nearest template of the probe's model, and how many there are."""
    record = users_by_id(session, [user_id])[user_id].record
    vector = np.frombuffer(probe.vector, _FLOAT)
    gallery = find_gallery(session, Gallery(_KIND, record.collection, probe.model, len(vector)))
    subject = find_subject(session, _KIND, record.collection, record.subject)
    if gallery is None or subject is None:
        return None, 0
    rows = list(vectors(session, gallery.gallery_id, subject_ids=[subject.subject_id]))
    compared = [
        Compared(user_id, row.template_id, float(np.linalg.norm(np.frombuffer(row.vector, _FLOAT) - vector)))
        for row in rows
    ]
    return min(compared, key=lambda one: one.distance, default=None), len(rows)
