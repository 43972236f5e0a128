"""Templates on photographs of the sample card: documents found, fields right, silent errors, corners, time.

python -m benchmarks.templates --count 200               everyday photographs
python -m benchmarks.templates --degrade --count 4       one trouble at a time
python -m benchmarks.templates --time                    against five templates, without reading
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

import cv2
import msgspec
import numpy as np

from visionmq.engine.document.ocr import Reader, load_models
from visionmq.engine.document.template.alignment import Template, align, load_all, make_template
from visionmq.engine.document.template.bundle import Bundle
from visionmq.engine.document.template.sample.__main__ import draw
from visionmq.engine.document.template.sample.card import draw_card
from visionmq.engine.document.template.sample.holder import invent
from visionmq.engine.document.template.sample.scene import View, photograph
from visionmq.engine.document.template.zones import read_aligned
from visionmq.engine.picture import read_picture

TODAY = date(2026, 11, 21)
BASE = View(fill=0.75, blur=0.7, noise=3)
TROUBLES: dict[str, list[View]] = {
    "tilt, degrees": [replace(BASE, tilt=value) for value in (0, 20, 35, 50, 60)],
    "turn, degrees": [replace(BASE, turn=value) for value in (15, 45, 90, 165, 270)],
    "width, pixels": [replace(BASE, size=(value, value * 3 // 4)) for value in (1500, 1000, 600, 450, 330)],
    "blur, sigma": [replace(BASE, blur=value) for value in (1, 2, 3, 4)],
    "shake, pixels": [replace(BASE, shake=value) for value in (2, 4, 6)],
    "noise, sigma": [replace(BASE, noise=value) for value in (6, 12, 20)],
    "JPEG quality": [replace(BASE, quality=value) for value in (50, 30, 15)],
    "light": [replace(BASE, light=value) for value in (0.5, 0.3)],
    "glare": [replace(BASE, glare=value) for value in (0.4, 0.8)],
}
NAMES = {"tilt": "tilt", "turn": "turn", "width": "size", "blur": "blur", "shake": "shake", "noise": "noise",
         "JPEG": "quality", "light": "light", "glare": "glare"}  # fmt: skip


@dataclass
class Tally:
    """What a set of photographs came to."""

    count: int = 0
    missed: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    corners: list[float] = field(default_factory=list)

    def line(self) -> str:
        right = self.fields["right accepted"] + self.fields["right"]
        total = sum(self.fields.values())
        corners = f"{np.median(self.corners):.1f} / {max(self.corners):.1f}" if self.corners else "-"
        return (
            f"| {self.count - self.missed} of {self.count} | {right} of {total} | {self.fields['right accepted']} "
            f"| {self.fields['wrong accepted']} | {corners} |"
        )


def tally(templates: list[Template], ocr: Reader, shots: Iterable[tuple[bytes, dict]], *, tell: bool = False) -> Tally:
    found = Tally()
    for number, (picture, truth) in enumerate(shots):
        pixels = read_picture(picture).pixels
        aligned = align(templates, pixels)
        found.count += 1
        if aligned is None:
            found.missed += 1
            continue
        found.corners.append(float(np.linalg.norm(aligned.outline() - truth["corners"], axis=1).max()))
        fields = read_aligned(aligned, pixels, ocr, None, TODAY).fields
        for name, value in truth["fields"].items():
            if name == "mrz":
                continue
            read = fields[name]
            verdict = "right" if read.value == value else "wrong"
            found.fields[f"{verdict} accepted" if read.accepted else verdict] += 1
            if tell and (verdict == "wrong" or not read.accepted):
                print(number, name, value, read.value, read.raw, read.accepted, read.confidence, read.note)
    return found


def shots_of(view: View, count: int, seed: int) -> Iterable[tuple[bytes, dict]]:
    for number in range(count):
        random = np.random.default_rng((seed, number))
        holder = invent(random)
        page = np.ascontiguousarray(np.asarray(draw_card(holder, 16))[:, :, ::-1])
        picture, corners = photograph(page, replace(view, heading=360 * number / count), random)
        yield picture, {"fields": holder.fields(), "corners": corners}


def degrade(templates: list[Template], ocr: Reader, count: int, seed: int) -> None:
    print("| trouble | found | values right | right and accepted | silent errors | corners off, px: median / worst |")
    print("|---|---|---|---|---|---|")
    for trouble, views in TROUBLES.items():
        for view in views:
            value = getattr(view, NAMES[trouble.partition(",")[0].partition(" ")[0]])
            value = value[0] if isinstance(value, tuple) else value
            print(
                f"| {trouble} {value} ", tally(templates, ocr, shots_of(view, count, seed)).line(), sep="", flush=True
            )


def five(templates: list[Template]) -> list[Template]:
    """Return the card's template among four of other looks."""
    made = list(templates)
    for number, turn in enumerate((cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE, None)):
        page = 255 - templates[0].bundle.reference[:, ::-1]
        page = np.ascontiguousarray(page if turn is None else cv2.rotate(page, turn))
        zone = msgspec.structs.replace(templates[0].bundle.zones[0], box=(10, 10, 100, 40))
        made.append(make_template(Bundle(f"other_{number}", "", (zone,), page)))
    return made


def clock(templates: list[Template], count: int, seed: int) -> None:
    templates = five(templates)
    shots = [read_picture(draw(np.random.default_rng((seed, number)))[0]).pixels for number in range(count)]
    empty = [np.ascontiguousarray(255 - shot[::-1]) for shot in shots]
    for name, pictures in (("the card, 1500 px", shots), ("another document", empty)):
        times = []
        for pixels in pictures:
            started = time.process_time()
            align(templates, pixels)
            times.append(1000 * (time.process_time() - started))
        print(f"{name}: {np.median(times):.0f} ms median, {max(times):.0f} ms worst, {len(templates)} templates")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--degrade", action="store_true")
    parser.add_argument("--time", action="store_true")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    templates = load_all()
    if given.time:
        clock(templates, given.count, given.seed)
    elif given.degrade:
        degrade(templates, load_models(), given.count, given.seed)
    else:
        shots = (draw(np.random.default_rng((given.seed, number))) for number in range(given.count))
        print(tally(templates, load_models(), shots, tell=True).line())


if __name__ == "__main__":
    main()
