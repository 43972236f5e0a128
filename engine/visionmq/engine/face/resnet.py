"""dlib's face recognition network, read from its own file: version 1, the only one there is.

The file nests the layers of `dnn_face_recognition_ex.cpp` (dlib 19.3 and later) from the input outwards, so that
its convolutions and affine layers stand in the order in which they are computed. Each is found by its name;
its numbers follow as little-endian float32 (dlib/cuda/tensor_tools.h, tensor serialisation version 2).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from visionmq.engine.api import EngineError
from visionmq.schemas.errors import ErrorCode

Weights: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

BLOCKS: Final = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Filters, residual blocks, and whether the first of them halves the picture; from the input to the output."""
DIMENSION: Final = 128
FIRST: Final = (32, 3, 7)
"""Filters, channels (RGB) and side of the first convolution."""
KERNEL: Final = 3
_CONVOLUTION: Final = b"\x05con_4"
_AFFINE: Final = b"\x07affine_"
_FULL: Final = b"\x04fc_2"


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution with the affine layer after it folded in; that changes the encodings by rounding only."""

    weights: Weights
    """Filters x channels x rows x columns."""
    bias: Weights


@dataclass(frozen=True, slots=True)
class Network:
    """The numbers of dlib's network."""

    convolutions: tuple[Convolution, ...]
    """In the order of computation."""
    last: Weights
    """256 x 128."""


def read_network(data: bytes) -> Network:
    """Return the network of dlib's file; raise EngineError(ENGINE_UNAVAILABLE) if it is another or broken."""
    at = 0
    convolutions = []
    try:
        for filters, channels, side in _shapes():
            numbers, at = _tensor(data, data.index(_CONVOLUTION, at) + len(_CONVOLUTION))
            affine, at = _tensor(data, data.index(_AFFINE, at) + len(_AFFINE))
            convolutions.append(_fold(numbers, affine, (filters, channels, side, side)))
        start = _skip(data, data.index(_FULL, at) + len(_FULL), 2)
        last = _tensor(data, start)[0].reshape(BLOCKS[-1][0], DIMENSION)
    except (ValueError, IndexError):
        message = "The file of dlib's face recognition network is another version, or broken."
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, message, hint="Install visionmq[worker] again.") from None
    return Network(tuple(convolutions), last)


def _shapes() -> Iterator[tuple[int, int, int]]:
    yield FIRST
    channels = FIRST[0]
    for filters, blocks, _ in BLOCKS:
        for _ in range(blocks):
            yield filters, channels, KERNEL
            yield filters, filters, KERNEL
            channels = filters


def _fold(numbers: Weights, affine: Weights, shape: tuple[int, int, int, int]) -> Convolution:
    """Both layers keep their two parts in one row: weights and biases, factors and offsets."""
    filters = shape[0]
    gamma, beta = affine.reshape(2, filters)
    weights, bias = numbers[:-filters].reshape(shape), numbers[-filters:]
    return Convolution(weights * gamma[:, None, None, None], bias * gamma + beta)


def _integer(data: bytes, at: int) -> tuple[int, int]:
    """Read dlib's integer: a byte that counts (bit 7 is the sign), then bytes, the lowest first."""
    count = data[at]
    if not 0 < count <= 8 or at + 1 + count > len(data):
        raise ValueError
    return int.from_bytes(data[at + 1 : at + 1 + count], "little"), at + 1 + count


def _skip(data: bytes, at: int, count: int) -> int:
    for _ in range(count):
        _, at = _integer(data, at)
    return at


def _tensor(data: bytes, at: int) -> tuple[Weights, int]:
    """Read a tensor: its version, four sizes, and the numbers, flat."""
    version, at = _integer(data, at)
    count = 1
    for _ in range(4):
        size, at = _integer(data, at)
        count *= size
    if version != 2 or not 0 < count <= (len(data) - at) // 4:
        raise ValueError
    return np.frombuffer(data, "<f4", count, at).astype(np.float32), at + 4 * count
