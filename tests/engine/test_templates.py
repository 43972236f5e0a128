"""Templates: patterns, dates, bundles, learning, finding a document, and reading its zones."""

import re
import time
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visionmq.engine.api import EngineError
from visionmq.engine.document.ocr import Reader, load_models, model_folder
from visionmq.engine.document.template.alignment import SHIPPED, Template, align, load_all, load_bundles, make_template
from visionmq.engine.document.template.bundle import DESCRIPTION, REFERENCE, Bundle, check_zones, read_bundle
from visionmq.engine.document.template.date_format import DateFormatError, check_format, parse_date, pattern_of
from visionmq.engine.document.template.guided import read_pattern
from visionmq.engine.document.template.learn import learn
from visionmq.engine.document.template.marks import read_checkbox
from visionmq.engine.document.template.pattern import PatternError, compile_pattern
from visionmq.engine.document.template.sample.__main__ import bundle
from visionmq.engine.document.template.sample.card import draw_card, zones
from visionmq.engine.document.template.sample.holder import SPECIMEN, Holder, invent
from visionmq.engine.document.template.sample.scene import View, photograph
from visionmq.engine.document.template.text import read_line
from visionmq.engine.document.template.zones import TemplateReading, read_template
from visionmq.engine.picture import Pixels, read_picture
from visionmq.engine.registration.outcome import Array
from visionmq.schemas.common import Quad
from visionmq.schemas.document.fields import Field
from visionmq.schemas.document.templates import LearnParams, TemplateZone, ZoneKind

TODAY = date(2026, 11, 21)
HOLDER = invent(np.random.default_rng(4))
VIEW = View(size=(800, 600), fill=0.85, tilt=15, heading=70, turn=8, blur=0.4, noise=2)
PATTERNS = (
    "[A-Z][A-Z' -]*",
    r"AL-\d{4}-\d{3}",
    "HARBOUR|OLD TOWN",
    "(ab|a)(c|bcd)?d*",
    "[^A-F]{2,3}x?",
    "(?:a{0,2}b+)*",
    ".",
)


@cache
def templates() -> tuple[Template, ...]:
    return tuple(load_all())


@cache
def page_of(holder: Holder) -> Pixels:
    return np.ascontiguousarray(np.asarray(draw_card(holder, 8))[:, :, ::-1])


@cache
def shot(view: View = VIEW, holder: Holder = HOLDER) -> tuple[Pixels, Array]:
    picture, corners = photograph(page_of(holder), view, np.random.default_rng(1))
    return read_picture(picture).pixels, corners


class DeafReader(Reader):
    """Reads nothing at all."""

    def __init__(self) -> None:
        super().__init__(None, None, ["A"])

    def _scores(self, strip: Pixels) -> Array:
        return np.tile(np.array([1.0, 0, 0], np.float32), (4, 1))


def spoken(text: str, *, doubt: tuple[int, str, float] | None = None) -> tuple[list[str], Array]:
    """Return emissions of a text, each character followed by a blank; one may be in doubt."""
    characters = sorted({*text, *(doubt[1] if doubt else "")})
    table = np.full((2 * len(text), 1 + len(characters)), 1e-6, np.float32)
    for at, character in enumerate(text):
        table[2 * at, 1 + characters.index(character)] = 1.0
        table[2 * at + 1, 0] = 1.0
    if doubt:
        at, other, part = doubt
        table[2 * at] *= 1 - part
        table[2 * at, 1 + characters.index(other)] = part
    return characters, table


@given(st.sampled_from(PATTERNS), st.data())
def test_patterns_say_what_pythons_expressions_say(pattern: str, data: st.DataObject) -> None:
    other = st.text("ABab cdx-'0AL7", max_size=8)
    text = data.draw(st.one_of(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True), other))
    expected = re.fullmatch(pattern, text, re.ASCII) is not None
    assert compile_pattern(pattern).matches(text) is expected


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a*)*b", "(.*a){12}b", "a*a*a*a*a*a*a*a*b"])
def test_no_pattern_can_hang_the_reader(pattern: str) -> None:
    started = time.process_time()
    assert not compile_pattern(pattern).matches("a" * 2000)
    assert time.process_time() - started < 2, "these take Python's re ages"


@pytest.mark.parametrize(
    "pattern",
    ["a" * 201, "(a", "a)", "[a", "*a", "a**", r"\1", "(?=a)", "a{3,1}", "a{1000}", "(a{200}){9}", "^a$", "[z-a]",
     "((((){400}){400}){400}){400}", "a{", "\\"],
)  # fmt: skip
def test_patterns_beyond_the_subset_are_refused_with_a_reason(pattern: str) -> None:
    with pytest.raises(PatternError, match=r"\w"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "length"),
    [
        (r"AL-\d{4}", 7),
        ("AB|CD", 2),
        ("AB|C", None),
        ("A+", None),
        ("A?", None),
        ("", 0),
        ("(AB){3}", 6),
        ("A{0,9}", None),
    ],
)
def test_a_pattern_knows_whether_all_its_texts_are_of_one_length(pattern: str, length: int | None) -> None:
    assert compile_pattern(pattern).length == length


@given(st.text(max_size=40))
def test_any_text_is_a_pattern_or_a_pattern_error(source: str) -> None:
    with suppress(PatternError):
        compile_pattern(source).matches(source)


@given(
    st.dates(date(1930, 1, 1), date(2070, 1, 1)),
    st.sampled_from(["DD.MM.YYYY", "D/M/YYYY", "YYYY-MM-DD", "DD MMM YYYY", "MMM D, YYYY"]),
)
def test_a_date_in_any_format_comes_back_as_iso(day: date, form: str) -> None:
    month = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")[day.month - 1]
    parts = {"YYYY": f"{day.year}", "MMM": month, "MM": f"{day.month:02}", "M": str(day.month), "DD": f"{day.day:02}"}
    text = re.sub("YYYY|MMM|MM|M|DD|D", lambda found: parts.get(found[0], str(day.day)), form)
    assert parse_date(text, form, TODAY) == day.isoformat()
    assert compile_pattern(pattern_of(form)).matches(text)


@pytest.mark.parametrize(
    ("text", "form", "value"),
    [
        ("31.02.2020", "DD.MM.YYYY", None),
        ("12.13.2020", "DD.MM.YYYY", None),
        ("12.04.87", "DD.MM.YY", "1987-04-12"),
        ("12.04.31", "DD.MM.YY", "2031-04-12"),
        ("09/2034", "MM/YYYY", "2034-09"),
        ("30SEP 2034", "DD MMM YYYY", "2034-09-30"),
        ("30 Sep 2034", "DD MMM YYYY", "2034-09-30"),
        ("30 SEPT 2034", "DD MMM YYYY", None),
    ],
)
def test_dates_that_are_odd(text: str, form: str, value: str | None) -> None:
    assert parse_date(text, form, TODAY) == value


@pytest.mark.parametrize("form", ["", "DD.MM", "YYYY", "DD.MM.YYYY YYYY", "DDth MM YYYY", "DD.MM.YYYY" + " " * 20])
def test_formats_without_a_whole_date_are_refused(form: str) -> None:
    with pytest.raises(DateFormatError):
        check_format(form)


@settings(max_examples=30)
@given(st.from_regex(re.compile(r"[A-Z]{2}\d{4}", re.ASCII), fullmatch=True))
def test_a_clear_text_of_the_pattern_is_read_as_it_is(text: str) -> None:
    found = read_pattern(*spoken(text), compile_pattern(r"[A-Z]{2}\d{4}"))
    assert found is not None
    assert (found.text, found.read) == (text, text)
    assert found.share > 0.99


def test_the_pattern_settles_look_alikes_and_says_so() -> None:
    found = read_pattern(*spoken("070CT 2O34"), compile_pattern(pattern_of("DD MMM YYYY")))
    assert found is not None
    assert (found.text, found.read) == ("07OCT 2034", "070CT 2O34")
    assert found.probability < 0.05


def test_two_readings_of_the_pattern_share_the_probability() -> None:
    found = read_pattern(*spoken("AB", doubt=(1, "D", 0.4)), compile_pattern("[A-Z]{2}"))
    assert found is not None
    assert found.text == "AB"
    assert found.share == pytest.approx(0.6, abs=0.01)


def test_a_line_of_another_kind_is_no_text_of_the_pattern() -> None:
    assert read_pattern(*spoken("HELLO"), compile_pattern(r"\d{4}")) is None


def heard(text: str, step: int = 4) -> tuple[list[str], Array]:
    """Return emissions of a text of even pitch whose spaces were not heard."""
    characters = sorted(set(text) - {" "})
    table = np.zeros((step * len(text) + 2, 1 + len(characters)), np.float32)
    table[:, 0] = 1
    for at, character in enumerate(text):
        if character != " ":
            table[step * at + 1] = 0
            table[step * at + 1, 1 + characters.index(character)] = 1
    return characters, table


class Hearing(DeafReader):
    """Gives out one line, whatever it is shown."""

    def __init__(self, line: tuple[list[str], Array]) -> None:
        super().__init__()
        self.line = line

    def emissions(self, strip: Pixels) -> tuple[list[str], Array]:
        return self.line


@pytest.mark.parametrize(("text", "trouble"), [("PETER GILES", True), ("PETERGILES", False), ("AB C", False)])
def test_a_space_that_was_not_heard_is_put_back_and_not_relied_on(text: str, trouble: bool) -> None:
    line = read_line(np.zeros((48, 400, 3), np.uint8), Hearing(heard(text)), compile_pattern("[A-Z][A-Z ]*"))
    assert line.text == (text if len(text) > 4 else "ABC")
    assert (line.trouble is not None) is trouble
    digits = read_line(np.zeros((48, 400, 3), np.uint8), Hearing(heard("12 34 5")), compile_pattern(r"\d+"))
    assert (digits.text, digits.trouble) == ("12345", None), "the pattern has no room for a space"


def box(ticked: bool, *, low: float = 40, high: float = 230) -> Pixels:
    """Return a checkbox between two grey levels, with noise."""
    drawn = np.full((40, 40), high)
    drawn[:3], drawn[-3:], drawn[:, :3], drawn[:, -3:] = low, low, low, low
    if ticked:
        steps = np.arange(8, 32)
        for shift in (-1, 0, 1):
            drawn[steps, steps + shift] = drawn[steps, 39 - steps + shift] = low
    noise = np.random.default_rng(3).normal(0, 5, drawn.shape)
    return np.repeat(np.clip(drawn + noise, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize("ticked", [True, False])
@pytest.mark.parametrize(("low", "high"), [(40, 230), (150, 225), (20, 70)])
def test_a_tick_is_seen_in_glare_and_in_shadow(ticked: bool, low: float, high: float) -> None:
    mark = read_checkbox(box(ticked, low=low, high=high), box(False))
    assert (mark.there, mark.trouble) == (ticked, None)


def test_a_box_that_glare_hides_is_not_taken_for_empty() -> None:
    mark = read_checkbox(box(True, low=240, high=250), box(False))
    assert "seen" in (mark.trouble or "")


ZONE = TemplateZone("name", ZoneKind.TEXT, (10, 10, 100, 20))


@pytest.mark.parametrize(
    ("name", "given_zones", "word"),
    [
        ("../up", [ZONE], "lower-case"),
        ("card", [], "1 to 64"),
        ("card", [ZONE, ZONE], "Two zones"),
        ("card", [TemplateZone("a/b", ZoneKind.TEXT, (0, 0, 9, 9))], "lower-case"),
        ("card", [TemplateZone("a", ZoneKind.TEXT, (150, 0, 100, 9))], "reaches out"),
        ("card", [TemplateZone("a", ZoneKind.TEXT, (-1, 0, 100, 9))], "reaches out"),
        ("card", [TemplateZone("a", ZoneKind.TEXT, (float("nan"), 0, 100, 9))], "reaches out"),
        ("card", [TemplateZone("a", ZoneKind.TEXT, (0, 0, 1, 9))], "the least"),
        ("card", [TemplateZone("a", ZoneKind.TEXT, (0, 0, 9, 9), pattern="(a")], "pattern that ends"),
        ("card", [TemplateZone("a", ZoneKind.DATE, (0, 0, 9, 9))], "needs a date_format"),
        ("card", [TemplateZone("a", ZoneKind.DATE, (0, 0, 9, 9), date_format="DD")], "date_format that"),
        ("card", [TemplateZone("a", ZoneKind.PICTURE, (0, 0, 9, 9), pattern="a")], "takes no pattern"),
    ],
)
def test_zones_that_cannot_be_are_refused_by_name(name: str, given_zones: list[TemplateZone], word: str) -> None:
    with pytest.raises(EngineError, match=word):
        check_zones(name, given_zones, (200, 100))


def test_what_was_learnt_is_read_back_the_same(tmp_path: Path) -> None:
    page = page_of(SPECIMEN)
    params = LearnParams(name="reader", title="A card", zones=zones(8), pass_back=7)
    learned, files = learn(params, page)
    assert list(files) == [attachment.name for attachment in learned.images] == [DESCRIPTION, REFERENCE]
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    read = read_bundle(tmp_path)
    assert (read.name, read.title, list(read.zones)) == ("reader", "A card", params.zones)
    assert (read.reference == page).all()
    (template,) = load_bundles(tmp_path)
    assert (len(template.landmarks), template.doc_type) == (learned.features, "template.reader")
    assert (learned.pass_back, learned.warnings) == (7, [])


def test_a_picture_without_landmarks_cannot_be_learnt() -> None:
    plain = np.full((300, 500, 3), 200, np.uint8)
    with pytest.raises(EngineError, match="landmarks"):
        learn(LearnParams(name="plain", zones=[ZONE]), plain)


def test_learning_warns_of_what_makes_reading_hard() -> None:
    small = np.ascontiguousarray(np.asarray(draw_card(SPECIMEN, 4))[:, :, ::-1])
    text = TemplateZone("low", ZoneKind.TEXT, (100, 80, 100, 9))
    learned, _ = learn(LearnParams(name="small", zones=[text]), small)
    assert any("420 by 296" in warning for warning in learned.warnings)
    assert any("low" in warning for warning in learned.warnings)


@pytest.mark.parametrize("damage", [b"{", b'{"name":"x"}', b'{"name":"X","size":[840,592],"zones":[]}'])
def test_a_broken_bundle_is_named_when_the_engine_loads(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / DESCRIPTION).write_bytes(damage)
    (tmp_path / REFERENCE).write_bytes((SHIPPED / "vmq_library_card" / REFERENCE).read_bytes())
    with pytest.raises(EngineError, match="cannot be used"):
        load_bundles(tmp_path)
    with pytest.raises(EngineError, match="no folder"):
        load_bundles(tmp_path / "missing")


def test_the_shipped_bundle_is_what_the_generator_makes_and_small() -> None:
    folder = SHIPPED / "vmq_library_card"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 500_000
    for name, content in bundle().items():
        assert (folder / name).read_bytes() == content, f"python -m ... --bundle {folder}"


def test_the_generator_gives_the_same_photograph_for_the_same_seed() -> None:
    first, second = (photograph(page_of(HOLDER), VIEW, np.random.default_rng(5)) for _ in range(2))
    assert first[0] == second[0]
    assert invent(np.random.default_rng(4)) == HOLDER


@pytest.mark.parametrize("turn", [0, 60, 180])
def test_the_card_is_found_where_it_lies(turn: float) -> None:
    pixels, corners = shot(View(size=(800, 600), fill=0.85, tilt=20, heading=40, turn=turn, blur=0.4))
    found = align(templates(), pixels)
    assert found is not None
    assert found.template.doc_type == "template.vmq_library_card"
    assert np.linalg.norm(found.outline() - corners, axis=1).max() < 1.5


def test_a_card_cut_off_far_or_on_another_desk_is_not_made_up() -> None:
    pixels, _ = shot()
    assert align(templates(), pixels[:, :250]) is None
    assert align(templates(), np.random.default_rng(2).integers(0, 256, (400, 500, 3), np.uint8)) is None
    assert align(templates(), np.zeros((300, 300, 3), np.uint8)) is None


def other_card() -> Template:
    """Return a card with the same zones and another look."""
    page = page_of(SPECIMEN)
    turned = np.ascontiguousarray(page[::-1, ::-1])
    turned[150:450] = 255 - turned[150:450, ::-1]
    params = LearnParams(name="other", zones=[TemplateZone("t", ZoneKind.TEXT, (300, 200, 200, 40))])
    return make_template(Bundle("other", "other", tuple(params.zones), turned))


def test_of_several_templates_the_right_one_is_taken() -> None:
    pixels, _ = shot()
    found = align([other_card(), *templates()], pixels)
    assert found is not None
    assert found.template.bundle.name == "vmq_library_card"


def machine_zone(strip: Pixels) -> dict[str, Field]:
    height, width = strip.shape[:2]
    quad = Quad([(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)])
    field = Field(name="full_mrz", value="I<UTO", raw="I<UTO", accepted=True, confidence=1.0, quad=quad)
    return {"full_mrz": field}


def reading(ocr: Reader) -> TemplateReading:
    found = read_template(templates(), shot()[0], ocr, machine_zone, TODAY)
    assert found is not None
    return found


def test_zones_that_need_no_text_are_read_and_cut_out() -> None:
    found = reading(DeafReader())
    expected = HOLDER.fields()
    for name in ("interlibrary", "reading_room"):
        assert (found.fields[name].value, found.fields[name].accepted) == (expected[name], True)
    for name in ("portrait", "signature"):
        assert found.fields[name].value == "present"
        assert found.frames[f"zone.{name}"].std() > 5
    assert found.frames["page"].shape == (740, 1050, 3)
    assert {field.source for name, field in found.fields.items() if name != "full_mrz"} == {"template"}
    assert not found.fields["surname"].accepted


def test_a_machine_readable_zones_quads_are_in_the_photograph() -> None:
    found = reading(DeafReader())
    assert found.fields["mrz"].value == found.fields["full_mrz"].value == "I<UTO"
    whole, zone = (np.array(found.fields[name].quad.points) for name in ("full_mrz", "mrz"))  # type: ignore[union-attr]
    assert np.abs(whole - zone).max() < 2
    page = np.array(found.page.points)
    assert np.linalg.norm(page - shot()[1], axis=1).max() < 1.5


def test_a_zone_outside_the_picture_is_said_to_be() -> None:
    pixels, _ = shot()
    found = read_template(templates(), pixels[:, : pixels.shape[1] * 3 // 4], DeafReader(), None, TODAY)
    assert found is not None
    assert "outside" in (found.fields["signature"].note or "")
    assert not found.fields["signature"].accepted
    assert "no reader" in (found.fields["mrz"].note or "") or "outside" in (found.fields["mrz"].note or "")


@pytest.mark.skipif(model_folder() is None, reason="the package rapidocr with its models is not installed")
def test_text_and_dates_are_read_with_the_models() -> None:
    found = reading(load_models())
    expected = HOLDER.fields()
    for name in ("surname", "given_names", "number", "born", "valid_until", "branch"):
        field = found.fields[name]
        assert field.value == expected[name]
        assert field.quad is not None
    assert found.fields["born"].accepted
    assert found.fields["born"].attributes["date"] == f"{HOLDER.born:%d.%m.%Y}"
    assert found.fields["number"].attributes["label"] == "Card number"


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_every_invented_holder_has_fields_of_the_patterns(seed: int) -> None:
    holder = invent(np.random.default_rng(seed))
    for zone in zones():
        if zone.pattern:
            assert compile_pattern(zone.pattern).matches(holder.fields()[zone.name])
        if zone.date_format:
            printed = holder.printed()[zone.name]
            assert parse_date(printed, zone.date_format, TODAY) == holder.fields()[zone.name]
    assert [len(line) for line in holder.zone_lines()] == [36, 36]
