"""Setting, changing and taking away the PIN by which a supervisor decides on a steward's phone."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool

from handstamp.audit.record import record
from handstamp.events import store
from handstamp.events.announce import announce
from handstamp.events.find_events import owned_event
from handstamp.events.models import Event
from handstamp.events.supervisor_pin import hash_pin, pin_problem
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services


async def hashed_pin(pin: str) -> str:
    """Return what is stored of a PIN; slow, so it is done before any transaction.

    Raises:
        BadInput: it has not 4 to 8 digits, or is guessed too easily.
    """
    problem = pin_problem(pin)
    if problem:
        raise BadInput(_(problem), errors=[{"field": "pin", "message": _(problem)}])
    return await run_in_threadpool(hash_pin, pin)


async def set_supervisor_pin(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, hashed: str
) -> Event:
    """Store what `hashed_pin` returned, or '' for none; phones hear of it by the feed.

    Raises:
        NotFound: the event is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    await store.lock_event(session, event.id)
    change = {"supervisor_json": hashed, "updated_at": services.clock()}
    await store.change_event(session, event.id, change)
    await record(
        session,
        actor,
        "event.supervisor_pin" if hashed else "event.supervisor_pin_off",
        "event",
        event.id,
        organizer_id=event.organizer_id,
    )
    announce(session, services, event.id)
    return await owned_event(session, actor, event_id)
