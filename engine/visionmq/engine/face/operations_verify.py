"""`face.verify`: two faces, or a face and a subject's templates."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace

from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.face.answer import Gathered
from visionmq.engine.face.asked import bad, check_wants, name_of, raised
from visionmq.engine.face.calibration import Array
from visionmq.engine.face.decision import operating_point, probability, similarity
from visionmq.engine.face.operations import Tools, not_found
from visionmq.engine.face.operations_look import Probe, probe_encoding, probe_picture, together
from visionmq.engine.store.messages import TEMPLATES, GetTemplates, TemplateRow
from visionmq.schemas.face.common import Encoding, Source
from visionmq.schemas.face.comparison import Side
from visionmq.schemas.face.verification import Verified, VerifyParams

_PAGE: Final = 500


def verify(tools: Tools, jobs: Sequence[Job]) -> list[Answer | EngineError]:
    """Answer `face.verify`."""
    return together(
        tools.vision, jobs, lambda job: _prepare(tools, job), lambda job, probes: _finish(tools, job, probes)
    )


def _prepare(tools: Tools, job: Job) -> list[Probe]:
    params = _params(job)
    check_wants(params.want)
    probes = []
    for name, side in zip(("first", "second"), _sides(job), strict=False):
        probe = _probe(tools, job, side)
        if probe.error is not None:
            raise raised(probe.error, f"The {name} side: ")
        probes.append(probe)
    return probes


def _probe(tools: Tools, job: Job, side: Encoding | int) -> Probe:
    params = _params(job)
    if isinstance(side, Encoding):
        return probe_encoding(tools.vision, side, 0)
    return probe_picture(tools.vision, job.pictures[side], side, several=params.several, strict=params.strict)


def _sides(job: Job) -> list[Encoding | int]:
    """Return each side that is not the subject: its encoding, or which picture it is."""
    params = _params(job)
    if params.subject is not None and params.b is not None:
        raise bad("A comparison has two sides: send either the subject or `b`.")
    given = [params.a, params.b] if params.subject is None else [params.a]
    places: Iterator[int] = iter(range(len(job.pictures)))
    sides = [one if one is not None else next(places, None) for one in given]
    if None in sides or next(places, None) is not None:
        sent = sum(one is not None for one in given)
        raise bad(
            f"A comparison has two sides; {len(job.pictures)} pictures, {sent} encodings and "
            f"{int(params.subject is not None)} subjects were sent.",
            hint="Send two pictures; an encoding (`a`, `b`) or a `subject` may stand in the place of one.",
        )
    return [side for side in sides if side is not None]


def _finish(tools: Tools, job: Job, probes: list[Probe]) -> Answer:
    params = _params(job)
    against, other = _against(tools, params, probes)
    distance = float(min(np.linalg.norm(against - probes[0].ready.astype(np.float64), axis=1)))
    ruler = tools.ruler(params.calibration, params.collection if params.subject is not None else None)
    point = operating_point(ruler, params.fmr, len(against), params.threshold)
    likely, interval = probability(ruler, distance, params.prior)
    same, gathered = distance <= point.threshold, Gathered(params.want)
    for probe in probes:
        if probe.picture is not None and probe.face is not None:
            gathered.draw(tools.vision, probe.picture, probe.item, [(probe.face, _caption(same, distance), same)])
    result = Verified(
        same=same,
        distance=distance,
        similarity=similarity(distance),
        threshold=point.threshold,
        fmr=point.fmr,
        probability=likely,
        interval=interval,
        prior=params.prior,
        operating_point=point,
        a=tools.side(probes[0]),
        b=other,
        model=tools.model,
        presentation=tools.shown(next((one for one in probes if one.picture is not None), probes[0])),
        images=gathered.attachments,
        models=[tools.model],
        pass_back=params.pass_back,
    )
    return Answer(result, images=gathered.frames)


def _against(tools: Tools, params: VerifyParams, probes: list[Probe]) -> tuple[Array, Side]:
    """Return the second side: its vectors (n x dimension), and what it is."""
    if params.subject is None:
        return probes[1].ready[None].astype(np.float64), tools.side(probes[1])
    rows = templates_of(tools, params.collection, params.subject)
    vectors = np.stack([np.frombuffer(row.vector, "<f4") for row in rows]).astype(np.float64)
    return vectors, Side(source=Source.SUBJECT, subject=params.subject, templates=len(rows))


def templates_of(tools: Tools, collection: str, subject: str) -> list[TemplateRow]:
    """Return a subject's templates; raise EngineError(NOT_FOUND) where there are none."""
    rows: list[TemplateRow] = []
    while True:
        after = rows[-1].template_id if rows else None
        ask = GetTemplates(gallery=tools.gallery(collection), subject=subject, after=after, limit=_PAGE)
        page = tools.store.call(TEMPLATES, ask).templates
        rows += page
        if len(page) < _PAGE:
            break
    if not rows:
        raise not_found(subject, collection, tools)
    return rows


def _caption(same: bool, distance: float) -> str:
    return f"{'same' if same else 'not the same'}, {distance:.3f}"


def _params(job: Job) -> VerifyParams:
    params = job.params
    assert isinstance(params, VerifyParams)
    return params if params.subject is None else replace(params, subject=name_of(params.subject))
