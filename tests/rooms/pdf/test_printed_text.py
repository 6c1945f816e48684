"""Names as they are printed: one line, nothing that steers, in their own direction and letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.pdf.brand import DARK, LIGHT, brand, ink_on
from handstamp.pdf.printed_text import clean, direction, script_language, shorten, size, width
from handstamp.pdf.ticket_document import BRAND


@pytest.mark.parametrize(
    ("raw", "printed"),
    [
        ("  Zoë \r\n O'Brien\t", "Zoë O'Brien"),
        ("Ada\x00Lovelace", "Ada Lovelace"),
        ("safe\u202egpj.exe", "safegpj.exe"),
        ("\u2066Ada\u2069", "Ada"),
        ("Zoe\u0308", "Zoë"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\ue000\ud800x", "x"),
    ],
)
def test_what_steers_is_taken_out(raw: str, printed: str) -> None:
    assert clean(raw) == printed


@given(st.text())
def test_a_clean_text_is_one_line_and_stays_as_it_is(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert "\n" not in clean(text)


@pytest.mark.parametrize(
    ("text", "way", "language"),
    [
        ("Ada", "ltr", ""),
        ("12 محمد", "rtl", "ar"),
        ("יעל", "rtl", "he"),
        ("髙橋 さくら", "ltr", "ja"),
        ("李小龍", "ltr", "zh-Hans"),
        ("김민준", "ltr", "ko"),
        ("", "ltr", ""),
        ("12", "ltr", ""),
    ],
)
def test_each_script_has_its_direction_and_letters(text: str, way: str, language: str) -> None:
    assert (direction(text), script_language(text)) == (way, language)


def test_shared_letters_follow_the_language_of_the_document() -> None:
    assert script_language("東京", "ja") == "ja"
    assert script_language("東京", "en") == "zh-Hans"


def test_wide_letters_count_twice_and_marks_nothing() -> None:
    assert (width("Ada"), width("李小龍"), width("e\u0301")) == (3, 6, 1)
    assert [size("x" * n, 5, 9) for n in (5, 6, 10)] == [0, 1, 2]


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert shorten("Ada Lovelace", 12) == "Ada Lovelace"
    assert shorten("Ada Lovelace", 5) == "Ada…"
    assert shorten("李小龍李小龍", 5) == "李小…"


@given(st.text(), st.integers(1, 40))
def test_no_text_stays_wider_than_asked(text: str, widest: int) -> None:
    assert width(shorten(text, widest)) <= widest


def test_ink_is_read_on_any_brand_colour() -> None:
    assert ink_on("#ffd84d") == DARK
    assert ink_on("#0b3d2e") == LIGHT
    assert ink_on("#ffffff") == DARK
    assert ink_on("#000000") == LIGHT


@pytest.mark.parametrize(
    "color", ["", "red", "#fff", "#12345g", "#123456;}", "url(x)", "#123456\n"]
)
def test_what_is_no_colour_becomes_the_house_s(color: str) -> None:
    assert brand(color) == BRAND
    assert brand("#ABCDEF") == "#abcdef"
