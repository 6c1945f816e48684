"""Whether a page may be public at once, and whether administrators are to look at it."""

import hashlib
import json
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event, EventReview, TrustedOrganizer
from handstamp.plumbing.web import Actor, Services

PUBLIC_TEXTS = (
    "title", "summary", "description", "venue", "city", "province", "cover_url", "refund_policy",
)  # fmt: skip
Why = Literal["new", "changed", "again"]


def digest_of(event: Event) -> str:
    """Return a hash of what the public reads of an event, by which a change is noticed."""
    texts = [getattr(event, name) for name in PUBLIC_TEXTS]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


async def is_trusted(session: AsyncSession, actor: Actor, organizer_id: str) -> bool:
    """Tell whether nobody needs to look at what the actor publishes for an organizer."""
    if actor.kind in ("admin", "system"):
        return True
    found = select(TrustedOrganizer.organizer_id)
    found = found.where(TrustedOrganizer.organizer_id == organizer_id)
    return await session.scalar(found) is not None


async def status_to_publish(
    session: AsyncSession, services: Services, actor: Actor, event: Event
) -> str:
    """Return `published`, or `review` where an administrator must say yes first.

    That is so of everything while the setting says so, and always of what was hidden.
    """
    review = await session.get(EventReview, event.id, populate_existing=True)
    if actor.kind in ("admin", "system"):
        return "published"
    if review is not None and (review.hidden_at is not None or event.status == "review"):
        return "review"
    if services.settings.review_events == "after":
        return "published"
    if review is not None and review.state == "approved" and review.digest == digest_of(event):
        return "published"
    return "published" if await is_trusted(session, actor, event.organizer_id) else "review"


async def enter_review(
    session: AsyncSession, services: Services, actor: Actor, event: Event, why: Why
) -> None:
    """Put a page into the queue, unless it says what was approved or comes from who is trusted.

    The caller has just written the event's row, so that one transaction at a time is here.
    """
    review = await session.get(EventReview, event.id, populate_existing=True)
    digest, now = digest_of(event), services.clock()
    if review is None:
        if event.status != "review" and await is_trusted(session, actor, event.organizer_id):
            return
        session.add(EventReview(event_id=event.id, state="waiting", why=why, entered_at=now))
        await session.flush()
        return
    if actor.kind in ("admin", "system"):
        if why == "new" or review.state == "approved":
            review.state, review.digest, review.hidden_at = "approved", digest, None
            review.decided_by, review.decided_at = actor.id, now
        return
    if review.state == "waiting" or (review.state == "approved" and review.digest == digest):
        return
    if event.status != "review" and await is_trusted(session, actor, event.organizer_id):
        return
    review.state, review.entered_at = "waiting", now
    review.why = "again" if review.hidden_at is not None else "changed"


async def reason_of(session: AsyncSession, event: Event) -> str:
    """Return why an event's page was hidden, as its organizer was told; '' while it is not."""
    if event.status != "hidden":
        return ""
    review = await session.get(EventReview, event.id)
    return review.reason if review else ""
