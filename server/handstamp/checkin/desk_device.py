"""The support desk as a device of an event: what people mark by hand stands in a log like any."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import Device
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, Millis
from handstamp.kit.ids import random_int
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

KIND = "server"
LIFE: Millis = 3_650 * DAY


async def desk_of(services: Services, event_id: str) -> int:
    """Return the id of an event's support desk, made at first use; opens a transaction."""
    async with services.db.write(actor="desk") as session:
        # The event's row keeps two from making one each.
        await session.execute(select(Event.id).where(Event.id == event_id).with_for_update())
        return await _known(session, event_id) or await _make(session, services, event_id)


async def _known(session: AsyncSession, event_id: str) -> int | None:
    query = select(Device.id).where(Device.event_id == event_id, Device.kind == KIND)
    return await session.scalar(query.order_by(Device.created_at, Device.id).limit(1))


async def _make(session: AsyncSession, services: Services, event_id: str) -> int:
    now = services.clock()
    device = Device(
        id=random_int(48),
        event_id=event_id,
        kind=KIND,
        name=_("Support desk"),
        created_at=now,
        expires_at=now + LIFE,
        feed_seq=None,
    )
    session.add(device)
    await session.flush()
    return device.id
