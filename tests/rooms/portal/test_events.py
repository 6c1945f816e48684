"""Events, tiers and lists on pages: made, corrected in plain words, published."""

import pytest
from sqlalchemy import select, update
from tests.factories.auth import make_person
from tests.rooms.portal.conftest import Desk, Show

from handstamp.events.find_events import lists_of, tiers_of
from handstamp.events.models import Event
from handstamp.plumbing.local_time import from_local, to_local
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio

NEW = "/tickets/organizer/events/new"
FORM = {
    "title": "Paper Moon",
    "time_zone": "America/Vancouver",
    "start_at": "2026-12-31T21:00",
    "end_at": "2027-01-01T03:00",
    "currency": "CAD",
    "unknown_policy": "hold",
    "unknown_hours": "6",
    "release_hours": "36",
    "snapshot_fields": ["name"],
}


def dated(event: Event) -> dict[str, str]:
    """Return the times of an event as its form shows them."""
    zone = event.time_zone
    times = {"start_at": to_local(event.start_at, zone), "end_at": to_local(event.end_at, zone)}
    return {"time_zone": zone, **times}


async def stored(services: Services, title: str) -> Event:
    async with services.db.read() as session:
        return (await session.scalars(select(Event).where(Event.title == title))).one()


async def test_an_event_is_made_in_its_own_time_zone(desk: Desk, services: Services) -> None:
    await desk.post(NEW, FORM, on=NEW)
    assert desk.status == 200
    assert "It stays a draft until you publish it." in desk.text
    event = await stored(services, "Paper Moon")
    assert event.start_at == from_local("2026-12-31T21:00", "America/Vancouver")
    assert (event.unknown_policy, event.unknown_max_age_s) == ("hold", 6 * 3600)
    assert event.snapshot_fields == "name"
    assert event.release_hours == 36
    assert event.status == "draft"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "", "Give the event a title."),
        ("title", "x" * 201, "Use 200 letters at most."),
        ("start_at", "", "Say when it starts."),
        ("start_at", "tomorrow", "Write a date and a time, like 2026-11-21 19:30."),
        ("start_at", "2025-03-09T02:30", "The clocks go forward over that time on that day."),
        ("end_at", "2026-12-31T20:00", "The event must end after it starts."),
        ("capacity", "many", "Write a whole number from 0 to 1000000."),
        ("unknown_hours", "-1", "Write a whole number from 0 to 8760."),
        ("release_hours", "8761", "Write a whole number from 0 to 8760."),
    ],
)
async def test_what_is_wrong_with_an_event_is_said_and_what_was_typed_stays(
    desk: Desk, field: str, value: str, said: str
) -> None:
    await desk.post(NEW, {**FORM, "venue": "The Ink Room", field: value}, on=NEW)
    assert desk.status == 422
    assert said in desk.text
    assert 'value="The Ink Room"' in desk.html


async def test_an_event_is_changed_and_published_and_taken_back(
    desk: Desk, show: Show, services: Services
) -> None:
    form = {**FORM, **dated(show.event), "title": "New name"}
    await desk.post(f"{show.base}/edit", form, on=f"{show.base}/edit")
    assert "Saved." in desk.text
    assert (await stored(services, "New name")).id == show.event.id
    await desk.post(f"{show.base}/status", {"status": "draft"})
    assert "Draft" in desk.text
    await desk.post(f"{show.base}/status", {"status": "published"})
    assert "stands in the public list" in desk.text
    await desk.post(f"{show.base}/status", {"status": "archived"})
    assert "Bring back as draft" in desk.text
    await desk.post(f"{show.base}/status", {"status": "sold"})
    assert desk.status == 409


async def test_a_date_that_people_count_on_is_moved_where_they_are_told(
    desk: Desk, show: Show, services: Services
) -> None:
    page = f"{show.base}/edit"
    form = {**FORM, **dated(show.event), "title": "Other title"}
    await desk.post(page, {**form, "start_at": "2026-12-31T21:00"}, on=page)
    assert desk.status == 422
    assert "People hold tickets for this date. Use New date: it tells them." in desk.text
    assert f'href="{show.base}/postpone">New date' in desk.html
    await desk.post(page, form)
    assert "Saved." in desk.text
    assert (await stored(services, "Other title")).start_at == show.event.start_at
    async with services.db.write() as session:
        await session.execute(update(Ticket).values(status="cancelled"))
    await desk.post(page, {**form, "start_at": "2026-12-31T21:00", "end_at": FORM["end_at"]})
    assert desk.status == 200
    moved = await stored(services, "Other title")
    assert moved.start_at == from_local("2026-12-31T21:00", show.event.time_zone)


async def test_a_tier_counts_what_takes_room(desk: Desk, show: Show, services: Services) -> None:
    await desk.get(f"{show.base}/tiers")
    assert 'data-label="Issued"><span>6</span>' in desk.html
    async with services.db.write() as session:
        for ticket, status in zip(
            show.tickets, ("refunded", "cancelled", "disputed"), strict=False
        ):
            of_one = update(Ticket).where(Ticket.id == ticket.id)
            await session.execute(of_one.values(status=status))
    await desk.get(f"{show.base}/tiers")
    assert 'data-label="Issued"><span>4</span>' in desk.html


async def test_an_event_without_tiers_cannot_be_published(desk: Desk) -> None:
    await desk.post(NEW, FORM, on=NEW)
    await desk.post(f"{desk.path}/status", {"status": "published"})
    assert desk.status == 409


async def test_the_list_of_events_is_searched(desk: Desk, show: Show) -> None:
    await desk.get("/tickets/organizer?q=lantern")
    assert show.event.title in desk.text
    await desk.get("/tickets/organizer?q=nothing+like+it")
    assert "No event fits that search." in desk.text
    await desk.get("/tickets/organizer?status=archived")
    assert "No event fits that search." in desk.text


async def test_an_organizer_without_events_is_told_what_to_do(desk: Desk) -> None:
    assert "Make your first event" in (await desk.get("/tickets/organizer")).text


async def test_the_first_organizer_is_made_by_an_administrator(
    desk: Desk, services: Services
) -> None:
    admin = Desk(desk.http, await make_person(services, "root@example.org", is_admin=True))
    page = "/tickets/organizer/new"
    await admin.post(page, {"name": "Ink", "code": "TOOLONG"}, on=page)
    assert "Use 2 to 5 letters from A to Z." in admin.text
    await admin.post(page, {"name": "Ink Room", "code": "ink"})
    assert admin.path == "/tickets/organizer"
    assert "Ink Room" in (await admin.get("/tickets/organizer/team")).text
    await admin.get("/tickets/organizer/audit")
    assert "Organizer created" in admin.text


async def test_tiers_are_added_moved_and_removed(
    desk: Desk, show: Show, services: Services
) -> None:
    page = f"{show.base}/tiers"
    await desk.post(f"{page}/new", {"name": "Balcony", "price": "12,50"}, on=f"{page}/new")
    assert desk.path == page
    assert "CA$12.50" in desk.text
    async with services.db.read() as session:
        added = (await tiers_of(session, show.event.id))[-1]
    await desk.post(f"{page}/{added.id}/move", {"to": "up"})
    async with services.db.read() as session:
        names = [tier.name for tier in await tiers_of(session, show.event.id)]
    assert names == ["General", "Balcony", "VIP"]
    await desk.post(f"{page}/{added.id}/remove", {})
    assert "Balcony" not in desk.text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "", "price": "1"}, "Give the tier a name."),
        ({"name": "A", "price": "cheap"}, "Write an amount in numbers"),
        ({"name": "A", "price": "1.005"}, "with cents at most"),
        ({"name": "A", "price": "-1"}, "at least 0"),
        ({"name": "A", "price": "NaN"}, "at least 0"),
        ({"name": "General", "price": "1"}, "General"),
    ],
)
async def test_what_is_wrong_with_a_tier_is_said(
    desk: Desk, show: Show, form: dict[str, str], said: str
) -> None:
    page = f"{show.base}/tiers/new"
    await desk.post(page, form, on=page)
    assert desk.status == 422
    assert said in desk.text


async def test_a_list_gets_windows_in_local_time(
    desk: Desk, show: Show, services: Services
) -> None:
    page = f"{show.base}/lists/new"
    form = {"name": "Late door", "tier-2": "y", "from-2": "2026-12-31T23:00", "until-2": ""}
    await desk.post(page, form, on=page)
    assert "Late door" in desk.text
    async with services.db.read() as session:
        view = (await lists_of(session, show.event.id))[-1]
    opens = from_local("2026-12-31T23:00", show.event.time_zone)
    assert view.rules["tiers"] == [{"tier": 2, "from": opens, "until": None}]


async def test_a_list_says_how_often_a_ticket_may_enter(
    desk: Desk, show: Show, services: Services
) -> None:
    page = f"{show.base}/lists/1"
    often = {"entry": "per_day", "per_day": "2", "day_start": "05:00", "undo_minutes": "1"}
    form = {
        "name": "Main door",
        "tier-1": "y",
        **often,
        "capacity": "90",
        "gates": "North\r\nSüd\r\n",
    }
    await desk.post(page, form, on=page)
    assert "2 times a day, from 05:00 · room for 90 · North, Süd" in desk.text
    async with services.db.read() as session:
        rules = (await lists_of(session, show.event.id))[0].rules
    assert (rules["entry"], rules["per_day"], rules["undo_s"]) == ("per_day", 2, 60)
    await desk.get(page)
    assert 'value="per_day" checked' in desk.html
    assert 'value="05:00"' in desk.html


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "A", "tier-1": "y", "entry": "often"}, "Not a valid choice"),
        ({"name": "A", "tier-1": "y", "capacity": "0"}, "Write a whole number from 1"),
        ({"name": "A", "tier-1": "y", "undo_minutes": "1441"}, "Write a whole number from 0"),
        ({"name": "A", "tier-1": "y", "gates": "North\nNorth"}, "A gate stands twice"),
        (
            {"name": "A", "tier-1": "y", "entry": "per_day", "day_start": "noon"},
            "Write the time at which a new day begins",
        ),
        ({"name": "", "tier-1": "y"}, "Give the list a name"),
        ({"name": "Main door", "tier-1": "y"}, "already has a list called Main door"),
        ({"name": "A"}, "Choose at least one tier."),
        ({"name": "A", "tier-1": "y", "from-1": "soon"}, "Write a date and a time"),
        (
            {
                "name": "A",
                "tier-1": "y",
                "from-1": "2026-12-31T23:00",
                "until-1": "2026-12-31T22:00",
            },
            "The window must end after it begins.",
        ),
        ({"name": "A", "tier-1": "y", "from-1": "2025-03-09T02:30"}, "The clocks go forward"),
    ],
)
async def test_what_is_wrong_with_a_list_is_said(
    desk: Desk, show: Show, form: dict[str, str], said: str
) -> None:
    page = f"{show.base}/lists/new"
    await desk.post(page, form, on=page)
    assert desk.status == 422
    assert said in desk.text


async def test_closing_a_list_can_be_undone(desk: Desk, show: Show, services: Services) -> None:
    page = f"{show.base}/lists"
    await desk.post(f"{page}/1/close", {}, on=page)
    assert f'action="{page}/1/reopen"' in desk.html
    await desk.post(f"{page}/1/reopen", {})
    async with services.db.read() as session:
        assert len(await lists_of(session, show.event.id)) == 2
