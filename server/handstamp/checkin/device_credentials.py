"""What a phone shows to be let in: its credential and certificate, and who it turns out to be."""

import base64

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from handstamp.checkin.models import Device
from handstamp.kit import signing
from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import Forbidden, Unauthenticated
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

PURPOSE = "device credential"


def write_credential(services: Services, device: Device) -> str:
    """Return the device's credential: a JWT (HS256) that names device, event and expiry."""
    secret = signing.derive(services.settings.secret_bytes(), PURPOSE)
    members = {"dev": device.id, "evt": device.event_id, "exp": device.expires_at // 1000}
    return jwt.encode(members, secret, algorithm="HS256")


def read_credential(services: Services, credential: str) -> int:
    """Return the device id that a credential names; expiry is judged by the device's row.

    Raises:
        Unauthenticated: this server did not write it.
    """
    return read_paired(services, credential)[0]


def read_paired(services: Services, credential: str) -> tuple[int, str]:
    """Return the device id and the event's id that a credential names.

    Raises:
        Unauthenticated: this server did not write it.
    """
    secret = signing.derive(services.settings.secret_bytes(), PURPOSE)
    try:
        members = jwt.decode(
            credential, secret, algorithms=["HS256"], options={"verify_exp": False}
        )
        device, event_id = members["dev"], members["evt"]
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise Unauthenticated(_("This device is not paired here."), code="not_paired") from error
    if type(device) is not int or type(event_id) is not str:
        raise Unauthenticated(_("This device is not paired here."), code="not_paired")
    return device, event_id


def write_certificate(
    private: bytes, device: Device, lists: list[int], public_key: bytes | None = None
) -> str:
    """Return the device's certificate: a JWT (EdDSA by the server key) as R44 has it.

    `public_key` stands in for that of a device which has none.
    """
    key = Ed25519PrivateKey.from_private_bytes(private)
    members = {
        "dev": device.id,
        "key": base64.b64encode(public_key or device.public_key or b"").decode(),
        "evt": device.event_id,
        "lists": lists,
        "role": device.role,
        "name": device.name,
        "gate": device.gate,
        "exp": device.expires_at // 1000,
    }
    return jwt.encode(members, key, algorithm="EdDSA")


def bearer(connection: HTTPConnection) -> str:
    """Return what stands behind `Authorization: Bearer`, '' when nothing does."""
    scheme, _, value = connection.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def standing(device: Device, now: Millis) -> str:
    """Return `active`, `revoked`, `expired` or `repair` (R41)."""
    if device.revoked_at is not None:
        return "revoked"
    if now >= device.expires_at:
        return "expired"
    return "repair" if device.forked_at is not None else "active"


async def paired_device(
    session: AsyncSession, services: Services, connection: HTTPConnection
) -> Device:
    """Return the pairing whose credential the request carries, whatever its standing.

    Raises:
        Unauthenticated: there is no credential, or it names no pairing of this server.
    """
    credential = bearer(connection)
    if not credential:
        raise Unauthenticated(_("Pair this device first."), code="not_paired")
    device = await session.get(Device, read_credential(services, credential))
    if device is None or device.kind != "phone":
        raise Unauthenticated(_("This device is not paired here."), code="not_paired")
    return device


async def living_device(
    session: AsyncSession, services: Services, connection: HTTPConnection
) -> Device:
    """Return the pairing of the request if it may still have the list.

    Raises:
        Unauthenticated: no pairing of this server.
        Forbidden: revoked or expired; `code` is the standing.
    """
    device = await paired_device(session, services, connection)
    state = standing(device, services.clock())
    if state in ("revoked", "expired"):
        raise Forbidden(_("This pairing has ended. Hand in its scans, then pair anew."), code=state)
    return device
