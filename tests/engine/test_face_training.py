"""The guess of covered faces is fitted to what is drawn."""

import numpy as np
import pytest

from training.face_occlusion import cover, fit
from visionmq.engine.face.values import Face


def test_a_rule_that_can_be_drawn_as_a_line_is_learnt() -> None:
    chance = np.random.default_rng(2)
    numbers = chance.normal(size=(400, 6))
    truth = (numbers[:, 0] - numbers[:, 3] > 0.3).astype(np.float64)
    weights = fit(numbers, truth)
    guessed = numbers @ weights[:-1] + weights[-1] > 0
    assert (guessed == truth).mean() > 0.95


@pytest.mark.parametrize("kind", ["mask", "block", "eyes", "glasses"])
def test_a_cover_lies_where_it_is_said_to(kind: str) -> None:
    points = np.array([(80.0, 80), (120, 80), (100, 105), (100, 125), (60, 90), (140, 90)])
    face = Face(50, 50, 100, 100, 1.0, np.zeros((5, 2)), "drawn", points=points)
    bare = np.full((200, 200, 3), 128, np.uint8)
    covered = cover(bare, face, kind, [np.zeros((20, 20, 3), np.uint8)], np.random.default_rng(1))
    changed = np.abs(covered.astype(int) - 128).max(2) > 12
    eyes, mouth = changed[76:84, 76:84].mean(), changed[121:129, 96:104].mean()
    assert (eyes > 0.5) == (kind in ("eyes", "glasses"))
    assert (mouth > 0.5) == (kind in ("mask", "block"))
    assert not changed[:40].any()
