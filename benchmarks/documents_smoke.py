"""Read every picture of a labelled folder (truth.json, images/) and count right, refused and silently wrong.

python benchmarks/documents_smoke.py ../shared/data/mrz/dev
"""

import json
import sys
import time
from pathlib import Path

from visionmq.engine.api import EngineError, Job
from visionmq.engine.document import DocumentEngine
from visionmq.engine.picture import read_picture
from visionmq.schemas.document import Document, RecognizeParams

PRINTED = {
    "mrz_document_code": "document_code",
    "mrz_issuer": "issuer",
    "mrz_surname": "surname",
    "mrz_given_names": "given_names",
    "mrz_number": "document_number",
    "mrz_nationality": "nationality",
}


def wrong_fields(document: Document, truth: dict) -> list[str]:
    """Accepted fields that differ from the truth: silent errors."""
    wrong = []
    for name, field in document.fields.items():
        if not field.accepted:
            continue
        if name == "full_mrz":
            expected = "\n".join(truth["mrz"])
        elif name.startswith("mrz_line"):
            expected = truth["mrz"][int(name[-1]) - 1]
        elif name in PRINTED:
            expected = truth["fields"].get(PRINTED[name], "").replace("<", " ").strip()
        elif name in ("mrz_birth_date", "mrz_expiry_date"):
            if field.raw != truth["fields"].get(name[4:]):
                wrong.append(name)
            continue
        elif name in ("mrz_gender", "mrz_optional_data", "mrz_optional_data_2"):
            key = {"mrz_gender": "sex", "mrz_optional_data": "optional", "mrz_optional_data_2": "optional2"}[name]
            if key in truth["fields"] and field.raw.strip("<") != truth["fields"][key].strip("<"):
                wrong.append(name)
            continue
        else:
            continue
        if field.value != expected:
            wrong.append(f"{name}: {field.value!r} for {expected!r}")
    return wrong


def main(folder: Path) -> int:
    truth = json.loads((folder / "truth.json").read_text())
    engine = DocumentEngine()
    engine.load()
    exact = accepted = silent = zones = false_alarms = 0
    slowest = total = 0.0
    for name, entry in truth.items():
        start = time.perf_counter()
        try:
            picture = read_picture((folder / "images" / name).read_bytes())
        except EngineError as error:
            print(f"{name}: {error}")
            zones += entry["has_mrz"]
            continue
        (answer,) = engine.run("document.recognize", [Job(RecognizeParams(), [picture])])
        took = time.perf_counter() - start
        slowest, total = max(slowest, took), total + took
        document = answer.result.items[0].result
        if not entry["has_mrz"]:
            false_alarms += document.doc_type is not None
            continue
        zones += 1
        whole = document.fields.get("full_mrz")
        right = whole is not None and whole.value == "\n".join(entry["mrz"])
        exact += right
        accepted += whole is not None and whole.accepted
        wrong = wrong_fields(document, entry)
        silent += bool(wrong)
        refused = [n for n, f in document.fields.items() if not f.accepted]
        if not right or wrong or refused:
            print(f"{name}: {'exact' if right else 'not exact'}; accepted but wrong {wrong}; not accepted {refused}")
    print(
        f"{zones} zones: {exact} exact, {accepted} fully accepted, {silent} pictures with a silent error; "
        f"{false_alarms} false alarms in {len(truth) - zones} others; mean {total / len(truth):.2f} s, slowest {slowest:.2f} s"
    )
    return 1 if silent or false_alarms else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
