"""The queue of public pages that administrators look at, and one page in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import Organizer
from handstamp.events.enter_review import digest_of
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, EventReview, Tier, TrustedOrganizer
from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, check_admin

PAGE = 50
SHOWN = ("published", "review")


@dataclass(frozen=True)
class QueuedPage:
    """An event's page that waits or is hidden; `why`: new, changed or again."""

    event_id: str
    title: str
    status: str
    organizer_id: str
    organizer: str
    state: str
    why: str
    at: Millis
    reason: str


@dataclass(frozen=True)
class PageReview:
    """One page with all that the public reads; `seen` names these very texts.

    `review` is None where nobody has asked about it. `is_trusted`: of its organizer.
    """

    event: Event
    organizer: Organizer
    tiers: Sequence[Tier]
    review: EventReview | None
    is_trusted: bool
    seen: str


async def waiting_pages(
    session: AsyncSession, actor: Actor, *, after: tuple[Millis, str] | None = None
) -> list[QueuedPage]:
    """Return what waits, the longest first; one more than a page where there is more.

    Args:
        after: when the last of the page before entered, and its event's id.

    Raises:
        Forbidden: the actor is no administrator.
    """
    check_admin(actor)
    at, last = EventReview.entered_at, EventReview.event_id
    query = _pages().where(EventReview.state == "waiting", Event.status.in_(SHOWN))
    if after is not None:
        query = query.where((at > after[0]) | ((at == after[0]) & (last > after[1])))
    rows = await session.execute(query.order_by(at, last).limit(PAGE + 1))
    return [QueuedPage(*row) for row in rows]


async def hidden_pages(session: AsyncSession, actor: Actor) -> list[QueuedPage]:
    """Return the pages that are hidden now, the latest first, at most 50.

    Raises:
        Forbidden: the actor is no administrator.
    """
    check_admin(actor)
    query = _pages().where(EventReview.state == "hidden", Event.status == "hidden")
    rows = await session.execute(query.order_by(EventReview.decided_at.desc()).limit(PAGE))
    return [QueuedPage(*row) for row in rows]


async def count_waiting(session: AsyncSession) -> int:
    """Count the pages that wait for an administrator."""
    query = select(func.count()).select_from(EventReview).join(Event)
    query = query.where(EventReview.state == "waiting", Event.status.in_(SHOWN))
    return await session.scalar(query) or 0


async def page_review(session: AsyncSession, actor: Actor, event_id: str) -> PageReview:
    """Return one page as it is now.

    Raises:
        Forbidden: the actor is no administrator.
        NotFound: there is no such event, or it was never public.
    """
    check_admin(actor)
    event = await session.get(Event, event_id) if event_id.isprintable() else None
    if event is None or event.status not in (*SHOWN, "hidden"):
        raise NotFound(_("There is no such public page."))
    return PageReview(
        event=event,
        organizer=await session.get_one(Organizer, event.organizer_id),
        tiers=await tiers_of(session, event.id),
        review=await session.get(EventReview, event.id),
        is_trusted=await session.get(TrustedOrganizer, event.organizer_id) is not None,
        seen=digest_of(event),
    )


def _pages() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Event.id, Event.title, Event.status, Organizer.id, Organizer.name,
            EventReview.state, EventReview.why, EventReview.entered_at, EventReview.reason,
        )
        .join(Event, Event.id == EventReview.event_id)
        .join(Organizer, Organizer.id == Event.organizer_id)
    )  # fmt: skip
