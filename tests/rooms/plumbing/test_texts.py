"""The language of a request, and the pseudo-language that finds strays."""

import pytest

from handstamp.plumbing.texts import _, catalogue, negotiate, ngettext, pseudo, speaking


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de-DE,de;q=0.9", "en"),
        ("en-CA", "en"),
        ("qps", "qps"),
        ("en, qps;q=0.5", "en"),
        ("x" * 10_000, "en"),
        ("en;q=nonsense,,;;", "en"),
        ("en;q=0, *;q=0.1", "en"),
    ],
)
def test_the_language_that_fits(header: str, language: str) -> None:
    assert negotiate(header) == language


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
