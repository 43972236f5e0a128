"""One drawing a brand as a folder of PNG files, and cut-outs of them as a camera might have made them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from training.brands import drawings

Array: TypeAlias = np.ndarray[Any, Any]

_RIM: Final = 16
"""White pixels around a drawing."""
_LIGHT: Final = 225.0
"""Mean level of a drawing from which on it is put on a dark ground."""
_DARK: Final = 32
_SEED: Final = 300


def on_ground(canvas: Array, ground: Array, at: tuple[int, int]) -> Array:
    """Return a copy of a picture (h x w x 3) with a drawing (premultiplied BGRA on a canvas) at (y, x)."""
    drawn = drawings.from_canvas(canvas).astype(np.float32)
    height, width = drawn.shape[:2]
    seen = ground.astype(np.float32)
    part = seen[at[0] : at[0] + height, at[1] : at[1] + width]
    part[:] = drawn[:, :, :3] + part * (1 - drawn[:, :, 3:] / 255)
    return np.asarray(seen + 0.5, np.uint8)


def write_folder(stem: Path, folder: Path, count: int) -> list[str]:
    """Write one drawing a brand, `folder/BRAND/1.png`; return the brands."""
    canvases, rows = drawings.read(stem)
    first = {row["brand"]: index for index, row in reversed(list(enumerate(rows)))}
    chosen = sorted(first)[:: max(1, len(first) // count)][:count]
    for brand in chosen:
        canvas = canvases[first[brand]]
        height, width = drawings.from_canvas(canvas).shape[:2]
        paper = np.full((height + 2 * _RIM, width + 2 * _RIM, 3), _paper(canvas), np.uint8)
        (folder / brand).mkdir(parents=True)
        cv2.imwrite(str(folder / brand / "1.png"), on_ground(canvas, paper, (_RIM, _RIM)))
    return chosen


def _paper(canvas: Array) -> int:
    """Return the grey of the ground: white, or dark for a drawing that cannot be seen on white."""
    drawn = canvas[canvas[:, :, 3] > 128][:, :3]
    return _DARK if drawn.size and float(drawn.min(axis=1).mean()) > _LIGHT else 255


def cut_outs(folder: Path, brands: Sequence[str], count: int) -> list[tuple[str, bytes]]:
    """Return brands with what a camera might have cut out of them: smaller, blurred, noisy, as JPEG."""
    chance = np.random.default_rng(_SEED)
    found = []
    for brand in chance.permutation(np.array(brands))[:count]:
        pixels = cv2.imread(str(folder / str(brand) / "1.png"))
        assert pixels is not None
        small = cv2.GaussianBlur(cv2.resize(pixels, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA), (0, 0), 0.8)
        worn = small.astype(np.float32) * 0.85 + 12 + chance.normal(0, 4, small.shape)
        _, file = cv2.imencode(".jpg", np.clip(worn, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 80])
        found.append((str(brand), file.tobytes()))
    return found
