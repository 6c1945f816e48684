"""Moving an event between draft, published and archived."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events import rules, store
from handstamp.events.announce import announce
from handstamp.events.find_events import owned_event, tiers_of
from handstamp.events.models import Event
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services


async def publish_event(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, status: str
) -> Event:
    """Give the event a status: `draft`, `published` or `archived`; the same again changes nothing.

    Raises:
        NotFound: it is not the actor's.
        Conflict: it cannot move there from where it is, or has no tier to publish.
    """
    event = await owned_event(session, actor, event_id)
    if event.status == status:
        return event
    if event.status == "cancelled" or status == "cancelled":
        raise Conflict(_("A cancelled event stays cancelled. Duplicate it to sell it anew."))
    if status not in rules.MOVES[event.status]:
        raise Conflict(_("An archived event must become a draft again first."))
    if status == "published" and not await tiers_of(session, event_id):
        raise Conflict(_("Add at least one tier before you publish the event."))
    return await _move(session, services, actor, event, status)


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
