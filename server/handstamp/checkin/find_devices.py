"""The devices of an event as pages list them, and the phone that a code was used by."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import Device, Fact, PairingCode
from handstamp.checkin.pair_device import code_hash, numbers
from handstamp.checkin.verdict import CODES
from handstamp.checkin.wire import DENY
from handstamp.kit.clock import HOUR, Millis
from handstamp.plumbing.api import JSON_LIMIT
from handstamp.plumbing.web import Services

MOST = 1_000
_MOST_SAID = {"battery": 1, "list_age_s": JSON_LIMIT, "list": 255}


@dataclass(frozen=True)
class DeviceView:
    """A device with what it last reported: `battery` 0 to 1, `list_age_s`, `list`, `operator`.

    What the phone did not send is not there, nor those four when they are not of their kind.
    """

    device: Device
    lists: list[int]
    report: dict[str, Any]


async def devices_of(session: AsyncSession, event_id: str, *, kind: str) -> list[DeviceView]:
    """Return an event's devices of a kind (`phone` or `api`): living ones first, newest first."""
    query = (
        select(Device)
        .where(Device.event_id == event_id, Device.kind == kind)
        .order_by(Device.revoked_at.is_not(None), Device.created_at.desc(), Device.id)
        .limit(MOST)
    )
    return [view_of(device) for device in (await session.scalars(query)).all()]


def view_of(device: Device) -> DeviceView:
    """Read a device's lists and last report."""
    said = json.loads(device.status_json or "{}")
    report = {name: value for name, value in said.items() if _is_of_its_kind(name, value)}
    return DeviceView(device, numbers(device.lists), report)


def _is_of_its_kind(name: str, value: Any) -> bool:
    """Tell whether pages can show it: a phone may say anything."""
    if name == "operator":
        return isinstance(value, str)
    if name not in _MOST_SAID:
        return True
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= _MOST_SAID[name]


async def forged_lately(session: AsyncSession, event_id: str, now: Millis) -> dict[int, int]:
    """Return how many forged codes each device has reported in the last hour; none: left out.

    Nothing is slowed by it: a phone never stops scanning.
    """
    query = (
        select(Fact.device_id, func.count())
        .where(Fact.event_id == event_id, Fact.feed_seq.is_(None), Fact.kind == DENY)
        .where(Fact.verdict == CODES["forged"], Fact.stamp > now - HOUR)
        .group_by(Fact.device_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


async def device_of_code(
    session: AsyncSession, services: Services, event_id: str, code: str
) -> Device | None:
    """Return the phone that used a pairing code of this event; None while nobody has."""
    query = select(PairingCode.device_id).where(
        PairingCode.code_hash == code_hash(services, code), PairingCode.event_id == event_id
    )
    device_id = (await session.scalars(query)).one_or_none()
    return await session.get(Device, device_id) if device_id is not None else None
