"""What a mistyped name probably means."""

import pytest

from handstamp.pool.suggest import suggest

ENTRIES = {"1": "Entry 9:00–9:30 pm", "2": "Entry 10:00–10:30 pm", "3": "VIP", "4": "Café Gala"}


@pytest.mark.parametrize(
    ("typed", "likeliest"),
    [
        ("entry 9-9:30pm", "1"),
        ("Entry 10.00 - 10.30", "2"),
        ("V.I.P.", "3"),
        ("viip", "3"),
        ("cafe galla", "4"),
    ],
)
def test_the_likeliest_comes_first(typed: str, likeliest: str) -> None:
    (found,) = suggest([typed], ENTRIES)
    assert found[0] == likeliest
    assert len(found) <= 3


@pytest.mark.parametrize("typed", ["", "Something of another kind", "𝕏", "…"])
def test_what_is_like_nothing_gets_no_suggestion(typed: str) -> None:
    assert suggest([typed], ENTRIES) == [[]]


def test_every_name_has_an_answer_of_its_own_in_order() -> None:
    assert suggest(["vip", "nothing alike", "vip"], {"3": "VIP"}) == [["3"], [], ["3"]]
    assert suggest(["vip"], {}) == [[]]
    assert suggest([], ENTRIES) == []
