"""Where the time of reading a document goes, in CPU milliseconds a picture on one thread.

python -m benchmarks.stages ../shared/data/mrz/dev
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import cv2

from visionmq.engine.api import Job
from visionmq.engine.document import DocumentEngine
from visionmq.engine.document.barcode.reading import read_barcodes
from visionmq.engine.document.judge.quality import judge_quality
from visionmq.engine.document.mrz.detector import find_zones, load_detector
from visionmq.engine.document.mrz.recogniser import MODEL, load_recogniser
from visionmq.engine.document.mrz.search import Rules, prepare, search
from visionmq.engine.picture import read_picture
from visionmq.schemas.document.documents import RecognizeParams

ROUNDS = 3


def main(folder: Path) -> None:
    data = Path(sys.modules["visionmq.engine.document"].__file__ or "").parent / "data"
    detector, recogniser = load_detector(), load_recogniser((data / MODEL).read_bytes())
    engine = DocumentEngine()
    engine.load()
    prepare()
    spent: dict[str, list[float]] = defaultdict(list)

    def timed(name: str, work: Callable[[], Any]) -> Any:
        best, answer = float("inf"), None
        for _ in range(ROUNDS):
            start = time.process_time()
            answer = work()
            best = min(best, 1000 * (time.process_time() - start))
        spent[name].append(best)
        return answer

    for file in sorted((folder / "images").iterdir()):
        picture = timed("decode", lambda file=file: read_picture(file.read_bytes()))
        pixels = picture.pixels
        gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        found = timed("find the zone", lambda p=pixels: find_zones(detector, p))
        bands = found[0].lines if found else ()
        lines = timed("read its lines", lambda g=gray, b=bands: recogniser.read(g, b))
        timed("search", lambda lines=lines: search(lines, Rules(today=date(2026, 1, 1))))
        timed("barcodes", lambda p=pixels: read_barcodes(p, thorough=False))
        timed("quality", lambda p=pixels, b=bands: judge_quality(p, b, None))
        timed("the whole", lambda one=picture: engine.run("document.recognize", [Job(RecognizeParams(), [one])]))
    print("| stage | median, ms | largest, ms |\n|---|---|---|")
    for name, values in spent.items():
        print(f"| {name} | {median(values):.1f} | {max(values):.0f} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
