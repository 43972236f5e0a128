"""What tests of the store ask it, in short."""

import numpy as np

from visionmq.engine.store.link import Link
from visionmq.engine.store.messages import (
    ENROLL,
    FORGET,
    SEARCH,
    Author,
    Enroll,
    Enrolled,
    Forget,
    Gallery,
    NewTemplate,
    Receipt,
    Search,
)

FACES = Gallery("face", "staff", "dlib/1", 4)


def vector(*numbers: float) -> bytes:
    return np.array(numbers, "<f4").tobytes()


def template(*numbers: float, **more: object) -> NewTemplate:
    return NewTemplate(vector=vector(*numbers), **more)


def enroll(link: Link, subject: str, *templates: NewTemplate, key: str = "", **more: object) -> Enrolled:
    """Enrol; the same subject with as many templates has the same key, unless one is given."""
    request = {"gallery": FACES, "author": Author(key or f"key of {subject} {len(templates)}", "kiosk"), **more}
    return link.call(ENROLL, Enroll(subject=subject, templates=list(templates), **request))


def names(link: Link, *probe: float, **more: object) -> list[str]:
    found = link.call(SEARCH, Search(gallery=FACES, probes=vector(*probe), **more))
    return [hit.subject for hit in found.hits[0]]


def forget(link: Link, subject: str, key: str = "") -> Receipt:
    request = Forget(
        kind="face", collection="staff", subject=subject, author=Author(key or f"forget {subject}", "kiosk")
    )
    return link.call(FORGET, request)
