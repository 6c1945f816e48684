"""One exchange with a phone: its facts in, acknowledgements and changes out (R40-R43).

Facts are authorised by their log's signature, so this works for revoked and expired pairings,
for logs of older pairings on the same phone, and without any credential. `certificates` (a
list of JWTs) lets a server that was restored from an old backup know again a device that was
paired after that backup: send them when an acknowledgement says `unknown_device`.
"""

import asyncio
import base64
import json
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.accept_scans import Ack, CheckedLog, HandIn, SentLog, check_log
from handstamp.checkin.batcher import batcher
from handstamp.checkin.claim_entry import DropClaims
from handstamp.checkin.count_unheard import count_unheard
from handstamp.checkin.device_credentials import read_credential, standing
from handstamp.checkin.list_changes import Cursor, changes_after, feed_end, holds
from handstamp.checkin.models import Device
from handstamp.checkin.number_changes import has_unnumbered
from handstamp.checkin.readmit_device import readmit_devices
from handstamp.checkin.release_key import ENTITLED, find_release, note_release
from handstamp.checkin.sync_request import SyncRequest
from handstamp.events.models import Event
from handstamp.kit.clock import SECOND, Millis
from handstamp.plumbing.errors import Unauthenticated
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

PROTOCOL = 1
STATUS_EVERY = 10 * SECOND
ALONE_IN_LOOP = 8  # so few facts are checked faster than a thread is reached


async def sync(services: Services, credential: str, request: SyncRequest) -> dict[str, Any]:
    """Do one exchange and return the answer's members.

    Raises:
        Unauthenticated: no pairing is named and no log is handed in, or it is not known.
    """
    own = read_credential(services, credential) if credential else None
    if own is None and not request.logs:
        raise Unauthenticated(_("Pair this device first."), code="not_paired")
    known = await _known_devices(services, own, request)
    if own is not None and own not in known:
        raise Unauthenticated(_("This device is not paired here."), code="not_paired")
    acks = await _hand_in(services, own, known, request)
    if own is not None and request.claims_unused:
        item = DropClaims(own, request.claims_unused)
        await batcher(services).submit(known[own].event_id, item)
    answer = {
        "protocol": PROTOCOL,
        "server_time": services.clock(),
        "standing": "active",
        "acks": [_ack_json(ack) for ack in acks],
        "reset": False,
        "changes": None,
        "release": None,
    }
    if own is None:
        own = next((log.device for log in request.logs if log.device in known), None)
        request = request._replace(cursor=None)
    if own is None:
        answer["standing"] = "unknown"
        return answer
    return answer | await _standing_and_changes(services, known[own], request)


async def _known_devices(
    services: Services, own: int | None, request: SyncRequest
) -> dict[int, Device]:
    wanted = {log.device for log in request.logs} | ({own} if own is not None else set())
    known = await _read_devices(services, wanted)
    missing = wanted - known.keys()
    if missing and request.certificates:
        await readmit_devices(services, missing, request.certificates)
        known = await _read_devices(services, wanted)
    return known


async def _read_devices(services: Services, wanted: set[int]) -> dict[int, Device]:
    async with services.db.read() as session:
        rows = await session.scalars(
            select(Device).where(Device.id.in_(wanted), Device.kind == "phone")
        )
        return {device.id: device for device in rows}


async def _hand_in(
    services: Services, own: int | None, known: dict[int, Device], request: SyncRequest
) -> list[Ack]:
    checked = await _check(known, request.logs)
    by_event: dict[str, list[int]] = {}
    acks: dict[int, Ack] = {}
    for index, log in enumerate(checked):
        if log.device in known:
            by_event.setdefault(known[log.device].event_id, []).append(index)
        else:
            acks[index] = Ack(log.device, 0, bytes(32), error=log.error)
    status = _status_due(known[own], request, services.clock()) if own is not None else {}
    if own is not None and status:
        by_event.setdefault(known[own].event_id, [])
    for event_id, indexes in by_event.items():
        mine = status if own is not None and known[own].event_id == event_id else {}
        item = HandIn([checked[index] for index in indexes], mine)
        given = await batcher(services).submit(event_id, item)
        acks.update(zip(indexes, given, strict=True))
    return [acks[index] for index in range(len(checked))]


async def _check(known: dict[int, Device], logs: tuple[SentLog, ...]) -> list[CheckedLog]:
    devices = [known.get(log.device) for log in logs]
    pairs = [
        (_worth(log, device), device.public_key if device else None)
        for log, device in zip(logs, devices, strict=True)
    ]
    if sum(len(log.facts) for log in logs) <= ALONE_IN_LOOP:
        return [check_log(log, key) for log, key in pairs]
    return await asyncio.to_thread(lambda: [check_log(log, key) for log, key in pairs])


def _worth(log: SentLog, device: Device | None) -> SentLog:
    """Drop the head of a log without facts when it tells nothing new: that saves its check."""
    if device is None or log.head != device.head_number or device.head_signature is None:
        return log
    return log._replace(head=0)


def _status_due(device: Device, request: SyncRequest, now: Millis) -> dict[int, dict[str, Any]]:
    """Return what to write about the phone: at once when it changed, else now and then."""
    values: dict[str, Any] = {
        "pending": request.pending,
        "status_json": json.dumps(request.status, separators=(",", ":"), sort_keys=True),
        "app_build": request.build,
    }
    if request.cursor is not None:
        values["cursor_seq"] = max(0, min(request.cursor.seq, 1 << 53))
    if device.revoked_at is not None and device.wiped_at is None:
        values["wiped_at"] = now
    seen = device.last_seen_at or 0
    changed = {name for name, value in values.items() if getattr(device, name) != value}
    quiet = not changed - {"cursor_seq", "status_json"} and not _drilled(device, request)
    if now - seen < STATUS_EVERY and quiet:
        return {}
    values["last_seen_at"] = now
    if request.clock is not None:
        values["clock_skew_ms"] = request.clock - now
    return {device.id: values}


def _drilled(device: Device, request: SyncRequest) -> bool:
    """Tell whether the phone reports a drill that is not known yet: somebody waits for it."""
    drill = request.status.get("drill")
    return drill is not None and drill != json.loads(device.status_json or "{}").get("drill")


async def _standing_and_changes(
    services: Services, own: Device, request: SyncRequest
) -> dict[str, Any]:
    numbered = False
    while True:  # again only when somebody took away what was written, or its time has come
        told = await _told(services, own, request, numbered)
        if isinstance(told, dict):
            return told
        if told == "release":
            async with services.db.write(actor="door") as session:
                device = await session.get_one(Device, own.id)
                await note_release(session, services, device)
        else:
            numbered = True
            await batcher(services).number(own.event_id)


async def _told(
    services: Services, own: Device, request: SyncRequest, numbered: bool
) -> dict[str, Any] | Literal["release", "numbers"]:
    """Return standing, release and changes, or what must be written before they can be told."""
    settings = services.settings
    async with services.db.read() as session:
        device = await session.get_one(Device, own.id)
        state = standing(device, services.clock())
        if not (settings.enable_ticketing and settings.enable_scanning) or state not in ENTITLED:
            return {"standing": state}
        event = await session.get_one(Event, device.event_id)
        release = await find_release(session, services, device, event)
        if release is None:
            return "release"
        told: dict[str, Any] = {"standing": state, "release": release.to_json(request.release)}
        if request.status.get("counts_inside") is True:
            told["unheard"] = await count_unheard(session, device, services.clock())
        if request.cursor is None or release.key is None:
            return told
        if not numbered and await has_unnumbered(session, device.event_id):
            return "numbers"
        return told | await _changes(session, event, request.cursor)


async def _changes(session: AsyncSession, event: Event, cursor: Cursor) -> dict[str, Any]:
    end = await feed_end(session, event.id)
    if end is None or not await holds(session, event.id, cursor, end):
        return {"reset": True, "changes": None}
    return {"reset": False, "changes": await changes_after(session, event, cursor, end)}


def _ack_json(ack: Ack) -> dict[str, Any]:
    members: dict[str, Any] = {
        "device": ack.device,
        "to": ack.to,
        "hash": base64.b64encode(ack.hash).decode(),
        "stamps": [list(stamp) for stamp in ack.stamps],
        "fork": ack.fork,
    }
    return members | ({"error": ack.error} if ack.error else {})
