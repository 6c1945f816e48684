"""The key of the list on a phone: made at first use, given out near the doors, taken back (R49).

Each pairing has a key of its own, sealed in the database under the installation's secret. A key
that was deleted, or lost with an old backup, is followed by another under another id.
"""

import base64
import secrets
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.checkin.device_credentials import standing
from handstamp.checkin.models import Device, ListKey
from handstamp.checkin.store import add_first
from handstamp.events.find_doors import doors_open_at
from handstamp.events.models import Event
from handstamp.kit import signing
from handstamp.kit.clock import HOUR, Millis
from handstamp.kit.ids import device_hex
from handstamp.plumbing.errors import Forbidden
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import SYSTEM, Services

GRACE: Millis = 12 * HOUR  # the list may be read so long after the event's end (R41)
ENTITLED = ("active", "repair")
_PURPOSE = "handstamp list keys"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class Release(NamedTuple):
    """When a phone may read its list, ms UTC; `key` only while it may."""

    key_id: str
    opens: Millis
    until: Millis
    key: bytes | None

    def to_json(self, held: str = "") -> dict[str, Any]:
        """Return it as the exchange tells it; the key itself only to a phone without it."""
        members = {"id": self.key_id, "from": self.opens, "until": self.until}
        if self.key is None or held == self.key_id:
            return members
        return members | {"key": base64.b64encode(self.key).decode()}


async def find_release(
    session: AsyncSession, services: Services, device: Device, event: Event
) -> Release | None:
    """Return the phone's release as it stands; None when `note_release` must come first."""
    row = await session.get(ListKey, device.id)
    now = services.clock()
    opens, until = await _times(session, device, event, now)
    due = opens <= now < until
    if row is None or (due and row.released_at is None):
        return None
    key = _open(services, row) if due else None
    return Release(row.key_id, opens, until, key)


async def note_release(session: AsyncSession, services: Services, device: Device) -> Release | None:
    """Make the phone's key if there is none, and note that it is given out if it is due.

    None when the pairing has ended. Two at once make one key and one line in the audit log.
    """
    now = services.clock()
    if standing(device, now) not in ENTITLED:
        return None
    event = await session.get_one(Event, device.event_id)
    add = add_first(session.get_bind().dialect.name, ListKey)
    await session.execute(add, _new_key(services, device.id))
    opens, until = await _times(session, device, event, now)
    if opens <= now < until:
        first = await session.execute(
            update(ListKey)
            .where(ListKey.device_id == device.id, ListKey.released_at.is_(None))
            .values(released_at=now)
            .returning(ListKey.device_id),
            execution_options={"synchronize_session": False},
        )
        if first.scalar_one_or_none() is not None:
            await record(
                session,
                SYSTEM,
                "device.list_key",
                "device",
                device_hex(device.id),
                organizer_id=event.organizer_id,
            )
    return await find_release(session, services, device, event)


async def require_released(session: AsyncSession, services: Services, device: Device) -> None:
    """Refuse a phone that may not read its list yet, or no more.

    Raises:
        Forbidden: it is too early (`not_released`), or too late (`expired`).
    """
    event = await session.get_one(Event, device.event_id)
    now = services.clock()
    opens, until = await _times(session, device, event, now)
    if now < opens:
        raise Forbidden(_("Phones may not read this guest list yet."), code="not_released")
    if now >= until:
        raise Forbidden(_("Phones may not read this guest list any more."), code="expired")


async def list_key_of(services: Services, device_id: int) -> bytes:
    """Return the key of a phone's list, making it if there is none; opens a transaction.

    Raises:
        Forbidden: the pairing has ended meanwhile.
    """
    async with services.db.write(actor="door") as session:
        device = await session.get_one(Device, device_id)
        await note_release(session, services, device)
        row = await session.get(ListKey, device_id)
        if row is None:
            raise Forbidden(_("This pairing has ended."), code="revoked")
        return _open(services, row)


async def forget_list_key(session: AsyncSession, device_id: int) -> None:
    """Delete a phone's key: nothing that lies under it can be read again."""
    await session.execute(delete(ListKey).where(ListKey.device_id == device_id))


def useless(now: Millis) -> ColumnElement[bool]:
    """Tell which keys can be deleted: their pairing or its event is over."""
    ended = select(Device.id).where(or_(Device.revoked_at.is_not(None), Device.expires_at <= now))
    return ListKey.device_id.in_(ended)


async def _times(
    session: AsyncSession, device: Device, event: Event, now: Millis
) -> tuple[Millis, Millis]:
    until = max(event.end_at, device.created_at) + GRACE
    before = event.release_hours * HOUR
    if event.start_at - before <= now:
        return event.start_at - before, until
    return await doors_open_at(session, event) - before, until


def _new_key(services: Services, device_id: int) -> dict[str, Any]:
    key, nonce = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
    return {
        "device_id": device_id,
        "key_id": secrets.token_hex(8),
        "sealed": signing.seal(_wrapping_key(services), nonce, key, _bound(device_id)),
        "created_at": services.clock(),
        "released_at": None,
    }


def _open(services: Services, row: ListKey) -> bytes:
    return signing.unseal(_wrapping_key(services), row.sealed, _bound(row.device_id))


def _wrapping_key(services: Services) -> bytes:
    return signing.derive(services.settings.secret_bytes(), _PURPOSE)


def _bound(device_id: int) -> bytes:
    return f"list key {device_hex(device_id)}".encode()
