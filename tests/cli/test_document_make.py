"""Drawing specimens and learning templates from the command line, against a scripted service."""

import json
from pathlib import Path

import pytest

from tests.cli.fake_documents import ONES, PNG, TWOS, Documents, Refused, make
from visionmq.client import Client, bundles, errors
from visionmq.schemas.common import Attachment
from visionmq.schemas.document.specimens import MakeParams
from visionmq.schemas.document.templates import Learned, TemplateZone, ZoneKind


@pytest.fixture
def service(monkeypatch):
    with Documents() as broker:
        monkeypatch.setenv("VISIONMQ_BROKER", broker.endpoint)
        yield broker


def zones_file(*zones: object) -> Path:
    path = Path("zones.json")
    path.write_text(json.dumps(zones))
    return path


def zone(**more: object) -> dict[str, object]:
    return {"name": "number", "kind": "text", "box": [10, 20, 100, 30]} | more


@pytest.fixture
def picture() -> Path:
    path = Path("badge.png")
    path.write_bytes(PNG)
    return path


# ---- make -----------------------------------------------------------------------------------


def test_specimens_come_with_their_truth(service, visionmq):
    words = ["--type", "mrz.td1", "--seed", "7", "--count", "3", "--set", "surname=A=B", "--set", "mrz_number=X1"]
    found = visionmq("document", "make", *words, "-o", "out")
    assert found.code == 0, found
    names = [f"mrz.td1-{seed:04}.jpg" for seed in (7, 8, 9)]
    assert found.out.splitlines() == [str(Path("out") / name) for name in names]
    truth = json.loads(Path("out/truth.json").read_text())
    assert list(truth) == names
    assert truth[names[0]]["mrz"] == [ONES, TWOS]
    assert truth[names[0]]["fields"] == {"surname": "A=B", "number": "X1"}
    assert [row["seed"] for row in truth.values()] == [7, 8, 9]
    assert all((Path("out") / name).read_bytes() == PNG for name in names)


def test_a_flat_page_is_asked_for(service, visionmq):
    assert visionmq("document", "make", "--flat").code == 0
    assert [path.name for path in sorted(Path("specimens").iterdir())] == ["mrz.mrp-0000.png", "truth.json"]
    assert service.asked[0][1] == MakeParams(doc_type="mrz.mrp", seed=0, photograph=False)


def test_no_truth_is_overwritten(service, visionmq):
    assert visionmq("document", "make").code == 0
    found = visionmq("document", "make")
    assert found.code == 2
    assert "truth.json exists" in found.err


def test_what_was_drawn_before_an_error_keeps_its_truth(monkeypatch, visionmq):
    def answer(params: MakeParams, images: list[bytes]) -> object:
        if params.seed < 2:
            return make(params, images)
        raise Refused("there is no such type")

    with Documents(make=answer) as broker:
        monkeypatch.setenv("VISIONMQ_BROKER", broker.endpoint)
        found = visionmq("document", "make", "--count", "4")
    assert found.code == 1
    assert "there is no such type" in found.err
    assert len(json.loads(Path("specimens/truth.json").read_text())) == 2


def test_a_word_that_sets_nothing_is_said(service, visionmq):
    found = visionmq("document", "make", "--set", "surname")
    assert found.code == 2
    assert "FIELD=VALUE" in found.err


# ---- learn ----------------------------------------------------------------------------------


def test_a_bundle_is_a_folder_and_its_use_is_told(service, visionmq, picture):
    path = zones_file(
        zone(), zone(name="photo", kind="picture"), zone(name="born", kind="date", date_format="DD.MM.YYYY")
    )
    found = visionmq("document", "learn", "badge", picture, "--zones", path, "--title", "Staff badge")
    assert found.code == 0, found
    folder = Path("bundles/badge")
    assert found.out.strip() == str(folder)
    assert {file.name for file in folder.iterdir()} == {"bundle.json", "page.png"}
    assert f"--bundle {folder}" in found.err
    assert "warning: zone photo is small" in found.err
    ((_, params, images),) = service.asked
    assert (params.name, params.title, images) == ("badge", "Staff badge", [PNG])
    assert params.zones[2] == TemplateZone("born", ZoneKind.DATE, (10, 20, 100, 30), date_format="DD.MM.YYYY")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (zone(kind="blob"), "zone 2 (number): kind: Invalid enum value 'blob'"),
        ({"name": "number", "kind": "text"}, "zone 2 (number): lacks `box`"),
        (zone(boxes=[]), "zone 2 (number): has unknown `boxes`"),
        (zone(box=[1, 2, 3]), "zone 2 (number): box: "),
        (zone(name="n2", box=[1, 2, 0, 3]), "zone 2 (n2): box [1.0, 2.0, 0.0, 3.0] is no rectangle"),
        (zone(name="n2", pattern="["), "zone 2 (n2): pattern '[' is no regular expression"),
        (zone(name="n2", date_format="DD.MM.YYYY"), "date_format is for dates, not for text"),
        (zone(name="n2", kind="date", date_format="DD.MM.DD"), "write it as DD.MM.YYYY"),
        (zone(name="n2", kind="date", date_format="on DD.MM.YYYY"), "write it as DD.MM.YYYY"),
        (zone(name="n2", kind="date"), "zone 2 (n2): a date needs a date_format"),
        (zone(name="n2", kind="picture", pattern="a"), "pattern is for text, not for picture"),
        (zone(name="A name"), "zone 2 (A name): a name has small letters"),
        (zone(), "2 zones are named 'number'"),
        (7, "zone 2: "),
    ],
)
def test_a_wrong_zone_is_named_with_its_fault(service, visionmq, picture, wrong, says):
    found = visionmq("document", "learn", "badge", picture, "--zones", zones_file(zone(), wrong))
    assert found.code == 2
    assert says in found.err
    assert "checkbox" in found.err
    assert not service.asked


@pytest.mark.parametrize("content", ["[", "{}", "[]", '{"zones": 3}', "\xff"])
def test_a_file_without_zones_is_said(service, visionmq, picture, content):
    Path("zones.json").write_text(content, encoding="latin-1")
    assert visionmq("document", "learn", "badge", picture, "--zones", "zones.json").code == 2


def test_a_bundle_is_never_overwritten(service, visionmq, picture):
    path = zones_file(zone())
    assert visionmq("document", "learn", "badge", picture, "--zones", path).code == 0
    assert visionmq("document", "learn", "badge", picture, "--zones", path).code == 2
    for name in ("../badge", "a b", "A", "", "7up", "a-b"):
        assert visionmq("document", "learn", name, picture, "--zones", path).code == 2


@pytest.mark.parametrize("name", ["../evil", "/etc/x", ".hidden", "a/b", ""])
def test_a_service_cannot_write_outside_the_folder(name, tmp_path):
    def answer(*_: object) -> tuple[Learned, list[bytes]]:
        return Learned(name="x", features=1, images=[Attachment(name, 0)]), [b"x"]

    with Documents(learn=answer) as broker, Client(broker.endpoint) as client:
        reply = client.learn_document("x", PNG, [zone()])
        with pytest.raises(errors.Internal):
            bundles.write_bundle(reply, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()
