"""Finding people on waiting lists: one by a mailed link, a list for its organizer, a place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.find_clubs import members_on
from handstamp.events.find_events import events_by_id, owned_event, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import Millis
from handstamp.kit.signing import same
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.waitlist import rules, store
from handstamp.waitlist.links import secret_of
from handstamp.waitlist.models import Waiting, Waitlist, WaitOffer

PAGE = 100


@dataclass(frozen=True)
class Place:
    """Somebody on a list as they see it; `place` 1 is next, None when they do not wait."""

    waiting: Waiting
    event: Event
    tiers: Sequence[Tier]
    place: int | None
    offer: WaitOffer | None


async def own_place(
    session: AsyncSession, settings: Settings, waiting_id: str, *, actor: Actor, secret: str = ""
) -> Waiting:
    """Return somebody on a list, for themselves: by their link, or signed in.

    Raises:
        NotFound: there is none, or it is somebody else; the two look alike.
    """
    found = await store.waiting(session, waiting_id)
    if found is None or not _may_see(settings, found, actor, secret):
        raise NotFound(_("There is no such place on a waiting list that you may see."))
    return found


def _may_see(settings: Settings, found: Waiting, actor: Actor, secret: str) -> bool:
    if secret and same(secret, secret_of(settings, found)):
        return True
    if actor.kind not in ("user", "admin") or found.status == "unconfirmed":
        return False
    return found.user_id == actor.id or (bool(actor.email) and same(found.email, actor.email))


async def place_of(session: AsyncSession, waiting: Waiting) -> Place:
    """Return where somebody stands, and what they are offered."""
    event = (await events_by_id(session, [waiting.event_id]))[waiting.event_id]
    offers = await store.offers_of(session, [waiting.id])
    place = None
    if waiting.status == "waiting":
        terms = await store.waitlist(session, event.id)
        place = rules.place_of(await line_of(session, event, terms), waiting.id)
    tiers = await tiers_of(session, event.id, archived=True)
    return Place(waiting, event, tiers, place, offers.get(waiting.id))


async def places_of(session: AsyncSession, event_id: str, actor: Actor) -> Sequence[Waiting]:
    """Return a signed-in person's places on an event's list."""
    if actor.kind not in ("user", "admin"):
        return []
    return await store.of_person(session, event_id, user_id=actor.id, email=actor.email)


async def line_of(session: AsyncSession, event: Event, terms: Waitlist | None) -> list[rules.Wish]:
    """Return everybody who waits for an event, who comes first in front."""
    rows = await store.line(session, event.id, rules.MOST_WAITING)
    members = await members_among(session, event.id, rows)
    wishes = [wish_of(row, member=row.user_id in members) for row in rows]
    return rules.ranked(wishes, members_first=terms is not None and terms.members_first)


def wish_of(row: Waiting, *, member: bool = False) -> rules.Wish:
    """Return somebody who waits as the rules know them."""
    return rules.Wish(row.id, row.tier_id, row.qty, row.fewer, row.since, row.lift, member)


async def members_among(
    session: AsyncSession, event_id: str, rows: Sequence[Waiting]
) -> frozenset[str]:
    """Return which of some people's accounts are in a club that has the event."""
    people = sorted({row.user_id for row in rows if row.user_id})
    found: frozenset[str] = frozenset()
    connection = await session.connection()
    for start in range(0, len(people), 500):
        piece = people[start : start + 500]
        found |= await connection.run_sync(members_on, event_id, piece)
    return found


async def count_in_line(session: AsyncSession, event_id: str) -> int:
    """Return how many wait for an event or have an offer."""
    found = await store.counts(session, event_id)
    return found.get("waiting", 0) + found.get("offered", 0)


async def offer_of(session: AsyncSession, waiting_id: str) -> tuple[Waiting, WaitOffer | None]:
    """Return somebody with their newest offer, whatever became of it.

    Raises:
        NotFound: there is no such place.
    """
    found = await store.waiting(session, waiting_id)
    if found is None:
        raise NotFound(_("There is no such place on a waiting list that you may see."))
    return found, (await store.offers_of(session, [waiting_id])).get(waiting_id)


async def terms_of(session: AsyncSession, event_id: str) -> Waitlist | None:
    """Return how an event's list works, None when it never had one."""
    return await store.waitlist(session, event_id)


async def least_of(
    session: AsyncSession, event_ids: Sequence[str], now: Millis
) -> dict[str, dict[str, int]]:
    """Return by event and tier with how few tickets somebody who waits can be served."""
    return await store.least_of(session, event_ids, now)


async def held_by_offers(
    session: AsyncSession, event_ids: Sequence[str]
) -> dict[tuple[str, str], int]:
    """Count the tickets that open offers hold, by (event id, tier id)."""
    return await store.held_by_offers(session, event_ids)


@dataclass(frozen=True)
class Listed:
    """An event's list for its organizer: some of it, with places by id and offers by id."""

    event: Event
    terms: Waitlist | None
    counts: Mapping[str, int]
    rows: Sequence[Waiting]
    places: Mapping[str, int]
    offers: Mapping[str, WaitOffer]
    members: frozenset[str]


async def list_waiting(
    session: AsyncSession,
    actor: Actor,
    event_id: str,
    *,
    words: str = "",
    status: str | None = None,
    after: str = "",
    limit: int = PAGE,
) -> Listed:
    """Return who is on the list of one of the actor's events, by time.

    `places`: of everybody who waits, 1 is served next whatever they wait for.

    Raises:
        NotFound: the event is not the actor's, or `after` is nobody of it.
    """
    event = await owned_event(session, actor, event_id)
    last = (await owned_waiting(session, actor, after))[1] if after else None
    if last is not None and last.event_id != event.id:
        raise NotFound(_("There is nobody like that on your waiting lists."))
    terms = await store.waitlist(session, event.id)
    statuses = rules.WAITING if status is None else [status]
    rows = await store.page(
        session, event.id, words=words.strip(), statuses=statuses, after=last, limit=limit
    )
    line = await line_of(session, event, terms)
    return Listed(
        event=event,
        terms=terms,
        counts=await store.counts(session, event.id),
        rows=rows,
        places={wish.id: place for place, wish in enumerate(line, 1)},
        offers=await store.offers_of(session, [row.id for row in rows]),
        members=await members_among(session, event.id, rows),
    )


async def owned_waiting(
    session: AsyncSession, actor: Actor, waiting_id: str
) -> tuple[Event, Waiting]:
    """Return somebody who waits for one of the actor's events.

    Raises:
        NotFound: there is none, or the event is somebody else's.
    """
    found = await store.waiting(session, waiting_id)
    nothing = NotFound(_("There is nobody like that on your waiting lists."))
    if found is None:
        raise nothing
    try:
        return await owned_event(session, actor, found.event_id), found
    except NotFound as error:
        raise nothing from error
