"""Draws the sheet of typefaces that zones must not be printed in, from fonts under free licences.

python -m training.typefaces LiberationMono-Regular.ttf LiberationMono-Bold.ttf DejaVuSansMono.ttf \
    DejaVuSansMono-Bold.ttf cmuntt.ttf OCRA.ttf OUT.png
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from visionmq.engine.document.judge.typeface import OTHERS, draw_face, width_of


def main(fonts: list[Path], out: Path) -> None:
    """Write one row a face, one cell a character of the zone's alphabet."""
    if len(fonts) != len(OTHERS):
        raise SystemExit(f"Give the files of {', '.join(OTHERS)}, in this order.")
    rows = [np.hstack(list(draw_face(font))) for font in fonts]
    print({name: round(width_of(font), 4) for name, font in zip(OTHERS, fonts, strict=True)})
    cv2.imwrite(str(out), np.vstack(rows), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:-1]], Path(sys.argv[-1]))
