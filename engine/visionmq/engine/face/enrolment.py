"""What is kept of an enrolment, and what is warned about.

Good pictures are kept and the others reported, or, if asked for, all are kept or none. Nothing is kept where no
picture is good. Warnings never stop an enrolment: who is who is for people to decide.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from visionmq.engine.api import EngineError
from visionmq.engine.face.asked import STAGE
from visionmq.engine.face.decision import Ruler, operating_point, probability
from visionmq.engine.face.operations_look import Probe
from visionmq.engine.store.messages import Hit, NewTemplate
from visionmq.schemas.face.enrolment import EnrollWarning, LookAlike, Warned

LOOK_ALIKE_FMR: Final = 0.05
"""Of enrolments of new persons in a collection of strangers, the part that is warned about; a warning costs a look."""
WRONG_PERSON_FMR: Final = 0.01
"""Of pictures of another person, the part that passes for the subject's own; 1 % of one's own are warned about."""
_EVEN: Final = 0.5
_MOST_NAMED: Final = 5


def chosen(probes: Sequence[Probe], *, strict: bool) -> list[Probe]:
    """Return the probes to keep; raise EngineError with the first one's reason where none, or not all, can be kept."""
    good, poor = [one for one in probes if one.error is None], [one for one in probes if one.error is not None]
    if good and not (strict and poor):
        return good
    first = poor[0].error
    assert first is not None
    if len(probes) == 1:
        raise EngineError(first.code, first.message, stage=first.stage, hint=first.hint)
    reasons = "; ".join(f"{one.item}: {one.error.code.value}: {one.error.message}" for one in poor if one.error)
    kept = "None" if not good else f"Only {len(good)}"
    message = f"{kept} of {len(probes)} can be enrolled, so nothing was stored. {reasons}"
    raise EngineError(first.code, message, stage=STAGE, hint=first.hint)


def template_of(probe: Probe, sources: Sequence[str]) -> NewTemplate:
    """Return what is kept of a probe."""
    return NewTemplate(
        vector=probe.ready.astype("<f4").tobytes(),
        quality=probe.quality.overall if probe.quality is not None else 0.0,
        source=sources[probe.item] if probe.item < len(sources) else "",
    )


def strangers(
    ruler: Ruler, probes: Sequence[Probe], hits: Sequence[Sequence[Hit]], *, own: str, templates: int
) -> list[LookAlike]:
    """Return other subjects that are nearer than the threshold of a search in this gallery, nearest first.

    `hits` are those of each probe, `own` is the id of the subject itself, `templates` the gallery's size.
    """
    limit = operating_point(ruler, LOOK_ALIKE_FMR, max(1, templates)).threshold
    nearest: dict[str, Hit] = {}
    items: dict[str, list[int]] = {}
    for probe, row in zip(probes, hits, strict=True):
        for hit in row:
            if hit.subject_id == own or hit.distance > limit:
                continue
            items.setdefault(hit.subject_id, []).append(probe.item)
            if hit.subject_id not in nearest or hit.distance < nearest[hit.subject_id].distance:
                nearest[hit.subject_id] = hit
    found = sorted(nearest.values(), key=lambda hit: (hit.distance, hit.subject))
    return [
        LookAlike(
            subject=hit.subject,
            subject_id=hit.subject_id,
            distance=hit.distance,
            probability=probability(ruler, hit.distance, _EVEN)[0],
            items=items[hit.subject_id],
        )
        for hit in found[:_MOST_NAMED]
    ]


def misfits(ruler: Ruler, probes: Sequence[Probe], own: Iterable[bytes]) -> list[tuple[int, float]]:
    """Return item and distance of each probe that is far from all that is known of the subject.

    Known are its former templates (float32 vectors), or else the other probes.
    """
    limit = operating_point(ruler, WRONG_PERSON_FMR).threshold
    rows: np.ndarray[Any, Any] = np.array([probe.ready for probe in probes], np.float64)
    new = {probe.ready.astype("<f4").tobytes() for probe in probes}
    former = [np.frombuffer(vector, "<f4") for vector in own if vector not in new]
    known = np.array(former, np.float64) if former else rows
    away = np.linalg.norm(rows[:, None] - known[None], axis=2)
    if not former:
        np.fill_diagonal(away, np.inf)
    nearest = away.min(axis=1, initial=np.inf)
    far = np.isfinite(nearest) & (nearest > limit)
    return [(probe.item, float(one)) for probe, one, is_far in zip(probes, nearest, far, strict=True) if is_far]


def warnings(subject: str, alike: Sequence[LookAlike], wrong: Sequence[tuple[int, float]]) -> list[Warned]:
    """Return what should be looked at, in words."""
    said = [
        Warned(
            EnrollWarning.LOOK_ALIKE,
            f"{one.subject!r} is only {one.distance:.3f} away from {subject!r}: the same person under two names, "
            f"or two who will be mistaken for each other.",
        )
        for one in alike
    ]
    said += [
        Warned(
            EnrollWarning.NOT_THE_SAME_PERSON,
            f"Picture {item} is {distance:.3f} away from the nearest other of {subject!r}: perhaps another person.",
        )
        for item, distance in wrong
    ]
    return said
