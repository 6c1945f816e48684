"""What events, tiers and lists may look like."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.events import rules
from handstamp.events.entry_rules import EntryRules
from handstamp.events.models import Event
from handstamp.events.rules import ListTier
from handstamp.kit.clock import DAY

START = 1_780_000_000_000


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        (START, START + 1, ""),
        (START, START + rules.LONGEST, ""),
        (START, START + rules.LONGEST + 1, "366 days"),
        (START, START, "after it starts"),
        (START, START - DAY, "after it starts"),
        (0, START, "2000"),
        (START, rules.LATEST + 1, "2200"),
    ],
)
def test_an_event_has_a_sane_length_in_a_sane_century(start: int, end: int, says: str) -> None:
    problem = rules.times_problem(start, end)
    assert (says in problem) if says else problem == ""


@pytest.mark.parametrize(
    ("title", "slug", "code"),
    [
        ("Paper Lanterns", "paper-lanterns", "PL"),
        ("Été à la Mer", "ete-a-la-mer", "EALM"),
        ("Gala", "gala", "GALA"),
        ("X", "x", "XEV"),
        ("李小龍", "event", "EV"),
    ],
)
def test_addresses_and_codes_come_from_the_title(title: str, slug: str, code: str) -> None:
    assert rules.slug_from(title) == slug
    assert rules.code_from(title) == code


@given(st.text(max_size=80))
def test_any_title_gives_a_usable_address_and_code(title: str) -> None:
    assert 1 <= len(rules.slug_from(title)) <= 48
    code = rules.code_from(title)
    assert 2 <= len(code) <= 8
    assert code.isascii()
    assert code.isalnum()


@given(st.sets(st.integers(1, 255)))
def test_numbers_are_never_given_twice(taken: set[int]) -> None:
    number = rules.free_number(taken)
    if number is None:
        assert max(taken) == 255
    else:
        assert number not in taken
        assert number > max(taken, default=0)


@pytest.mark.parametrize(
    ("tiers", "says"),
    [
        ([ListTier(1), ListTier(2, START, START + 1)], ""),
        ([], "at least one"),
        ([ListTier(1), ListTier(1)], "twice"),
        ([ListTier(3)], "not in this event"),
        ([ListTier(1, START, START)], "window"),
        ([ListTier(1, START, None)], ""),
    ],
)
def test_a_list_names_known_tiers_once_with_windows_that_open(
    tiers: list[ListTier], says: str
) -> None:
    problem = rules.windows_problem(tiers, {1, 2})
    assert (says in problem) if says else problem == ""


def test_rules_are_stored_in_one_form_and_read_back() -> None:
    tiers = [ListTier(2, START, None), ListTier(1)]
    stored = rules.rules_json("Haupteingang", tiers, EntryRules())
    assert stored == rules.rules_json("Haupteingang", tiers[::-1], EntryRules())
    assert json.loads(stored) == {
        "name": "Haupteingang",
        "tiers": [
            {"tier": 1, "from": None, "until": None},
            {"tier": 2, "from": START, "until": None},
        ],
        "entry": "single",
        "archived": False,
    }
    assert rules.list_tiers(stored) == tiers[::-1]


def test_names_are_compared_without_case_accents_and_spaces() -> None:
    assert rules.fold("  GÉNÉRAL   admission ") == rules.fold("general Admission")
    assert rules.zone_exists("America/Vancouver")
    assert not rules.zone_exists("../etc/passwd")


@pytest.mark.parametrize(
    ("capacity", "bp", "number", "sold"),
    [(100, 0, 0, 100), (100, 250, 0, 102), (None, 5_000, 0, None), (7, 0, 3, 10), (0, 5_000, 0, 0)],
)
def test_more_is_sold_than_there_is_room_for(
    capacity: int | None, bp: int, number: int, sold: int | None
) -> None:
    event = Event(overbook_bp=bp, overbook_number=number)
    assert rules.limit_of(event, capacity) == sold
