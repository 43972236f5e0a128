"""What the places of a picture say together of a brand at one of them."""

import numpy as np
import pytest

from visionmq.engine.brand.evidence import Witness
from visionmq.engine.brand.gallery import Near

WHOLE, TIGHT, SHIFTED, CORNER = [0, 0, 100, 100], [20, 20, 80, 80], [24, 20, 84, 80], [0, 0, 12, 12]


def near(brand: str, similarity: float) -> Near:
    return Near(brand, similarity, brand, f"{brand}.png", 1)


def witness(rows, boxes=(WHOLE, TIGHT, SHIFTED, CORNER), framed=(0.0, 0.0, 0.0, 0.0)) -> Witness:
    return Witness(rows, np.array(boxes, np.float32), np.array(framed), strangers=0.5)


ROWS = [
    [near("acme", 0.5), near("zenith", 0.2)],
    [near("acme", 0.8), near("zenith", 0.3)],
    [near("acme", 0.7), near("zenith", 0.4)],
    [near("zenith", 0.75), near("acme", 0.1)],
]


def test_a_brand_seen_from_several_boxes_has_more_around_it_than_a_chance_likeness():
    made = witness(ROWS)
    seen, chance = made.tell(ROWS[1][0], 1), made.tell(near("zenith", 0.75), 1)
    assert seen.around == pytest.approx(0, abs=0.1)
    assert chance.around < -0.3


def test_the_nearest_brand_leads_and_others_trail_at_places_that_overlap():
    made = witness(ROWS)
    first = made.tell(ROWS[1][0], 1)
    assert first.margin == pytest.approx(0.8 - 0.38)  # strangers are usually so near; zenith here is farther
    assert first.lead == pytest.approx(0.8 - 0.4)  # zenith at the shifted box, not at the corner, which lies elsewhere
    assert made.tell(ROWS[1][1], 1).margin == pytest.approx(0.3 - 0.8)
    corner = made.tell(ROWS[3][1], 3)
    assert corner.lead == pytest.approx(0.1 - 0.75)


def test_a_fragment_is_a_small_part_and_the_whole_speaks_where_it_is_a_logo():
    sure, unsure = witness(ROWS, framed=(6.0, 0.0, 0.0, 0.0)), witness(ROWS, framed=(-6.0, 0.0, 0.0, 0.0))
    assert sure.tell(ROWS[0][0], 0).share == 0
    assert sure.tell(ROWS[3][0], 3).share == pytest.approx(np.log(0.0144))
    zenith = ROWS[3][0]
    assert sure.tell(zenith, 3).whole == pytest.approx(0.2 - 0.5, abs=0.01)
    assert unsure.tell(zenith, 3).whole == pytest.approx(0, abs=0.01)


def test_brands_beyond_the_neighbours_of_a_place_are_as_near_as_its_last():
    rows = [[near("acme", 0.6)], [near("zenith", 0.7), near("acme", 0.2)]]
    made = witness(rows, boxes=(WHOLE, CORNER), framed=(0.0, 0.0))
    assert made.tell(rows[1][0], 1).whole == pytest.approx(0.5 * 0.1)
    assert made.tell(rows[1][0], 1).support == 1


def test_a_place_without_neighbours_says_nothing():
    rows = [[], [near("acme", 0.6)]]
    told = witness(rows, boxes=(WHOLE, CORNER), framed=(0.0, 0.0)).tell(rows[1][0], 1)
    assert told.similarity == 0.6
    assert told.whole < 0
