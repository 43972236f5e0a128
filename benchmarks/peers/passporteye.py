"""PassportEye (MIT) with Tesseract's English model, as its README calls it.

Accepted: `MRZ.valid`, that is `valid_score` 100: all check digits, line lengths and the document code. Lines are the ones
PassportEye parsed, filled up with `<` as its parser does.
"""

import warnings
from typing import Any

warnings.simplefilter("ignore")

from passporteye import read_mrz  # noqa: E402
from passporteye.mrz.text import MRZOCRCleaner  # noqa: E402

from benchmarks.peers.serving import answer, serve  # noqa: E402

LENGTHS = {"TD1": 30, "TD2": 36, "TD3": 44, "MRVA": 44, "MRVB": 36}


def read(name: str) -> dict[str, Any]:
    mrz = read_mrz(name)
    if mrz is None or mrz.mrz_type is None:
        return answer([], accepted=False)
    lines = [line.ljust(LENGTHS[mrz.mrz_type], "<") for line in MRZOCRCleaner.apply(mrz.aux["raw_text"])]
    return answer(lines, accepted=bool(mrz.valid), score=int(mrz.valid_score))


if __name__ == "__main__":
    serve(read)
