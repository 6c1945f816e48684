"""What the words of a search are."""

import pytest

from handstamp.support.rules import LONGEST, Wanted, read_words


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", None),
        (" a ", None),
        ("\0a", None),
        (" Ada  Lovelace ", Wanted("Ada Lovelace")),
        ("Ada@Example.org ", Wanted("Ada@Example.org", email="ada@example.org")),
        ("ada@example", Wanted("ada@example")),
        ("@example.org", Wanted("@example.org")),
        ("ada @example.org", Wanted("ada @example.org")),
        ("pi_123", Wanted("pi_123", stripe_id="pi_123")),
        ("李雷", Wanted("李雷")),
    ],
)
def test_words_are_read(typed: str, found: Wanted | None) -> None:
    assert read_words(typed) == found


def test_words_have_an_end() -> None:
    assert read_words("x" * 1_000) == Wanted("x" * LONGEST)
