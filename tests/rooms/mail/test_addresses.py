"""Names and addresses of people in headers: nothing of them can mean something there."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.mail.addresses import BadAddress, author, header_text, one_line, recipient

FROM = "Handstamp <tickets@example.org>"


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada+lanterns@example.org", "ada+lanterns@example.org"),
        ("zoë@example.org", "zoë@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_sent_as_servers_want_it(typed: str, sent: str) -> None:
    assert recipient(typed).addr_spec == sent


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.org",
        "ada@example.org, eve@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "Ada <ada@example.org>",
        "ada@example.org\x00",
        "a b@example.org",
        "ada@exa mple.org",
        "ada@example..org",
    ],
)
def test_what_is_not_exactly_one_address_is_refused(typed: str) -> None:
    with pytest.raises(BadAddress):
        recipient(typed)


@given(st.text())
def test_whatever_is_typed_is_one_address_or_refused(typed: str) -> None:
    try:
        made = recipient(typed)
    except BadAddress:
        return
    message = EmailMessage()
    message["To"] = made
    assert len(message["To"].addresses) == 1


def test_the_author_is_named_but_the_address_stays_ours() -> None:
    assert str(author(FROM, "Moon Gallery")) == "Moon Gallery <tickets@example.org>"
    assert str(author(FROM, "")) == FROM


def test_a_name_cannot_pass_as_an_address() -> None:
    assert header_text('"Bank" <safe@bank.example>') == "Bank safe bank.example"
    assert header_text("Ada\r\nBcc: eve@example.org") == "Ada Bcc eve example.org"
    assert len(header_text("x" * 500)) == 60


@given(st.text())
def test_any_name_makes_a_sound_header(name: str) -> None:
    message = EmailMessage()
    message["From"] = author(FROM, name)
    assert [one.addr_spec for one in message["From"].addresses] == ["tickets@example.org"]
    message["Subject"] = one_line(name)
    assert bytes(message)


def test_letters_that_turn_others_are_taken_out() -> None:
    assert one_line("safe\u202egpj.exe\n next") == "safegpj.exe next"
