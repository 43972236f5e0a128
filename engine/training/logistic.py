"""Logistic regression with a ridge, by Newton's method: for a few hundred weights at most."""

from typing import Final

import numpy as np

from visionmq.engine.registration.outcome import Array

_STEPS: Final = 40


def fit(inputs: Array, right: Array, ridge: float) -> Array:
    """Return the weight of each column of `inputs` (n x m) for the log-odds of `right` (n, 0 or 1)."""
    inputs = inputs.astype(np.float64)
    weights = np.zeros(inputs.shape[1])
    for _ in range(_STEPS):
        sure = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        slope = inputs.T @ (sure - right) + ridge * weights
        curve = (inputs * (sure * (1 - sure))[:, None]).T @ inputs + ridge * np.eye(len(weights))
        weights -= np.linalg.solve(curve, slope)
    return weights
