"""FastMRZ (AGPL, measured side by side only) with Tesseract and an `mrz` model for it in $MRZ_TESSDATA.

Accepted: status SUCCESS. Lines are its `mrz_text`, whether or not it could parse them.
"""

import os
from typing import Any

from fastmrz import FastMRZ

from benchmarks.peers.serving import answer, serve

READER = FastMRZ(tessdata_path=os.environ["MRZ_TESSDATA"])


def read(name: str) -> dict[str, Any]:
    text = READER.get_details(name, ignore_parse=True)
    if not text:
        return answer([], accepted=False)
    try:
        status = READER.get_details(text, input_type="text")["status"]
    except Exception as error:  # its parser raises on dates that are none, and on lines without <<
        return answer(text.split("\n"), accepted=False, error=f"{type(error).__name__}: {error}"[:300])
    return answer(text.split("\n"), accepted=status == "SUCCESS")


if __name__ == "__main__":
    serve(read)
