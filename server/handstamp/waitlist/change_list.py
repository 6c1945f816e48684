"""How an event's waiting list works, set by its organizer; and whom they put in front."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.find_events import owned_event
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.waitlist import store
from handstamp.waitlist.find_waiting import owned_waiting
from handstamp.waitlist.models import Waiting, Waitlist
from handstamp.waitlist.offer_tickets import queue_offers
from handstamp.waitlist.rules import DEFAULT_HOURS
from handstamp.waitlist.shapes import ListChange


def unset(event_id: str) -> Waitlist:
    """Return how a list works that nobody has set up: there is none."""
    return Waitlist(
        event_id=event_id,
        open=False,
        auto=True,
        members_first=False,
        offer_hours=DEFAULT_HOURS,
        updated_at=0,
    )


async def change_list(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, change: ListChange
) -> Waitlist:
    """Change the members that are set. Offers that stand keep their time.

    Raises:
        NotFound: the event is not the actor's.
        Conflict: somebody set it up at the same moment.
    """
    event = await owned_event(session, actor, event_id)
    terms = await store.waitlist(session, event.id, lock=True)
    if terms is None:
        terms = unset(event.id)
        try:
            async with session.begin_nested():
                session.add(terms)
                await session.flush()
        except IntegrityError as error:
            raise Conflict(_("This was changed at the same time elsewhere. Try again.")) from error
    values = change.model_dump(exclude_none=True)
    for name, value in values.items():
        setattr(terms, name, value)
    terms.updated_at = services.clock()
    await session.flush()
    await record(
        session, actor, "waitlist.change", "event", event.id,
        organizer_id=event.organizer_id, meta=values,
    )  # fmt: skip
    await queue_offers(session, event.id)
    return terms


async def put_in_front(
    session: AsyncSession, actor: Actor, waiting_id: str, *, front: bool
) -> Waiting:
    """Put somebody in front of everybody who waits, or back where they belong by the rules.

    Raises:
        NotFound: there is nobody like that on the actor's lists.
        Conflict: they do not wait any more.
    """
    event, found = await owned_waiting(session, actor, waiting_id)
    await store.waitlist(session, event.id, lock=True)
    lift = await store.highest_lift(session, event.id) + 1 if front else 0
    if not await store.change_waiting(session, found.id, ["waiting"], {"lift": lift}):
        raise Conflict(_("This person does not wait any more."))
    await record(
        session, actor, "waitlist.front" if front else "waitlist.back", "waiting", found.id,
        organizer_id=event.organizer_id, meta={"event": event.id},
    )  # fmt: skip
    return await store.waiting(session, found.id) or found
