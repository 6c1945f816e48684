"""The key by which push services know this installation (VAPID, RFC 8292), sealed like others."""

import base64
import os
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from handstamp.kit.clock import HOUR, SECOND, Millis
from handstamp.kit.signing import seal, unseal
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.models import KeptSecret
from handstamp.plumbing.secrets import WrongSecret, sealing_key
from handstamp.plumbing.web import Services

NAME = "web-push"
_ROOM = "preorders.push"
_LIFE: Millis = 12 * HOUR
_SCALAR = 32


def url_safe(data: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_url_safe(text: str) -> bytes:
    """Read base64url, with or without padding.

    Raises:
        ValueError: it is none.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the 65 bytes of a key's public point, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


async def push_key(services: Services) -> ec.EllipticCurvePrivateKey:
    """Return the installation's key, making it at first use.

    Opens a transaction of its own, so call it outside of one.

    Raises:
        WrongSecret: the database was made under another secret.
    """
    known: ec.EllipticCurvePrivateKey | None = services.rooms.get(_ROOM)
    if known is None:
        known = await _read(services) or await _make(services)
        services.rooms[_ROOM] = known
    return known


def authorization(key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str, now: Millis) -> str:
    """Return the header that tells a push service who sends."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": (now + _LIFE) // SECOND,
        "sub": contact,
    }
    return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={url_safe(point(key))}"


async def _read(services: Services) -> ec.EllipticCurvePrivateKey | None:
    async with services.db.read() as session:
        kept = await session.scalar(select(KeptSecret).where(KeptSecret.name == NAME))
    if kept is None:
        return None
    try:
        scalar = unseal(sealing_key(services, NAME), kept.sealed, NAME.encode())
    except ValueError as error:
        raise WrongSecret("HANDSTAMP_SECRET does not fit this database") from error
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


async def _make(services: Services) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    scalar = key.private_numbers().private_value.to_bytes(_SCALAR, "big")
    sealed = seal(sealing_key(services, NAME), os.urandom(12), scalar, NAME.encode())
    values = {"name": NAME, "public": point(key), "sealed": sealed}
    async with services.db.write() as session:
        insert = sqlite.insert if is_sqlite(session) else postgresql.insert
        row = insert(KeptSecret).values(**values, created_at=services.clock())
        await session.execute(row.on_conflict_do_nothing())
    kept = await _read(services)  # another process may have been first
    assert kept is not None
    return kept
