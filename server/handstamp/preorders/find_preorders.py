"""Finding pre-orders: a member's own, an event's for its organizer, counts for decisions."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.find_clubs import clubs_by_id
from handstamp.clubs.models import Club
from handstamp.events.find_events import events_by_id, owned_event
from handstamp.events.models import Event
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.preorders import rules, store
from handstamp.preorders.models import PreOrder

PAGE = 50


@dataclass(frozen=True)
class PreorderView:
    """A pre-order with its event and its club."""

    preorder: PreOrder
    event: Event
    club: Club


@dataclass(frozen=True)
class TierCount:
    """How many pre-orders of a club want a tier, by status."""

    club_id: str
    tier_id: str
    by_status: Counter[str]


async def preorder_view(session: AsyncSession, preorder: PreOrder) -> PreorderView:
    """Return a pre-order with all that is shown of it."""
    return (await preorder_views(session, [preorder]))[0]


async def preorder_views(
    session: AsyncSession, preorders: Sequence[PreOrder]
) -> list[PreorderView]:
    """Return several pre-orders with all that is shown of them, in their order."""
    events = await events_by_id(session, {one.event_id for one in preorders})
    clubs = await clubs_by_id(session, {one.club_id for one in preorders})
    return [PreorderView(one, events[one.event_id], clubs[one.club_id]) for one in preorders]


async def preorders_of_user(
    session: AsyncSession, user_id: str, *, after: PreOrder | None = None, limit: int = PAGE
) -> Sequence[PreOrder]:
    """Return a person's pre-orders, the newest first; drafts that were given up stay out.

    One whose card came too late stays in: it says so.
    """
    begun = PreOrder.confirmed_at.is_not(None) | (PreOrder.status == "draft")
    begun |= PreOrder.failure_code != ""
    return await store.page(
        session,
        PreOrder.user_id == user_id,
        begun,
        words="",
        statuses=rules.STATUSES,
        after=(after.created_at, after.id) if after else None,
        limit=limit,
    )


async def preorders_of_event(
    session: AsyncSession,
    actor: Actor,
    event_id: str,
    *,
    club_id: str | None = None,
    words: str = "",
    status: str | None = None,
    after: PreOrder | None = None,
    limit: int = PAGE,
) -> Sequence[PreOrder]:
    """Return an event's pre-orders, the newest first; `after` is the last of the page before.

    `words` is a part of a number, name or e-mail. Without a status, drafts and what was
    cancelled stay out.

    Raises:
        NotFound: the event is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    shown = [one for one in rules.STATUSES if one not in ("draft", "cancelled")]
    where = [PreOrder.event_id == event.id]
    if club_id is not None:
        where.append(PreOrder.club_id == club_id)
    return await store.page(
        session,
        *where,
        words=words.strip(),
        statuses=shown if status is None else [status],
        after=(after.created_at, after.id) if after else None,
        limit=limit,
    )


async def preorders_by_id(
    session: AsyncSession, event_id: str, ids: Collection[str]
) -> dict[str, PreOrder]:
    """Return some of an event's pre-orders by id; the caller knows that they may be seen."""
    found = await store.by_id(session, ids, PreOrder.event_id == event_id)
    return {preorder.id: preorder for preorder in found}


async def counts_of_event(session: AsyncSession, event_id: str) -> list[TierCount]:
    """Count an event's pre-orders by club, tier and status; the caller may see them."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for club_id, tier_id, status, number in await store.counts(
        session, PreOrder.event_id == event_id
    ):
        found.setdefault((club_id, tier_id), Counter())[status] += number
    return [TierCount(*key, by_status=found[key]) for key in sorted(found)]


async def owned_preorder(session: AsyncSession, actor: Actor, preorder_id: str) -> PreOrder:
    """Return a pre-order of an event that the actor runs.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = await store.preorder(session, preorder_id)
    if found is None or not actor.may_manage(found.organizer_id):
        raise NotFound(_("There is no such pre-order among yours."))
    return found
