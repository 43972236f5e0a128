"""Train the recogniser of zone lines and write it as ONNX.

From the folder `engine`: python -m training.lines.train --minutes 60 --out visionmq/engine/document/data/mrz_recogniser.onnx

Every picture is drawn on the way; the seed decides them all. One thread on a common processor is enough.
"""

import argparse
import copy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.lines.draw import HEIGHT, Printer, Sample, Wear
from training.lines.net import STRIDE, LineNet

_NEAR: Final = 0.28
"""Share of the pitch within which a column belongs to a letter."""
_FAR: Final = 0.42
"""Share of the pitch beyond which it belongs to none."""
_IGNORED: Final = -1
WIDTH: Final = 256
_GENTLE: Final = Wear(10, 40, blur=0.6, noise=0.4, jpeg=0.8, contrast=0.7, ground=0.4, defects=0.5)


def targets(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Return for each column of outputs the letter (or -1), and whether one stands there (1, 0, or -1)."""
    columns = STRIDE * np.arange(WIDTH // STRIDE) + 1.5
    letters = np.full(len(columns), _IGNORED, np.int64)
    stands = np.zeros(len(columns), np.int64)
    if len(sample.centres):
        distance = np.abs(columns[:, None] - sample.centres[None]) / sample.pitch
        nearest = distance.argmin(axis=1)
        least = distance.min(axis=1)
        letters[least < _NEAR] = sample.classes[nearest[least < _NEAR]]
        stands[least < _FAR] = _IGNORED
        stands[least < _NEAR] = 1
    return letters, stands


def normalise(strip: np.ndarray) -> np.ndarray:
    """Return a strip of zero mean and unit deviation."""
    values = strip.astype(np.float32)
    return (values - values.mean()) / (values.std() + 4.0)


def batches(seed: int, size: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield strips, letters and marks of standing, without end."""
    random = np.random.default_rng(seed)
    printers = Printer(random), Printer(random, _GENTLE)
    while True:
        strips = np.empty((size, 1, HEIGHT, WIDTH), np.float32)
        letters = np.empty((size, WIDTH // STRIDE), np.int64)
        stands = np.empty((size, WIDTH // STRIDE), np.int64)
        for row in range(size):
            sample = printers[row % 2].sample(WIDTH)
            pixels = sample.strip
            if row % 25 == 0:  # upside down: no letter stands here
                pixels = pixels[::-1, ::-1]
                sample = Sample(pixels, sample.classes[:0], sample.centres[:0], sample.pitch)
            strips[row, 0] = normalise(pixels)
            letters[row], stands[row] = targets(sample)
        yield torch.from_numpy(strips), torch.from_numpy(letters), torch.from_numpy(stands)


def loss_of(logits: Tensor, letters: Tensor, stands: Tensor) -> tuple[Tensor, Tensor]:
    """Return the losses of letters and of standing."""
    letter = functional.cross_entropy(logits[:, :-1], letters, ignore_index=_IGNORED)
    known = stands >= 0
    standing = functional.binary_cross_entropy_with_logits(logits[:, -1][known], stands[known].float())
    return letter, standing


def train(minutes: float, seed: int, size: int, out: Path, *, rate: float = 3e-3, start: Path | None = None) -> LineNet:
    """Train for so many minutes and keep the running average of the weights."""
    torch.manual_seed(seed)
    net = LineNet().to(memory_format=torch.channels_last)
    if start is not None:
        net.load_state_dict(torch.load(start, weights_only=True))
    average = copy.deepcopy(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.01)
    begin = shown = time.monotonic()
    sums = np.zeros(3)
    for step, (strips, letters, stands) in enumerate(batches(seed, size), 1):
        done = (time.monotonic() - begin) / (60 * minutes)
        if done >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, step / 200) * (0.5 + 0.5 * np.cos(np.pi * done))
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(strips.to(memory_format=torch.channels_last))
        letter, standing = loss_of(logits.float(), letters, stands)
        optimiser.zero_grad()
        (letter + standing).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        _follow(average, net, min(0.999, step / (step + 100)))
        right = (logits[:, :-1].argmax(1) == letters)[letters >= 0].float().mean()
        sums += letter.item(), standing.item(), right.item()
        if step % 100 == 0:
            speed = 100 * size / (time.monotonic() - shown)
            shown = time.monotonic()
            means = sums / 100
            print(f"{done:5.1%} step {step} loss {means[0]:.4f} {means[1]:.4f} right {means[2]:.4f}"
                  f" {speed:.0f} strips/s", flush=True)  # fmt: skip
            sums[:] = 0
        if step % 1000 == 0:
            torch.save(average.state_dict(), out.with_suffix(".pt"))
    torch.save(average.state_dict(), out.with_suffix(".pt"))
    return average


@torch.no_grad()
def _follow(average: nn.Module, net: nn.Module, keep: float) -> None:
    for mean, value in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.mul_(keep).add_(value, alpha=1 - keep)


def export(net: LineNet, out: Path) -> None:
    """Write the net as ONNX: `strips` (n, 1, 24, width) -> `logits` (n, 38, width / 4)."""
    net.eval()
    example = torch.zeros(1, 1, HEIGHT, WIDTH)
    axes = {"strips": {0: "n", 3: "width"}, "logits": {0: "n", 2: "columns"}}
    torch.onnx.export(
        net.to(memory_format=torch.contiguous_format), (example,), str(out), input_names=["strips"],
        output_names=["logits"], dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip


def main() -> None:
    """Read the command line, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--start", type=Path, help="weights (.pt) to go on from")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    cv2.setNumThreads(1)
    net = train(given.minutes, given.seed, given.batch, given.out, rate=given.rate, start=given.start)
    export(net, given.out)


if __name__ == "__main__":
    main()
