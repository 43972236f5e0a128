import json
from pathlib import Path

import numpy as np
import pytest
import zxingcpp

from visionmq.engine.api import EngineError, Job
from visionmq.engine.document import DocumentEngine
from visionmq.engine.document.specimen.draw import TRUTH, zone_lines
from visionmq.engine.gate import PictureFormat
from visionmq.engine.picture import Picture, read_picture
from visionmq.schemas.document.documents import Finding, RecognizeParams
from visionmq.schemas.document.specimens import MakeParams
from visionmq.schemas.document.templates import LearnParams, MasksParams, TemplateZone, ZoneKind
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


def test_the_models_are_reported_with_their_licence(engine):
    capabilities = DocumentEngine().capabilities()
    assert [found.name for found in capabilities] == ["document.mrz", "document.text"]
    assert all(found.present and "Apache-2.0" in found.detail for found in capabilities)
    infos = recognize(engine, blank()).result.models
    assert {info.name for info in infos} >= {"mrz_detector", "mrz_recogniser"}
    assert all(len(info.sha256) == 64 for info in infos if info.name.startswith("mrz_"))


def test_requests_of_several_clients_share_one_call(engine):
    specimen = read_picture(SPECIMEN.read_bytes())
    jobs = [
        Job(RecognizeParams(pass_back=1), [specimen]),
        Job(RecognizeParams(mask=["visa.*"]), [specimen]),
        Job(RecognizeParams(pass_back=3), [blank(), specimen]),
    ]
    first, refused, third = engine.run("document.recognize", jobs)
    assert isinstance(refused, EngineError)
    assert [first.result.pass_back, third.result.pass_back] == [1, 3]
    assert [item.result.doc_type for item in third.result.items] == [None, "mrz.mrp"]
    assert first.result.items[0].result.doc_type == "mrz.mrp"


def test_forensics_need_the_day_and_judge_every_side(engine):
    specimen = read_picture(SPECIMEN.read_bytes())
    refused = recognize(engine, specimen, forensics=True)
    assert isinstance(refused, EngineError)
    assert "common.currentDate" in str(refused)
    day = {"common.currentDate": "21.11.2026"}
    document = recognize(engine, specimen, forensics=True, options=day).result.items[0].result
    assert document.forensics["expiry"].state is Finding.PASSED
    assert document.forensics["mrz_check_digits"].state is Finding.PASSED
    assert document.forensics["specimen"].state is Finding.FAILED
    assert all(check.reason for check in document.forensics.values())
    assert document.status["overall"] is Finding.FAILED
    later = {"common.currentDate": "21.11.2036"}
    document = recognize(engine, specimen, forensics=True, options=later).result.items[0].result
    assert document.forensics["expiry"].state is Finding.FAILED


def test_the_page_and_what_stands_on_it_are_cut_out(engine):
    answer = recognize(engine, read_picture(SPECIMEN.read_bytes()), want=["page", "portrait"])
    crops = {a.name: read_picture(answer.images[a.frame]) for a in answer.result.images}
    assert set(crops) == {"page", "portrait"}
    assert 1.3 < crops["page"].width / crops["page"].height < 1.55  # 125 by 88 mm
    assert crops["portrait"].height > crops["portrait"].width


def test_two_pictures_of_one_document_are_one_result(engine):
    specimen = read_picture(SPECIMEN.read_bytes())
    answer = recognize(engine, specimen, blank(), specimen, merge=True)
    merged = answer.result.merged
    assert merged.pictures == [0, 2]
    assert merged.document.fields["full_mrz"].value == "\n".join(zone_lines())
    assert merged.final


@pytest.mark.parametrize("doc_type", ["mrz.td1", "mrz.mrp", "mrz.mrvb"])
def test_what_is_drawn_is_read(engine, doc_type):
    (made,) = engine.run("document.make", [Job(MakeParams(doc_type=doc_type, seed=3))])
    document = recognize(engine, read_picture(made.images[0])).result.items[0].result
    assert document.doc_type == doc_type
    assert document.fields["full_mrz"].value.split("\n") == made.result.mrz


def test_a_document_that_cannot_be_drawn_is_refused(engine):
    outcomes = engine.run(
        "document.make",
        [Job(MakeParams(doc_type="mrz.none")), Job(MakeParams(fields={"birth_date": "yesterday"}))],
    )
    assert [outcome.code for outcome in outcomes] == [ErrorCode.BAD_REQUEST] * 2
    assert "mrz.td1" in str(outcomes[0])


def test_a_template_is_learnt_from_one_picture(engine):
    (made,) = engine.run("document.make", [Job(MakeParams(seed=5, photograph=False))])
    zones = [TemplateZone("place", ZoneKind.TEXT, (60, 60, 200, 40))]
    (answer,) = engine.run(
        "document.learn", [Job(LearnParams(name="own", zones=zones), [read_picture(made.images[0])])]
    )
    assert answer.result.features > 100
    assert [a.name for a in answer.result.images] == ["bundle.json", "reference.png"]


def test_barcodes_are_read_into_fields(engine):
    symbol = zxingcpp.create_barcode("HELLO VISIONMQ", zxingcpp.BarcodeFormat.QRCode)
    image = np.asarray(zxingcpp.write_barcode_to_image(symbol, scale=6))
    pixels = np.full((500, 600, 3), 235, np.uint8)
    pixels[100 : 100 + image.shape[0], 150 : 150 + image.shape[1]] = image[:, :, None]
    picture = Picture(pixels, 600, 500, PictureFormat.RAW)
    document = recognize(engine, picture).result.items[0].result
    assert document.doc_type == "barcode.qr"
    assert document.fields["barcode_text"].value == "HELLO VISIONMQ"
    assert recognize(engine, picture, mask=["mrz.*"]).result.items[0].result.doc_type is None


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
