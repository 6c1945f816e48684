"""Moving an event between draft, published and archived."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events import rules, store
from handstamp.events.announce import announce
from handstamp.events.enter_review import enter_review, status_to_publish
from handstamp.events.find_events import owned_event, tiers_of
from handstamp.events.models import Event
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services


async def publish_event(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, status: str
) -> Event:
    """Give the event a status: `draft`, `published` or `archived`; the same again changes nothing.

    Published becomes `review` where an administrator must say yes first.

    Raises:
        NotFound: it is not the actor's.
        Conflict: it cannot move there from where it is, or has no tier to publish.
    """
    event = await owned_event(session, actor, event_id)
    if status in ("review", "hidden", "testing"):
        raise Conflict(_("Nobody gives an event that status by hand."))
    if status == "published" and event.status != status:
        status = await status_to_publish(session, services, actor, event)
    if event.status == status:
        return event
    if event.status == "cancelled" or status == "cancelled":
        raise Conflict(_("A cancelled event stays cancelled. Duplicate it to sell it anew."))
    if status not in rules.MOVES[event.status]:
        raise Conflict(_("An archived event must become a draft again first."))
    shown = status in ("published", "review")
    if shown and not await tiers_of(session, event_id):
        raise Conflict(_("Add at least one tier before you publish the event."))
    moved = await _move(session, services, actor, event, status)
    if shown:
        await enter_review(session, services, actor, moved, "new")
    return moved


async def begin_testing(
    session: AsyncSession, services: Services, actor: Actor, event_id: str
) -> Event:
    """Have a draft sold to whoever knows its ids and shown to nobody; for the self-test.

    Raises:
        NotFound: it is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    return await _move(session, services, actor, event, "testing")


async def hide_event(
    session: AsyncSession, services: Services, actor: Actor, event_id: str
) -> Event:
    """Take a page from the public, and off sale; what was sold is not touched.

    Raises:
        NotFound: there is none that the actor may hide.
        Conflict: it is neither public nor waits for it.
    """
    event = await owned_event(session, actor, event_id)
    if event.status not in ("published", "review"):
        raise Conflict(_("This page is not public now, so there is nothing to hide."))
    return await _move(session, services, actor, event, "hidden")


async def cancel_for_good(
    session: AsyncSession, services: Services, actor: Actor, event_id: str
) -> Event:
    """Take an event off sale for ever, whatever its status; what was sold is not touched.

    Raises:
        NotFound: it is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    return await _move(session, services, actor, event, "cancelled")


async def _move(
    session: AsyncSession, services: Services, actor: Actor, event: Event, status: str
) -> Event:
    await store.change_event(session, event.id, {"status": status, "updated_at": services.clock()})
    await record(
        session,
        actor,
        f"event.{status}",
        "event",
        event.id,
        organizer_id=event.organizer_id,
        meta={"from": event.status},
    )
    announce(session, services, event.id)
    return await owned_event(session, actor, event.id)
