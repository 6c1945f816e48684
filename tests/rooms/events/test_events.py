"""Events, tiers and lists: whose they are, what changes, and what the door hears of it."""

import asyncio

import pytest
from pydantic import ValidationError
from tests.factories.events import make_event, make_list, make_organizer, make_tier

from handstamp.events.create_event import create_event
from handstamp.events.edit_event import edit_event
from handstamp.events.edit_tier import edit_tier
from handstamp.events.find_events import (
    list_events,
    list_of,
    lists_of,
    owned_event,
    public_event,
    public_events,
    tiers_of,
)
from handstamp.events.models import Event
from handstamp.events.number_changes import number
from handstamp.events.publish_event import publish_event
from handstamp.events.remove_tier import remove_tier
from handstamp.events.rules import ListTier
from handstamp.events.save_list import archive_list, save_list
from handstamp.events.shapes import EventChange, NewEvent, NewTier, TierChange
from handstamp.kit.clock import DAY, HOUR
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.web import SYSTEM, Actor, Services

pytestmark = pytest.mark.anyio


async def new_event(services: Services, *tiers: str, published: bool = True) -> Event:
    """Make an event in a transaction of its own."""
    async with services.db.write() as session:
        return await make_event(session, services, tiers=tiers or ("General",), published=published)


async def changes(services: Services, event: Event, start: int = 0) -> list[tuple[str, str]]:
    """Number what waits; return kinds and identities."""
    async with services.db.write() as session:
        return [(kind, which) for kind, which, _ in await number(session, event.id, start)]


async def test_only_its_organizer_finds_an_event(services: Services) -> None:
    event = await new_event(services)
    owner = Actor(kind="user", id="usr_1", organizers={event.organizer_id: "owner"})
    stranger = Actor(kind="user", id="usr_2", organizers={"org_other": "owner"})
    async with services.db.read() as session:
        assert (await owned_event(session, owner, event.id)).number == event.number
        assert [found.id for found in await list_events(session, owner)] == [event.id]
        assert await list_events(session, stranger) == []
        assert await list_events(session, stranger, organizer_id=event.organizer_id) == []
        for unknown in (event.id, "evt_none", "\x00", ""):
            with pytest.raises(NotFound):
                await owned_event(session, stranger, unknown)


async def test_an_event_is_made_only_for_an_organizer_of_ones_own(services: Services) -> None:
    stranger = Actor(kind="user", id="usr_2", organizers={"org_other": "owner"})
    now = services.clock()
    new = NewEvent(title="Gala", start_at=now, end_at=now + HOUR, time_zone="UTC")
    async with services.db.write() as session:
        organizer = await make_organizer(session, services)
        with pytest.raises(NotFound):
            await create_event(session, services, stranger, organizer, new)


async def test_two_events_of_one_title_get_addresses_of_their_own(services: Services) -> None:
    first, second = await new_event(services), await new_event(services)
    assert first.slug == "paper-lanterns"
    assert second.slug.startswith("paper-lanterns-")
    async with services.db.write() as session:
        with pytest.raises(Conflict):
            change = EventChange(slug="paper-lanterns")
            await edit_event(session, services, SYSTEM, second.id, change)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "a\x00b"},
        {"title": "a\nb"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "America"},
        {"currency": "dollars"},
        {"end_at": 1},
        {"start_at": 2**60},
        {"code": "ÄÖ"},
        {"slug": "../x"},
        {"cover_url": "javascript:alert(1)"},
        {"unknown_policy": "maybe"},
        {"snapshot_fields": ["password"]},
        {"surprise": 1},
    ],
)
def test_an_event_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    right = {"title": "Gala", "start_at": 1_780_000_000_000, "end_at": 1_780_000_001_000}
    with pytest.raises(ValidationError):
        NewEvent.model_validate({**right, "time_zone": "UTC", **wrong})


async def test_pages_of_events_follow_each_other(services: Services) -> None:
    async with services.db.write() as session:
        organizer = await make_organizer(session, services)
        for day in range(5):
            start = services.clock() + (1 + day // 2) * DAY
            await make_event(
                session, services, organizer_id=organizer, start_at=start, end_at=start + HOUR
            )
    seen: list[str] = []
    after = None
    async with services.db.read() as session:
        while page := await list_events(session, SYSTEM, after=after, limit=2):
            seen += [event.id for event in page]
            after = page[-1]
        everything = await list_events(session, SYSTEM)
    assert seen == [event.id for event in everything]
    assert len(set(seen)) == 5


async def test_the_public_sees_published_events_that_are_not_over(services: Services) -> None:
    shown, hidden = await new_event(services), await new_event(services, published=False)
    async with services.db.read() as session:
        assert [event.id for event in await public_events(session, services.clock())] == [shown.id]
        assert await public_events(session, shown.end_at) == []
        assert (await public_event(session, shown.slug)).id == shown.id
        with pytest.raises(NotFound):
            await public_event(session, hidden.slug)


async def test_an_edit_changes_what_it_names_and_nothing_else(services: Services) -> None:
    event = await new_event(services)
    async with services.db.write() as session:
        changed = await edit_event(
            session, services, SYSTEM, event.id, EventChange(title="Gala", capacity=None)
        )
        assert (changed.title, changed.venue, changed.capacity) == ("Gala", event.venue, None)
        with pytest.raises(BadInput):
            change = EventChange(start_at=event.end_at + 1)
            await edit_event(session, services, SYSTEM, event.id, change)
        with pytest.raises(BadInput):
            await edit_event(session, services, SYSTEM, event.id, EventChange(title=None))


async def test_every_change_waits_for_its_place_in_the_feed(services: Services) -> None:
    event = await new_event(services)
    assert await changes(services, event) == [("e", str(event.number)), ("l", "1")]
    assert await changes(services, event, 2) == []
    async with services.db.write() as session:
        await edit_event(session, services, SYSTEM, event.id, EventChange(title="Gala"))
    assert await changes(services, event, 2) == [("e", str(event.number))]
    async with services.db.write() as session:
        await make_tier(session, services, event, "VIP")
    assert await changes(services, event, 3) == [("e", str(event.number))]
    async with services.db.write() as session:
        await make_list(session, services, event, "VIP door", [2])
    assert await changes(services, event, 4) == [("l", "2")]


async def test_a_change_is_signalled_after_commit_only(services: Services) -> None:
    event = await new_event(services)
    heard = services.signals.subscribe(f"event:{event.id}")
    with pytest.raises(RuntimeError):
        async with services.db.write() as session:
            await make_tier(session, services, event, "VIP")
            raise RuntimeError
    assert not await heard.wait(0)
    async with services.db.write() as session:
        await make_tier(session, services, event, "VIP")
    assert await heard.wait(1)
    heard.close()


async def test_only_a_draft_with_tiers_is_published(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services, tiers=(), lists=(), published=False)
        with pytest.raises(Conflict):
            await publish_event(session, services, SYSTEM, event.id, "published")
        await make_tier(session, services, event)
        event = await publish_event(session, services, SYSTEM, event.id, "published")
        assert event.status == "published"
        event = await publish_event(session, services, SYSTEM, event.id, "archived")
        with pytest.raises(Conflict):
            await publish_event(session, services, SYSTEM, event.id, "published")


async def test_tier_names_differ_and_numbers_never_come_back(services: Services) -> None:
    event = await new_event(services, "Général", "VIP", published=False)
    async with services.db.write() as session:
        with pytest.raises(Conflict):
            await make_tier(session, services, event, "GENERAL")
        vip = (await tiers_of(session, event.id))[1]
        await remove_tier(session, services, SYSTEM, event.id, vip.id)
        await remove_tier(session, services, SYSTEM, event.id, vip.id)
        assert [tier.name for tier in await tiers_of(session, event.id)] == ["Général"]
        assert (await make_tier(session, services, event, "VIP")).number == 3


async def test_a_tier_is_edited_and_keeps_its_number(services: Services) -> None:
    event = await new_event(services, "General", "VIP")
    async with services.db.write() as session:
        tier = (await tiers_of(session, event.id))[1]
        change = TierChange(name="Backstage", price_cents=4200, sales_end_at=None)
        tier = await edit_tier(session, services, SYSTEM, event.id, tier.id, change=change)
        assert (tier.name, tier.price_cents, tier.number) == ("Backstage", 4200, 2)
        for wrong in (TierChange(name=None), TierChange(sales_start_at=5, sales_end_at=4)):
            with pytest.raises(BadInput):
                await edit_tier(session, services, SYSTEM, event.id, tier.id, change=wrong)
        with pytest.raises(Conflict):
            taken = TierChange(name="general")
            await edit_tier(session, services, SYSTEM, event.id, tier.id, change=taken)


async def test_the_last_tier_of_a_list_or_of_a_published_event_stays(services: Services) -> None:
    event = await new_event(services)
    async with services.db.write() as session:
        (tier,) = await tiers_of(session, event.id)
        with pytest.raises(Conflict):
            await remove_tier(session, services, SYSTEM, event.id, tier.id)
        await archive_list(session, services, SYSTEM, event.id, 1)
        with pytest.raises(Conflict):
            await remove_tier(session, services, SYSTEM, event.id, tier.id)


async def test_saving_a_list_is_a_new_revision_and_the_old_one_stays(services: Services) -> None:
    event = await new_event(services, "General", "VIP")
    windows = [ListTier(1), ListTier(2, event.start_at, None)]
    async with services.db.write() as session:
        for _ in range(2):
            view = await save_list(
                session, services, SYSTEM, event.id, name="Front", tiers=windows, number=1
            )
            assert (view.number, view.revision, view.name) == (1, 2, "Front")
        assert view.rules["tiers"][1] == {"tier": 2, "from": event.start_at, "until": None}
        with pytest.raises(NotFound):
            await save_list(session, services, SYSTEM, event.id, name="X", tiers=windows, number=9)
        with pytest.raises(BadInput):
            await save_list(session, services, SYSTEM, event.id, name="X", tiers=[ListTier(7)])
        with pytest.raises(Conflict):
            await save_list(session, services, SYSTEM, event.id, name="FRONT", tiers=windows)
    assert [which for which in await changes(services, event) if which[0] == "l"] == [
        ("l", "1"),
        ("l", "1"),
    ]


async def test_a_closed_list_is_no_longer_offered_and_can_be_opened_again(
    services: Services,
) -> None:
    event = await new_event(services)
    async with services.db.write() as session:
        assert (await archive_list(session, services, SYSTEM, event.id, 1)).archived
        assert await lists_of(session, event.id) == []
        assert (await list_of(session, event.id, 1)).rules["archived"]
        view = await save_list(
            session, services, SYSTEM, event.id, name="Main door", tiers=[ListTier(1)], number=1
        )
        assert (view.archived, view.revision) == (False, 3)


async def test_tiers_added_at_once_get_numbers_of_their_own(services: Services) -> None:
    event = await new_event(services)

    async def add(name: str) -> int:
        async with services.db.write() as session:
            return (await make_tier(session, services, event, name)).number

    numbers = await asyncio.gather(*(add(f"Tier {n}") for n in range(6)))
    assert sorted(numbers) == [2, 3, 4, 5, 6, 7]


def test_a_tier_never_costs_less_than_nothing() -> None:
    with pytest.raises(ValidationError):
        NewTier(name="General", price_cents=-1)
