"""`face.calibrate`: how alike the strangers of one collection are, kept as a note for its decisions."""

from typing import Any, Final

import msgspec
import numpy as np

from visionmq.engine.api import Answer, Job
from visionmq.engine.face.asked import author_of
from visionmq.engine.face.calibration import LEAST_SEEN, Pairs, fit_impostors, pairs_of, resample, threshold_at
from visionmq.engine.face.decision import Line, Own, Ruler, operating_point
from visionmq.engine.face.operations import CALIBRATION_NOTE, Tools
from visionmq.engine.store.messages import SET_NOTES, TEMPLATES, GetTemplates, SetNotes, TemplateRow
from visionmq.schemas.face.calibration import Calibrated, CalibrateParams
from visionmq.schemas.face.common import Calibration

LEAST_PERSONS: Final = 30
"""Below it a gallery says too little about its strangers: 435 pairs of persons."""
FREE_PERSONS: Final = 300
"""From here both numbers of the line are fitted; below, only its place, and the slope is the release's."""
MOST_TEMPLATES: Final = 1500
"""Compared with each other, 1.1 million pairs; the first by id, which is by time."""
DOUBLE_FMR: Final = 1e-6
"""Strangers as near as this are not expected in a gallery of this size."""
_MOST_NAMED: Final = 5
_PAGE: Final = 500
_SEED: Final = 11
_LEAST_LINES: Final = 50


def calibrate(tools: Tools, job: Job) -> Answer:
    """Answer `face.calibrate`."""
    params = job.params
    assert isinstance(params, CalibrateParams)
    rows = _templates(tools, params.collection)
    shipped = operating_point(Ruler(tools.table), params.fmr)
    pairs = _pairs(rows)
    rate, interval = _measured(pairs, shipped.threshold)
    own, notes = _own(tools, pairs, len(rows))
    notes += _doubles(tools, pairs, rows)
    kept = own is not None and params.keep
    if own is not None and kept:
        _keep(tools, job, params.collection, own)
    result = Calibrated(
        collection=params.collection,
        subjects=pairs.persons,
        templates=len(rows),
        pairs=int((~pairs.genuine).sum()),
        shipped=shipped,
        measured_fmr=rate,
        measured_interval=interval,
        gallery=operating_point(Ruler(tools.table, Calibration.GALLERY, own), params.fmr) if own else None,
        kept=kept,
        notes=notes,
        pass_back=params.pass_back,
    )
    return Answer(result)


def _templates(tools: Tools, collection: str) -> list[TemplateRow]:
    rows: list[TemplateRow] = []
    while len(rows) < MOST_TEMPLATES:
        after = rows[-1].template_id if rows else None
        ask = GetTemplates(gallery=tools.gallery(collection), after=after, limit=min(_PAGE, MOST_TEMPLATES - len(rows)))
        page = tools.store.call(TEMPLATES, ask).templates
        rows += page
        if not page:
            break
    return rows


def _pairs(rows: list[TemplateRow]) -> Pairs:
    vectors: np.ndarray[Any, Any] = np.array([np.frombuffer(row.vector, "<f4") for row in rows], np.float64)
    return pairs_of(vectors.reshape(len(rows), -1), [row.subject_id for row in rows])


def _measured(pairs: Pairs, threshold: float) -> tuple[float, tuple[float, float]]:
    """Return the false-match rate at a threshold, and its interval; 0 to 1 where there is no pair."""
    impostor = ~pairs.genuine
    if not impostor.any():
        return 0.0, (0.0, 1.0)
    below = (pairs.distances <= threshold) & impostor
    rate = float(pairs.even[below].sum() / pairs.even[impostor].sum())
    rates = []
    for weights in resample(pairs, _SEED):
        total = weights[impostor].sum()
        rates.append(weights[below].sum() / total if total else rate)
    low, high = np.quantile(rates, [0.025, 0.975])
    # Where no pair is below the threshold no sample has one: three of all pairs of persons is the limit (rule of three).
    most = max(float(high), 3.0 / pairs.person_pairs)
    return rate, (min(float(low), rate), min(1.0, max(most, rate)))


def _own(tools: Tools, pairs: Pairs, templates: int) -> tuple[Own | None, list[str]]:
    """Return the gallery's own impostor lines, and what is to be said about them."""
    notes = [f"only the first {MOST_TEMPLATES} templates were compared"] if templates >= MOST_TEMPLATES else []
    if pairs.persons < LEAST_PERSONS:
        return None, [*notes, f"{pairs.persons} subjects are too few to calibrate; {LEAST_PERSONS} are needed"]
    slope = None if pairs.persons >= FREE_PERSONS else tools.table.best.impostor[1]
    if slope is not None:
        notes.append(f"fewer than {FREE_PERSONS} subjects: the slope is the release's, only its place is fitted")
    try:
        best = fit_impostors(pairs, slope=slope)
    except ValueError as error:
        return None, [*notes, f"the pairs cannot be fitted: {error}"]
    lines = _lines(pairs, slope)
    if len(lines) < _LEAST_LINES:
        return None, [*notes, "the pairs of resampled subjects cannot be fitted"]
    return Own(best, lines, LEAST_SEEN / pairs.person_pairs, _told(pairs)), notes


def _doubles(tools: Tools, pairs: Pairs, rows: list[TemplateRow]) -> list[str]:
    """Return a note about subjects that are likely one person under two names: they spoil the measurement."""
    limit = threshold_at(tools.table.best, DOUBLE_FMR)
    near = ~pairs.genuine & (pairs.distances <= limit)
    names = list({row.subject_id: row.subject for row in rows}.values())
    found = sorted({(int(a), int(b)) for a, b in zip(pairs.first[near], pairs.second[near], strict=True)})
    if not found:
        return []
    told = ", ".join(f"{names[a]!r} and {names[b]!r}" for a, b in found[:_MOST_NAMED])
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return [f"within {limit:.3f}, as one person under two names is; look at {told}{more}, then calibrate again"]


def _lines(pairs: Pairs, slope: float | None) -> list[Line]:
    lines = []
    for weights in resample(pairs, _SEED):
        try:
            lines.append(fit_impostors(pairs, weights, slope=slope))
        except ValueError:
            continue  # a sample that drew too few persons
    return lines


def _told(pairs: Pairs) -> str:
    count = int((~pairs.genuine).sum())
    return f"this collection: {pairs.persons} subjects, {count:,} impostor pairs of {pairs.person_pairs:,} pairs of subjects"


def _keep(tools: Tools, job: Job, collection: str, own: Own) -> None:
    note = SetNotes(
        gallery=tools.gallery(collection),
        name=CALIBRATION_NOTE,
        content=msgspec.msgpack.encode(own),
        author=author_of(job),
    )
    tools.store.call(SET_NOTES, note)
