"""Ending a pairing or a scanner's key: heard of at once, facts still accepted afterwards."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.checkin.models import Claim, Device, FeedHead
from handstamp.checkin.release_key import forget_list_key
from handstamp.events.find_events import owned_event
from handstamp.kit.clock import Millis
from handstamp.kit.ids import device_hex
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services


async def revoke_device(
    session: AsyncSession, services: Services, actor: Actor, device_id: int
) -> Device:
    """Revoke a device; revoking again changes nothing.

    Raises:
        NotFound: there is no such device of an event of this actor.
    """
    device = await session.get(Device, device_id)
    if device is None or device.kind == "server":
        raise NotFound(_("There is no such device among yours."))
    event = await owned_event(session, actor, device.event_id)
    if device.revoked_at is None:
        await _end_claims(session, device, services.clock())
        device.revoked_at = services.clock()
        await forget_list_key(session, device.id)
        await session.flush()
        # Out of the feed and in again: every phone is told to look, this one among them.
        # A plain UPDATE, because the object may hold the NULL of before the door numbered it.
        await session.execute(
            update(Device).where(Device.id == device.id).values(feed_seq=None),
            execution_options={"synchronize_session": False},
        )
        await record(
            session,
            actor,
            "device.revoke",
            "device",
            device_hex(device.id),
            organizer_id=event.organizer_id,
        )
        after_commit(session, lambda: services.signals.publish(f"event:{event.id}"))
    return device


async def _end_claims(session: AsyncSession, device: Device, now: Millis) -> None:
    """End what the device claimed, under the door's lock: it cannot be granted more meanwhile."""
    lock = select(FeedHead.event_id).where(FeedHead.event_id == device.event_id)
    await session.execute(lock.with_for_update())
    await session.execute(
        update(Claim)
        .where(Claim.device_id == device.id, Claim.ended_at.is_(None))
        .values(ended_at=now, ended_by="revoked")
        .execution_options(synchronize_session=False)
    )
