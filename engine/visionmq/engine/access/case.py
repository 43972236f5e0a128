"""`case.verify`: document, selfie and booking in one decision; each picture is decoded and looked at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec

from visionmq.engine.access.asking import author_of
from visionmq.engine.access.case_document import Read, read_document
from visionmq.engine.access.case_drawing import frames_of
from visionmq.engine.access.case_faces import Seen, compare, see_portrait, see_selfie
from visionmq.engine.access.edging import check_wants
from visionmq.engine.access.errors import STAGE, bad
from visionmq.engine.access.eyes import Eyes
from visionmq.engine.access.methods import CASE, POLICY, CaseAsked, CaseTold, Facts, Probe
from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.document.engine import DocumentEngine
from visionmq.engine.picture import Picture
from visionmq.engine.store.link import Link
from visionmq.schemas.access.decisions import Evidence
from visionmq.schemas.access.policies import PolicyParams
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.case import STAGES, WANTS, Case, CaseParams, CaseProgress
from visionmq.schemas.common import Attachment, ProgressReport
from visionmq.schemas.errors import Error

_ID_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a case is worked on with."""

    link: Link
    eyes: Eyes
    documents: DocumentEngine
    clock: Callable[[], datetime]


@dataclass(slots=True)
class Looked:
    """What the pictures came to."""

    pictures: tuple[Picture, Picture]
    read: Read
    portrait: Seen
    selfie: Seen
    known: CaseProgress
    probe: Probe | None
    """The selfie as the store is asked about it."""
    reasons: list[Reason] = field(default_factory=list)


def verify(shop: Workshop, job: Job) -> Answer:
    """Answer `case.verify`; EngineError for pictures that cannot be read at all."""
    params = job.params
    assert isinstance(params, CaseParams)
    check_wants(params.want, WANTS)
    if params.password is not None and params.user is None:
        raise bad("A password is of no use without its user.")
    looked = _look(shop, job, params)
    told = shop.link.call(CASE, _question(looked, params, job))
    _report(job, "decision", looked.known)
    return _answer(shop, looked, told, params)


def _look(shop: Workshop, job: Job, params: CaseParams) -> Looked:
    """Look at both pictures, and report each thing as soon as it is known."""
    pictures = _readable(job, 0, "document"), _readable(job, 1, "selfie")
    day = (params.now or shop.clock()).astimezone(UTC).date()
    rules = shop.link.call(POLICY, PolicyParams()).rules
    read = read_document(shop.documents, pictures[0], day, forensics=params.forensics, specimens=rules.accept_specimens)
    known = _report(job, "document", CaseProgress(document=read.evidence))
    portrait = see_portrait(shop.eyes, pictures[0], read)
    known = _report(job, "portrait", msgspec.structs.replace(known, portrait=portrait.told))
    selfie = see_selfie(shop.eyes, pictures[1])
    known = _report(job, "selfie", msgspec.structs.replace(known, selfie=selfie.told))
    comparison, reasons = compare(shop.eyes, portrait, selfie, rules.false_match_rate)
    known = _report(job, "comparison", msgspec.structs.replace(known, comparison=comparison))
    probe = None if selfie.probe is None else shop.eyes.ask(selfie.probe.ready, rules.false_match_rate)
    return Looked(pictures, read, portrait, selfie, known, probe, [*read.reasons, *reasons])


def _report(job: Job, stage: str, known: CaseProgress) -> CaseProgress:
    """Report all that is known, and return it."""
    job.progress(ProgressReport(stage, (STAGES.index(stage) + 1) / len(STAGES), known))
    return known


def _readable(job: Job, index: int, name: str) -> Picture:
    given = job.pictures[index]
    if isinstance(given, Error):
        raise EngineError(given.code, f"The {name}: {given.message}", stage=given.stage or STAGE, hint=given.hint)
    return given


def _question(looked: Looked, params: CaseParams, job: Job) -> CaseAsked:
    read = looked.read
    facts = Facts(
        surname=read.value("surname"),
        given_names=read.value("given_names"),
        name_cut=read.name_cut,
        birth_date=read.value("birth_date") or None,
        day=None if params.now is None else params.now.astimezone(UTC).date().isoformat(),
        age=read.evidence.age,
        reasons=looked.reasons,
        evidence=[Evidence(kind, _digest(one)) for kind, one in zip(_KINDS, looked.pictures, strict=True)],
    )
    return CaseAsked(
        car=params.car,
        user=params.user,
        password=params.password,
        facts=facts,
        author=author_of(job),
        probe=looked.probe,
    )


_KINDS: Final = ("document", "selfie")


def _digest(picture: Picture) -> str:
    return sha256(picture.pixels.tobytes()).hexdigest()[:_ID_DIGITS]


def _answer(shop: Workshop, looked: Looked, told: CaseTold, params: CaseParams) -> Answer:
    decision = msgspec.structs.replace(told.decision, car=params.car)
    result = Case(
        decision=decision,
        document=looked.read.evidence,
        portrait=looked.portrait.told,
        selfie=looked.selfie.told,
        comparison=looked.known.comparison,
        identity=told.identity,
        models=[*shop.documents.models.infos, shop.eyes.model],
        pass_back=params.pass_back,
    )
    frames = list(frames_of(looked.pictures, looked.read, looked.portrait, looked.selfie, result, params.want))
    images = [Attachment(one.name, place, one.item, one.media_type) for place, one in enumerate(frames)]
    return Answer(msgspec.structs.replace(result, images=images), images=[one.frame for one in frames])
