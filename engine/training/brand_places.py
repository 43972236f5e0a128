"""Fit the weights of `visionmq.engine.brand.looks`: which boxes of a photograph are a logo's.

    python -m training.brand_places DRAWINGS PHOTOGRAPHS

`DRAWINGS` is the folder that `training.brands.drawings` wrote (training brands only), `PHOTOGRAPHS` a folder
of free photographs. Prints the weights, and how many logos the first boxes of held-out scenes hold.
"""

import argparse
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from training.brands.drawings import from_canvas, read
from visionmq.engine.brand import boxes as box
from visionmq.engine.brand import proposals
from visionmq.engine.brand.contours import trace
from visionmq.engine.brand.looks import describe, tables
from visionmq.engine.registration.outcome import Array

SCENES: Final = 300
_SIZE: Final = (480, 360)
_RIGHT: Final = 0.6
_WRONG: Final = 0.35
_RIDGE: Final = 1.0
_STEPS: Final = 30


def scene(drawing: Array, photograph: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """Return a photograph with a drawing (premultiplied BGRA) somewhere on it, and the drawing's box, 1 x 4."""
    card = _on_card(drawing, random)
    side = random.uniform(0.12, 0.5) * min(_SIZE)
    high, wide = card.shape[:2]
    corners = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    turn = random.normal(0, 0.2)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    placed = ((corners - corners[2] / 2) / max(wide, high) * side) @ spin.T
    placed += random.normal(0, 0.04 * side, (4, 2))
    low, top = placed.min(axis=0), placed.max(axis=0)
    placed += [random.uniform(-low[at], max(-low[at] + 1, _SIZE[at] - top[at])) for at in (0, 1)]
    matrix = cv2.getPerspectiveTransform(corners, placed.astype(np.float32))
    laid = cv2.warpPerspective(card, matrix, _SIZE, flags=cv2.INTER_AREA).astype(np.float32)
    made = photograph * (1 - laid[:, :, 3:] / 255) + laid[:, :, :3] * random.uniform(0.6, 1.0)
    soft = cv2.GaussianBlur(np.clip(made, 0, 255), (0, 0), random.uniform(0.3, 1.4)) + random.normal(0, 4, made.shape)
    _, file = cv2.imencode(".jpg", np.clip(soft, 0, 255), [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(45, 95))])
    where = np.array([[*placed.min(axis=0), *placed.max(axis=0)]], np.float32)
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR)), where


def _on_card(drawing: Array, random: np.random.Generator) -> Array:
    """Return a drawing bare, or on a card of one colour."""
    if random.random() < 0.35:
        return drawing
    pad = int(random.uniform(0.04, 0.25) * max(drawing.shape[:2]))
    framed = cv2.copyMakeBorder(drawing, pad, pad, pad, pad, cv2.BORDER_CONSTANT).astype(np.float32)
    colour = random.choice([255.0, 245.0, 20.0, float(random.integers(0, 256))]) * np.ones(3)
    clear = 1 - framed[:, :, 3:] / 255
    return np.dstack([framed[:, :, :3] + clear * colour, np.full(framed.shape[:2], 255.0)]).astype(np.uint8)


def fit(measured: Array, right: Array) -> Array:
    """Return the weights of a logistic regression with both kinds weighing alike (Newton's method, ridge)."""
    share = np.where(right, 0.5 / right.mean(), 0.5 / (1 - right.mean()))
    weights = np.zeros(measured.shape[1])
    for _ in range(_STEPS):
        sure = 1 / (1 + np.exp(-np.clip(measured @ weights, -30, 30)))
        slope = measured.T @ (share * (sure - right)) + _RIDGE * weights
        curve = (measured * (share * sure * (1 - sure))[:, None]).T @ measured + _RIDGE * np.eye(len(weights))
        weights -= np.linalg.solve(curve, slope)
    return weights


def _sample(drawings: Array, photographs: list[Array], random: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return one scene's boxes, what is measured of them, and their overlap with the logo."""
    drawing = from_canvas(drawings[random.integers(len(drawings))])
    made, where = scene(drawing, photographs[random.integers(len(photographs))], random)
    contours = trace(made)
    found = proposals.candidates(made, contours)
    return found, describe(tables(made), contours, found), box.ious(where, box.padded(found, proposals.MARGIN))[0]


def main() -> None:
    """Draw scenes, fit, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("drawings", type=Path)
    parser.add_argument("photographs", type=Path)
    asked = parser.parse_args()
    drawings, _ = read(asked.drawings / "train")
    files = sorted(file for file in asked.photographs.rglob("*") if file.suffix.lower() in {".jpg", ".png"})
    opened = (cv2.imread(str(file), cv2.IMREAD_COLOR) for file in files)
    photographs = [
        np.asarray(cv2.resize(one, _SIZE, interpolation=cv2.INTER_AREA)) for one in opened if one is not None
    ]
    random = np.random.default_rng(11)
    cut = max(1, len(photographs) // 4)
    samples = [_sample(drawings, photographs[cut:], random) for _ in range(SCENES)]
    clear = [(overlap > _RIGHT) | (overlap < _WRONG) for *_, overlap in samples]
    measured = np.vstack([rows[chosen] for (_, rows, _), chosen in zip(samples, clear, strict=True)])
    right = np.concatenate([overlap[chosen] > _RIGHT for (*_, overlap), chosen in zip(samples, clear, strict=True)])
    weights = fit(measured, right)
    print("[" + ", ".join(f"{weight:.3f}" for weight in weights) + "]")
    held = [_sample(drawings, photographs[:cut], random) for _ in range(SCENES // 4)]
    for most in (8, 16, 24, 32, 48):
        best = [_best(found, rows @ weights, overlap, most) for found, rows, overlap in held]
        print(most, *(f"{limit}: {np.mean([one >= limit for one in best]):.3f}" for limit in (0.5, 0.6, 0.7)))


def _best(found: Array, likely: Array, overlap: Array, most: int) -> float:
    order = np.argsort(-likely, kind="stable")
    kept = box.distinct(found[order], proposals.SAME, most)
    return float(overlap[order][kept].max())


if __name__ == "__main__":
    main()
