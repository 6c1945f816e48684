"""Knowing a phone again after an old backup was restored: its certificate says who it is."""

import base64
import binascii
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from handstamp.audit.record import record
from handstamp.checkin.log_certificate import certificate_members
from handstamp.checkin.models import Device
from handstamp.checkin.pair_device import SERVER_KEY
from handstamp.checkin.store import add_first
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
            await session.execute(add_first(session.get_bind().dialect.name, Device), row)
            await record(
                session,
                SYSTEM,
                "device.readmit",
                "device",
                device_hex(row["id"]),
                organizer_id=event.organizer_id,
            )


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
