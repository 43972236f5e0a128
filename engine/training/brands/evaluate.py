"""Measure an embedding beside the plain backbone: unseen brands degraded, other drawings of a brand, brands of no gallery.

    python -m training.brands.evaluate MODEL.onnx --data DATA --dev ../shared/data/logos/dev --photographs FOLDER

The plain backbone is EfficientNet-Lite0 without a projection, 224 pixels, cosine, as older services did it.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from training.brands.camera import over
from training.brands.degrade import HARD, USUAL, Recipe, degrade, proposal
from training.brands.drawings import from_canvas, read
from training.brands.photographs import read_photographs
from visionmq.engine.brand.embedding import LogoEmbedding
from visionmq.engine.brand.letterbox import letterbox
from visionmq.engine.brand.views import cut, views

Array: TypeAlias = np.ndarray[Any, Any]
Embed: TypeAlias = Callable[[Sequence[Array]], Array]

_UNSEEN: Final = 300
_QUERIES: Final = 2
"""Degraded pictures of each unseen brand."""
_SEED: Final = 2026
_PLAIN_SIDE: Final = 224


def plain_backbone() -> Embed:
    """Return the features of EfficientNet-Lite0 as an embedding."""
    import torch  # type: ignore[import-not-found,unused-ignore]

    from training.brands.network import pretrained

    net = pretrained().eval()

    def embed(crops: Sequence[Array]) -> Array:
        found = []
        for start in range(0, len(crops), 16):
            squares = np.stack([letterbox(crop, (_PLAIN_SIDE, _PLAIN_SIDE)) for crop in crops[start : start + 16]])
            inputs = torch.from_numpy(squares[..., ::-1].copy()).permute(0, 3, 1, 2).float()
            with torch.no_grad():
                found.append(net((inputs - 127.0) / 128.0).numpy())
        return unit(np.concatenate(found))

    return embed


def unit(vectors: Array) -> Array:
    """Return vectors of length one."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def prototype(embed: Embed, picture: Array) -> Array:
    """Return the direction of the mean embedding of a reference's views."""
    return unit(embed(views(picture)).mean(axis=0))


def reference(bgra: Array) -> Array:
    """Return a clean reference: a drawing on white with a margin, on dark if the drawing is near white."""
    share = bgra[:, :, 3].astype(np.float64).sum()
    level = 30 if bgra[:, :, :3].astype(np.float64).sum() / 3 > 0.9 * share else 255
    room = round(0.06 * max(bgra.shape[:2]))
    padded = cv2.copyMakeBorder(bgra, room, room, room, room, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    return over(np.full((*padded.shape[:2], 3), level, np.uint8), np.asarray(padded))


def unseen_brands(
    data: Path, photographs: list[Path], brands: int, recipe: Recipe = HARD
) -> tuple[list[Array], list[Array], list[int]]:
    """Return references of unseen brands, crops of degraded pictures of them, and which brand each crop shows."""
    photos = read_photographs(photographs)
    canvases, _ = read(data / "unseen")
    drawings = [from_canvas(canvas) for canvas in canvases[:brands]]
    crops = []
    for index, drawing in enumerate(drawings):
        for turn in range(_QUERIES):
            rng = np.random.default_rng([_SEED, index, turn])
            crops.append(proposal(*degrade(drawing, rng, photos, recipe), rng))
    return (
        [reference(drawing) for drawing in drawings],
        crops,
        [index for index in range(len(drawings)) for _ in range(_QUERIES)],
    )


def first_right(gallery: Array, queries: Array, truth: Sequence[int], within: int = 1) -> Array:
    """Return for each query whether its brand is among the `within` nearest of a gallery."""
    order = np.argsort(-(queries @ gallery.T), axis=1)[:, :within]
    return np.asarray((order == np.asarray(truth)[:, None]).any(axis=1))


def _show(name: str, values: Iterable[tuple[str, float]]) -> None:
    print(f"{name:42s}" + "  ".join(f"{label} {value:.3f}" for label, value in values), flush=True)


def measure_unseen(name: str, embed: Embed, material: tuple[list[Array], list[Array], list[int]]) -> None:
    """Print top-1 and top-5 of degraded queries with one clean reference, and with a prototype of its views."""
    references, crops, truth = material
    queries = embed(crops)
    for kind, gallery in (
        ("one reference", embed([cut(picture) for picture in references])),
        ("prototype", np.stack([prototype(embed, picture) for picture in references])),
    ):
        rows = [(f"top-{within}", float(first_right(gallery, queries, truth, within).mean())) for within in (1, 5)]
        _show(f"{name}, unseen, {kind}", rows)


def measure_dev(name: str, embed: Embed, folder: Path) -> None:
    """Print top-1 by kind of other drawings, and false positives on brands of no gallery at 95 % recall."""
    truth = json.loads((folder / "truth.json").read_text("utf-8"))

    def read_part(part: str) -> tuple[list[Array], list[dict[str, Any]]]:
        read_in = [np.asarray(cv2.imread(str(folder / file), cv2.IMREAD_COLOR)) for file in truth[part]]
        return [cut(picture) for picture in read_in], list(truth[part].values())

    pictures, rows = read_part("gallery")
    gallery = np.stack([prototype(embed, picture) for picture in pictures])
    brands = [row["brand"] for row in rows]
    crops, asked = read_part("queries")
    queries = embed(crops)
    right = first_right(gallery, queries, [brands.index(row["brand"]) for row in asked])
    by_kind = [(kind, float(right[[row["kind"] == kind for row in asked]].mean())) for kind in ("icon", "tiny", "full")]
    _show(f"{name}, dev", [("all", float(right.mean())), *by_kind])
    best = (queries @ gallery.T).max(axis=1)[right]
    others = (embed(read_part("openset")[0]) @ gallery.T).max(axis=1)
    _show(
        f"{name}, dev, no gallery", [("accepted at 95 % of right", float((others >= np.quantile(best, 0.05)).mean()))]
    )


def milliseconds(embed: Embed, count: int = 40) -> float:
    """Return the median time of one crop, alone."""
    crop = np.random.default_rng(0).integers(0, 256, (200, 160, 3), np.uint8)
    spent = []
    for _ in range(count):
        began = time.perf_counter()
        embed([crop])
        spent.append(1e3 * (time.perf_counter() - began))
    return float(np.median(spent))


def main() -> None:
    """Measure models from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("models", type=Path, nargs="*")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--dev", type=Path)
    parser.add_argument("--photographs", type=Path, nargs="+", default=[])
    parser.add_argument("--brands", type=int, default=_UNSEEN)
    parser.add_argument("--plain", action="store_true", help="measure the plain backbone too")
    asked = parser.parse_args()
    recipes = {"usual": USUAL, "hard": HARD}
    materials = {
        name: unseen_brands(asked.data, asked.photographs, asked.brands, recipe) for name, recipe in recipes.items()
    }
    embeds: dict[str, Embed] = {model.stem: LogoEmbedding(model.read_bytes()).embed for model in asked.models}
    if asked.plain:
        embeds["plain Lite0"] = plain_backbone()
    for name, embed in embeds.items():
        for recipe, material in materials.items():
            measure_unseen(f"{name}, {recipe}", embed, material)
        if asked.dev:
            measure_dev(name, embed, asked.dev)
        _show(name, [("ms a crop", milliseconds(embed))])


if __name__ == "__main__":
    main()
