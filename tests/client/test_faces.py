"""The methods of both clients about faces: what is asked, and what comes back."""

import asyncio
import inspect
from pathlib import Path

import pytest

from tests.cli import fake_faces as fake
from visionmq.client import AsyncClient, Client, errors, face_gallery, faces
from visionmq.client.calls import Call
from visionmq.schemas.face.common import Encoding
from visionmq.schemas.face.verification import VerifyParams

METHODS = (
    "detect_faces encode_faces verify_faces identify_faces enroll_face subjects face_collections forget_subject"
    " calibrate_faces challenge respond"
)
SENT = Encoding(model="dlib-resnet/1", values=[0.1, 0.2])


def test_both_clients_have_the_same_words_and_say_what_comes_back() -> None:
    for name in METHODS.split():
        sync, other = (inspect.signature(getattr(kind, name)) for kind in (Client, AsyncClient))
        assert str(sync) == str(other)
        assert getattr(Client, name).__doc__ == getattr(AsyncClient, name).__doc__
        assert next(iter(sync.parameters)) == "self"
        assert "Call[" not in str(sync.return_annotation)


def test_a_method_is_a_request_that_can_be_looked_at_before_it_is_sent() -> None:
    made = faces.verify_faces(b"ada 1", b"ada 2", fmr=1e-4, timeout=3)
    assert isinstance(made, Call)
    assert (made.operation, list(made.images), made.options) == ("face.verify", [b"ada 1", b"ada 2"], {"timeout": 3})
    assert made.params == VerifyParams(fmr=1e-4)


def test_two_pictures_an_encoding_or_a_subject_are_verified() -> None:
    with fake.service() as broker, Client(broker.endpoint) as client:
        reply = client.verify_faces(b"ada 1", b"ada 2", want=["overlay"], several="refuse")
        assert reply.result.same
        assert reply.picture("overlay", 1) == fake.PNG
        client.verify_faces(SENT, b"ada 1")
        client.verify_faces(b"ada 1", SENT)
        client.verify_faces(b"ada 1", subject="ada", collection="staff")
    asked = [params for _, params, _ in broker.asked]
    assert [(params.a, params.b, params.subject) for params in asked] == [
        (None, None, None), (SENT, None, None), (None, SENT, None), (None, None, "ada")
    ]  # fmt: skip
    assert [images for _, _, images in broker.asked][1:] == [[b"ada 1"]] * 3


def test_a_comparison_has_two_sides() -> None:
    for sides in ({}, {"b": b"x", "subject": "ada"}):
        with pytest.raises(errors.BadRequest, match="one other"):
            faces.verify_faces(b"x", **sides)


@pytest.mark.parametrize(
    ("given", "said"), [({"fmr": 2}, "fmr"), ({"several": "all"}, "several"), ({"threshold": -1}, "threshold")]
)
def test_what_is_out_of_bounds_is_refused_before_it_is_sent(given, said) -> None:
    with pytest.raises(errors.BadRequest, match=said) as caught:
        faces.verify_faces(b"a", b"b", **given)
    assert "docs/faces.md" in caught.value.hint


def test_a_picture_without_a_face_is_an_error_of_its_own() -> None:
    with fake.service() as broker, Client(broker.endpoint) as client:
        with pytest.raises(errors.NoFace):
            client.verify_faces(b"nobody 1", b"ada 1")
        with pytest.raises(errors.FaceRefused):
            client.verify_faces(b"crowd 1", b"ada 1")


def test_encodings_go_back_in_as_they_came() -> None:
    with fake.service() as broker, Client(broker.endpoint) as client:
        found = client.encode_faces([b"ada 1"]).result
        assert found.items[0].result is not None
        made = faces.encoding_of(found.items[0].result.faces[0], found.models[0])
        assert made == SENT
        assert client.identify_faces([b"ada 1"], encodings=[made], top=2).result.items[0].result.subject == "ada"
        bare = client.detect_faces([b"ada 1"]).result.items[0].result
        assert bare is not None
        with pytest.raises(errors.BadRequest, match="no encoding"):
            faces.encoding_of(bare.faces[0], "dlib-resnet/1")


def test_enrolment_keeps_the_files_names_and_the_consent(tmp_path) -> None:
    picture = tmp_path / "ada1.jpg"
    picture.write_bytes(b"ada 1")
    with fake.service() as broker, Client(broker.endpoint) as client:
        done = client.enroll_face("ada", [picture, b"ada 2"], consent="form 12", attributes={"team": "x"}, key="once")
        assert (done.kept, done.warnings[0].code) == (2, "look_alike")
    _, params, _ = broker.asked[0]
    assert (params.sources, params.attributes, broker.keys) == (["ada1.jpg", ""], {"team": "x"}, ["once"])
    assert params.consent.text == "form 12"
    assert params.consent.given_at.endswith("+00:00")


def test_the_gallery_has_methods() -> None:
    with fake.service() as broker, Client(broker.endpoint) as client:
        page = client.subjects("staff", limit=1)
        assert (page.subjects[0].subject, page.next) == ("ada", "ada")
        assert client.subjects("staff", after=page.next).next is None
        assert client.face_collections().collections[0].templates == 5
        assert client.forget_subject("ada").receipt.audit_sequence == 7
        with pytest.raises(errors.NotFound):
            client.forget_subject("eve")
        assert client.calibrate_faces("staff", keep=False).kept is False


def test_a_challenge_is_answered_by_the_same_object_or_its_token() -> None:
    with fake.service() as broker, Client(broker.endpoint) as client:
        asked = client.challenge(2, seconds=30)
        assert client.respond(asked, [b"ada 1", b"ada 2"]).live
        assert not client.respond("other", [b"ada 1", b"ada 2"]).live


def test_the_asynchronous_client_has_the_same_methods() -> None:
    async def talk(endpoint: str) -> None:
        async with AsyncClient(endpoint) as client:
            assert (await client.verify_faces(b"ada 1", b"ada 2")).result.same
            assert (await client.enroll_face("ada", [b"ada 1"])).kept == 1
            assert (await client.forget_subject("ada")).repeated is False
            with pytest.raises(errors.NoFace):
                await client.verify_faces(b"nobody 1", b"ada 2")

    with fake.service() as broker:
        asyncio.run(talk(broker.endpoint))


def test_files_are_called_by_their_names_alone() -> None:
    assert face_gallery.sources_of([Path("a/b.jpg"), "c.png", b"x", "y" * 300]) == ["b.jpg", "c.png", "", "y" * 256]
