"""Search by comparing all templates, read anew each time: right, and slow."""

import numpy as np

from visionmq.engine.store.gallery import find_gallery
from visionmq.engine.store.messages import Found, Hit, Search
from visionmq.engine.store.records import persons, vectors
from visionmq.engine.store.session import Session


def search(session: Session, request: Search) -> Found:
    """Find the nearest subjects of each probe."""
    probes = np.frombuffer(request.probes, "<f4").reshape(-1, request.gallery.dimension)
    gallery = find_gallery(session, request.gallery)
    rows = [] if gallery is None else list(vectors(session, gallery.gallery_id))
    names = {key: person.name for key, person in persons(session, (row.subject_id for row in rows)).items()}
    if request.subjects is not None:
        rows = [row for row in rows if names[row.subject_id] in request.subjects]
    known = np.array([np.frombuffer(row.vector, "<f4") for row in rows]).reshape(len(rows), request.gallery.dimension)
    found = []
    for probe in probes:
        distances = np.linalg.norm(known - probe, axis=1) if rows else np.zeros(0)
        best: dict[str, Hit] = {}
        for row, distance in sorted(zip(rows, distances, strict=True), key=lambda pair: float(pair[1])):
            key = row.template_id if request.templates else row.subject_id
            name = names[row.subject_id]
            hit = Hit(subject=name, subject_id=row.subject_id, template_id=row.template_id, distance=float(distance))
            best.setdefault(key, hit)
        found.append(sorted(best.values(), key=lambda hit: (hit.distance, hit.subject))[: request.top])
    return Found(hits=found, templates=len(rows), subjects=len({row.subject_id for row in rows}), exact=True)
