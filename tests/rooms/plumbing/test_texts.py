"""The language of a request, and the pseudo-language that finds strays."""

import base64

import httpx2
import pytest

from handstamp.plumbing.texts import (
    _,
    catalogue,
    direction,
    format_language,
    languages,
    negotiate,
    ngettext,
    own_name,
    pseudo,
    speaking,
)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", ""),
        ("de-DE,de;q=0.9", "de"),
        ("pt;q=0.2, fr-CA;q=0.9, en;q=0.8", "fr"),
        ("ja, en;q=0.5", "en"),
        ("ja", ""),
        ("en-CA", "en"),
        ("qps", "qps"),
        ("qpr", "qpr"),
        ("en, qps;q=0.5", "en"),
        ("x" * 10_000, ""),
        ("en;q=nonsense,,;;", ""),
        ("es;q=0, *;q=0.1", ""),
    ],
)
def test_the_language_that_fits(header: str, language: str) -> None:
    assert negotiate(header, languages()) == language
    assert negotiate(header) in ("en", "qps", "qpr", "")


def test_mails_are_written_in_four_languages() -> None:
    assert languages() == ("en", "de", "es", "fr")
    assert [own_name(one) for one in languages()] == ["English", "Deutsch", "español", "français"]


async def test_a_phone_is_refused_in_its_language_and_a_page_is_not(
    client: httpx2.AsyncClient,
) -> None:
    french = {"Accept-Language": "fr-CA, en;q=0.5"}
    sent = {"code": "ABCDEFGH", "public_key": base64.b64encode(bytes(32)).decode()}
    answer = await client.post("/api/tickets/checkin/pair", json=sent, headers=french)
    assert "Ce code d’association n’existe pas." in answer.text
    page = await client.get("/tickets/nowhere", headers=french)
    assert "There is nothing at this address." in page.text


def test_the_pseudo_language_from_right_to_left() -> None:
    with speaking("qpr"):
        assert (direction(), format_language()) == ("rtl", "en")
        assert _("Sign in") == "⟦Sîgñ îñ⟧"
    assert direction() == "ltr"


def test_the_pseudo_language_keeps_placeholders_and_markup() -> None:
    text = "Hello %(name)s, <b>%s</b> of {count} &amp; 100%%"
    assert pseudo(text) == "⟦Héllö %(name)s, <b>%s</b> öf {count} &amp; 100%%⟧"


def test_messages_follow_the_language_in_use() -> None:
    assert _("Sign in") == "Sign in"
    with speaking("qps"):
        assert _("Sign in") == "⟦Sîgñ îñ⟧"
        assert ngettext("one", "many", 2) == "⟦màñý⟧"
    assert _("Sign in") == "Sign in"


def test_a_language_without_catalogue_speaks_english() -> None:
    assert catalogue("zz").gettext("Sign in") == "Sign in"
