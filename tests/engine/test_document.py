import json
from pathlib import Path

import numpy as np
import pytest

from visionmq.engine.api import EngineError, Job
from visionmq.engine.document import DocumentEngine
from visionmq.engine.document.specimen import TRUTH, zone_lines
from visionmq.engine.gate import PictureFormat
from visionmq.engine.picture import Picture, read_picture
from visionmq.schemas.document import MasksParams, RecognizeParams
from visionmq.schemas.errors import ErrorCode, make_error

ROOT = Path(__file__).parents[2]
SPECIMEN = ROOT / "client" / "visionmq" / "client" / "data" / "specimen.jpg"
DEV = ROOT.parent / "shared" / "data" / "mrz" / "dev"


@pytest.fixture(scope="module")
def engine():
    made = DocumentEngine()
    made.load()
    return made


def blank() -> Picture:
    return Picture(np.full((240, 320, 3), 200, np.uint8), 320, 240, PictureFormat.RAW)


def recognize(engine, *pictures, **params):
    (outcome,) = engine.run("document.recognize", [Job(RecognizeParams(**params), pictures)])
    return outcome


def test_the_specimen_is_read_in_full(engine):
    answer = recognize(engine, read_picture(SPECIMEN.read_bytes()))
    document = answer.result.items[0].result
    assert document.doc_type == TRUTH["doc_type"]
    assert document.fields["full_mrz"].value == "\n".join(zone_lines())
    assert all(field.accepted for field in document.fields.values())
    assert {name: document.fields[name].value for name in TRUTH["fields"]} == TRUTH["fields"]


def test_the_specimen_s_truth_is_shipped_beside_it():
    truth = json.loads(SPECIMEN.with_suffix(".json").read_text())
    assert truth["mrz"] == list(zone_lines())
    assert SPECIMEN.stat().st_size < 200_000


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_page_is_read_too(engine, turns):
    upright = read_picture(SPECIMEN.read_bytes())
    pixels = np.ascontiguousarray(np.rot90(upright.pixels, turns))
    picture = Picture(pixels, pixels.shape[1], pixels.shape[0], upright.format)
    document = recognize(engine, picture).result.items[0].result
    assert document.fields["full_mrz"].value == "\n".join(zone_lines())


def test_a_bad_picture_is_its_own_item_s_failure(engine):
    bad = make_error(ErrorCode.BAD_IMAGE, "cut off", stage="gate")
    items = recognize(engine, bad, blank()).result.items
    assert [item.ok for item in items] == [False, True]
    assert items[0].error.code is ErrorCode.BAD_IMAGE


def test_nothing_found_says_why_and_what_to_do(engine):
    document = recognize(engine, blank()).result.items[0].result
    assert document.doc_type is None
    assert document.reason
    assert document.advice


def test_wanted_pictures_come_with_their_place(engine):
    answer = recognize(engine, blank(), read_picture(SPECIMEN.read_bytes()), want=["overlay", "mrz"])
    places = [(a.name, a.frame, a.item) for a in answer.result.images]
    assert places == [("overlay", 0, 0), ("overlay", 1, 1), ("mrz", 2, 1)]
    strip = read_picture(answer.images[2])
    assert strip.width > 6 * strip.height


@pytest.mark.parametrize(
    ("params", "word"),
    [({"mask": ["visa.*"]}, "mrz.td1"), ({"mode": "fast"}, "default"), ({"want": ["face"]}, "overlay")],
)
def test_what_we_do_not_know_is_refused_naming_all_we_know(engine, params, word):
    outcome = recognize(engine, blank(), **params)
    assert isinstance(outcome, EngineError)
    assert outcome.code is ErrorCode.BAD_REQUEST
    assert word in str(outcome)


def test_a_document_the_mask_leaves_out_is_not_reported(engine):
    document = recognize(engine, read_picture(SPECIMEN.read_bytes()), mask=["mrz.td*"]).result.items[0].result
    assert document.doc_type is None
    assert "mrz.mrp" in document.reason


def test_the_masks_are_listed(engine):
    (answer,) = engine.run("document.masks", [Job(MasksParams(pass_back=7))])
    assert "mrz.mrp" in answer.result.masks
    assert answer.result.pass_back == 7


def test_the_text_models_are_reported_with_their_licence():
    (capability,) = DocumentEngine().capabilities()
    assert capability.present
    assert "Apache-2.0" in capability.detail


@pytest.mark.parametrize("name", ["pe_pass-aus.png", "pe_id-che.jpg", "fast_td2.jpg", "ult_aus_exif8.jpg"])
def test_labelled_pictures_are_read_exactly(engine, name):
    if not DEV.is_dir():
        pytest.skip(f"no labelled pictures in {DEV}")
    truth = json.loads((DEV / "truth.json").read_text())[name]
    document = recognize(engine, read_picture((DEV / "images" / name).read_bytes())).result.items[0].result
    assert document.fields["full_mrz"].value.split("\n") == truth["mrz"]


def test_invalid_check_digits_are_read_as_printed_and_not_accepted(engine):
    if not DEV.is_dir():
        pytest.skip(f"no labelled pictures in {DEV}")
    picture = read_picture((DEV / "images" / "mrz_malta_bad.png").read_bytes())
    document = recognize(engine, picture).result.items[0].result
    truth = json.loads((DEV / "truth.json").read_text())["mrz_malta_bad.png"]
    assert document.fields["full_mrz"].value.split("\n") == truth["mrz"]
    assert not document.fields["full_mrz"].accepted
    assert not document.fields["mrz_birth_date"].accepted
