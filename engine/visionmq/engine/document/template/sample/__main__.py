"""Draw test photographs of the sample card with their truth, or its bundle."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from visionmq.engine.document.template.learn import learn
from visionmq.engine.document.template.sample.card import draw_card, zones
from visionmq.engine.document.template.sample.holder import SPECIMEN, invent
from visionmq.engine.document.template.sample.scene import Random, invent_view, photograph
from visionmq.engine.picture import Pixels
from visionmq.schemas.document.templates import LearnParams

_PER_MM = 16
"""Pixels a millimetre of the cards that are photographed: finer than any view of them."""


def draw(random: Random) -> tuple[bytes, dict[str, object]]:
    """Return a photograph as a JPEG file, and its truth."""
    holder, view = invent(random), invent_view(random)
    page: Pixels = np.ascontiguousarray(np.asarray(draw_card(holder, _PER_MM))[:, :, ::-1])
    picture, corners = photograph(page, view, random)
    truth: dict[str, object] = {"doc_type": "template.vmq_library_card", "fields": holder.fields()}
    return picture, truth | {"corners": np.round(corners, 2).tolist(), "view": asdict(view)}


def bundle() -> dict[str, bytes]:
    """Return the files of the shipped bundle, learnt from the specimen's card."""
    page: Pixels = np.ascontiguousarray(np.asarray(draw_card(SPECIMEN))[:, :, ::-1])
    params = LearnParams(name="vmq_library_card", title="Amaurot Public Library, reader's card", zones=zones())
    return learn(params, page)[1]


def main() -> None:
    """Write card_NNN.jpg and truth.json (by file name) into a folder; the same seed gives the same files."""
    parser = argparse.ArgumentParser(prog="python -m visionmq.engine.document.template.sample", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--bundle", action="store_true", help="write the card's bundle instead of photographs")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.bundle:
        for name, content in bundle().items():
            (given.folder / name).write_bytes(content)
        return
    truth = {}
    for number in range(given.count):
        picture, facts = draw(np.random.default_rng((given.seed, number)))
        name = f"card_{number:03}.jpg"
        (given.folder / name).write_bytes(picture)
        truth[name] = facts
    (given.folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


if __name__ == "__main__":
    main()
