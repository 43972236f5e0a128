"""`face.identify`: who of a collection, or nobody."""

from collections.abc import Sequence

import numpy as np

from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.face.answer import Gathered
from visionmq.engine.face.asked import bad, check_wants
from visionmq.engine.face.decision import MARGIN, Named, Ruler, name, similarity
from visionmq.engine.face.operations import Tools
from visionmq.engine.face.operations_look import Probe, probe_encoding, probe_picture, together
from visionmq.engine.store.messages import SEARCH, Found, Hit, Search
from visionmq.schemas.common import Item, ProgressReport
from visionmq.schemas.face.identification import Candidate, Identified, IdentifyParams, Identity
from visionmq.schemas.limits import MAX_IMAGES


def identify(tools: Tools, jobs: Sequence[Job]) -> list[Answer | EngineError]:
    """Answer `face.identify`."""
    return together(
        tools.vision, jobs, lambda job: _prepare(tools, job), lambda job, probes: _finish(tools, job, probes)
    )


def _prepare(tools: Tools, job: Job) -> list[Probe]:
    params, probes = _params(job), []
    check_wants(params.want)
    _ = tools.store  # without it nothing needs to be looked at
    count = len(job.pictures) + len(params.encodings)
    if not 1 <= count <= MAX_IMAGES:
        raise bad(f"1 to {MAX_IMAGES} pictures and encodings can be asked about at once, not {count}.")
    for item, given in enumerate(job.pictures):
        probes.append(probe_picture(tools.vision, given, item, several=params.several, strict=params.strict))
        job.progress(ProgressReport("detect", (item + 1) / count))
    for item, encoding in enumerate(params.encodings, len(job.pictures)):
        probes.append(probe_encoding(tools.vision, encoding, item))
    return probes


def _finish(tools: Tools, job: Job, probes: list[Probe]) -> Answer:
    params, gathered = _params(job), Gathered(_params(job).want)
    ruler = tools.ruler(params.calibration, params.collection)
    asked = [probe for probe in probes if probe.error is None]
    found = search(tools, params.collection, asked, top=max(2, params.top))
    hits = dict(zip((probe.item for probe in asked), found.hits, strict=True))
    items: list[Item[Identity]] = []
    for probe in probes:
        if probe.error is not None:
            items.append(Item(ok=False, error=probe.error))
            continue
        identity = _identity(tools, params, ruler, probe, (hits[probe.item], found))
        if probe.picture is not None and probe.face is not None:
            marks = [(probe.face, identity.subject or "unknown", identity.known)]
            gathered.draw(tools.vision, probe.picture, probe.item, marks)
        items.append(Item(ok=True, result=identity))
    result = Identified(
        items=items,
        images=gathered.attachments,
        models=[tools.model],
        pass_back=params.pass_back,
        collection=params.collection,
        subjects=found.subjects,
        templates=found.templates,
        exact=found.exact,
        model=tools.model,
    )
    return Answer(result, images=gathered.frames)


def search(
    tools: Tools, collection: str, probes: Sequence[Probe], *, top: int, subjects: list[str] | None = None
) -> Found:
    """Return the nearest subjects of each probe."""
    dimension = tools.vision.model.dimension
    rows = np.stack([probe.ready for probe in probes]) if probes else np.zeros((0, dimension), np.float32)
    ask = Search(gallery=tools.gallery(collection), probes=rows.astype("<f4").tobytes(), top=top, subjects=subjects)
    return tools.store.call(SEARCH, ask)


def _identity(
    tools: Tools, params: IdentifyParams, ruler: Ruler, probe: Probe, result: tuple[list[Hit], Found]
) -> Identity:
    hits, found = result
    margin = MARGIN if params.margin is None else params.margin
    named = name(
        ruler,
        hits,
        sizes=(found.templates, found.subjects),
        fmr=params.fmr,
        prior=params.prior,
        threshold=params.threshold,
        margin=margin,
    )
    likely, interval = named.sure[0] if named.sure else (None, None)
    return Identity(
        known=named.subject is not None,
        subject=named.subject,
        unknown=named.unknown,
        reason=named.reason,
        distance=hits[0].distance if hits else None,
        probability=likely,
        interval=interval,
        margin=named.margin,
        margin_needed=margin if hits else None,
        candidates=_candidates(hits, named)[: params.top],
        operating_point=named.point,
        probe=tools.side(probe),
        presentation=tools.shown(probe),
    )


def _candidates(hits: Sequence[Hit], named: Named) -> list[Candidate]:
    return [
        Candidate(
            subject=hit.subject,
            subject_id=hit.subject_id,
            template_id=hit.template_id,
            distance=hit.distance,
            similarity=similarity(hit.distance),
            probability=likely,
            interval=interval,
        )
        for hit, (likely, interval) in zip(hits, named.sure, strict=True)
    ]


def _params(job: Job) -> IdentifyParams:
    assert isinstance(job.params, IdentifyParams)
    return job.params
