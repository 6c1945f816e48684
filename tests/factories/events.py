"""Events, tiers and check-in lists for tests, made through the real use cases."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import Organizer
from handstamp.events.add_tier import add_tier
from handstamp.events.create_event import create_event
from handstamp.events.find_events import ListView
from handstamp.events.models import Event, Tier
from handstamp.events.publish_event import publish_event
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.events.shapes import NewEvent, NewTier
from handstamp.kit.clock import DAY, HOUR
from handstamp.kit.ids import base32_encode, new_id, random_int
from handstamp.plumbing.web import SYSTEM, Services


async def make_organizer(session: AsyncSession, services: Services, **others: Any) -> str:
    """Return the id of a fresh organizer (unless `id` names one)."""
    values = {
        "id": new_id("org"),
        "name": "Moon Gallery",
        "code": base32_encode(random_int(25), 5),
        "status": "active",
        "created_at": services.clock(),
        **others,
    }
    session.add(Organizer(**values))
    await session.flush()
    return str(values["id"])


async def make_event(
    session: AsyncSession,
    services: Services,
    *,
    organizer_id: str | None = None,
    published: bool = True,
    tiers: Sequence[str] = ("General",),
    lists: Sequence[str] = ("Main door",),
    **others: Any,
) -> Event:
    """Make an event tomorrow with tiers and, on every tier, check-in lists.

    `others` are members of `NewEvent`. Tiers are numbered from 1, lists too.
    """
    now = services.clock()
    values = {
        "title": "Paper Lanterns",
        "code": "PL",
        "start_at": now + DAY,
        "end_at": now + DAY + 5 * HOUR,
        "time_zone": "America/Vancouver",
        "currency": "CAD",
        **others,
    }
    owner = organizer_id or await make_organizer(session, services)
    event = await create_event(session, services, SYSTEM, owner, NewEvent(**values))
    numbers = [(await make_tier(session, services, event, name)).number for name in tiers]
    for name in lists:
        await make_list(session, services, event, name, numbers)
    if published:
        event = await publish_event(session, services, SYSTEM, event.id, "published")
    return event


async def make_tier(
    session: AsyncSession, services: Services, event: Event, name: str = "General", **others: Any
) -> Tier:
    """Add a tier; `others` are members of `NewTier`."""
    return await add_tier(session, services, SYSTEM, event.id, NewTier(name=name, **others))


async def make_list(
    session: AsyncSession,
    services: Services,
    event: Event,
    name: str = "Main door",
    tiers: Sequence[int | ListTier] = (1,),
) -> ListView:
    """Add a check-in list with tiers by number (open all the time) or with windows."""
    rows = [tier if isinstance(tier, ListTier) else ListTier(tier) for tier in tiers]
    return await save_list(session, services, SYSTEM, event.id, name=name, tiers=rows)
