"""Word marks: drawn words to stand beside a symbol, as in the lock-ups of brands."""

from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Array: TypeAlias = np.ndarray[Any, Any]

_HEIGHT: Final = 44
_FONTS: Final = ("dejavu", "liberation", "freefont", "noto", "cmu", "lato", "roboto", "ubuntu")
"""Families of free fonts, where the machine has them."""


def _fonts() -> list[Path]:
    files = sorted(Path("/usr/share/fonts").rglob("*.[ot]tf"))
    return [file for file in files if any(word in str(file).lower() for word in _FONTS)]


def draw_words(names: list[str], count: int, seed: int) -> list[Array]:
    """Return masks (h, w) uint8 of words of brands' names in random fonts and cases."""
    rng = np.random.default_rng(seed)
    fonts = [ImageFont.truetype(str(file), _HEIGHT) for file in _fonts()]
    masks = []
    for _ in range(count if fonts else 0):
        word = names[int(rng.integers(len(names)))][:14]
        word = (word, word.title(), word.upper())[int(rng.integers(3))]
        font = fonts[int(rng.integers(len(fonts)))]
        box = font.getbbox(word)
        picture = Image.new("L", (int(box[2] - box[0]) + 2, int(box[3] - box[1]) + 2))
        ImageDraw.Draw(picture).text((1 - box[0], 1 - box[1]), word, fill=255, font=font)
        masks.append(np.asarray(picture))
    return [mask for mask in masks if min(mask.shape) > 8]
