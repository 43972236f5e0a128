"""The zone network: a small U-net, fully convolutional, so that pictures of any size (multiples of 32) go through it."""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

OUTPUTS: Final = (
    "core",
    "zone",
    "cosine of twice the lines' angle",
    "its sine",
    "cosine of twice the angle of the letters' stems",
    "its sine",
    "log2 of capitals' height / 16",
    "the way of reading, x",
    "y",
)
"""Doubled angles say how lines lie even where letters are too small to show which way up they are."""


def _block(inputs: int, outputs: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _block(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(self.first(x)))


class ZoneNet(nn.Module):
    """Grey picture (n, 1, h, w), 0 to 1, to (n, 9, h / 4, w / 4); core and zone come as logits."""

    def __init__(self, widths: tuple[int, int, int, int, int] = (16, 32, 48, 72, 80)) -> None:
        super().__init__()
        stem, four, eight, sixteen, deep = widths
        self.stem = nn.Sequential(_block(1, stem, 2, 5), _block(stem, four, 2))
        self.four = _Residual(four)
        self.eight = nn.Sequential(_block(four, eight, 2), _Residual(eight))
        self.sixteen = nn.Sequential(_block(eight, sixteen, 2), _Residual(sixteen))
        self.deep = nn.Sequential(_block(sixteen, deep, 2), _Residual(deep))
        self.to_sixteen = nn.Conv2d(deep, sixteen, 1)
        self.to_eight = nn.Conv2d(sixteen, eight, 1)
        self.to_four = nn.Conv2d(eight, four, 1)
        self.at_sixteen = _block(sixteen, sixteen)
        self.at_eight = _block(eight, eight)
        self.head = nn.Sequential(_block(four, four), nn.Conv2d(four, len(OUTPUTS) - 2, 1))
        self.way = nn.Sequential(_block(eight, eight), _block(eight, eight), nn.Conv2d(eight, 2, 1))

    def forward(self, grey: Tensor) -> Tensor:
        """Return the nine maps."""
        mean = grey.mean((2, 3), keepdim=True)
        four = self.four(self.stem(grey - mean))
        eight = self.eight(four)
        sixteen = self.sixteen(eight)
        up = self.at_sixteen(sixteen + _doubled(self.to_sixteen(self.deep(sixteen))))
        up = self.at_eight(eight + _doubled(self.to_eight(up)))
        fine = self.head(four + _doubled(self.to_four(up)))
        return torch.cat([fine, _doubled(self.way(up))], 1)


class Probable(nn.Module):
    """The network as it ships: core and zone as probabilities."""

    def __init__(self, net: ZoneNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, grey: Tensor) -> Tensor:
        """Return the nine maps, the first two from 0 to 1."""
        maps = self.net(grey)
        return torch.cat([torch.sigmoid(maps[:, :2]), maps[:, 2:]], 1)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def loss(maps: Tensor, labels: Tensor) -> tuple[Tensor, list[float]]:
    """Return the loss of `maps` (n, 9, h, w) against labels (n, 8, h, w), and its six parts."""
    core, zone, weight = labels[:, 0], labels[:, 1], labels[:, 7]
    inside = (zone > 0.5).float()
    count = inside.sum().clamp(min=1)
    clear = inside * ((torch.exp2(labels[:, 6]) * 16 - 5) / 4).clamp(0, 1)  # which way small letters read, nobody sees
    parts = [
        _mask_loss(maps[:, 0], core, weight),
        _mask_loss(maps[:, 1], zone, torch.ones_like(zone)),
        (((maps[:, 2:4] - _doubled_angle(labels[:, 2:4])) ** 2).sum(1) * inside).sum() / count,
        (((maps[:, 4:6] - _doubled_angle(labels[:, 4:6])) ** 2).sum(1) * inside).sum() / count,
        ((maps[:, 6] - labels[:, 6]).abs() * inside).sum() / count,
        (((maps[:, 7:9] - labels[:, 2:4]) ** 2).sum(1) * clear).sum() / clear.sum().clamp(min=1),
    ]
    total = parts[0] * 2 + parts[1] + parts[2] * 0.5 + parts[3] * 0.5 + parts[4] * 0.5 + parts[5]
    return total, [float(part.detach()) for part in parts]


def _doubled_angle(vectors: Tensor) -> Tensor:
    """Return unit vectors (n, 2, h, w) at twice the angle."""
    x, y = vectors[:, 0], vectors[:, 1]
    return torch.stack([x * x - y * y, 2 * x * y], 1)


def _mask_loss(logits: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Return cross entropy, the hardest tenth of the background counted thrice, and one minus the Dice overlap."""
    each = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none") * weight
    ground = each[truth < 0.01]
    hard = ground.topk(max(1, ground.numel() // 20)).values.mean() if ground.numel() else each.mean()
    guess = torch.sigmoid(logits) * weight
    real = truth * weight
    overlap = (2 * (guess * real).sum() + 1) / ((guess**2).sum() + (real**2).sum() + 1)
    return each.mean() * 4 + hard * 0.15 + (1 - overlap)
