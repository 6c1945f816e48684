"""One-time codes, and the pairing of a phone with one event."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.checkin.device_credentials import write_certificate, write_credential
from handstamp.checkin.models import Device, PairingCode
from handstamp.checkin.release_key import note_release
from handstamp.events.models import Event
from handstamp.kit import signing
from handstamp.kit.clock import DAY, HOUR, Millis
from handstamp.kit.ids import ALPHABET, random_int
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.errors import BadInput, Gone, NotFound
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

CODE_LETTERS = 8
CODE_LIFE = DAY
GRACE = 12 * HOUR  # R41: offline scanning goes on so long after the event's end
ROLES = ("steward", "supervisor")
SERVER_KEY = "server"
_READ_AS = str.maketrans("OIL", "011", " -")


async def make_pairing_code(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event: Event,
    *,
    name: str,
    lists: Sequence[int] = (),
    gate: str = "",
    role: str = "steward",
) -> str:
    """Return a code of 8 letters that pairs one phone within a day; only its hash is kept.

    `lists` empty means every list of the event.

    Raises:
        BadInput: the role is unknown.
    """
    if role not in ROLES:
        raise BadInput(_("A device is for a steward or a supervisor."))
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))
    now = services.clock()
    session.add(
        PairingCode(
            code_hash=code_hash(services, code),
            event_id=event.id,
            name=name.strip()[:80],
            gate=gate.strip()[:80],
            lists=",".join(str(number) for number in sorted(set(lists))),
            role=role,
            created_by=actor.id,
            created_at=now,
            expires_at=now + CODE_LIFE,
        )
    )
    await record(
        session, actor, "device.invite", "event", event.id, organizer_id=event.organizer_id
    )
    return code


async def pair(
    services: Services, *, code: str, public_key: str, name: str = "", app_build: str = ""
) -> dict[str, Any]:
    """Make a phone a device of the code's event; the same code and key give the same pairing.

    `public_key` is base64 of 32 bytes. The answer holds `device`, `credential`, `certificate`,
    `server_key` (base64), `event`, `lists`, `expires_at` (ms) and `release` (R49).

    Raises:
        BadInput: the key is not one.
        NotFound: no such code.
        Gone: the code was used by another phone, or is too old.
    """
    key = _read_key(public_key)
    server_public, server_private = await kept_key(services, SERVER_KEY)
    async with services.db.write(actor="pairing") as session:
        found = await _usable_code(session, services, code, key)
        event = await session.get_one(Event, found.event_id)
        if found.device_id is not None:
            device = await session.get_one(Device, found.device_id)
        else:
            device = _new_device(found, event, key, services.clock())
            device.name = device.name or name.strip()[:80] or "Phone"
            device.app_build = app_build[:80]
            device.certificate = write_certificate(server_private, device, numbers(found.lists))
            session.add(device)
            found.used_at = device.created_at
            found.device_id, found.public_key = device.id, key
            after_commit(session, lambda: services.signals.publish(f"event:{event.id}"))
            await session.flush()
        release = await note_release(session, services, device)
    return {
        "device": device.id,
        "credential": write_credential(services, device),
        "certificate": device.certificate,
        "server_key": base64.b64encode(server_public).decode(),
        "event": {
            "id": event.id,
            "number": event.number,
            "title": event.title,
            "start": event.start_at,
            "end": event.end_at,
            "time_zone": event.time_zone,
        },
        "name": device.name,
        "gate": device.gate,
        "role": device.role,
        "lists": numbers(device.lists),
        "expires_at": device.expires_at,
        "release": release.to_json() if release else None,
    }


def numbers(text: str) -> list[int]:
    """Read list numbers as devices and codes keep them; none means every list."""
    return [int(part) for part in text.split(",") if part]


async def _usable_code(
    session: AsyncSession, services: Services, code: str, key: bytes
) -> PairingCode:
    wanted = select(PairingCode).where(PairingCode.code_hash == code_hash(services, code))
    found = (await session.execute(wanted.with_for_update())).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such pairing code. Check its letters."), code="unknown_code")
    if found.device_id is not None:
        if found.public_key == key:
            return found
        raise Gone(_("This pairing code was used by another phone."), code="code_used")
    if services.clock() >= found.expires_at:
        raise Gone(_("This pairing code is too old. Ask for a new one."), code="code_expired")
    return found


def _new_device(code: PairingCode, event: Event, key: bytes, now: Millis) -> Device:
    return Device(
        id=random_int(48),
        event_id=code.event_id,
        kind="phone",
        name=code.name,
        gate=code.gate,
        lists=code.lists,
        role=code.role,
        public_key=key,
        created_at=now,
        expires_at=max(event.end_at, now) + GRACE,
        last_seen_at=now,
        feed_seq=None,
    )


def _read_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(_("public_key: not base64.")) from error
    if len(key) != 32:
        raise BadInput(_("public_key: an Ed25519 public key has 32 bytes."))
    return key


def code_hash(services: Services, code: str) -> str:
    """Return what is stored of a pairing code, however it was typed."""
    letters = code.upper().translate(_READ_AS)
    key = signing.derive(services.settings.secret_bytes(), "pairing code")
    return signing.keyed_hash(key, letters)
