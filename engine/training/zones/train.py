"""Train the zone detector and write it as ONNX: `python -m training.zones.train` from `engine/`.

One core, about an hour. A checkpoint and the ONNX file are written every few minutes, so any moment is a good end.
"""

import argparse
import time
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
import torch

from training.zones.net import Probable, ZoneNet, loss
from training.zones.scenes import Photographer, Sample

Array: TypeAlias = np.ndarray[Any, Any]

_FREE: Final = (384, 384)
_UPRIGHT: Final = (768, 192)
_SIDE: Final = 700
"""Photographs are shrunk to this long side when they are read."""


def read_photographs(folders: list[Path]) -> list[Array]:
    """Return the grey pictures below folders of photographs, shrunk."""
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.suffix in {".jpg", ".png"})
    pictures = []
    for file in files:
        grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            continue
        scale = min(1.0, _SIDE / max(grey.shape))
        pictures.append(np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)))
    return pictures


def batch(samples: list[Sample]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return pictures (n, 1, h, w) and labels (n, 8, h/4, w/4)."""
    grey = torch.from_numpy(np.stack([sample.grey for sample in samples])[:, None]).float() / 255
    labels = torch.from_numpy(np.stack([sample.labels for sample in samples]))
    return grey.contiguous(memory_format=torch.channels_last), labels


def make_batch(photographer: Photographer, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a batch of either kind, on fresh and older pages."""
    photographer.refresh(1)
    if photographer.random.random() < 0.35:
        return batch([photographer.upright(_UPRIGHT) for _ in range(size)])
    return batch([photographer.anyhow(_FREE) for _ in range(size)])


def export(net: ZoneNet, path: Path) -> None:
    """Write the network as ONNX, core and zone as probabilities; any batch, height and width (multiples of 32)."""
    whole = Probable(net).eval()
    axes = {"grey": {0: "n", 2: "h", 3: "w"}, "maps": {0: "n", 2: "h4", 3: "w4"}}
    example = torch.zeros(1, 1, 64, 96)
    torch.onnx.export(
        whole, (example,), str(path), input_names=["grey"], output_names=["maps"], dynamic_axes=axes, dynamo=False
    )
    net.train()


def train(minutes: float, seed: int, folders: list[Path], out: Path, start: Path | None, rate: float) -> None:
    """Train for so long; the rate follows the clock (one cycle), so the run ends trained whatever the machine."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(seed)
    photographs = read_photographs(folders)
    photographer = Photographer(seed, photographs, photographs)
    photographer.refresh(60)
    net = ZoneNet().to(memory_format=torch.channels_last)
    if start is not None:
        net.load_state_dict(torch.load(start, weights_only=True))
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-4)
    mean = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995), use_buffers=True
    )
    began = saved = time.monotonic()
    history: list[list[float]] = []
    step = 0
    while (share := (time.monotonic() - began) / (minutes * 60)) < 1:
        warm = min(1.0, (step + 1) / 100)
        for group in optimiser.param_groups:
            group["lr"] = rate * warm * (0.5 + 0.5 * np.cos(np.pi * share)) + rate * 0.01
        pictures, labels = make_batch(photographer, 10)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            maps = net(pictures)
        total, parts = loss(maps.float(), labels)
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        mean.update_parameters(net)
        history.append(parts)
        step += 1
        if step % 50 == 0:
            told = " ".join(f"{value:.3f}" for value in np.mean(history[-50:], axis=0))
            print(f"{time.monotonic() - began:6.0f} s  step {step:5d}  {told}", flush=True)
        if time.monotonic() - saved > 240:
            saved = time.monotonic()
            _save(mean.module, out)
    _save(mean.module, out)


def _save(net: ZoneNet, out: Path) -> None:
    torch.save(net.state_dict(), out.with_suffix(".pt"))
    export(net, out)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the ONNX file to write; the checkpoint goes beside it")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--photographs", type=Path, nargs="*", default=[], help="folders of pictures without zones")
    parser.add_argument("--start", type=Path, help="a checkpoint to go on from")
    given = parser.parse_args()
    train(given.minutes, given.seed, given.photographs, given.out, given.start, given.rate)


if __name__ == "__main__":
    main()
