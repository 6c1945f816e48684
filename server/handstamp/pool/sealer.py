"""Credentials under AES-256-GCM: keys with ids, each sealed under the installation's secret."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit import signing
from handstamp.plumbing.db import now
from handstamp.plumbing.web import Services
from handstamp.pool.models import CredentialKey

ROOM = "pool"
_PURPOSE = "handstamp credential keys"
_TWINS = "handstamp pool twins"
_FILES = "handstamp pool files"
_KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True)
class Secrets:
    """What is sealed of one ticket; no repr shows it."""

    password: str = field(repr=False)
    code: str = field(default="", repr=False)


class ToSeal(NamedTuple):
    """A ticket's id, to which what is sealed is bound, and its secrets."""

    ticket_id: str
    secrets: Secrets


class Sealer:
    """Seals with the newest key, opens with every key there is."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._keys = dict(keys)
        self.key_id = max(self._keys)

    def has(self, key_id: int) -> bool:
        """Tell whether a key is among those that open."""
        return key_id in self._keys

    def seal(self, one: ToSeal) -> bytes:
        """Seal one ticket's secrets with the newest key."""
        plain = json.dumps({"password": one.secrets.password, "code": one.secrets.code})
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return signing.seal(self._keys[self.key_id], nonce, plain.encode(), one.ticket_id.encode())

    async def seal_many(self, many: Sequence[ToSeal]) -> list[bytes]:
        """Seal with the newest key, in a thread."""
        return await asyncio.to_thread(lambda: [self.seal(one) for one in many])

    def unseal(self, ticket_id: str, sealed: bytes, key_id: int) -> Secrets:
        """Open what was sealed for a ticket.

        Raises:
            ValueError: it was sealed for another, with another key, or was changed.
        """
        key = self._keys.get(key_id)
        if key is None:
            raise ValueError("sealed with a key that is not here")
        return Secrets(**json.loads(signing.unseal(key, sealed, ticket_id.encode())))


class _Opened:
    """Keys opened by this process; a class of its own, so that no repr shows them."""

    def __init__(self) -> None:
        self.keys: dict[bytes, bytes] = {}


async def sealer(services: Services) -> Sealer:
    """Return what seals and opens; the first use makes the first key. Opens transactions."""
    async with services.db.read() as session:
        found = await sealer_in(session, services)
    if found is not None:
        return found
    async with services.db.write() as session:
        await add_key(session, services)
        made = await sealer_in(session, services)
    assert made is not None
    return made


async def sealer_in(session: AsyncSession, services: Services) -> Sealer | None:
    """Return what seals and opens, as the open transaction sees the keys; None without any."""
    rows = (await session.scalars(select(CredentialKey).order_by(CredentialKey.id))).all()
    opened: _Opened = services.rooms.setdefault(ROOM, _Opened())
    keys = {}
    for row in rows:
        if row.sealed not in opened.keys:
            opened.keys[row.sealed] = signing.unseal(
                _wrapping_key(services), row.sealed, _bound(row.id)
            )
        keys[row.id] = opened.keys[row.sealed]
    return Sealer(keys) if keys else None


async def add_key(session: AsyncSession, services: Services) -> int:
    """Make a key that seals from now on; return its id."""
    row = CredentialKey(sealed=b"", created_at=now(session))
    session.add(row)
    await session.flush()
    key, nonce = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
    row.sealed = signing.seal(_wrapping_key(services), nonce, key, _bound(row.id))
    await session.flush()
    return row.id


def twin_key(services: Services) -> bytes:
    """Return the key of the hash by which a second copy of a ticket is known."""
    return signing.derive(services.settings.secret_bytes(), _TWINS)


def twin_of(key: bytes, event_id: str, email: str, password: str) -> str:
    """Return the keyed hash of a ticket: the same for every copy, telling nothing of it."""
    return signing.keyed_hash(key, json.dumps([event_id, email.lower(), password]))


def file_digest(services: Services, content: bytes) -> str:
    """Return the keyed hash of a file's bytes: the same for the same file, telling nothing."""
    key = signing.derive(services.settings.secret_bytes(), _FILES)
    return signing.keyed_hash(key, hashlib.sha256(content).hexdigest())


def _wrapping_key(services: Services) -> bytes:
    return signing.derive(services.settings.secret_bytes(), _PURPOSE)


def _bound(key_id: int) -> bytes:
    return f"credential key {key_id}".encode()
