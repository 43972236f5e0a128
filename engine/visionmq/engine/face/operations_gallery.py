"""The gallery: `face.enroll`, `face.subjects`, `face.collections` and `face.forget`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.face.answer import Gathered, face_told
from visionmq.engine.face.asked import KIND, author_of, bad, check_wants, name_of
from visionmq.engine.face.enrolment import chosen, misfits, strangers, template_of, warnings
from visionmq.engine.face.operations import Tools
from visionmq.engine.face.operations_identify import search
from visionmq.engine.face.operations_look import Probe, probe_encoding, probe_picture, together
from visionmq.engine.face.operations_verify import templates_of
from visionmq.engine.store.messages import (
    COLLECTIONS,
    ENROLL,
    FORGET,
    SUBJECTS,
    Consent,
    Enroll,
    Forget,
    ListCollections,
    ListSubjects,
    Receipt,
    SubjectRow,
)
from visionmq.engine.store.messages import Enrolled as Stored
from visionmq.schemas.common import Item, ProgressReport
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.face.common import Calibration
from visionmq.schemas.face.enrolment import ConsentGiven, Enrolled, EnrollParams, Kept, LookAlike
from visionmq.schemas.face.gallery import (
    CollectionInfo,
    Collections,
    CollectionsParams,
    ForgetParams,
    ForgetReceipt,
    Forgotten,
    SubjectInfo,
    Subjects,
    SubjectsParams,
)
from visionmq.schemas.limits import MAX_IMAGES

_NEIGHBOURS: Final = 6
"""Subjects looked at around each new template; the subject itself is one of them."""


def enroll(tools: Tools, jobs: Sequence[Job]) -> list[Answer | EngineError]:
    """Answer `face.enroll`."""
    return together(
        tools.vision, jobs, lambda job: _prepare(tools, job), lambda job, probes: _finish(tools, job, probes)
    )


def _prepare(tools: Tools, job: Job) -> list[Probe]:
    params, probes = _params(job), []
    check_wants(params.want)
    _ = tools.store  # without it nothing needs to be looked at
    count = len(job.pictures) + len(params.encodings)
    _check(params, count)
    for item, given in enumerate(job.pictures):
        probes.append(probe_picture(tools.vision, given, item, several=params.several, strict=True))
        job.progress(ProgressReport("detect", (item + 1) / count))
    for item, encoding in enumerate(params.encodings, len(job.pictures)):
        probes.append(probe_encoding(tools.vision, encoding, item))
    chosen(probes, strict=params.strict)
    return probes


def _check(params: EnrollParams, count: int) -> None:
    if not 1 <= count <= MAX_IMAGES:
        raise bad(f"1 to {MAX_IMAGES} pictures and encodings can be enrolled at once, not {count}.")
    if len(params.sources) > count:
        raise bad(f"{len(params.sources)} sources were named for {count} pictures and encodings.")
    if not (params.subject.isprintable() and params.subject == params.subject.strip()):
        raise bad("A subject's name has no control characters, and no blanks at its ends.")
    if params.consent is not None and not _is_time(params.consent.given_at):
        raise bad("`consent.given_at` is a time with its zone, such as 2026-01-31T12:00:00+01:00.")


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _finish(tools: Tools, job: Job, probes: list[Probe]) -> Answer:
    params = _params(job)
    good = chosen(probes, strict=params.strict)
    ruler = tools.ruler(Calibration.AUTO, params.collection)
    wrong = misfits(ruler, good, _former(tools, params))
    stored = _store(tools, job, good)
    alike = _look_alikes(tools, params, good, stored.subject_id)
    gathered, ids = Gathered(params.want), dict(zip((one.item for one in good), stored.template_ids, strict=True))
    for probe in probes:
        if probe.picture is not None and probe.face is not None:
            caption = params.subject if probe.error is None else probe.error.code.value
            gathered.draw(tools.vision, probe.picture, probe.item, [(probe.face, caption, probe.error is None)])
    result = Enrolled(
        items=[_item(probe, ids.get(probe.item)) for probe in probes],
        images=gathered.attachments,
        models=[tools.model],
        pass_back=params.pass_back,
        subject=params.subject,
        subject_id=stored.subject_id,
        collection=params.collection,
        kept=len(good),
        templates=stored.templates,
        created=stored.created,
        repeated=stored.repeated,
        look_alikes=alike,
        warnings=warnings(params.subject, alike, wrong),
        model=tools.model,
    )
    return Answer(result, images=gathered.frames)


def _former(tools: Tools, params: EnrollParams) -> list[bytes]:
    """Return the vectors that the subject has."""
    try:
        return [row.vector for row in templates_of(tools, params.collection, params.subject)]
    except EngineError as error:
        if error.code is ErrorCode.NOT_FOUND:
            return []
        raise


def _store(tools: Tools, job: Job, good: Sequence[Probe]) -> Stored:
    params = _params(job)
    consent = params.consent
    ask = Enroll(
        gallery=tools.gallery(params.collection),
        subject=params.subject,
        templates=[template_of(probe, params.sources) for probe in good],
        author=author_of(job),
        replace=params.replace,
        consent=Consent(consent.text, consent.given_at, consent.reference) if consent else None,
        attributes=params.attributes,
    )
    return tools.store.call(ENROLL, ask)


def _look_alikes(tools: Tools, params: EnrollParams, good: Sequence[Probe], own: str) -> list[LookAlike]:
    """Look after the change is committed: of two who enrol at once, the later one sees the other."""
    found = search(tools, params.collection, good, top=_NEIGHBOURS)
    ruler = tools.ruler(Calibration.AUTO, params.collection)
    return strangers(ruler, good, found.hits, own=own, templates=found.templates)


def _item(probe: Probe, template_id: str | None) -> Item[Kept]:
    if probe.error is not None or template_id is None:
        return Item(ok=False, error=probe.error)
    kept = Kept(
        template_id=template_id,
        source=probe.source,
        face=face_told(probe.face, probe.quality) if probe.face is not None else None,
        faces=len(probe.faces) if probe.picture is not None else None,
        notes=probe.notes,
    )
    return Item(ok=True, result=kept)


def _params(job: Job) -> EnrollParams:
    assert isinstance(job.params, EnrollParams)
    return replace(job.params, subject=name_of(job.params.subject))


# ---- what there is --------------------------------------------------------------------------


def subjects(tools: Tools, job: Job) -> Answer:
    """Answer `face.subjects`."""
    params = job.params
    assert isinstance(params, SubjectsParams)
    ask = ListSubjects(kind=KIND, collection=params.collection, after=params.after, limit=params.limit + 1)
    page = tools.store.call(SUBJECTS, ask)
    shown = [_subject(row) for row in page.subjects[: params.limit]]
    more = len(page.subjects) > params.limit
    return Answer(
        Subjects(
            collection=params.collection,
            subjects=shown,
            total=page.total,
            next=shown[-1].subject if more else None,
            pass_back=params.pass_back,
        )
    )


def _subject(row: SubjectRow) -> SubjectInfo:
    given = row.consent
    return SubjectInfo(
        subject=row.subject,
        subject_id=row.subject_id,
        templates=row.templates,
        created_at=row.created_at,
        updated_at=row.updated_at,
        consent=ConsentGiven(given.text, given.given_at, given.reference) if given else None,
        attributes=row.attributes,
    )


def collections(tools: Tools, job: Job) -> Answer:
    """Answer `face.collections`."""
    assert isinstance(job.params, CollectionsParams)
    found = tools.store.call(COLLECTIONS, ListCollections(KIND)).collections
    rows = [CollectionInfo(collection=one.collection, subjects=one.subjects, templates=one.templates) for one in found]
    return Answer(Collections(collections=rows, model=tools.model, pass_back=job.params.pass_back))


def forget(tools: Tools, job: Job) -> Answer:
    """Answer `face.forget`."""
    params = job.params
    assert isinstance(params, ForgetParams)
    subject = name_of(params.subject)
    ask = Forget(kind=KIND, collection=params.collection, subject=subject, author=author_of(job))
    receipt = tools.store.call(FORGET, ask)
    told = Forgotten(
        subject=subject,
        receipt=receipt_told(receipt),
        repeated=receipt.repeated,
        pass_back=params.pass_back,
    )
    return Answer(told)


def receipt_told(receipt: Receipt) -> ForgetReceipt:
    """Return the store's receipt in the words of the wire: the same fields, so that its signature holds."""
    return ForgetReceipt(
        **{name: getattr(receipt, name) for name in ForgetReceipt.__struct_fields__},
    )
