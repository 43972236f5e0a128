"""Draws the specimen: a passport page of a made-up state, photographed on a desk. No real person, no real document.

python -m visionmq.engine.document.specimen FOLDER
"""

import json
import sys
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from visionmq.engine.document.layouts import FILLER, check_digit
from visionmq.engine.document.ocr import Array
from visionmq.engine.document.specimen_page import PAGE, draw_page
from visionmq.engine.picture import Pixels, encode_jpeg

SIZE: Final = (1600, 1200)
"""Width and height of the photograph in pixels."""
SEED: Final = 9303
_CORNERS: Final = ((176.0, 170.0), (1434.0, 118.0), (1474.0, 1010.0), (150.0, 1068.0))
"""Where the page's corners lie in the photograph: top left, top right, bottom right, bottom left."""

TRUTH: Final = {
    "doc_type": "mrz.mrp",
    "fields": {
        "mrz_document_code": "P",
        "mrz_issuer": "UTO",
        "mrz_surname": "SPECIMEN",
        "mrz_given_names": "LINA MARIE",
        "mrz_number": "X47P29134",
        "mrz_nationality": "UTO",
        "mrz_birth_date": "1987-04-12",
        "mrz_gender": "F",
        "mrz_expiry_date": "2034-09-30",
    },
}


def zone_lines() -> tuple[str, str]:
    """Return the two lines of the specimen's zone."""
    upper = "P<UTOSPECIMEN<<LINA<MARIE".ljust(44, FILLER)
    number, born, expires, optional = "X47P29134", "870412", "340930", FILLER * 14
    parts = [text + check_digit(text) for text in (number, born, expires, optional)]
    lower = f"{parts[0]}UTO{parts[1]}F{parts[2]}{parts[3]}"
    return upper, lower + check_digit(parts[0] + parts[1] + parts[2] + parts[3])


def draw_specimen(seed: int = SEED) -> bytes:
    """Return the specimen as a JPEG file; the same seed gives the same picture."""
    random = np.random.default_rng(seed)
    page = np.asarray(draw_page(zone_lines(), random).convert("RGB"))[:, :, ::-1]
    scene = _desk(random)
    matrix = _matrix()
    alpha = _warp(np.full(page.shape[:2], 255, np.uint8), matrix)
    scene = scene * (1 - _shadow(alpha)[:, :, None] * 0.62)
    cover = (cv2.GaussianBlur(alpha, (3, 3), 0).astype(np.float32) / 255)[:, :, None]
    scene = scene * (1 - cover) + _warp(np.ascontiguousarray(page), matrix) * cover
    return encode_jpeg(_photograph(scene, random), 80)


def _matrix() -> Array:
    width, height = PAGE
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(source, np.array(_CORNERS, np.float32)))


def _warp(pixels: Array, matrix: Array) -> Array:
    return np.asarray(cv2.warpPerspective(pixels, matrix, SIZE, flags=cv2.INTER_AREA))


def _desk(random: np.random.Generator) -> Array:
    """Return a wooden desk: planks with grain that runs along them."""
    width, height = SIZE
    grain: Array = random.normal(0, 1, (height, width // 8)).astype(np.float32)
    grain = cv2.resize(cv2.GaussianBlur(grain, (0, 0), 9, sigmaY=1.1), (width, height), interpolation=cv2.INTER_CUBIC)
    waves = np.sin(np.arange(height)[:, None] / 17 + 1.6 * np.sin(np.arange(width)[None, :] / 420))
    wood = np.array([58, 88, 124], np.float32) + (grain * 34 + waves * 3.5)[:, :, None]
    for edge in range(0, height, 300):
        wood[edge : edge + 3] *= 0.62
        wood[edge : edge + 300] += random.normal(0, 5)
    return np.asarray(wood)


def _shadow(alpha: Array) -> Array:
    moved = np.roll(alpha, (22, 16), axis=(0, 1)).astype(np.float32) / 255
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), 16))


def _photograph(scene: Array, random: np.random.Generator) -> Pixels:
    """Add light that falls off, the lens's softness and the sensor's noise."""
    width, height = SIZE
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    light = 1.05 - 0.12 * ((x + 0.35) ** 2 + (y + 0.4) ** 2) / 2
    soft = cv2.GaussianBlur(np.asarray(scene * light[:, :, None]), (0, 0), 0.7)
    noise = np.asarray(random.normal(0, 3.0, soft.shape))
    out: Pixels = np.clip(soft + cv2.GaussianBlur(noise, (0, 0), 0.6), 0, 255).astype(np.uint8)
    return out


def main(folder: Path) -> None:
    """Write specimen.jpg and specimen.json into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "specimen.jpg").write_bytes(draw_specimen())
    truth = {**TRUTH, "mrz": list(zone_lines())}
    (folder / "specimen.json").write_text(json.dumps(truth, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
