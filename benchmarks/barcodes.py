"""Barcodes: what is read of a labelled folder, what of drawn symbols by degradation, and what a picture costs.

python benchmarks/barcodes.py ../shared/data/pdf417/dev [--without FOLDER]...

A folder has truth.json ({name: {"text": ...}}) and images/. FOLDERs hold pictures to time (documents without barcodes).
Milliseconds are those of one core. "Library" is zxing-cpp called once on the whole picture with all its own retries.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import zxingcpp

from visionmq.engine.document.barcode.reading import Barcode, read_barcodes

SEED = 417
SIDE = (960, 1280)
FORMATS = (
    zxingcpp.BarcodeFormat.PDF417,
    zxingcpp.BarcodeFormat.QRCode,
    zxingcpp.BarcodeFormat.DataMatrix,
    zxingcpp.BarcodeFormat.Aztec,
)
LICENCE = (
    "@\n\x1e\rANSI 636000100102DL00410278ZV03190008DLDAQT64235789\nDCSSAMPLE\nDDEN\nDACMICHAEL\nDDFN\nDADJOHN\nDDGN\n"
    "DCUJR\nDCAD\nDCBK\nDCDPH\nDBD06062019\nDBB06061986\nDBA12102024\nDBC1\nDAU068 in\nDAYBRO\nDAG2300 WEST BROAD STREET\n"
    "DAIRICHMOND\nDAJVA\nDAK232690000  \nDCF2424244747474786102204\nDCGUSA\nDCK123456789\nDDAF\nDDB06062018\nDDC06062020\n"
    "DDD1\rZVZVA01\r"
)
SHORT = "DC04FR0AXT4A0E840E8A0101FR431,5\x1d444237A1861133245202146DOE JOHN\x1d"


def draw(kind: zxingcpp.BarcodeFormat, module: float, angle: float = 0.0, slant: float = 0.0, seed: int = SEED):
    """A symbol on a mottled card; `module` in pixels, `angle` and `slant` in degrees."""
    random = np.random.default_rng(seed)
    text = LICENCE if kind == zxingcpp.BarcodeFormat.PDF417 else SHORT
    symbol = np.array(zxingcpp.create_barcode(text, kind).to_image(scale=8, add_quiet_zones=True))
    height, width = SIDE
    card = cv2.GaussianBlur(random.normal(0, 1, SIDE).astype(np.float32), (0, 0), 6) * 120 + 140
    rows, columns = symbol.shape
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    flat = (corners - [columns / 2, rows / 2]) * module / 8
    focal, tilt, turn = 1.6 * width, np.deg2rad(slant), np.deg2rad(angle)
    depth = focal / (focal + flat[:, :1] * np.sin(tilt))
    seen = flat * [np.cos(tilt), 1] * depth
    seen = seen @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + [width / 2, height / 2]
    matrix = np.diag([3.0, 3.0, 1.0]) @ cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    size = (width * 3, height * 3)
    ink = cv2.resize(cv2.warpPerspective(symbol, matrix, size, borderValue=255), (width, height), interpolation=3)
    cover = cv2.resize(cv2.warpPerspective(np.full_like(symbol, 255), matrix, size), (width, height), interpolation=3)
    share = cover.astype(np.float32) / 255
    return card * (1 - share) + (ink * 0.78 + 25) * share


def photograph(scene, blur: float = 0.5, noise: float = 3.0, quality: int = 90, seed: int = SEED):
    soft = cv2.GaussianBlur(scene, (0, 0), blur) if blur else scene
    grey = np.clip(soft + np.random.default_rng(seed).normal(0, noise, scene.shape), 0, 255).astype(np.uint8)
    grey = cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)
    return np.repeat(grey[:, :, None], 3, axis=2)


def cases(kind: zxingcpp.BarcodeFormat) -> Iterator[tuple[str, np.ndarray]]:
    for angle in range(0, 360, 15):
        yield "turned", photograph(draw(kind, 3, angle))
    for slant in (10, 20, 30, 40, 50):
        yield "slanted 10-50 degrees", photograph(draw(kind, 3, 8, slant))
    for module in (1.5, 2, 2.5, 3, 4):
        yield "modules of 1.5-4 px", photograph(draw(kind, module, 7))
    for blur in (0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9):
        for module in (2, 3, 4):
            yield "blur 0.2-0.9 modules of 2-4 px", photograph(draw(kind, module, 7), blur * module)
    for quality in (10, 20, 30, 50):
        yield "JPEG 10-50", photograph(draw(kind, 3, 7), quality=quality)
    for noise in (8, 16, 24, 32):
        yield "noise 8-32", photograph(draw(kind, 3, 7), noise=noise)
    yield "light on dark", 255 - photograph(draw(kind, 3, 7))


def ours(pixels) -> tuple[set[str], float]:
    start = time.process_time()
    found: list[Barcode] = read_barcodes(pixels)
    return {barcode.text for barcode in found}, time.process_time() - start


def library(pixels) -> tuple[set[str], float]:
    start = time.process_time()
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    found = zxingcpp.read_barcodes(
        grey, formats=zxingcpp.BarcodeFormats(list(FORMATS)), text_mode=zxingcpp.TextMode.Plain
    )
    return {barcode.text for barcode in found}, time.process_time() - start


def labelled(folder: Path) -> int:
    truth = json.loads((folder / "truth.json").read_text())
    right, spent, wrong = {"ours": 0, "library": 0}, {"ours": [], "library": []}, 0
    for name, entry in truth.items():
        pixels = cv2.imread(str(folder / "images" / name))
        for who, reader in (("ours", ours), ("library", library)):
            texts, took = reader(pixels)
            right[who] += texts == {entry["text"]}
            spent[who].append(took * 1000)
            if who == "ours" and texts - {entry["text"]}:
                wrong += 1
                print(f"{name}: read {texts}")
    for who, count in right.items():
        print(
            f"{folder}: {who} {count} of {len(truth)} right, median {statistics.median(spent[who]):.1f} ms, "
            f"slowest {max(spent[who]):.1f} ms"
        )
    return wrong


def drawn() -> None:
    for kind in FORMATS:
        counts: dict[str, list[int]] = {}
        for label, pixels in cases(kind):
            count = counts.setdefault(label, [0, 0, 0])
            text = LICENCE if kind == zxingcpp.BarcodeFormat.PDF417 else SHORT
            count[0] += 1
            count[1] += text in ours(pixels)[0]
            count[2] += text in library(pixels)[0]
        print(f"\n{kind.name:36} drawn  ours  library")
        for label, count in counts.items():
            print(f"  {label:34} {count[0]:5} {count[1]:5} {count[2]:8}")


def timed(folder: Path) -> None:
    spent = []
    for file in sorted(folder.iterdir()):
        pixels = cv2.imread(str(file))
        if pixels is None:
            continue
        scale = 1280 / max(pixels.shape)
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale)
        ours(pixels)
        spent.append(ours(pixels)[1] * 1000)
    print(
        f"{folder}: {len(spent)} pictures at 1280 px, median {statistics.median(spent):.1f} ms, "
        f"{sum(took < 25 for took in spent)} under 25 ms, slowest {max(spent):.1f} ms"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--without", type=Path, action="append", default=[])
    given = parser.parse_args()
    cv2.setNumThreads(1)
    wrong = labelled(given.folder)
    for folder in given.without:
        timed(folder)
    drawn()
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
