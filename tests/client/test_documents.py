"""The documents methods of both clients, and results in the replaced service's shape."""

import asyncio
from datetime import date

import pytest

from tests.cli.fake_documents import ONES, PNG, TWOS, Documents, field, judged, nothing, passport
from visionmq.client import AsyncClient, Client, documents, errors, legacy
from visionmq.client.wire_errors import from_wire
from visionmq.schemas.common import Item
from visionmq.schemas.document.documents import Documents as DocumentsTold
from visionmq.schemas.document.documents import Merged, RecognizeParams
from visionmq.schemas.errors import ErrorCode, make_error

ZONE = {"name": "number", "kind": "text", "box": [1, 2, 3, 4]}


def test_recognize_asks_for_all_it_is_told() -> None:
    with Documents() as broker, Client(broker.endpoint) as client:
        reply = client.recognize(
            [b"judged", b"bad"],
            mask="mrz.*",
            mode="strict",
            forensics=True,
            current_date=date(2026, 11, 21),
            visual=True,
            want=["overlay"],
            timeout=5,
        )
    ((_, params, images),) = broker.asked
    assert images == [b"judged", b"bad"]
    assert params == RecognizeParams(
        mask=["mrz.*"],
        mode="strict",
        options={"common.currentDate": "21.11.2026"},
        forensics=True,
        visual=True,
        want=["overlay"],
    )
    assert reply.result.items[0].result == judged()
    assert reply.picture("overlay") == PNG
    assert reply.picture("overlay", 1) is None
    assert reply.picture("portrait") is None


def test_document_takes_the_same_options() -> None:
    with Documents() as broker, Client(broker.endpoint) as client:
        assert client.document(b"judged", forensics=True, current_date="today").forensics["expiry"].state == "failed"
        with pytest.raises(errors.BadImage):
            client.document(b"bad")
        assert client.documents([b"x", b"y"], merge=True).merged is not None


def test_specimens_and_templates_have_methods() -> None:
    with Documents() as broker, Client(broker.endpoint) as client:
        made = client.make_document("mrz.td1", fields={"surname": "X"}, seed=3, photograph=False)
        assert (made.result.mrz, made.result.fields, bytes(made.images[0])) == ([ONES, TWOS], {"surname": "X"}, PNG)
        learned = client.learn_document("badge", PNG, [ZONE], title="Badge")
        assert learned.result.features == 321
        with pytest.raises(errors.BadRequest, match="Zone 2"):
            client.learn_document("badge", PNG, [ZONE, {"name": "x"}])


def test_the_asynchronous_client_has_the_same_methods() -> None:
    async def talk(endpoint: str) -> None:
        async with AsyncClient(endpoint) as client:
            reply = await client.recognize([b"x"], want=["mrz"])
            assert reply.picture("mrz") == PNG
            assert (await client.document(b"x")).doc_type == "mrz.mrp"
            assert (await client.documents([b"nothing"])).items[0].result == nothing()
            assert (await client.make_document(seed=2)).result.fields == {"surname": "NAME2"}
            assert (await client.learn_document("badge", PNG, [ZONE])).result.name == "badge"

    with Documents() as broker:
        asyncio.run(talk(broker.endpoint))


def test_both_clients_have_the_same_words() -> None:
    import inspect

    for name in ("recognize", "make_document", "learn_document", "document", "documents", "register", "warp", "stitch"):
        sync, other = (inspect.signature(getattr(kind, name)) for kind in (Client, AsyncClient))
        assert str(sync) == str(other)


def test_forensics_without_a_day_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(errors.BadRequest, match="day") as caught:
        documents.recognize_params(forensics=True)
    assert "today" in caught.value.hint


@pytest.mark.parametrize(
    ("given", "written"),
    [("2026-11-21", "21.11.2026"), ("1.2.2026", "01.02.2026"), (date(987, 1, 2), "02.01.0987")],
)
def test_days_are_written_as_the_engine_reads_them(given, written) -> None:
    assert documents.written_date(given) == written


@pytest.mark.parametrize("text", ["", "yesterday", "31.02.2026", "2026-13-01", "1.2", "1.2.3.4"])
def test_text_that_names_no_day_is_refused(text) -> None:
    with pytest.raises(errors.BadRequest):
        documents.written_date(text)


# ---- the old shape --------------------------------------------------------------------------


def test_a_document_in_the_old_shape() -> None:
    old = legacy.old_shape(judged())
    assert old["error"] is False
    response = old["response"]
    assert set(response) == {"docType", "fields", "forensics"}
    fields = response["fields"]
    assert fields["full_mrz"]["value"] == f"{ONES}\n{TWOS}"
    assert fields["full_mrz"]["attr"] == {"control_digit_check": "failed"}
    assert fields["mrz_birth_date"]["value"] == "12.08.1974"
    assert fields["mrz_surname"] == {"name": "mrz_surname", "value": "ERIKSSON", "isAccepted": True, "attr": {}}
    assert fields["mrz_optional_data"]["isAccepted"] is False


def test_a_failed_check_reads_failed_and_not_undefined() -> None:
    checks = legacy.old_shape(judged())["response"]["forensics"]
    assert {name: (one["value"], one["isAccepted"]) for name, one in checks.items()} == {
        "expiry": ("failed", False),
        "mrz_check_digits": ("passed", True),
        "screen": ("undefined", False),
    }


def test_no_forensics_asked_none_answered() -> None:
    assert "forensics" not in legacy.old_shape(passport())["response"]


def test_failures_in_the_old_shape() -> None:
    error = make_error(ErrorCode.BAD_IMAGE, "It is no picture.")
    failures = [error, Item(ok=False, error=error), from_wire(error), ValueError("odd"), ValueError()]
    for failure in failures:
        old = legacy.old_shape(failure)
        assert set(old) == {"error", "desc"}
        assert old["error"] is True
        assert old["desc"]
    assert "It is no picture." in legacy.old_shape(error)["desc"]


def test_nothing_found_is_an_answer_that_lists_what_is_supported() -> None:
    old = legacy.old_shape(nothing(), supported=["mrz.mrp", "mrz.td1"])
    assert old["response"] == {"docType": "", "fields": {}}
    assert old["desc"].endswith("Supported are mrz.mrp, mrz.td1.")


def test_the_old_shape_holds_one_recognition() -> None:
    items = [Item(ok=True, result=passport()), Item(ok=True, result=nothing())]
    assert legacy.old_shape(DocumentsTold(items=items[:1]))["response"]["docType"] == "mrz.mrp"
    with pytest.raises(ValueError, match="one recognition"):
        legacy.old_shape(DocumentsTold(items=items))
    merged = Merged(document=judged(), final=True, pictures=[0, 1])
    assert "forensics" in legacy.old_shape(DocumentsTold(items=items, merged=merged))["response"]


@pytest.mark.parametrize(
    ("value", "old"), [("2012-04-15", "15.04.2012"), (None, ""), ("ERIKSSON", "ERIKSSON"), ("2012-04-XX", "2012-04-XX")]
)
def test_old_values(value, old) -> None:
    assert legacy.old_value(field("x", value, "raw")) == old


# ---- bundles --------------------------------------------------------------------------------


def test_a_local_service_knows_the_bundles_that_are_named(tmp_path, monkeypatch) -> None:
    import os
    import time

    from visionmq.client import local

    started = []

    class Service(local.LocalService):
        def start(self, workers, options, until) -> None:
            (tmp_path / "says.py").write_text(
                "import json, os; print(json.dumps({'event': 'said', 'bundles': os.environ['VISIONMQ_BUNDLES']}))"
            )
            started.append(self._run("says").expect("said", time.monotonic() + 20)["bundles"])

    monkeypatch.setattr(local, "LocalService", Service)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    local.start(bundles=["a", tmp_path / "b"]).close()
    assert started == [os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b")])]
