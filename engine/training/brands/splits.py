"""Who is trained on, who is held out: by brand, never by drawing.

    python -m training.brands.splits NODE_MODULES NEVER_TRAIN

writes `splits.json` beside this module: the unseen brands, which a benchmark may measure on. They are brands of
`@iconify-json/logos` that the never-train list does not name, in the order of a hash of their name, so that another version
of a package moves few of them.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Final

from training.brands.names import Barred, key, read_names, stem
from training.brands.sources import Source, read_all

SPLITS: Final = Path(__file__).with_name("splits.json")
UNSEEN: Final = 340
"""Brands held out; the aim is measured on 300 of them."""
_SEED: Final = "visionmq brands 1"
LOGOS: Final = "@iconify-json/logos"


def _order(name: str) -> str:
    return hashlib.sha256(f"{_SEED}:{name}".encode()).hexdigest()


def choose_unseen(sources: list[Source], never: list[str]) -> dict[str, str]:
    """Return held-out brands: name to the slug of their clean reference (the symbol where the package has one)."""
    barred = Barred.of(never)
    slugs = {source.slug for source in sources if source.package == LOGOS and not barred.bars(source.names)}
    stems = sorted({stem(slug) for slug in slugs}, key=_order)
    drawings = {name: f"{name}-icon" if f"{name}-icon" in slugs else name for name in stems}
    distinct = {key(name): (name, slug) for name, slug in reversed(drawings.items()) if slug in slugs}
    chosen = sorted(distinct.values(), key=lambda pair: _order(pair[0]))[:UNSEEN]
    return dict(chosen)


def read_unseen() -> dict[str, str]:
    """Return the held-out brands of `splits.json`."""
    unseen: dict[str, str] = json.loads(SPLITS.read_text("utf-8"))["unseen"]
    return unseen


def classes(sources: list[Source], never: list[str]) -> dict[str, list[Source]]:
    """Return what may be trained on: drawings by brand, without the never-train list and the held-out brands."""
    barred = Barred.of([*never, *read_unseen()])
    found: dict[str, list[Source]] = {}
    for source in sources:
        if not barred.bars((*source.names, source.slug)):
            found.setdefault(key(source.names[0]), []).append(source)
    return found


def main() -> None:
    """Write the splits file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("modules", type=Path)
    parser.add_argument("never", type=Path)
    asked = parser.parse_args()
    unseen = choose_unseen(read_all(asked.modules), read_names(asked.never))
    SPLITS.write_text(json.dumps({"seed": _SEED, "package": LOGOS, "unseen": unseen}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
