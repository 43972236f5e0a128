"""Documents from the command line to the real engine and back, in one service for all tests here."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from visionmq.client import Client

pytest.importorskip("visionmq.broker.__main__", reason="needs the broker")
pytest.importorskip("visionmq.worker.__main__", reason="needs the worker")
card = pytest.importorskip("visionmq.engine.document.template.sample.card", reason="needs the worker's libraries")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with Client.local(children=1, engines=["document"]) as client:
        yield client.endpoints[0]


@pytest.fixture(autouse=True)
def _service(endpoint, monkeypatch):
    monkeypatch.setenv("VISIONMQ_BROKER", endpoint)


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_what_is_drawn_is_read(visionmq):
    made = visionmq("document", "make", "--type", "mrz.td1", "--count", "2", "--flat", "--set", "surname=MUSTER")
    assert made.code == 0, made
    truth = json.loads(Path("specimens/truth.json").read_text())
    found = visionmq("document", "specimens", "--jsonl", "--want", "overlay,mrz")
    assert found.code == 0, found
    for line in lines(found.out):
        fields = line["result"]["fields"]
        assert fields["full_mrz"]["value"].splitlines() == truth[Path(line["file"]).name]["mrz"]
        assert fields["full_mrz"]["accepted"]
        assert fields["mrz_surname"]["value"] == "MUSTER"
        assert Path(line["images"]["overlay"]).stat().st_size > 1000


def test_an_expired_document_fails_in_both_shapes(visionmq):
    visionmq("document", "make", "--flat", "--set", "expiry_date=2020-01-31")
    judge = ["--forensics", "--options", "common.currentDate=21.11.2026"]
    (line,) = lines(visionmq("document", "specimens", "--jsonl", *judge).out)
    assert line["result"]["forensics"]["expiry"]["state"] == "failed"
    assert visionmq("document", "read", "--image_path", "specimens/mrz.mrp-0000.png", *judge).code == 0
    (result,) = Path("result").glob("*.json")
    response = json.loads(result.read_text())["response"]
    assert response["forensics"]["expiry"]["value"] == "failed"
    assert response["fields"]["mrz_expiry_date"]["value"] == "31.01.2020"


def test_two_pictures_of_one_document_are_merged(visionmq):
    visionmq("document", "make", "--flat", "-o", "one")
    again = ["one/mrz.mrp-0000.png", "two.png"]
    Path(again[1]).write_bytes(Path(again[0]).read_bytes())
    *each, together = lines(visionmq("document", *again, "--merge", "--jsonl").out)
    assert [line["file"] for line in each] == again
    assert together["merged"]["pictures"] == [0, 1]
    value = [line["result"]["fields"]["full_mrz"]["value"] for line in (*each, together)]
    assert len(set(value)) == 1


@pytest.mark.parametrize(
    ("words", "known"),
    [(["--mask", "mrz.none"], "mrz.td1"), (["--mode", "x"], "strict"), (["--want", "x"], "portrait")],
)
def test_an_unknown_mask_mode_or_picture_names_all_that_are_supported(visionmq, words, known):
    visionmq("document", "make", "--flat")
    found = visionmq("document", "specimens", "--jsonl", *words)
    assert found.code == 1
    (line,) = lines(found.out)
    assert line["error"]["code"] == "bad_request"
    assert known in line["error"]["message"]


def test_a_wrong_type_or_field_to_draw_is_said(visionmq):
    for words, known in ((["--type", "mrz.none"], "mrz.td1"), (["--set", "colour=red"], "surname")):
        found = visionmq("document", "make", *words, "-o", "none")
        assert found.code == 1
        assert known in found.err


def test_a_template_is_learnt(visionmq):
    import msgspec

    from visionmq.engine.document.template.sample.holder import SPECIMEN

    card.draw_card(SPECIMEN).save("card.png")
    Path("zones.json").write_bytes(msgspec.json.encode(card.zones()))
    found = visionmq("document", "learn", "vmq_card", "card.png", "--zones", "zones.json")
    assert found.code == 0, found
    assert json.loads(Path("bundles/vmq_card/bundle.json").read_text())["name"] == "vmq_card"
    far = json.dumps([{"name": "far", "kind": "text", "box": [5000, 0, 100, 30]}])
    Path("far.json").write_text(far)
    found = visionmq("document", "learn", "other", "card.png", "--zones", "far.json")
    assert found.code == 1
    assert "'far' reaches out of the picture" in found.err
    assert not Path("bundles/other").exists()
