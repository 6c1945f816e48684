"""Slips in an e-mail address are noticed, and right addresses are left alone."""

import pytest

from handstamp.storefront.typos import DOMAINS, meant


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("ada@gmial.com", "ada@gmail.com"),
        ("ada@gmal.com", "ada@gmail.com"),
        ("ada@gmaill.com", "ada@gmail.com"),
        ("ada@gmail.con", "ada@gmail.com"),
        ("Ada.B@Hotmial.com", "Ada.B@hotmail.com"),
        ("ada@outlok.com", "ada@outlook.com"),
    ],
)
def test_a_slip_is_noticed(typed: str, wanted: str) -> None:
    assert meant(typed) == wanted


@pytest.mark.parametrize(
    "typed",
    ["ada@example.org", "ada@mail.com", "ada@gmx.at", "ada@", "ada", "", "@gmial.com", "a@x.io"]
    + [f"ada@{domain}" for domain in DOMAINS],
)
def test_what_is_right_is_left_alone(typed: str) -> None:
    assert meant(typed) == ""
