"""SURF landmarks (Bay et al. 2008) by mahotas: OpenCV's wheels do not carry it. Without mahotas there is none."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import numpy as np

from visionmq.engine.registration.outcome import Array

try:
    # At import, not at use: a worker in its sandbox opens no file after loading.
    from mahotas.features import surf as _mahotas
except ImportError:
    _mahotas = None

THRESHOLD: Final = 0.1
"""Strength of the determinant of the Hessian; mahotas' own, of which weak ones pass the ratio test seldom."""
_DIAMETER: Final = 9 / 1.2
"""Pixels of the filter at scale 1.2 (Bay et al. 2008, section 3.3): a landmark's width over its scale."""
_SIGN: Final = 4
_SIGN_WEIGHT: Final = 0.5
"""Length that the Laplacian's sign adds to a descriptor of length 1: light blobs are not compared with dark ones."""
_FIRST_DESCRIPTOR: Final = 6
"""Columns before the descriptor: y, x, scale, score, sign of the Laplacian, angle."""


class SurfUnavailableError(RuntimeError):
    """SURF was asked for where mahotas is not installed."""

    def __init__(self) -> None:
        super().__init__("SURF needs the package mahotas; install visionmq[worker].")


def surf_version() -> str | None:
    """Return the version of mahotas, None where it is not installed or cannot be imported."""
    if _mahotas is None:
        return None
    try:
        return version("mahotas")
    except PackageNotFoundError:
        return "unknown"


def surf(gray: Array, most: int) -> tuple[Array, Array, Array, Array]:
    """Return points (n x 2), diameters, responses and descriptors (n x 65 of length 1) of a grey uint8 picture.

    Raises SurfUnavailableError where mahotas is not installed.
    """
    if _mahotas is None:
        raise SurfUnavailableError
    rows: Any = _mahotas.surf(np.ascontiguousarray(gray), threshold=THRESHOLD, max_points=most)
    rows = rows[np.isfinite(rows).all(axis=1)].astype(np.float32)
    points = np.ascontiguousarray(rows[:, [1, 0]])
    signed = np.append(rows[:, _FIRST_DESCRIPTOR:], rows[:, _SIGN : _SIGN + 1] * np.float32(_SIGN_WEIGHT), axis=1)
    signed /= np.maximum(np.linalg.norm(signed, axis=1, keepdims=True), 1e-6)
    return points, rows[:, 2] * np.float32(_DIAMETER), rows[:, 3], signed
