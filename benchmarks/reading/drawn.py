"""Drawn specimens as a labelled folder: photographs as somebody with a telephone takes them, of people who do not exist."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.reading.scoring import Truth
from visionmq.engine.document.mrz.layouts import MASKS
from visionmq.engine.document.specimen.draw import SCAN, Specimen, casual, specimens
from visionmq.engine.picture import encode_png

SEED = 20_269_303
"""Used by no test and no training."""
TYPES = {
    "mrz.mrp": "TD3",
    "mrz.td1": "TD1",
    "mrz.td2": "TD2",
    "mrz.mrva": "MRVA",
    "mrz.mrvb": "MRVB",
    "mrz.idfra": "IDFRA",
}
_COMPARED_BY_VALUE = ("surname", "given_names", "number", "birth_date", "expiry_date")
"""The rest of a known layout is compared as printed, by its place in the lines."""


def draw(folder: Path, count: int, doc_types: Sequence[str] = MASKS, *, flat: bool = False) -> list[tuple[Path, Truth]]:
    """Write so many pictures, the document types in turn; return each beside what stands on it.

    `flat` ones are scans; the others are taken by hand with a telephone.
    """
    made = []
    degradation = SCAN if flat else casual
    for number, specimen in enumerate(specimens(SEED, count, doc_types=doc_types, degradation=degradation)):
        path = folder / f"drawn_{number:04d}_{specimen.doc_type.removeprefix('mrz.')}.png"
        path.write_bytes(encode_png(specimen.pixels))
        made.append((path, truth_of(specimen)))
    return made


def truth_of(specimen: Specimen) -> Truth:
    """Return a specimen's truth in the form of a labelled folder's."""
    kind = TYPES.get(specimen.doc_type)
    fields = {
        name: text for name, text in specimen.fields.items() if text and (kind is None or name in _COMPARED_BY_VALUE)
    }
    return Truth(specimen.lines, kind or specimen.doc_type, fields)
