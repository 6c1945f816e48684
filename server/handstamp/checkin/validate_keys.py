"""Keys of third-party scanners: each one is a device of one event; shown once, kept hashed."""

import secrets
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.checkin.models import Device
from handstamp.checkin.pair_device import GRACE
from handstamp.events.find_events import lists_of
from handstamp.events.models import Event
from handstamp.kit import signing
from handstamp.kit.ids import device_hex, random_int
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

PREFIX = "hs_scan_"


async def create_key(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event: Event,
    *,
    name: str,
    lists: Sequence[int] = (),
    gate: str = "",
) -> tuple[Device, str]:
    """Make a key for `POST /api/tickets/validate`; returns the device and the key, shown once.

    `lists` empty means every list of the event.

    Raises:
        BadInput: a list that the event does not have.
    """
    known = {view.number for view in await lists_of(session, event.id, archived=True)}
    strange = sorted(set(lists) - known)
    if strange:
        raise BadInput(_("The event has no list number %(number)d.") % {"number": strange[0]})
    now = services.clock()
    key = PREFIX + secrets.token_urlsafe(32)
    device = Device(
        id=random_int(48),
        event_id=event.id,
        kind="api",
        name=name.strip()[:80] or "Scanner",
        gate=gate.strip()[:80],
        lists=",".join(str(number) for number in sorted(set(lists))),
        secret_hash=key_hash(services, key),
        created_at=now,
        expires_at=max(event.end_at, now) + GRACE,
        feed_seq=None,
    )
    session.add(device)
    await session.flush()
    await record(
        session,
        actor,
        "key.create",
        "device",
        device_hex(device.id),
        organizer_id=event.organizer_id,
    )
    after_commit(session, lambda: services.signals.publish(f"event:{event.id}"))
    return device, key


def key_hash(services: Services, key: str) -> str:
    """Return what is stored of a key."""
    return signing.keyed_hash(signing.derive(services.settings.secret_bytes(), "scanner key"), key)
