"""Galleries keep what they are given, once, under names that only the key file opens."""

import pytest

from tests.engine.store.asking import FACES, enroll, forget, names, template, vector
from tests.engine.store.conftest import Place
from visionmq.engine.api import EngineError
from visionmq.engine.store.messages import (
    COLLECTIONS,
    ENROLL,
    GET_NOTES,
    SEARCH,
    SET_NOTES,
    SUBJECTS,
    TEMPLATES,
    Author,
    CollectionRow,
    Consent,
    Enroll,
    Gallery,
    GetNotes,
    GetTemplates,
    ListCollections,
    ListSubjects,
    NewTemplate,
    Search,
    SetNotes,
)
from visionmq.engine.store.opened import DirectLink
from visionmq.schemas.errors import ErrorCode

CONSENT = Consent("I agree.", "2030-01-01T00:00:00+00:00", "form 7")


def test_what_is_enrolled_is_found_again_after_the_store_was_closed(place: Place) -> None:
    first = place.open()
    told = enroll(first, "Ada", template(1, 0, 0, 0), template(0.9, 0, 0, 0, source="b.jpg", payload=b"points"))
    assert (told.created, told.templates, len(set(told.template_ids)), told.repeated) == (True, 2, 2, False)
    first.close()
    again = place.open()
    assert names(again, 1, 0, 0, 0) == ["Ada"]
    page = again.call(TEMPLATES, GetTemplates(gallery=FACES, payloads=True))
    assert {(row.source, row.payload) for row in page.templates} == {("", b""), ("b.jpg", b"points")}
    assert {row.vector for row in page.templates} == {vector(1, 0, 0, 0), vector(0.9, 0, 0, 0)}


def test_the_nearest_come_first(link: DirectLink) -> None:
    for number, name in enumerate(["far", "near", "nearest"]):
        enroll(link, name, template(0, 0, 0, 2 - number))
    assert names(link, 0, 0, 0, 0) == ["nearest", "near", "far"]
    assert names(link, 0, 0, 0, 0, subjects=["far", "near"]) == ["near", "far"]
    assert names(link, 0, 0, 0, 0, top=1) == ["nearest"]


def test_templates_of_another_model_or_collection_are_never_compared(link: DirectLink) -> None:
    enroll(link, "Ada", template(1, 0, 0, 0))
    other = Gallery("face", "staff", "arc/2", 4)
    enroll(link, "Ada", template(1, 0, 0, 0), key="other model", gallery=other)
    assert len(link.call(TEMPLATES, GetTemplates(gallery=other)).templates) == 1
    assert link.call(SEARCH, Search(gallery=other, probes=vector(0, 0, 0, 0))).templates == 1
    empty = Gallery("face", "visitors", "dlib/1", 4)
    assert link.call(SEARCH, Search(gallery=empty, probes=vector(0, 0, 0, 0))).hits == [[]]


def test_a_key_that_comes_again_changes_nothing_and_is_answered_as_before(link: DirectLink) -> None:
    first = enroll(link, "Ada", template(1, 0, 0, 0), key="k")
    again = enroll(link, "Ada", template(1, 0, 0, 0), key="k")
    assert again.repeated
    assert again.template_ids == first.template_ids
    assert link.call(SEARCH, Search(gallery=FACES, probes=vector(1, 0, 0, 0))).templates == 1


def test_a_key_that_comes_again_with_another_request_is_a_conflict(link: DirectLink) -> None:
    enroll(link, "Ada", template(1, 0, 0, 0), key="k")
    with pytest.raises(EngineError) as caught:
        enroll(link, "Ada", template(2, 0, 0, 0), key="k")
    assert caught.value.code is ErrorCode.CONFLICT
    other_user = enroll(link, "Bob", template(1, 1, 0, 0), key="k", author=Author("k", "another kiosk"))
    assert not other_user.repeated


def test_replacing_drops_the_templates_of_this_model_only(link: DirectLink) -> None:
    other = Gallery("face", "staff", "arc/2", 4)
    enroll(link, "Ada", template(1, 0, 0, 0), template(2, 0, 0, 0))
    enroll(link, "Ada", template(5, 0, 0, 0), key="other", gallery=other)
    assert enroll(link, "Ada", template(9, 0, 0, 0), replace=True, key="r").templates == 1
    (row,) = link.call(SUBJECTS, ListSubjects(kind="face", collection="staff")).subjects
    assert row.templates == {"dlib/1": 1, "arc/2": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"templates": [NewTemplate(vector=b"1234")]},
        {"templates": [template(float("nan"), 0, 0, 0)]},
        {"gallery": Gallery("face", "staff", "dlib/1", 8), "templates": [NewTemplate(vector=bytes(32))]},
        {"subject": ""},
        {"author": Author("")},
        {"gallery": Gallery("face", "", "dlib/1", 4)},
    ],
)
def test_what_cannot_be_kept_is_refused_and_leaves_no_trace(link: DirectLink, wrong: dict[str, object]) -> None:
    enroll(link, "Ada", template(1, 0, 0, 0))
    asked = {"gallery": FACES, "subject": "Bob", "templates": [template(1, 0, 0, 0)], "author": Author("k")}
    with pytest.raises(EngineError) as caught:
        link.call(ENROLL, Enroll(**{**asked, **wrong}))
    assert caught.value.code is ErrorCode.BAD_REQUEST
    assert link.call(SUBJECTS, ListSubjects(kind="face", collection="staff")).total == 1
    assert not link.call(ENROLL, Enroll(**asked)).repeated  # its key is still free


def test_subjects_are_listed_by_name_with_consent_and_attributes(link: DirectLink) -> None:
    enroll(link, "Émile", template(1, 0, 0, 0), attributes={"team": "a"}, consent=CONSENT)
    enroll(link, "Ada", template(2, 0, 0, 0))
    enroll(link, "Émile", key="more", attributes={"desk": "4"})
    page = link.call(SUBJECTS, ListSubjects(kind="face", collection="staff"))
    assert [row.subject for row in page.subjects] == ["Ada", "Émile"]
    assert page.subjects[1].attributes == {"team": "a", "desk": "4"}
    assert page.subjects[1].consent == CONSENT
    after = link.call(SUBJECTS, ListSubjects(kind="face", collection="staff", after="Ada", limit=1))
    assert [row.subject for row in after.subjects] == ["Émile"]
    assert after.total == 2


def test_a_list_knows_what_others_enrolled_and_forgot_since_it_was_read(place: Place) -> None:
    one, other = place.open(), place.open()

    def listed(after: str | None = None, limit: int = 100) -> list[str]:
        page = one.call(SUBJECTS, ListSubjects(kind="face", collection="staff", after=after, limit=limit))
        return [row.subject for row in page.subjects]

    for name in "dbca":
        enroll(one, name, template(1, 0, 0, 0))
    assert listed() == ["a", "b", "c", "d"]
    enroll(other, "bb", template(1, 0, 0, 0))
    enroll(other, "guest", template(1, 0, 0, 0), gallery=Gallery("face", "guests", "dlib/1", 4))
    forget(other, "c")
    enroll(other, "a", key="more", attributes={"x": "y"})
    assert listed() == ["a", "b", "bb", "d"]
    assert listed(after="a", limit=2) == ["b", "bb"]
    assert listed(after="d") == []
    assert listed(limit=0) == []


def test_a_subject_without_templates_is_no_gap_in_a_list_once_it_is_forgotten(place: Place) -> None:
    one, other = place.open(), place.open()
    for name in "abc":
        enroll(one, name)
    page = ListSubjects(kind="face", collection="staff", limit=2)
    assert [row.subject for row in one.call(SUBJECTS, page).subjects] == ["a", "b"]
    forget(other, "a")
    assert [row.subject for row in one.call(SUBJECTS, page).subjects] == ["b", "c"]


def test_a_name_written_in_another_unicode_form_is_the_same_name(link: DirectLink) -> None:
    composed, decomposed = "Ren\u00e9", "Rene\u0301"
    first = enroll(link, composed, template(1, 0, 0, 0))
    assert enroll(link, decomposed, template(2, 0, 0, 0), key="2").subject_id == first.subject_id


def test_templates_are_paged_by_id(link: DirectLink) -> None:
    enroll(link, "Ada", *(template(number, 0, 0, 0) for number in range(5)))
    seen: list[str] = []
    while page := link.call(
        TEMPLATES, GetTemplates(gallery=FACES, limit=2, after=seen[-1] if seen else None)
    ).templates:
        seen += [row.template_id for row in page]
    assert len(seen) == 5
    assert seen == sorted(set(seen))
    with pytest.raises(EngineError) as caught:
        link.call(TEMPLATES, GetTemplates(gallery=FACES, subject="Nobody"))
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_collections_are_counted(link: DirectLink) -> None:
    enroll(link, "Ada", template(1, 0, 0, 0), template(2, 0, 0, 0))
    enroll(link, "Bob", template(3, 0, 0, 0), gallery=Gallery("face", "guests", "dlib/1", 4))
    told = link.call(COLLECTIONS, ListCollections("face")).collections
    assert told == [CollectionRow("guests", 1, 1), CollectionRow("staff", 1, 2)]
    assert link.call(COLLECTIONS, ListCollections("brand")).collections == []


def test_a_note_tells_whether_the_gallery_has_changed_since(link: DirectLink) -> None:
    enroll(link, "Ada", template(1, 0, 0, 0))
    link.call(SET_NOTES, SetNotes(gallery=FACES, name="calibration", content=b"0.6", author=Author("n")))
    note = link.call(GET_NOTES, GetNotes(gallery=FACES, name="calibration"))
    assert (note.content, note.now) == (b"0.6", note.state)
    forget(link, "Ada")
    changed = link.call(GET_NOTES, GetNotes(gallery=FACES, name="calibration"))
    assert changed.state == note.state
    assert changed.now > note.now
    assert link.call(GET_NOTES, GetNotes(gallery=FACES, name="other")).content is None


def test_what_one_process_enrols_another_finds_in_its_next_search(place: Place) -> None:
    one, other = place.open(), place.open()
    assert names(other, 0, 0, 0, 0) == []
    for number in range(3):
        enroll(one, f"s{number}", template(number, 0, 0, 0))
        assert names(other, number, 0, 0, 0, top=1) == [f"s{number}"]
    forget(one, "s1")
    assert "s1" not in names(other, 1, 0, 0, 0)
