"""How often a ticket may enter: what can be asked for, and which instants phones are given."""

import itertools
from datetime import UTC, datetime

import pytest
from tests.factories.events import make_event

from handstamp.events.edit_event import edit_event
from handstamp.events.entry_rules import EntryRules, entry_days, entry_of, entry_problem
from handstamp.events.find_events import list_of
from handstamp.events.models import Event
from handstamp.events.rules import ListTier
from handstamp.events.save_list import archive_list, save_list
from handstamp.events.shapes import EventChange
from handstamp.kit.clock import DAY, HOUR
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.web import SYSTEM, Services


def at(*parts: int) -> int:
    """Return a time in UTC as milliseconds."""
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000  # type: ignore[misc,arg-type]


def test_entry_days_begin_at_six_where_the_event_is_also_when_the_clocks_change() -> None:
    # Paris goes back from UTC+2 to UTC+1 in the night to 25 October 2026.
    start, end = at(2026, 10, 24, 20), at(2026, 10, 25, 22)
    assert entry_days(start, end, "Europe/Paris", "06:00") == [
        at(2026, 10, 23, 4),
        at(2026, 10, 24, 4),
        at(2026, 10, 25, 5),
        at(2026, 10, 26, 5),
    ]


def test_a_day_that_begins_in_the_hour_left_out_begins_once() -> None:
    days = entry_days(at(2026, 3, 28, 20), at(2026, 3, 30, 20), "Europe/Paris", "02:30")
    assert days[2] == at(2026, 3, 29, 1, 30)
    assert days == sorted(set(days))


def test_a_day_that_a_zone_left_out_is_no_day() -> None:
    days = entry_days(at(2011, 12, 29, 12), at(2012, 1, 1), "Pacific/Apia", "06:00")
    assert all(later - earlier == DAY for earlier, later in itertools.pairwise(days))


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (EntryRules(), ""),
        (EntryRules("reentry", capacity=40, undo_s=0, gates=("North", "South")), ""),
        (EntryRules("per_day", per_day=3, day_start="04:30"), ""),
        (EntryRules("twice"), "entry"),
        (EntryRules("per_day", per_day=0), "per_day"),
        (EntryRules("per_day", per_day=100), "per_day"),
        (EntryRules("per_day", day_start="6"), "day_start"),
        (EntryRules("per_day", day_start="25:00"), "day_start"),
        (EntryRules(capacity=0), "capacity"),
        (EntryRules(undo_s=86_401), "undo_s"),
        (EntryRules(undo_s=-1), "undo_s"),
        (EntryRules(gates=("North", "North")), "gates"),
        (EntryRules(gates=("a" * 81,)), "gates"),
        (EntryRules(gates=("No\nrth",)), "gates"),
        (EntryRules(gates=(" ",)), "gates"),
        (EntryRules(gates=tuple(map(str, range(51)))), "gates"),
    ],
)
def test_rules_that_cannot_be_are_refused_by_field(entry: EntryRules, field: str) -> None:
    assert entry_problem(entry)[0] == field


async def passes(services: Services, entry: EntryRules) -> Event:
    """Make an event whose one list has these rules."""
    async with services.db.write() as session:
        event = await make_event(session, services)
        await save_list(
            session,
            services,
            SYSTEM,
            event.id,
            name="Main door",
            tiers=[ListTier(1)],
            entry=entry,
            number=1,
        )
    return event


@pytest.mark.anyio
async def test_rules_are_stored_and_stay_when_the_list_is_closed(services: Services) -> None:
    entry = EntryRules("reentry", capacity=250, undo_s=60, gates=("North", "Süd"))
    event = await passes(services, entry)
    async with services.db.write() as session:
        view = await list_of(session, event.id, 1)
        assert entry_of(view.rules) == entry
        assert view.rules["gates"] == ["North", "Süd"]
        closed = await archive_list(session, services, SYSTEM, event.id, 1)
    assert closed.rules == {**view.rules, "archived": True}


@pytest.mark.anyio
async def test_rules_as_ever_are_stored_as_ever(services: Services) -> None:
    event = await passes(services, EntryRules())
    async with services.db.read() as session:
        view = await list_of(session, event.id, 1)
    assert view.revision == 1
    assert set(view.rules) == {"name", "tiers", "entry", "archived"}


@pytest.mark.anyio
async def test_entry_days_follow_an_event_that_is_moved(services: Services) -> None:
    event = await passes(services, EntryRules("per_day", per_day=2))
    async with services.db.read() as session:
        before = await list_of(session, event.id, 1)
    assert before.rules["per_day"] == 2
    async with services.db.write() as session:
        await edit_event(session, services, SYSTEM, event.id, EventChange(title="Other"))
        assert (await list_of(session, event.id, 1)).revision == before.revision
        later = EventChange(end_at=event.end_at + 3 * DAY, time_zone="Europe/Paris")
        await edit_event(session, services, SYSTEM, event.id, later)
        after = await list_of(session, event.id, 1)
    assert after.revision == before.revision + 1
    assert after.rules["days"][-1] >= event.end_at + 3 * DAY
    assert (after.rules["days"][0] - before.rules["days"][0]) % DAY != 0
    assert after.rules["days"][0] < event.start_at - 1 * HOUR


@pytest.mark.anyio
async def test_a_rule_that_cannot_be_is_a_plain_refusal(services: Services) -> None:
    with pytest.raises(BadInput) as refused:
        await passes(services, EntryRules("per_day", per_day=0))
    assert refused.value.detail == "A ticket may enter 1 to 99 times a day."
    assert refused.value.errors[0]["field"] == "per_day"
