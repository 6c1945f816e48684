"""Finding events, tiers and lists, as far as somebody may see them."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events import store
from handstamp.events.models import Event, EventReview, Tier
from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor

PAGE = 50


@dataclass(frozen=True)
class ListView:
    """A check-in list at its current revision; `rules` is the stored object."""

    number: int
    revision: int
    name: str
    rules: dict[str, Any]
    archived: bool


async def owned_event(session: AsyncSession, actor: Actor, event_id: str) -> Event:
    """Return an event the actor runs.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    event = await store.event(session, event_id)
    if event is None or not actor.may_manage(event.organizer_id):
        raise NotFound(_("There is no such event among yours."))
    return event


async def hold_event(session: AsyncSession, event_id: str) -> None:
    """Let one transaction at a time go past here for an event, until it ends.

    Not the door's lock: scans go on meanwhile.
    """
    await store.lock_event(session, event_id)


async def list_events(
    session: AsyncSession,
    actor: Actor,
    *,
    organizer_id: str | None = None,
    status: str | None = None,
    words: str = "",
    after: Event | None = None,
    limit: int = PAGE,
) -> Sequence[Event]:
    """Return the actor's events, the latest start first; `after` is the last of the page before.

    `words` is a part of a title, venue or city.
    """
    organizers: list[str] | None = None if actor.may_manage("") else actor.managed
    if organizer_id is not None:
        organizers = [organizer_id] if actor.may_manage(organizer_id) else []
    place = (after.start_at, after.id) if after else None
    return await store.page(
        session, organizers, after=place, limit=limit, status=status, words=words
    )


async def public_events(
    session: AsyncSession,
    now: Millis,
    *,
    city: str = "",
    words: str = "",
    begins: tuple[Millis, Millis] | None = None,
    after: Event | None = None,
    organizer_id: str = "",
    limit: int = PAGE,
) -> Sequence[Event]:
    """Return published events that are not over, the next one first.

    Args:
        words: a part of a title, venue, city or summary.
        begins: from (inclusive) until (exclusive) when they may begin; one that goes on counts.
        after: the last event of the page before.
        organizer_id: whose events; '' is everybody's.
    """
    place = (after.start_at, after.id) if after else None
    return await store.published(
        session,
        now,
        city.strip(),
        limit,
        words=words,
        begins=begins,
        after=place,
        organizer_id=organizer_id,
    )


async def public_cities(session: AsyncSession, now: Millis, *, limit: int = 500) -> Sequence[str]:
    """Return the cities of published events that are not over, by name."""
    return await store.published_cities(session, now, limit)


async def published_event(session: AsyncSession, event_id: str) -> Event:
    """Return a published event by its id.

    Raises:
        NotFound: there is none, or it is not published.
    """
    event = await store.event(session, event_id)
    if event is None or event.status != "published":
        raise NotFound(_("There is no such event."))
    return event


async def public_event(session: AsyncSession, slug: str) -> Event:
    """Return a published event by its address.

    Raises:
        NotFound: there is none, or it is not published.
    """
    event = await store.by_slug(session, slug)
    if event is None or event.status != "published":
        raise NotFound(_("There is no such event."))
    return event


async def cancelled_event(session: AsyncSession, slug: str) -> Event | None:
    """Return the cancelled event at an address; None when an administrator had hidden it."""
    event = await store.by_slug(session, slug)
    if event is None or event.status != "cancelled":
        return None
    review = await session.get(EventReview, event.id)
    return event if review is None or review.hidden_at is None else None


async def events_by_id(session: AsyncSession, event_ids: Collection[str]) -> dict[str, Event]:
    """Return several events by id; the caller knows that they may be seen."""
    return {event.id: event for event in await store.events(session, list(event_ids))}


async def tiers_of(
    session: AsyncSession, event_id: str, *, archived: bool = False
) -> Sequence[Tier]:
    """Return an event's tiers in the order shown; archived ones only when asked for."""
    return [
        tier for tier in await store.tiers(session, event_id) if archived or not tier.archived_at
    ]


async def tiers_of_many(session: AsyncSession, event_ids: Sequence[str]) -> dict[str, list[Tier]]:
    """Return the tiers of several events that are not archived, in the order shown."""
    found: dict[str, list[Tier]] = {event_id: [] for event_id in event_ids}
    for tier in await store.tiers_of_many(session, event_ids):
        found[tier.event_id].append(tier)
    return found


async def tier_of(session: AsyncSession, event_id: str, tier_id: str) -> Tier:
    """Return one tier of an event.

    Raises:
        NotFound: the event has no such tier.
    """
    tier = await store.tier(session, event_id, tier_id)
    if tier is None:
        raise NotFound(_("There is no such tier in this event."))
    return tier


async def lists_of(
    session: AsyncSession, event_id: str, *, archived: bool = False
) -> list[ListView]:
    """Return an event's check-in lists at their current revisions, by number."""
    current = {
        (revision.list_no, revision.rev): revision
        for revision in await store.revisions(session, event_id)
    }
    views = []
    for found in await store.lists(session, event_id):
        rules = json.loads(current[found.number, found.revision].rules_json)
        views.append(
            ListView(
                number=found.number,
                revision=found.revision,
                name=rules["name"],
                rules=rules,
                archived=found.archived_at is not None,
            )
        )
    return [view for view in views if archived or not view.archived]


async def list_of(session: AsyncSession, event_id: str, number: int) -> ListView:
    """Return one check-in list of an event.

    Raises:
        NotFound: the event has no such list.
    """
    for view in await lists_of(session, event_id, archived=True):
        if view.number == number:
            return view
    raise NotFound(_("There is no such check-in list in this event."))
