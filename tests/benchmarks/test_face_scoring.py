"""The benchmark of faces counts what it says it counts."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.recognising.finding import count, turn
from benchmarks.recognising.reading import portraits
from benchmarks.recognising.roc import plot
from benchmarks.recognising.verifying import Verified, accuracy, threshold, verify

TWO = {"noses": [[10.0, 10.0], [40.0, 10.0]]}


def test_a_box_is_right_when_it_holds_one_nose_that_no_other_has() -> None:
    noses = [(10.0, 10.0), (40.0, 10.0)]
    assert count([(0, 0, 20, 20), (30, 0, 50, 20)], TWO, noses) == (2, 2, 0)
    assert count([(0, 0, 20, 20), (2, 2, 18, 18)], TWO, noses) == (1, 2, 1)
    assert count([(0, 0, 50, 20)], TWO, noses) == (0, 2, 1)


def test_a_count_alone_may_be_a_range() -> None:
    truth = {"faces_min": 2, "faces_max": 3}
    boxes = [(0, 0, 1, 1)] * 4
    assert count(boxes, truth, []) == (2, 2, 1)
    assert count(boxes[:3], truth, []) == (2, 2, 0)
    assert count(boxes[:1], truth, []) == (1, 2, 0)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_nose_turns_with_its_picture(quarters: int) -> None:
    pixels = np.zeros((5, 9), np.uint8)
    pixels[1, 7] = 1
    x, y = turn((7, 1), (9, 5), quarters)
    assert np.rot90(pixels, quarters)[int(y), int(x)] == 1


def test_a_pair_with_a_face_missed_is_wrong_even_where_persons_differ() -> None:
    distances = np.array([0.3, 0.9, np.inf, np.inf])
    same, missed = np.array([True, False, True, False]), np.array([False, False, True, True])
    assert accuracy(distances, same, missed, 0.6) == 0.5


def test_no_more_than_the_rate_of_impostors_matches() -> None:
    impostor = np.linspace(0.5, 1.5, 1000)
    for rate in (0.001, 0.01, 0.5):
        assert (impostor <= threshold(impostor, rate)).mean() <= rate
    assert (impostor <= threshold(impostor, 0.01)).sum() == 10


class _Named:
    """Encodes a picture as its brightness; sees nothing in black ones."""

    name = "named"

    def find(self, pixels: np.ndarray) -> list[tuple[int, int, int, int]]:
        return [(0, 0, 1, 1)] if pixels.any() else []

    def encode(self, pixels: np.ndarray) -> np.ndarray:
        return np.full((1, 128), pixels.mean() / 100.0, np.float32)

    def encode_boxes(self, pixels: np.ndarray, boxes: object) -> np.ndarray:
        return self.encode(pixels)


def _set(tmp_path: Path) -> Verified:
    import cv2

    (tmp_path / "images").mkdir()
    for name, grey in (("ann_1", 100), ("ann_2", 101), ("bob_1", 200), ("bob_2", 0)):
        cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), np.full((4, 4, 3), grey, np.uint8))
    rows = ["a,b,same", "images/ann_1.png,images/ann_2.png,1", "images/ann_1.png,images/bob_1.png,0"]
    rows.append("images/bob_1.png,images/bob_2.png,1")
    (tmp_path / "pairs.csv").write_text("\n".join(rows))
    return verify(_Named(), portraits(tmp_path, "faces_orl"))


def test_a_set_is_verified_by_its_pairs_and_by_all_pairs(tmp_path: Path) -> None:
    found = _set(tmp_path)
    assert (found.found, found.pictures, found.missed) == (3, 4, ("images/bob_2.png",))
    assert found.at_fixed == pytest.approx(2 / 3)
    assert (found.genuine.size, found.impostor.size) == (2, 4)
    assert found.true_matches(0.01) == 0.5


def test_the_curves_are_drawn(tmp_path: Path) -> None:
    drawn = plot({"ours": _set(tmp_path)})
    assert drawn.startswith("<svg")
    assert drawn.count("<polyline") == 1
