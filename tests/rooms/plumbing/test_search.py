"""Search finds names whatever their case and accents, by the same rule in Python and in SQL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import literal, select
from tests.factories.events import make_event

from handstamp.events.models import Event
from handstamp.kit.folding import folded
from handstamp.plumbing.search import Folded, found_in
from handstamp.plumbing.web import Services

NAMES = ["Łukasz Żółć", "ÉMILIE du Châtelet", "Jürgen Müller", "Ørsted & Æsir", "Straße 1ª",
         "Đặng Thị Hoa", "ΣΊΣΥΦΟΣ Σίσυφος", "Лев Ёлкин", "İpek Işık", "ﬁn 50% _x/y", "ASCII Only",
         "王小明", "", "e\u0301 a\u030a ſ"]  # fmt: skip
LETTERS = st.characters(max_codepoint=0x1FFF, exclude_categories=["Cs", "Cc", "Cn"])


@pytest.mark.parametrize(
    ("name", "typed"),
    [("Łukasz", "lukasz"), ("Łukasz", "ŁUKASZ"), ("ÉMILIE", "émilie"), ("ÉMILIE", "Emilie"),
     ("Müller", "MÜLLER"), ("Müller", "muller"), ("e\u0301", "é"), ("Straße", "STRASSE"),
     ("Σίσυφος", "ΣΙΣΥΦΟΣ"), ("Ørsted", "orsted"), ("Лев", "ЛЕВ")],
)  # fmt: skip
def test_what_is_typed_is_what_is_meant(name: str, typed: str) -> None:
    assert folded(name) == folded(typed)


@given(st.text(LETTERS, max_size=30))
def test_folding_again_changes_nothing_and_both_cases_are_one(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert folded(text.lower()) == once or text.lower() != text.casefold()


@pytest.mark.anyio
async def test_the_database_folds_as_we_do(services: Services) -> None:
    async with services.db.read() as session:
        for name in NAMES:
            found = await session.scalar(select(Folded(literal(name))))
            assert found == folded(name), name


@pytest.mark.anyio
async def test_a_word_is_found_in_any_column_as_it_stands(services: Services) -> None:
    async with services.db.write() as session:
        titles = {}
        for name in NAMES[:-2]:
            event = await make_event(session, services, title=name or "–", venue="Café Löwe")
            titles[event.id] = event.title

    async def found(words: str) -> set[str]:
        columns = (Event.title, Event.venue, Event.city)
        async with services.db.read() as session:
            ids = await session.scalars(select(Event.id).where(found_in(words, *columns)))
            return {titles[one] for one in ids}

    assert await found("lukasz zolc") == {"Łukasz Żółć"}
    assert await found("ŁUKASZ") == {"Łukasz Żółć"}
    assert await found("emilie") == {"ÉMILIE du Châtelet"}
    assert await found("muller") == {"Jürgen Müller"}
    assert await found("50% _x/") == {"ﬁn 50% _x/y"}
    assert await found("%") == {"ﬁn 50% _x/y"}
    assert await found("cafe LOWE") == set(titles.values())
    assert await found("zolccafe") == set()
    assert await found("王小") == {"王小明"}
