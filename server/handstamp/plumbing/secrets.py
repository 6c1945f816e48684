"""The installation's own signing keys: made once, sealed in the database, opened in memory."""

import os

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from handstamp.kit.signing import derive, new_private_key, public_key, seal, unseal
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.models import KeptSecret
from handstamp.plumbing.web import Services

_ROOM = "plumbing.keys"


class WrongSecret(Exception):
    """`HANDSTAMP_SECRET` is not the one under which this database's keys were sealed."""


async def kept_key(services: Services, name: str) -> tuple[bytes, bytes]:
    """Return (public, private) of an Ed25519 key of this installation, making it at first use.

    Opens a transaction of its own, so call it outside of one.

    Raises:
        WrongSecret: the database was made under another secret.
    """
    known: dict[str, tuple[bytes, bytes]] = services.rooms.setdefault(_ROOM, {})
    if name not in known:
        known[name] = await _read(services, name) or await _make(services, name)
    return known[name]


def sealing_key(services: Services, name: str) -> bytes:
    """Return the 32 bytes under which the private key of `name` is sealed."""
    return derive(services.settings.secret_bytes(), f"kept/{name}")


async def secret_fits(services: Services) -> bool:
    """Tell whether this installation's secret opens every key that the database keeps."""
    async with services.db.read() as session:
        kept = list(await session.scalars(select(KeptSecret)))
    return all(_opens(services, one) for one in kept)


def _opens(services: Services, kept: KeptSecret) -> bool:
    try:
        unseal(sealing_key(services, kept.name), kept.sealed, kept.name.encode())
    except ValueError:
        return False
    return True


async def _read(services: Services, name: str) -> tuple[bytes, bytes] | None:
    async with services.db.read() as session:
        kept = await session.scalar(select(KeptSecret).where(KeptSecret.name == name))
    if kept is None:
        return None
    try:
        private = unseal(sealing_key(services, name), kept.sealed, name.encode())
    except ValueError as error:
        raise WrongSecret("HANDSTAMP_SECRET does not fit this database") from error
    return kept.public, private


async def _make(services: Services, name: str) -> tuple[bytes, bytes]:
    private = new_private_key()
    sealed = seal(sealing_key(services, name), os.urandom(12), private, name.encode())
    values = {"name": name, "public": public_key(private), "sealed": sealed}
    async with services.db.write() as session:
        insert = sqlite.insert if is_sqlite(session) else postgresql.insert
        row = insert(KeptSecret).values(**values, created_at=services.clock())
        await session.execute(row.on_conflict_do_nothing())
    kept = await _read(services, name)  # another process may have been first
    assert kept is not None
    return kept
