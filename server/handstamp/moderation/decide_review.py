"""An administrator says yes to a public page, hides it with a reason, or trusts its organizer."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.models import Organizer
from handstamp.events.enter_review import digest_of
from handstamp.events.find_events import hold_event
from handstamp.events.models import Event, EventReview, TrustedOrganizer
from handstamp.events.publish_event import hide_event, publish_event
from handstamp.moderation.find_reviews import PageReview, page_review
from handstamp.moderation.review_mails import queue_told
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services, check_admin

LONGEST_REASON = 2_000


async def approve_page(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    *,
    seen: str = "",
    trust: bool = False,
) -> Event:
    """Say yes to a page: it is public, and leaves the queue; the same again changes nothing.

    Args:
        seen: which texts were looked at (`PageReview.seen`); '' is whatever stands there now.
        trust: nobody needs to look at pages of this organizer from now on.

    Raises:
        Forbidden: the actor is no administrator.
        NotFound: there is no such page.
        Conflict: it says something else by now.
    """
    found = await _locked(session, actor, event_id, seen)
    if trust:
        await set_trust(session, services, actor, found.organizer.id, trusted=True)
    review = found.review
    was_public = found.event.status == "published"
    if was_public and review and (review.state, review.digest) == ("approved", found.seen):
        return found.event
    event = await publish_event(session, services, actor, event_id, "published")
    review = await _review(session, services, event)
    review.state, review.digest, review.hidden_at = "approved", digest_of(event), None
    review.reason, review.decided_by, review.decided_at = "", actor.id, services.clock()
    owner = event.organizer_id
    await record(session, actor, "event.approve", "event", event.id, organizer_id=owner)
    if not was_public:
        await queue_told(session, "event_approved", event)
    return event


async def hide_page(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    *,
    reason: str,
    seen: str = "",
) -> Event:
    """Take a page from the public and off sale; its organizer is mailed the reason.

    Hidden already: nothing changes. What was sold stays valid.

    Raises:
        Forbidden: the actor is no administrator.
        NotFound: there is no such page.
        BadInput: there is no reason, or it is too long.
        Conflict: it says something else by now.
    """
    check_admin(actor)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON or "\0" in reason:
        message = _("Write a reason of at most 2,000 letters. The organizer gets it by mail.")
        raise BadInput(message, errors=[{"field": "reason", "message": message}])
    found = await _locked(session, actor, event_id, seen)
    if found.event.status == "hidden":
        return found.event
    event = await hide_event(session, services, actor, event_id)
    review = await _review(session, services, event)
    review.state, review.reason = "hidden", reason
    review.hidden_at = review.decided_at = services.clock()
    review.decided_by = actor.id
    await queue_told(session, "event_hidden", event)
    return event


async def set_trust(
    session: AsyncSession, services: Services, actor: Actor, organizer_id: str, *, trusted: bool
) -> None:
    """Have an organizer's pages looked at no more, or again; the same again changes nothing.

    Raises:
        Forbidden: the actor is no administrator.
        NotFound: there is no such organizer.
    """
    check_admin(actor)
    wanted = organizer_id if organizer_id.isprintable() else ""
    if await session.get(Organizer, wanted, with_for_update=True) is None:
        raise NotFound(_("There is no such organizer."))
    found = await session.get(TrustedOrganizer, organizer_id)
    if (found is not None) == trusted:
        return
    if found is not None:
        await session.delete(found)
    else:
        given = {"trusted_by": actor.id, "trusted_at": services.clock()}
        session.add(TrustedOrganizer(organizer_id=organizer_id, **given))
    await session.flush()
    act = "organizer.trust" if trusted else "organizer.distrust"
    await record(session, actor, act, "organizer", organizer_id, organizer_id=organizer_id)


async def _locked(session: AsyncSession, actor: Actor, event_id: str, seen: str) -> PageReview:
    await page_review(session, actor, event_id)
    await hold_event(session, event_id)
    session.expire_all()
    found = await page_review(session, actor, event_id)
    if seen and seen != found.seen:
        raise Conflict(_("The page was changed while you looked at it. Look at it once more."))
    return found


async def _review(session: AsyncSession, services: Services, event: Event) -> EventReview:
    found = await session.get(EventReview, event.id, populate_existing=True)
    if found is None:
        found = EventReview(event_id=event.id, state="waiting", entered_at=services.clock())
        session.add(found)
    return found
