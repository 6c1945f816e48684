"""Paths to return to, addresses, codes: what is let through and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.auth.rules import (
    HOME,
    LEAST_CONTRAST,
    clean_code,
    clean_digits,
    clean_email,
    contrast_with_white,
    readable,
    safe_next,
)


@pytest.mark.parametrize(
    "path",
    ["/tickets", "/tickets/events", "/tickets/organizer/events/evt_1?tab=guests&page=2"],
)
def test_our_own_pages_are_kept(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "https://evil.example",
        "//evil.example/tickets",
        "/\\evil.example",
        "/tickets//evil.example",
        "/tickets/../admin",
        "/tickets\\@evil.example",
        "/ticketsevil",
        "/tickets/\r\nSet-Cookie: x=1",
        "javascript:alert(1)",
        " /tickets",
        "/tickets/" + "a" * 600,
        "/api/tickets/auth/me",
    ],
)
def test_other_addresses_lead_home(path: str) -> None:
    assert safe_next(path) == HOME


def test_addresses_are_known_in_lower_case() -> None:
    assert clean_email(" Ada.Lovelace@Example.ORG ") == "ada.lovelace@example.org"
    with pytest.raises(ValueError, match="e-mail"):
        clean_email("ada@")


def test_codes_of_organizers() -> None:
    assert clean_code(" mgy ") == "MGY"
    for wrong in ("", "M", "MGYXYZ", "M1", "MÜ"):
        with pytest.raises(ValueError, match="letters"):
            clean_code(wrong)


def test_digits_may_be_written_apart() -> None:
    assert clean_digits(" 123 456") == "123456"
    assert clean_digits("123-456") == "123456"


def test_contrast_is_what_wcag_says() -> None:
    assert contrast_with_white("#ffffff") == pytest.approx(1)
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert contrast_with_white("#767676") == pytest.approx(4.54, abs=0.01)


@given(st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}"))
def test_white_can_be_read_on_every_readable_shade(color: str) -> None:
    shade = readable(color)
    assert contrast_with_white(shade) >= LEAST_CONTRAST
    assert shade == color or contrast_with_white(color) < LEAST_CONTRAST
