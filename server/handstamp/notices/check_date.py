"""Whether an event's start may be changed without a word: not while somebody counts on it."""

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.kit.clock import MINUTE, Millis
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.preorders.models import PreOrder
from handstamp.preorders.rules import PAID, UNPAID
from handstamp.tickets.models import Ticket
from handstamp.tickets.rules import TAKING

USE_NEW_DATE = "use_new_date"


async def check_start(session: AsyncSession, event: Event) -> None:
    """Refuse another start than the event has.

    Raises:
        BadInput: somebody has a ticket or a pre-order (`USE_NEW_DATE`).
    """
    if await _counted_on(session, event.id):
        message = _("People hold tickets for this date. Use New date: it tells them.")
        errors = [{"field": "start_at", "message": message}]
        raise BadInput(message, code=USE_NEW_DATE, errors=errors)


async def kept_start(session: AsyncSession, event: Event, wanted: Millis) -> Millis:
    """Return the start to store; one that was only shown (to the minute) stays what it is.

    Raises:
        BadInput: it is another one, and somebody has a ticket or a pre-order (`USE_NEW_DATE`).
    """
    if wanted == event.start_at - event.start_at % MINUTE:
        return event.start_at
    if wanted != event.start_at:
        await check_start(session, event)
    return wanted


async def _counted_on(session: AsyncSession, event_id: str) -> bool:
    tickets = exists().where(Ticket.event_id == event_id, Ticket.status.in_(TAKING))
    wished = exists().where(PreOrder.event_id == event_id, PreOrder.status.in_((*UNPAID, *PAID)))
    return bool(await session.scalar(select(or_(tickets, wished))))
