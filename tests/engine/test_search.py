import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visionmq.engine.document.mrz import grammar
from visionmq.engine.document.mrz.best import best_text
from visionmq.engine.document.mrz.digits import MATCH, RESIDUES
from visionmq.engine.document.mrz.layouts import CHEDL, LAYOUTS, TD3, check_digit
from visionmq.engine.document.mrz.plan import Group, plan_of
from visionmq.engine.document.mrz.reading import ALPHABET, INDEX, Cells, Given, even_centres, written
from visionmq.engine.document.mrz.search import Rules, search
from visionmq.engine.document.mrz.walk import walk
from visionmq.schemas.document.fields import CheckDigit

TD3_LINES = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
MALTA = ["IDMLT9999999<<3<9999999M<999<<", "7309258F0810245MLT0310240<<<<5", "SPITERI<MANDY<<<<<<<<<<<<<<<<<"]
CAMEROON = ["IDCMW<512849702<<<<<<<<<<<<<<<", "6104128M1402209CMW<<<<<<<<<<<1", "PUBLIC<<JON<<<<<<<<<<<<<<<<<<<"]
BELGIUM = ["IDBEL600001795<0152<<<<<<<<<<<", "1301014F2311207BEL130101987398", "SPECIMEN<<SPECIMEN<<<<<<<<<<<<"]
SWISS = ["AAA001D<<", "FACHE305142128097<<800126<<<<<", "MARCHAND<<FABIENNE<<<<<<<<<<<<"]
CHECKED = [layout for layout in LAYOUTS if layout is not CHEDL]
SEEDS = st.integers(0, 2**32 - 1)


def draw(layout, seed):
    """Draw the lines of a zone from the layout's own grammar, all check digits right."""
    random = np.random.default_rng(seed)
    lines = [["<"] * length for length in layout.lengths]
    for group in plan_of(layout).groups:
        state = 0
        for (line, index), level in zip(group.places, group.grammar, strict=True):
            state = random.choice(level.moves.shape[1], p=level.moves[state] / level.moves[state].sum())
            lines[line][index] = ALPHABET[random.choice(37, p=level.prints[state])]
        if group.check:
            own = sum(w * RESIDUES[INDEX[lines[a][b]]] for w, (a, b) in zip(group.own, group.places, strict=True))
            lines[group.check[0]][group.check[1]] = str(own % 10)
    if layout.composite_at:
        covered = "".join("".join(lines[line][start:end]) for line, start, end in layout.composite)
        lines[layout.composite_at[0]][layout.composite_at[1]] = check_digit(covered)
    return ["".join(line) for line in lines]


def doubtful(text, **odds):
    """Return a line read without doubt but for some positions: `p7={"8": 0.6, "S": 0.4}`."""
    table = written(text).found.odds.copy()
    for place, shares in odds.items():
        table[int(place[1:])] = 0
        for character, share in shares.items():
            table[int(place[1:]), INDEX[character]] = share
    return Given(Cells(table, 0.0, even_centres(len(text))))


def read(lines, **rules):
    return search([written(line) if isinstance(line, str) else line for line in lines], Rules(**rules))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.doc_type)
@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_any_legal_zone_read_without_doubt_is_given_back(layout, seed):
    lines = draw(layout, seed)
    zone = read(lines)[0]
    assert zone.texts == lines
    assert zone.layout is layout
    assert CheckDigit.FAILED not in [*zone.checks.values(), zone.composite]
    assert zone.edits == []


def wrong_character(lines, layout, data):
    """Return lines with one character of a checked field exchanged for one of another value."""
    spans = [span for span in layout.spans if span.check is not None]
    parts = [part for span in spans for part in span.covered()] + list(layout.composite)
    places = sorted({(line, index) for line, start, end in parts for index in range(start, end)})
    line, index = data.draw(st.sampled_from(places))
    value = RESIDUES[INDEX[lines[line][index]]]
    other = data.draw(st.sampled_from([c for c in ALPHABET if RESIDUES[INDEX[c]] != value]))
    changed = list(lines)
    changed[line] = lines[line][:index] + other + lines[line][index + 1 :]
    return changed, (line, index)


@pytest.mark.parametrize("layout", CHECKED, ids=lambda layout: layout.doc_type)
@given(seed=SEEDS, data=st.data())
@settings(max_examples=8, deadline=None)
def test_a_wrong_character_that_is_clear_is_reported_or_mended_never_silently_taken(layout, seed, data):
    lines = draw(layout, seed)
    changed, (line, index) = wrong_character(lines, layout, data)
    zones = read(changed)
    if not zones:
        return
    zone = zones[0]
    failed = CheckDigit.FAILED in [*zone.checks.values(), zone.composite]
    assert failed or zone.texts[line][index] == lines[line][index] or zone.joint < 0.99


LOOK_ALIKE = [
    "O0QDC",
    "1ILTJ",
    "B8S3",
    "S58",
    "G6C",
    "Z27",
    "MNWH",
    "VYU",
    "KX<",
    "<CKEL",
    "FPE",
    "4A",
    "9GP",
    "HN",
    "RK",
]


def noisy(line, random, share, strength):
    """Return a line whose odds are the true posteriors of noisy sightings; a share of the cells is seen badly."""
    odds = np.full((len(line), 37), 1e-7)
    for index, character in enumerate(line):
        clear = strength if random.random() < share else 7.0
        seen = random.normal(size=37)
        seen[INDEX[character]] += clear
        logits = clear * seen
        alike = {other for group in LOOK_ALIKE if character in group for other in group} | {character}
        logits[[column for column, other in enumerate(ALPHABET) if other not in alike]] -= 8
        odds[index] += np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    return Given(Cells((odds / odds.sum(axis=1, keepdims=True)).astype(np.float32), 0.0, even_centres(len(line))))


def test_noise_is_repaired_or_left_in_doubt_and_posteriors_are_calibrated():
    random, chances, right = np.random.default_rng(9303), [], []
    raw = exact = 0
    for number in range(132):
        layout = LAYOUTS[number % len(LAYOUTS)]
        lines = draw(layout, number)
        seen = [noisy(line, random, 0.12, 2.5) for line in lines]
        raw += [cells.found.best() for cells in seen] == lines
        zone = search(seen)[0]
        exact += zone.texts == lines
        for span in zone.layout.spans:
            chances.append(zone.posterior(span))
            right.append(zone.text(span) == lines[span.line][span.start : span.end])
    sure, true = np.array(chances) >= 0.99, np.array(right)
    assert raw < 84
    assert exact > 99
    assert sure.mean() > 0.85
    assert (~true[sure]).sum() <= 1  # 5,000 zones: 3 of 31,200 sure spans wrong, all names, 9 expected
    middle = (np.array(chances) > 0.5) & (np.array(chances) < 0.9)
    assert true[middle].mean() > np.array(chances)[middle].mean() - 0.15  # about 33 of them: never surer than right


def test_a_likely_wrong_letter_is_exchanged_and_the_edit_tells_its_cost():
    zone = read([TD3_LINES[0], doubtful(TD3_LINES[1], p5={"O": 0.9, "0": 0.1})])[0]
    assert zone.texts == TD3_LINES
    assert zone.repaired == {"number"}
    (edit,) = zone.edits
    assert (edit.line, edit.index, edit.read, edit.taken) == (1, 5, "O", "0")
    assert edit.cost == pytest.approx(np.log(9), abs=0.01)


def test_a_character_that_was_not_seen_is_told_by_the_digits():
    zone = read([TD3_LINES[0], TD3_LINES[1][:16] + "?" + TD3_LINES[1][17:]])[0]
    assert zone.texts == TD3_LINES
    assert zone.edits[0].read == "?"
    assert "birth_date" in zone.repaired


def test_two_letters_that_no_digit_can_tell_apart_stay_ambiguous_and_both_are_named():
    zone = read([TD3_LINES[0], doubtful(TD3_LINES[1], p3={"8": 0.6, "S": 0.4})])[0]
    assert zone.ambiguous == {"number"}
    span = next(span for span in TD3.spans if span.name == "number")
    assert zone.posterior(span) < 0.99
    readings = {zone.text(span), zone.rivals["number"][0].text}
    assert readings == {"L898902C3", "L89S902C3"}
    (alternative,) = zone.alternatives(1, 0, 9)
    assert alternative.index == 3
    assert alternative.probability == pytest.approx(zone.rivals["number"][0].probability, abs=0.01)


def test_digits_that_are_printed_wrong_are_read_as_printed():
    for lines, failed in ((MALTA, ["number", "birth_date"]), (CAMEROON, [])):
        zone = read(lines)[0]
        assert zone.texts == lines
        assert [name for name, state in zone.checks.items() if state is CheckDigit.FAILED] == failed
        assert zone.composite is CheckDigit.FAILED


def test_lines_that_belong_to_no_zone_are_passed_over():
    stray = ["THIS<IS<NO<LINE<OF<A<ZONE<AT<ALL<BUT<TEXT<<<", *TD3_LINES, "ANOTHER<ONE<BELOW<THAT<IS<AS<LONG<AS<THEY<AR"]
    zone = read(stray)[0]
    assert zone.texts == TD3_LINES
    assert zone.picked == (1, 2)


def test_the_number_of_characters_is_found_by_the_line_s_fit_and_what_it_reads():
    class Elastic:
        def __init__(self, line):
            self.line = line

        def cells(self, length):
            text = self.line[:length].ljust(length, "X")
            return Cells(written(text).found.odds, -0.01 if length == 44 else -0.6, even_centres(length))

    assert search([Elastic(line) for line in TD3_LINES])[0].texts == TD3_LINES


def test_text_that_is_no_zone_is_not_taken_for_one():
    words = "THE<QUICK<BROWN<FOX<JUMPS<OVER<THE<LAZY<DOG<AND<RUNS"
    for count, length in itertools.product((1, 2, 3), (30, 36, 44)):
        assert read([words[index : index + length].ljust(length, "<") for index in range(count)]) == []
    assert read([]) == []


def test_a_line_of_which_nothing_is_seen_is_no_zone():
    blank = [Given(Cells(np.full((44, 37), 1 / 37, np.float32), -3.0, even_centres(44)))] * 2
    assert search(blank) == []


def test_a_long_number_goes_on_in_the_optional_data():
    zone = read(BELGIUM)[0]
    assert zone.texts == BELGIUM
    assert zone.number() == "600001795015"
    assert zone.optional().strip("<") == ""
    assert zone.checks["number"] is CheckDigit.PASSED
    assert "long_number" in zone.exceptions
    spoilt = [BELGIUM[0].replace("<0152", "<0153"), *BELGIUM[1:]]
    assert read(spoilt)[0].checks["number"] is CheckDigit.FAILED


def test_on_older_belgian_cards_the_filler_counts_in_the_number_s_digit():
    lines = ["IDBEL000590240<6013<<<<<<<<<<<", "8512017F1311048BEL851201002007", "REINARTZ<<ULRIKE<KATIA<E<<<<<<"]
    zone = read(lines, mode="strict")[0]
    assert zone.texts == lines
    assert zone.checks["number"] is CheckDigit.PASSED
    assert zone.refused == {"number": "filler_counted"}


def test_a_licence_without_check_digits_has_none():
    zone = read(SWISS)[0]
    assert zone.layout is CHEDL
    assert zone.checks == {}
    assert zone.composite is CheckDigit.ABSENT


def test_strict_mode_refuses_what_the_standard_does_not_allow_and_says_which():
    assert read(MALTA)[0].refused == {}
    assert read(MALTA, mode="strict")[0].refused == {"names": "one_filler_between_names"}
    german = ["ARD<<Y701001V51<<<<<<<<<<<<<<<", "7611027M1609189IND<<<<<<<<<<<2", "SINGH<<JASIN<ALI<<<<<<<<<<<<<<"]
    zone = read(german, mode="strict")[0]
    assert zone.refused == {}
    assert {"germany", "residence_permit"} <= set(zone.exceptions)


def test_masks_are_patterns_of_document_types():
    assert Rules(masks=("mrz.td*",)).wants("mrz.td1")
    assert not Rules(masks=("mrz.td*",)).wants("mrz.mrp")


def test_marginals_are_probabilities_and_agree_with_what_was_taken():
    random = np.random.default_rng(1)
    zone = search([noisy(line, random, 0.3, 2.0) for line in TD3_LINES])[0]
    for line in zone.marginals:
        assert line.sum(axis=1) == pytest.approx(1, abs=0.011)
    assert 0 < zone.joint <= min(zone.chances.values()) + 1e-9


def test_a_walk_sums_exactly_over_every_text():
    random, count = np.random.default_rng(0), 4
    rules = grammar.number(count)
    group = Group(
        tuple((0, index) for index in range(count)),
        (("number", 0, count),),
        rules,
        (7, 3, 1, 7),
        (3, 1, 7, 3),
        (0, 4),
        1,
    )
    likes = np.zeros((count + 1, 37))
    for row in likes[:count]:
        row[random.choice(37, 6, replace=False)] = random.random(6) * 37
    likes[:, 36] += 5
    likes[count] = random.random(37) * 37
    rest = random.random((2, 10))
    made = walk(group, [likes])
    message = made.message(rest)
    weights = {}
    for text in itertools.product(*[np.flatnonzero(row) for row in likes[:count]]):
        weights[text] = brute(group, likes, rest, text)
    assert made.total(message) == pytest.approx(sum(weights.values()))
    best = max(weights, key=weights.get)
    assert made.weight(np.array(best), message) == pytest.approx(weights[best])
    assert weights[tuple(best_text(made, message))] > 0.9 * weights[best]
    marginal = sum(weight for text, weight in weights.items() if text[1] == best[1]) / sum(weights.values())
    assert made.marginals(message)[1, best[1]] == pytest.approx(marginal)


def brute(group, likes, rest, text):
    states = np.ones(1)
    for level, character, like in zip(group.grammar, text, likes, strict=False):
        states = (states @ level.moves) * level.prints[:, character] * like[character]
    own, shared = (sum(RESIDUES[c] * w for c, w in zip(text, ws, strict=True)) for ws in (group.own, group.shared))
    total = 0.0
    for state, weight in enumerate(states):
        empty = int(state == group.grammar[-1].empty)
        for digit, kind in itertools.product(range(11), range(2)):
            like = likes[len(text)][digit if digit < 10 else 36]
            total += weight * MATCH[kind, empty, own % 10, digit] * like * rest[kind, (shared + digit % 10) % 10]
    return total
