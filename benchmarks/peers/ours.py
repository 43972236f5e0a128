"""VisionMQ's document engine in this process, as a worker's child runs it: gate, decoder, engine."""

import sys
from pathlib import Path
from typing import Any

from benchmarks.peers.serving import answer, serve
from visionmq.engine.api import Job
from visionmq.engine.document import DocumentEngine
from visionmq.engine.picture import read_picture
from visionmq.schemas.document.documents import Document, RecognizeParams


def said(document: Document) -> dict[str, Any]:
    """Return a document as an answer; `fields` holds value, raw, accepted and confidence of each."""
    whole = document.fields.get("full_mrz")
    fields = {
        name: [field.value, field.raw, field.accepted, field.confidence]
        for name, field in document.fields.items()
        if field.source == "mrz"
    }
    lines = whole.value.split("\n") if whole is not None and whole.value else []
    return answer(lines, accepted=whole is not None and whole.accepted, doc_type=document.doc_type, fields=fields)


def main() -> None:
    engine = DocumentEngine()
    engine.load()

    def read(name: str) -> dict[str, Any]:
        picture = read_picture(Path(name).read_bytes())
        (outcome,) = engine.run("document.recognize", [Job(RecognizeParams(), [picture])])
        if isinstance(outcome, Exception):
            raise outcome
        (item,) = outcome.result.items  # type: ignore[attr-defined]
        return said(item.result)

    serve(read)


if __name__ == "__main__":
    sys.exit(main())
