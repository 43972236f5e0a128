"""Filling a store with many subjects, one template each, through the pieces of an archive."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from visionmq.engine.store import archive_file as file
from visionmq.engine.store.importing import IMPORT, ImportPiece
from visionmq.engine.store.messages import Author
from visionmq.engine.store.opened import open_here
from visionmq.schemas.archive import FORMAT

COLLECTION, MODEL = "staff", "dlib-resnet/1"
PIECE = 1_000
_NOW = "2030-01-01T00:00:00.000000+00:00"


def fill(address: str, vectors: NDArray[np.float32]) -> None:
    """Import vector n as the template of subject pn; each thousand is one durable transaction."""
    header = file.write_header(
        file.Header(
            format=FORMAT,
            archive_id="benchmark",
            created_at=_NOW,
            kind="face",
            collection=COLLECTION,
            models=[MODEL],
            encryption=None,
        )
    )
    with open_here(address) as link:
        for number, piece in enumerate(_pieces(header, vectors)):
            author = Author(f"piece {number}")
            link.call(
                IMPORT,
                ImportPiece(header=header, piece=piece, passphrase=None, collection=None, model=None, author=author),
            )


def _pieces(header: bytes, vectors: NDArray[np.float32]) -> Iterator[bytes]:
    for first in range(0, len(vectors), PIECE):
        some = vectors[first : first + PIECE]
        subjects = [_subject(first + number, vector) for number, vector in enumerate(some)]
        gallery = file.KeptGallery(model=MODEL, dimension=vectors.shape[1])
        page = file.Page(galleries=[gallery] if first == 0 else [], subjects=subjects)
        yield file.seal_page(page, header, None, first // PIECE, last=first + PIECE >= len(vectors))


def _subject(number: int, vector: NDArray[np.float32]) -> file.KeptSubject:
    template = file.KeptTemplate(
        model=MODEL,
        vector=vector.astype("<f4").tobytes(),
        quality=1.0,
        source=f"p{number}.jpg",
        payload=b"",
        created_at=_NOW,
    )
    return file.KeptSubject(
        name=f"p{number}", attributes={}, consent=None, created_at=_NOW, expires_at=None, templates=[template]
    )
