"""The labelled sets: pictures of one person each, who it is, and pairs."""

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from visionmq.engine.picture import Pixels


@dataclass(frozen=True, slots=True)
class Portraits:
    """Pictures of one person each."""

    name: str
    folder: Path
    files: tuple[str, ...]
    persons: dict[str, str]
    groups: dict[str, str]
    """Pictures of two groups may show one person under two names: they are not compared."""
    pairs: tuple[tuple[str, str, bool], ...]

    def read(self, file: str) -> Pixels:
        """Return a picture's pixels."""
        pixels = cv2.imread(str(self.folder / file))
        assert pixels is not None, file
        return np.asarray(pixels, np.uint8)


def portraits(folder: Path, name: str) -> Portraits:
    """Read a set: `pairs.csv` (a, b, same), and `labels.csv` (file, identity, source) where it is; else names of files."""
    with (folder / "pairs.csv").open() as lines:
        pairs = tuple((row["a"], row["b"], row["same"] == "1") for row in csv.DictReader(lines))
    files = tuple(sorted({file for a, b, _ in pairs for file in (a, b)}))
    persons = {file: Path(file).stem.rsplit("_", 1)[0] for file in files}
    groups = dict.fromkeys(files, "")
    if name == "faces_wild":
        with (folder / "labels.csv").open() as lines:
            for row in csv.DictReader(lines):
                key = row["file"] if row["file"] in persons else f"images/{row['file']}"
                persons[key], groups[key] = row["identity"], row["source"]
    return Portraits(name, folder, files, persons, groups, pairs)
