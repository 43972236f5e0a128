"""Fit the small network of `visionmq.engine.brand.looks`: which boxes of a photograph are a logo's.

    python -m training.brand_places DRAWINGS logo_places.npz --photographs FOLDER...

`DRAWINGS` is the folder that `training.brands.drawings` wrote (training brands only), the photographs are free ones. Writes the
network's layers, and prints how many logos the first boxes of scenes on held-out photographs hold.
"""

import argparse
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from training.brands.drawings import from_canvas, read
from training.brands.photographs import read_photographs
from visionmq.engine.brand import boxes as box
from visionmq.engine.brand import proposals
from visionmq.engine.brand.contours import trace
from visionmq.engine.brand.looks import describe, tables
from visionmq.engine.registration.outcome import Array

SCENES: Final = 600
SIZE: Final = (480, 360)
_SIDES: Final = (0.06, 0.5)
"""Longer side of a logo, as part of the picture's shorter; as likely in every octave."""
_RIGHT: Final = 0.75
"""Overlap that is as good as any."""
_WRONG: Final = 0.35
"""Overlap that is as bad as none."""
_HIDDEN, _EPOCHS, _BATCH = 16, 12, 1024
_RATE: Final = 2e-3
_RARE: Final = 4.0
"""How much more a box that holds a logo weighs: one in thirty does."""
_PARTS: Final = ("weights", "shift")


def scene(drawing: Array, photograph: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """Return a photograph with a drawing (premultiplied BGRA) somewhere on it, and the drawing's box, 1 x 4."""
    card = _on_card(drawing, random)
    side = np.exp(random.uniform(*np.log(_SIDES))) * min(SIZE)
    high, wide = card.shape[:2]
    corners = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    turn = random.normal(0, 0.2)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    placed = ((corners - corners[2] / 2) / max(wide, high) * side) @ spin.T
    placed += random.normal(0, 0.04 * side, (4, 2))
    low, top = placed.min(axis=0), placed.max(axis=0)
    placed += [random.uniform(-low[at], max(-low[at] + 1, SIZE[at] - top[at])) for at in (0, 1)]
    matrix = cv2.getPerspectiveTransform(corners, placed.astype(np.float32))
    laid = cv2.warpPerspective(card, matrix, SIZE, flags=cv2.INTER_AREA).astype(np.float32)
    made = photograph * (1 - laid[:, :, 3:] / 255) + laid[:, :, :3] * random.uniform(0.6, 1.0)
    soft = cv2.GaussianBlur(np.clip(made, 0, 255), (0, 0), random.uniform(0.3, 1.4)) + random.normal(0, 4, made.shape)
    _, file = cv2.imencode(
        ".jpg", np.clip(soft, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(45, 95))]
    )
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


def fit(measured: Array, overlap: Array) -> list[tuple[Array, Array]]:
    """Return weights and shift of the layers of a network that tells from measurements how far a box fits a logo."""
    import torch  # type: ignore[import-not-found,unused-ignore]

    torch.manual_seed(0)
    mean, spread = measured.mean(axis=0), measured.std(axis=0) + 1e-6
    inputs = torch.tensor((measured - mean) / spread, dtype=torch.float32)
    wanted = torch.tensor(((overlap - _WRONG) / (_RIGHT - _WRONG)).clip(0, 1), dtype=torch.float32)
    sizes = [measured.shape[1], _HIDDEN, _HIDDEN]
    hidden = [part for ends in pairwise(sizes) for part in (torch.nn.Linear(*ends), torch.nn.ReLU())]
    net = torch.nn.Sequential(*hidden, torch.nn.Linear(_HIDDEN, 1))
    optimiser = torch.optim.AdamW(net.parameters(), _RATE, weight_decay=1e-2)
    for _ in range(_EPOCHS):
        for part in torch.randperm(len(inputs)).split(_BATCH):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                net(inputs[part])[:, 0], wanted[part], weight=1 + _RARE * wanted[part]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    layers = [(one.weight.detach().numpy().T, one.bias.detach().numpy()) for one in net if hasattr(one, "weight")]
    first = layers[0][0] / spread[:, None]
    return [(first, layers[0][1] - mean @ first), *layers[1:]]


def likeness(layers: list[tuple[Array, Array]], seen: Array) -> Array:
    """Return what the network makes of measurements (n x features), n."""
    for weights, shift in layers[:-1]:
        seen = np.maximum(seen @ weights + shift, 0)
    return np.asarray((seen @ layers[-1][0] + layers[-1][1])[:, 0])


def _sample(drawings: Array, photographs: list[Array], random: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return one scene's boxes, what is measured of them, and their overlap with the logo."""
    drawing = from_canvas(drawings[random.integers(len(drawings))])
    made, where = scene(drawing, photographs[random.integers(len(photographs))], random)
    contours = trace(made)
    found = proposals.candidates(made, contours)
    return found, describe(tables(made), contours, found), box.ious(where, box.padded(found, proposals.MARGIN))[0]


def main() -> None:
    """Draw scenes, fit, write, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("drawings", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--photographs", type=Path, nargs="+", required=True)
    asked = parser.parse_args()
    drawings, _ = read(asked.drawings / "train")
    random = np.random.default_rng(11)
    photographs = [
        np.asarray(cv2.resize(one, SIZE, interpolation=cv2.INTER_AREA)) for one in read_photographs(asked.photographs)
    ]
    photographs = [photographs[at] for at in random.permutation(len(photographs))]
    cut = max(1, len(photographs) // 4)
    samples = [_sample(drawings, photographs[cut:], random) for _ in range(SCENES)]
    layers = fit(np.vstack([rows for _, rows, _ in samples]), np.concatenate([overlap for *_, overlap in samples]))
    kept = {f"{name}{at}": part for at, pair in enumerate(layers) for name, part in zip(_PARTS, pair, strict=True)}
    np.savez(asked.out, **{name: part.astype(np.float32) for name, part in kept.items()})  # type: ignore[arg-type]
    held = [_sample(drawings, photographs[:cut], random) for _ in range(SCENES // 4)]
    for most in (10, 20, 24, 32, 40):
        best = [_best(found, likeness(layers, rows), overlap, most) for found, rows, overlap in held]
        print(most, *(f"{limit}: {np.mean([one >= limit for one in best]):.3f}" for limit in (0.5, 0.6, 0.7)))


def _best(found: Array, likely: Array, overlap: Array, most: int) -> float:
    order = np.argsort(-likely, kind="stable")
    kept = box.distinct(found[order], proposals.SAME, most)
    return float(overlap[order][kept].max())


if __name__ == "__main__":
    main()
