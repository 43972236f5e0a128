"""Names in the zone: split, cut, transliterated, and guessed back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visionmq.engine.document.fields.countries import COUNTRIES, code_of, find_country
from visionmq.engine.document.fields.names import join_names, readable, split_names
from visionmq.engine.document.fields.transliteration import NotWritable, guess_spelling, to_zone
from visionmq.engine.document.mrz.codes import KNOWN

WORDS = st.lists(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=30), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("spelt", "issuer", "zone"),
    [
        ("Müller-Lüdenscheidt", "D", "MUELLER LUEDENSCHEIDT"),
        ("Weiß", "AUT", "WEISS"),
        ("O'Connor", "IRL", "OCONNOR"),
        ("Öztürk", "TUR", "OZTURK"),
        ("Ağaoğlu Işıl İbrahim", "TUR", "AGAOGLU ISIL IBRAHIM"),
        ("Ångström", "SWE", "AANGSTROEM"),
        ("Kjær Søren", "DNK", "KJAER SOEREN"),
        ("Łukasz Żółkiewski", "POL", "LUKASZ ZOLKIEWSKI"),
        ("Þórðarson", "ISL", "THORDARSON"),
        ("Muñoz", "ESP", "MUNOZ"),
        ("Nguyễn Đặng", "VNM", "NGUYEN DANG"),
        ("Щербаков Юрий", "RUS", "SHCHERBAKOV IURII"),
        ("Гнатюк Їжакевич", "UKR", "HNATIUK YIZHAKEVYCH"),
        ("Щерев", "BGR", "SHTEREV"),
        ("Ѓорѓи Ќосев", "MKD", "GJORGJI KJOSEV"),
        ("Œuvre Ĳssel", "FRA", "OEUVRE IJSSEL"),
    ],
)
def test_national_letters_are_written_by_the_standard_s_tables(spelt, issuer, zone):
    assert to_zone(spelt, issuer) == zone


@pytest.mark.parametrize("name", ["محمد", "山田", "Louis 14", "A&B"])
def test_other_scripts_and_signs_are_refused(name):
    with pytest.raises(NotWritable, match="write the name in Latin or Cyrillic"):
        to_zone(name)


@pytest.mark.parametrize(
    ("printed", "issuer", "guess"),
    [
        ("MUELLER", "D", "Müller"),
        ("JOERG UWE", "D", "Jörg Uwe"),
        ("GOETZ SCHAEFER", "AUT", "Götz Schäfer"),
        ("BAUER", "D", None),
        ("MANUEL MICHAEL SAMUEL NOEL", "D", None),
        ("QUELLE", "D", None),
        ("JOERGENSEN", "DNK", "Jørgensen"),
        ("AANGSTROEM", "SWE", "Ångström"),
        ("SAARI", "FIN", None),
        ("MUNXXOZ", "ESP", "Muñoz"),
        ("DMITRII", "RUS", "Дмитрий"),
        ("MARIIA", "RUS", "Мария"),
        ("OZTURK", "TUR", None),
        ("MUELLER", "USA", None),
    ],
)
def test_the_spelling_at_home_is_guessed_only_where_a_rule_of_the_issuer_says_so(printed, issuer, guess):
    assert guess_spelling(printed, issuer) == guess


def test_names_are_parted_at_the_first_two_fillers():
    names = split_names("VAN<DER<MULLEN<<ANNA<MARIA<<<<")
    assert (names.primary, names.secondary, names.truncated) == ("VAN<DER<MULLEN", "ANNA<MARIA", False)
    assert "VAN<DER<MULLEN<<ANNA<MARIA<<<<"[names.start :].startswith("ANNA")


def test_a_name_that_begins_with_fillers_is_a_given_name():
    names = split_names("<<ARJUN<<<<<<<")
    assert (names.primary, names.secondary, names.start) == ("", "ARJUN", 2)


def test_a_single_name_is_the_primary_identifier():
    assert split_names("ARJUN<<<<<").secondary == ""


def test_the_standard_s_long_name_is_cut_at_the_end_with_a_letter_last():
    field = join_names("NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASUANG", 39)
    assert field == "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"
    assert split_names(field).truncated


@given(surname=WORDS, given_names=WORDS, width=st.sampled_from([30, 31, 39]))
def test_any_name_fits_and_whatever_is_cut_ends_with_a_letter(surname, given_names, width):
    field = join_names(" ".join(surname), " ".join(given_names), width)
    names = split_names(field)
    assert len(field) == width
    assert names.primary
    if readable(names.primary).split() != surname:
        assert names.truncated
    if readable(names.secondary).split() != given_names:
        assert field[-1] != "<"
    for part, words in ((names.primary, surname), (names.secondary, given_names)):
        kept = readable(part).split()
        assert all(word.startswith(short) for short, word in zip(kept, words, strict=False))


def test_every_code_that_a_zone_may_carry_has_a_name():
    assert [code for code in KNOWN if find_country(code) is None] == []
    assert len([country for country in COUNTRIES.values() if country.alpha_3 == country.code]) == 249


@pytest.mark.parametrize(
    ("code", "alpha_2", "alpha_3", "name"),
    [
        ("D<<", "DE", "DEU", "Germany"),
        ("UTO", None, None, "Utopia (specimen)"),
        ("RKS", "XK", None, "Kosovo"),
        ("GBD", "GB", "GBR", "British Overseas Territories citizen"),
        ("UNO", "UN", None, "United Nations Organization"),
        ("XXA", None, None, "stateless person"),
    ],
)
def test_codes_have_their_other_forms(code, alpha_2, alpha_3, name):
    country = find_country(code)
    assert (country.alpha_2, country.alpha_3, country.name) == (alpha_2, alpha_3, name)


def test_a_country_is_found_by_any_of_its_names():
    assert {code_of(text) for text in ("D", "de", "germany", "Germany")} == {"D"}
    assert code_of("Atlantis") is None
