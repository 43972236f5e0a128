"""Train the logo embedding.

    python -m training.brands.train DATA OUT --photographs FOLDER... --minutes 90 --seed 1

The time is the schedule: the learning rate falls with it as a cosine. A checkpoint of the averaged network is written every
ten minutes, so any moment is an end. The first layers, which see edges and colours, stay as ImageNet taught them: that halves
the time a batch takes.
"""

import argparse
import copy
import math
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import cv2
import torch  # type: ignore[import-not-found,unused-ignore]
from torch import distributed  # type: ignore[import-not-found,unused-ignore]

from training.brands.batches import Material, Plan, Stack, loader
from training.brands.beginning import features, find_twins, first_proxies, run, whiten
from training.brands.drawings import read
from training.brands.losses import Proxies, contrast
from training.brands.network import Embedder, pretrained
from training.brands.photographs import read_photographs
from training.brands.words import draw_words
from visionmq.engine.brand.letterbox import FRAMES, Frames

_FROZEN: Final = 3
_BRANDS, _NOTHING = 48, 6
_SIDE: Final = 112
"""Less than the network sees later: quicker, and what is enlarged in training looks smaller (FixRes, Touvron et al. 2019)."""
_MEET: Final = 6
"""Steps between meetings of the processes that train together."""
_RATES: Final = {"backbone": 6e-4, "project": 1e-3, "proxies": 3e-3}
_WARM: Final = 150
_AVERAGE: Final = 0.997
"""How much of the averaged weights a step keeps."""
_SAVE: Final = 600.0


def material(data: Path, photographs: list[Path]) -> Material:
    """Return everything samples are made of."""
    canvases, rows = read(data / "train")
    brands: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        brands.setdefault(row["brand"], []).append(index)
    words = draw_words(sorted(brands), 1500, seed=1)
    return Material(canvases, list(brands.values()), read_photographs(photographs), words)


@dataclass(slots=True)
class Trainer:
    """The network under training, its running average, its proxies and its optimiser."""

    net: Embedder
    average: Embedder
    proxies: Proxies
    optimiser: Any
    steps: int = 0

    @classmethod
    def fresh(cls, made: Material, kept: Path, frames: Frames) -> "Trainer":
        """Return the state at the beginning: Lite0, whitened, proxies at the drawings' means; features are kept in a file."""
        net = Embedder(pretrained()).to(memory_format=torch.channels_last)
        seen = torch.load(kept, weights_only=True) if kept.exists() else features(net, made, _SIDE, frames)
        torch.save(seen, kept)
        whiten(net, seen)
        with torch.no_grad():
            embedded = torch.nn.functional.normalize(net.project(seen), dim=1)
        proxies = Proxies(first_proxies(embedded, made.groups), find_twins(made))
        print(
            f"{len(made.groups)} brands, {len(seen)} drawings, {int(proxies.twins.sum()) // 2} pairs of twins",
            flush=True,
        )
        for layer in (net.backbone.stem, *net.backbone.blocks[:_FROZEN]):
            layer.requires_grad_(False)
        groups = [
            {
                "params": [p for p in net.backbone.parameters() if p.requires_grad],
                "lr": _RATES["backbone"],
                "weight_decay": 2e-2,
            },
            {"params": net.project.parameters(), "lr": _RATES["project"], "weight_decay": 2e-2},
            {"params": proxies.parameters(), "lr": _RATES["proxies"], "weight_decay": 0.0},
        ]
        return cls(net, copy.deepcopy(net).eval(), proxies, torch.optim.AdamW(groups, betas=(0.9, 0.99), foreach=True))

    def rate(self, progress: float, share: float = 1.0) -> None:
        """Set learning rates for a part of the time that has gone (0 to 1), as a share of the usual."""
        share *= min(1.0, (self.steps + 1) / _WARM) * (0.5 + 0.5 * math.cos(math.pi * min(progress, 1.0)))
        for group, rate in zip(self.optimiser.param_groups, _RATES.values(), strict=True):
            group["lr"] = rate * share

    def step(self, stacks: list[Stack], brands: Any) -> tuple[float, float]:
        """Learn from a batch; return the loss to proxies and the contrast."""
        self.net.train(len(stacks) == 1)  # of a few pictures of one shape no mean is worth following
        for layer in (self.net.backbone.stem, *self.net.backbone.blocks[:_FROZEN]):
            layer.eval()
        with torch.autocast("cpu", torch.bfloat16):
            found = run(self.net, stacks)
        logos, nothing = found[: len(brands)].float(), found[len(brands) :].float()
        by_proxy = self.proxies(logos, brands, nothing)
        by_batch = contrast(logos, brands, nothing, self.proxies.twins)
        self.optimiser.zero_grad(set_to_none=True)
        (by_proxy + by_batch).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.steps += 1
        self._follow(min(_AVERAGE, (self.steps + 1) / (self.steps + 10)))
        return by_proxy.item(), by_batch.item()

    def _follow(self, kept: float) -> None:
        with torch.no_grad():
            pairs = zip(self.average.state_dict().values(), self.net.state_dict().values(), strict=True)
            means, values = zip(*((mean, value) for mean, value in pairs if mean.dtype.is_floating_point), strict=True)
            torch._foreach_lerp_(means, values, 1 - kept)

    def go_on(self, start: Path) -> None:
        """Take the weights of a checkpoint; the averages of the optimiser begin anew."""
        state = torch.load(start, map_location="cpu", weights_only=True)
        self.net.load_state_dict(state["average"])
        self.average.load_state_dict(state["average"])
        with torch.no_grad():
            self.proxies.directions.copy_(state["proxies"])

    def save(self, out: Path) -> None:
        """Write the averaged network, the network and the proxies."""
        state = {
            "average": self.average.state_dict(),
            "net": self.net.state_dict(),
            "proxies": self.proxies.directions.detach(),
        }
        torch.save(state, out)


class Team:
    """The processes that train together: each learns alone for a few steps, then all go on from their mean.

    Local SGD: Stich, ICLR 2019. Threads would wait for each other hundreds of times a step, which a busy machine punishes.
    """

    def __init__(self, rank: int, size: int, meeting: Path) -> None:
        self.rank, self.size = rank, size
        if size > 1:
            distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=size)

    def meet(self, trainer: Trainer, *, done: bool) -> bool:
        """Set every member's weights to the mean; tell whether a member is done."""
        if self.size == 1:
            return done
        tensors = [value for value in trainer.net.state_dict().values() if value.dtype.is_floating_point]
        tensors += [trainer.average.state_dict()[name] for name in trainer.average.state_dict() if "running" in name]
        tensors.append(trainer.proxies.directions.data)
        flat = torch.cat([value.detach().flatten() for value in tensors] + [torch.tensor([float(done)])])
        distributed.all_reduce(flat)
        flat /= self.size
        with torch.no_grad():
            for value, mean in zip(tensors, flat[:-1].split([value.numel() for value in tensors]), strict=True):
                value.copy_(mean.view_as(value))
        return bool(flat[-1] > 0)


def train(
    trainer: Trainer, batches: Iterator[tuple[list[Stack], Any]], team: Team, *, asked: argparse.Namespace
) -> None:
    """Train for some seconds; the first of the team writes `out` every ten minutes and at the end."""
    out, seconds = asked.out, 60 * asked.minutes
    began = saved = time.monotonic()
    shown = [0.0, 0.0]
    over = False
    while not over:
        now = time.monotonic()
        trainer.rate((now - began) / seconds, asked.rate)
        shown = [0.98 * old + 0.02 * new for old, new in zip(shown, trainer.step(*next(batches)), strict=True)]
        if trainer.steps % _MEET == 0:
            over = team.meet(trainer, done=now - began > seconds)
        if team.rank == 0 and trainer.steps % 40 == 0:
            weight = 1 - 0.98**trainer.steps
            losses = f"proxies {shown[0] / weight:.3f} contrast {shown[1] / weight:.3f}"
            print(f"{trainer.steps} {now - began:.0f}s {losses}", flush=True)
        if team.rank == 0 and now - saved > _SAVE:
            trainer.save(out)
            saved = now
    if team.rank == 0:
        trainer.save(out)


def work(rank: int, asked: argparse.Namespace, made: Material, meeting: Path) -> None:
    """Train as one of a team."""
    torch.manual_seed(asked.seed)
    torch.set_num_threads(1)
    frames = FRAMES[:1] if asked.square else FRAMES
    plan = Plan(_BRANDS, _NOTHING, _SIDE, asked.seed * 100 + rank, frames)
    batches = iter(loader(made, plan, 1))
    first = next(batches)  # the workers are forked before this process computes
    trainer = Trainer.fresh(made, asked.out.with_suffix(f".features{rank}"), frames)
    if asked.start is not None:
        trainer.go_on(asked.start)
    team = Team(rank, asked.processes, meeting)
    train(trainer, chain([first], batches), team, asked=asked)


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path, help="the checkpoint to write")
    parser.add_argument("--photographs", type=Path, nargs="+", default=[])
    parser.add_argument("--start", type=Path, help="a checkpoint to go on from")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=1.0, help="share of the usual learning rates")
    parser.add_argument(
        "--square", action="store_true", help="every crop in a square frame: quicker, and word marks are small"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    cv2.setNumThreads(1)  # a pool of threads does not survive a fork
    made = material(asked.data, asked.photographs)
    with tempfile.TemporaryDirectory() as folder:
        team = [
            get_context("fork").Process(target=work, args=(rank, asked, made, Path(folder) / "meeting"))
            for rank in range(asked.processes)
        ]
        for member in team:
            member.start()
        for member in team:
            member.join()


if __name__ == "__main__":
    main()
