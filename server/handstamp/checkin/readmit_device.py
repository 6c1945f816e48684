"""Knowing a phone again after an old backup was restored: its certificate says who it is."""

import base64
import binascii
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.checkin.desk_device import KIND
from handstamp.checkin.log_certificate import certificate_members
from handstamp.checkin.models import Device, Fact
from handstamp.checkin.pair_device import SERVER_KEY
from handstamp.checkin.store import add_first
from handstamp.checkin.wire import VOID, decode_fact
from handstamp.events.models import Event
from handstamp.kit.ids import device_hex
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.web import SYSTEM, Services


async def readmit_devices(
    services: Services, missing: Collection[int], certificates: Sequence[str]
) -> None:
    """Make rows for missing devices whose certificates the server key signed (R44)."""
    public, _private = await kept_key(services, SERVER_KEY)
    proven = [(certificate_members(public, text), text) for text in certificates]
    found = [(members, text) for members, text in proven if members and members["dev"] in missing]
    if not found:
        return
    async with services.db.write(actor="door") as session:
        for members, text in found:
            row = _row(services, members, text)
            event = await session.scalar(select(Event).where(Event.id == str(members["evt"])))
            if row is None or event is None:
                continue
            row["void_from"] = await _void_from(session, event.id, row["id"])
            await session.execute(add_first(session.get_bind().dialect.name, Device), row)
            await record(
                session,
                SYSTEM,
                "device.readmit",
                "device",
                device_hex(row["id"]),
                organizer_id=event.organizer_id,
            )


async def _void_from(session: AsyncSession, event_id: str, device_id: int) -> int | None:
    """Return from where on the device's facts are void: that may stand before it is known (R53)."""
    written = await session.scalars(
        select(Fact.bytes)
        .join(Device, Device.id == Fact.device_id)
        .where(Fact.event_id == event_id, Fact.kind == VOID, Device.kind == KIND)
    )
    targets = filter(None, (decode_fact(raw).target for raw in written))
    return min((number for device, number, _tag in targets if device == device_id), default=None)


def _row(services: Services, members: dict[str, Any], certificate: str) -> dict[str, Any] | None:
    try:
        key = base64.b64decode(members["key"], validate=True)
        lists = ",".join(str(int(number)) for number in members.get("lists", []))
        expires_at = int(members["exp"]) * 1000
    except (binascii.Error, TypeError, ValueError):
        return None
    return {
        "id": members["dev"],
        "event_id": members["evt"],
        "kind": "phone",
        "name": str(members.get("name", "Phone")),
        "gate": str(members.get("gate", "")),
        "lists": lists,
        "role": str(members.get("role", "steward")),
        "public_key": key,
        "certificate": certificate,
        "created_at": services.clock(),
        "expires_at": expires_at,
        "head_number": 0,
        "head_hash": bytes(32),
        "cursor_seq": 0,
        "pending": 0,
        "clock_skew_ms": 0,
        "app_build": "",
        "status_json": "{}",
    }
