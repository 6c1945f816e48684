"""How an event's tickets may go to people who wished another variant."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.find_events import owned_event
from handstamp.plumbing.db import is_sqlite, now
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.pool.match_tickets import FALLBACKS
from handstamp.pool.models import PoolEvent
from handstamp.pool.reconcile import reconcile


async def set_fallback(session: AsyncSession, actor: Actor, event_id: str, fallback: str) -> None:
    """Set none, any or closest, and have the event matched again; the same changes nothing.

    Raises:
        NotFound: the event is not the actor's.
        BadInput: there is no such way.
    """
    event = await owned_event(session, actor, event_id)
    if fallback not in FALLBACKS:
        raise BadInput(_("Choose one of the ways."), errors=[{"field": "fallback"}])
    known = select(PoolEvent.fallback).where(PoolEvent.event_id == event.id).with_for_update()
    if await session.scalar(known) == fallback:
        return
    make: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    values = {"fallback": fallback, "updated_at": now(session)}
    row = make(PoolEvent).values(event_id=event.id, organizer_id=event.organizer_id, **values)
    await session.execute(row.on_conflict_do_update(index_elements=["event_id"], set_=values))
    await record(
        session, actor, "pool.fallback", "event", event.id,
        organizer_id=event.organizer_id, meta={"fallback": fallback},
    )  # fmt: skip
    await reconcile(session, actor, event.id)
