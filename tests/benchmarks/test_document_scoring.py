"""The documents benchmark counts right: what is exact, what is a silent error, and how many characters are wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.peers.rapidocr_rules import CHECKS, mend, obey, passes
from benchmarks.reading.chart import Panel, chart
from benchmarks.reading.degrading import DEGRADATIONS, degraded
from benchmarks.reading.reliability import bins
from benchmarks.reading.reporting import faults, score_table
from benchmarks.reading.running import Kept
from benchmarks.reading.scoring import Reading, Said, Truth, distance, quantile, score, unjudged_fields, wrong_fields

LINES = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
TRUTH = Truth(
    LINES,
    "TD3",
    {"surname": "ERIKSSON", "given_names": "ANNA MARIA", "document_number": "L898902C3", "birth_date": "740812"},
)
NOTHING = Truth()


def stated(value, raw=None, *, accepted=True, confidence=0.99):
    return Said(value, value if raw is None else raw, accepted, confidence)


def reading(lines=LINES, *, accepted=True, ms=10.0, error=None, **fields):
    return Reading(lines, accepted, ms, fields or None, error)


def test_a_zone_is_exact_only_if_every_character_is():
    almost = (LINES[0], LINES[1][:-1] + "1")
    found = score([(TRUTH, reading()), (TRUTH, reading(almost, accepted=False)), (TRUTH, reading((), accepted=False))])
    assert (found.zones, found.exact, found.accepted, found.silent) == (3, 1, 1, 0)
    assert found.character_errors == 1 + 88
    assert found.error_rate == pytest.approx(89 / (3 * 88))


def test_a_wrong_zone_is_a_silent_error_only_if_it_is_accepted():
    wrong = (LINES[0].replace("K", "X"), LINES[1])
    assert wrong_fields(reading(wrong), TRUTH) == ["zone"]
    assert wrong_fields(reading(wrong, accepted=False), TRUTH) == []
    assert score([(TRUTH, reading(wrong)), (TRUTH, reading())]).silent == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("full_mrz", stated("\n".join((LINES[0].replace("K", "X"), LINES[1])))),
        ("mrz_line2", stated(LINES[1].replace("8", "B"))),
        ("mrz_surname", stated("ERIXSSON")),
        ("mrz_given_names", stated("ANNA")),
        ("mrz_number", stated("L8989O2C3")),
        ("mrz_nationality", stated("UT0")),
        ("mrz_birth_date", stated("1974-08-13", "740813")),
        ("mrz_birth_date", stated("1974-12-08", "740812")),
        ("mrz_gender", stated("F", "M")),
        ("mrz_optional_data", stated("ZE184226", "ZE184226<<<<<<")),
    ],
)
def test_one_accepted_field_that_is_not_as_printed_is_a_silent_error(name, said):
    assert wrong_fields(reading(**{name: said}), TRUTH) == [name]
    refused = Said(said.value, said.raw, False, said.confidence)
    assert wrong_fields(reading(**{name: refused}), TRUTH) == []


def test_fields_as_printed_are_right_in_any_normal_form():
    fields = {
        "full_mrz": stated("\n".join(LINES)),
        "mrz_line1": stated(LINES[0]),
        "mrz_document_code": stated("P", "P<"),
        "mrz_issuer": stated("UTO"),
        "mrz_given_names": stated("ANNA MARIA", "ANNA<MARIA"),
        "mrz_number": stated("L898902C3"),
        "mrz_birth_date": stated("1974-08-12", "740812"),
        "mrz_gender": stated("F"),
        "mrz_optional_data": stated("ZE184226B", "ZE184226B<<<<<"),
    }
    assert wrong_fields(reading(**fields), TRUTH) == []
    assert unjudged_fields(reading(**fields), TRUTH) == []


def test_what_goes_on_with_a_long_number_is_no_optional_data():
    lines = ("C<TKLK69337699<8123<<<<<<<<<<<", "0408215M2807225TKLH46C1MNXP2M3", "PAPADOPOULOS<<KONSTANTINOS<<<<")
    long = Truth(lines, "TD1", {"number": "K69337699812"})
    fields = {
        "mrz_number": stated("K69337699812"),
        "mrz_number_check_digit": stated("3"),
        "mrz_optional_data": stated("", "<<<<<<<<<<<"),
    }
    assert wrong_fields(reading(lines, **fields), long) == []
    assert wrong_fields(reading(lines, mrz_optional_data=stated("8123", "8123<<<")), long) == ["mrz_optional_data"]


def test_a_field_that_the_truth_does_not_tell_is_named_and_not_counted():
    fields = {"mrz_shoe_size": stated("42")}
    assert wrong_fields(reading(**fields), TRUTH) == []
    assert unjudged_fields(reading(**fields), TRUTH) == ["mrz_shoe_size"]


def test_whatever_is_accepted_where_nothing_is_printed_is_silently_wrong():
    seen = reading(full_mrz=stated("\n".join(LINES)), mrz_surname=stated("ERIKSSON"))
    found = score([(NOTHING, seen), (NOTHING, reading((), accepted=False))])
    assert (found.negatives, found.rejected, found.silent, found.zones) == (2, 1, 1, 0)


def test_misprinted_digits_are_to_be_read_and_refused():
    misprint = Truth(LINES, "TD3", {}, digits_fit=False)
    found = score([(misprint, reading()), (misprint, reading(accepted=False))])
    assert (found.exact, found.misprints, found.misprints_refused, found.silent) == (2, 2, 1, 0)


def test_an_entry_without_a_zone_has_no_lines():
    assert Truth.of({"has_mrz": False, "mrz": None}).lines == ()
    assert Truth.of({"mrz": list(LINES), "type": "TD3", "all_checks_ok": False}).digits_fit is False


@given(st.text("AB<", max_size=12), st.text("AB<", max_size=12))
def test_the_distance_is_a_metric_bounded_by_the_longer_text(first, second):
    found = distance(first, second)
    assert found == distance(second, first)
    assert (found == 0) == (first == second)
    assert abs(len(first) - len(second)) <= found <= max(len(first), len(second))


def test_the_distance_counts_insertions_deletions_and_exchanges():
    assert distance("SPECIMEN", "SPECINEN") == 1
    assert distance("SPECIMEN", "SPECIMN") == 1
    assert distance("ABC", "XABCX") == 2


def test_times_are_told_by_median_and_the_value_nineteen_in_twenty_stay_below():
    found = score([(TRUTH, reading(ms=float(ms))) for ms in range(1, 101)])
    assert (found.median_ms, found.p95_ms) == (50.5, 96)
    assert quantile([], 0.95) == 0


def test_stated_probabilities_are_compared_with_what_was_wrong():
    pairs = [(TRUTH, reading(mrz_surname=stated("ERIKSSON", confidence=0.97))) for _ in range(9)]
    pairs.append((TRUTH, reading(mrz_surname=stated("ERIXSSON", confidence=0.97))))
    (found,) = [one for one in bins(pairs) if one.fields]
    assert (found.fields, found.wrong, found.accepted_wrong) == (10, 1, 1)
    assert found.stated_errors == pytest.approx(0.3)


def test_the_tables_name_the_reader_and_the_fault():
    wrong = reading((LINES[0].replace("K", "X"), LINES[1]))
    assert "| peer " in score_table({"peer": score([(TRUTH, wrong)])})
    assert faults(["a.jpg"], [(TRUTH, wrong)]) == ["  a.jpg: line 1 at 9: X for K; SILENT: zone"]


def test_what_a_peer_said_is_kept_between_runs(tmp_path):
    Kept(tmp_path / "kept").keep("peer 1", {"lines": [], "accepted": False, "ms": 1.0})
    assert Kept(tmp_path / "kept").find("peer 1") == {"lines": [], "accepted": False, "ms": 1.0}
    assert Kept(tmp_path / "kept").find("peer 2") is None


@pytest.mark.parametrize("kind", DEGRADATIONS, ids=lambda kind: kind.name)
def test_a_degradation_repeats_and_leaves_alone_at_its_neutral_level(kind):
    pixels = np.random.default_rng(5).integers(0, 255, (60, 90, 3)).astype(np.uint8)
    assert degraded(pixels, kind, kind.neutral, 1) is pixels
    worst = kind.levels[-1]
    first, again = degraded(pixels, kind, worst, 1), degraded(pixels, kind, worst, 1)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert first.shape != pixels.shape or not np.array_equal(first, pixels)


def test_a_chart_is_an_svg_with_a_line_for_each_reader():
    drawn = chart("Title & more", [Panel("blur", (0, 1, 2), {"ours": (1, 1, 0.5), "peer": (1, 0, 0)})])
    assert drawn.startswith("<svg")
    assert drawn.count("<polyline") == 2
    assert "Title &amp; more" in drawn


def test_the_peer_with_position_rules_mends_what_they_can():
    read = [LINES[0].replace("O", "0"), LINES[1].replace("0", "O", 1).replace("UTO", "UT0")]
    lines = mend(obey(read, "TD3"), "TD3")
    assert tuple(lines) == LINES
    assert all(passes(lines, check) for check in CHECKS["TD3"])
