"""The net: a strip in, and for every fourth column of pixels whether a letter stands there, and which."""

from typing import Final

import torch
from torch import Tensor, nn

from training.lines.texts import ALPHABET

STRIDE: Final = 4
"""Pixels of a strip between two outputs; output k looks at x = STRIDE * k + 1.5."""


def _block(inputs: int, outputs: int, stride: int | tuple[int, int] = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(_block(width, width), nn.Conv2d(width, width, 3, 1, 1, bias=False))
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        return torch.relu(x + self.norm(self.body(x)))


class LineNet(nn.Module):
    """Strips (n, 1, 24, width) of zero mean and unit deviation -> logits (n, 38, width / 4).

    Channels 0 to 36 are the letters of ALPHABET, given that one stands here; channel 37 says whether one does.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (24, 48, 88, 144)) -> None:
        super().__init__()
        one, two, three, four = widths
        self.features = nn.Sequential(
            _block(1, one),
            _block(one, two, 2),
            _block(two, two),
            _block(two, three, 2),
            Residual(three),
            _block(three, four, (2, 1)),
            nn.Conv2d(four, four, (3, 1), bias=False),
            nn.BatchNorm2d(four),
            nn.ReLU(inplace=True),
        )
        self.context = nn.Sequential(
            nn.Conv1d(four, four, 5, padding=2, bias=False),
            nn.BatchNorm1d(four),
            nn.ReLU(inplace=True),
            nn.Dropout(0.1),
            nn.Conv1d(four, len(ALPHABET) + 1, 3, padding=1),
        )

    def forward(self, strips: Tensor) -> Tensor:
        """Return the logits."""
        return self.context(self.features(strips).squeeze(2))
