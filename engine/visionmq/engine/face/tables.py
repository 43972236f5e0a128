"""Where calibrations come from: the release, the folder of a model of one's own, or the thresholds in its manifest."""

import math
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from statistics import NormalDist
from typing import Final

import msgspec
import numpy as np

from visionmq.engine.api import EngineError
from visionmq.engine.face.calibration import LEAST_SEEN, Curve, Table, phi
from visionmq.engine.face.values import ModelName
from visionmq.schemas.errors import ErrorCode

FILE: Final = "calibration.json"
"""Beside a model's manifest; written by benchmarks/face_calibration.py."""
_ENDS: Final = (0.05, 1e-4)
"""False-match rates between which the evidence of a p-value is laid on a line."""
_NORMAL: Final = NormalDist()


def load_table(model: ModelName, folder: Path | None = None, thresholds: Mapping[float, float] | None = None) -> Table:
    """Return the calibration of a model: of its folder, else of the release, else what its thresholds say.

    Raises EngineError(ENGINE_UNAVAILABLE) if there is none, or it belongs to another model.
    """
    own = folder / FILE if folder is not None else None
    shipped = resources.files("visionmq.engine.face").joinpath("data", f"{model.name}.json")
    try:
        if own is not None and own.is_file():
            return _decoded(own.read_bytes(), model)
        if shipped.is_file():
            return _decoded(shipped.read_bytes(), model)
    except (OSError, msgspec.MsgspecError) as error:
        raise _lacks(model, f"it cannot be read: {error}") from error
    if thresholds and len(thresholds) > 1:
        return table_of(model, thresholds)
    raise _lacks(model, "there is none")


def _decoded(data: bytes, model: ModelName) -> Table:
    table = msgspec.json.decode(data, type=Table)
    if (table.model, table.dimension) != (model.name, model.dimension):
        raise _lacks(model, f"this one is of {table.model!r}")
    return table


def _lacks(model: ModelName, why: str) -> EngineError:
    return EngineError(
        ErrorCode.ENGINE_UNAVAILABLE,
        f"The face model {model.name!r} has no calibration, so that its distances decide nothing: {why}.",
        hint=f"Write {FILE} into its folder with benchmarks/face_calibration.py, or two thresholds into its manifest.",
    )


def table_of(model: ModelName, thresholds: Mapping[float, float]) -> Table:
    """Return a calibration that knows only rates and their distances, as a model's makers state them.

    The false-match rate of a distance is then a p-value against two persons; 0.5 / sqrt(p) is evidence that holds for
    any genuine distances (Vovk and Wang 2021, "E-values: calibration, combination and applications", kappa = 1/2).
    """
    rates = sorted(thresholds)
    distances = [thresholds[rate] for rate in rates]
    slope, at = np.polyfit(distances, [_NORMAL.inv_cdf(rate) for rate in rates], 1)
    if slope <= 0:
        raise _lacks(model, "its thresholds do not grow with their rates")
    line = (float(at), float(slope))
    seen = round(LEAST_SEEN / rates[0])
    return Table(
        model=model.name,
        version=model.version,
        dimension=model.dimension,
        measured_on=f"what the makers of {model.name} state for {len(rates)} rates; nothing of it was measured here",
        persons=0,
        genuine=0,
        impostor=0,
        person_pairs=seen,
        best=Curve(line, None, _evidence(line)),
        resampled=[],
    )


def _evidence(line: tuple[float, float]) -> tuple[float, float]:
    """Return a, b of the logarithm a - b d of 0.5 / sqrt(FMR(d)), laid through two rates."""
    far, near = ((_NORMAL.inv_cdf(rate) - line[0]) / line[1] for rate in _ENDS)
    at_far, at_near = (math.log(0.5) - 0.5 * math.log(phi(line[0] + line[1] * distance)) for distance in (far, near))
    slope = (at_near - at_far) / (far - near)
    return at_near + slope * near, slope
