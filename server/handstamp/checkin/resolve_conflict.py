"""Noting that an organizer has looked at a conflict; it opens again when another light joins."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.checkin.models import Admission
from handstamp.events.find_events import owned_event
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services


async def resolve_conflict(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    *,
    serial: int,
    list_no: int,
) -> None:
    """Note that the conflict was looked at; noting it again changes nothing.

    Raises:
        NotFound: the event is not the actor's, or there is no such conflict.
    """
    event = await owned_event(session, actor, event_id)
    found = await session.scalar(
        select(Admission)
        .where(
            Admission.event_id == event.id,
            Admission.serial == serial,
            Admission.list_no == list_no,
            Admission.conflict > "",
        )
        .with_for_update()
    )
    if found is None:
        raise NotFound(_("There is no such conflict."))
    if found.resolved_at is None:
        found.resolved_at = services.clock()
        await record(
            session,
            actor,
            "conflict.resolve",
            "event",
            event.id,
            organizer_id=event.organizer_id,
            meta={"serial": serial, "list": list_no},
        )
