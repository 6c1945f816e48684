"""Selling knowingly more tickets than there is room for: how many more, set by the organizer."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events import store
from handstamp.events.find_events import owned_event
from handstamp.events.models import Event
from handstamp.events.shapes import Shape
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

MOST_BP = 5_000  # half as many again
MOST_NUMBER = 100_000


class Overbooking(Shape):
    """How much more is sold than there is room for, of the event and of each tier that is limited.

    One of the two: `overbook_bp` in hundredths of a percent, or `overbook_number` of tickets.
    """

    overbook_bp: Annotated[int, Field(ge=0, le=MOST_BP)] = 0
    overbook_number: Annotated[int, Field(ge=0, le=MOST_NUMBER)] = 0


async def set_overbooking(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, change: Overbooking
) -> Event:
    """Sell so many more from now on; what is sold stays sold.

    Raises:
        NotFound: the event is not the actor's.
        BadInput: both ways at once.
        Conflict: the event was cancelled.
    """
    event = await owned_event(session, actor, event_id)
    if change.overbook_bp and change.overbook_number:
        wrong = _("Choose a percentage or a number, not both.")
        raise BadInput(wrong, errors=[{"field": "overbook_number", "message": wrong}])
    if event.status == "cancelled":
        raise Conflict(_("This event was cancelled."))
    values = change.model_dump()
    if all(getattr(event, name) == value for name, value in values.items()):
        return event
    await store.change_prices(session, event.id, {**values, "updated_at": services.clock()})
    await record(
        session, actor, "event.overbook", "event", event.id,
        organizer_id=event.organizer_id, meta=values,
    )  # fmt: skip
    return await owned_event(session, actor, event_id)
