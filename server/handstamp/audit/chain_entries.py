"""Chain the audit log: entries get number and hash shortly after their commit, in a job.

A writer never waits for the chain. Who changes an entry before the job has come by (a minute) is
not found out by it; the log of the server says which end was reached when.
"""

import secrets
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.chain import (
    FIRST_HASH,
    SALT_BYTES,
    Said,
    address_digest,
    entry_hash,
    mark_message,
)
from handstamp.audit.models import AuditEntry, AuditMark
from handstamp.kit.signing import sign
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.web import Services

JOB = "audit.chain"
SERVER_KEY = "server"
PIECE = 1_000
_LOCK = 0x68735F61  # "hs_a"
_log = structlog.get_logger("handstamp.audit")

SAID = (
    AuditEntry.id,
    AuditEntry.actor_type,
    AuditEntry.actor_id,
    AuditEntry.action,
    AuditEntry.target_type,
    AuditEntry.target_id,
    AuditEntry.organizer_id,
    AuditEntry.meta_json,
    AuditEntry.created_at,
)
_CHAIN = (
    update(AuditEntry)
    .where(AuditEntry.id == bindparam("b_id"))
    .values(
        {
            name: bindparam(f"b_{name}")
            for name in ("chain_no", "prev_hash", "hash", "ip_salt", "ip_digest")
        }
    )
)


async def chain_entries(ctx: JobContext) -> None:
    """Chain everything that is committed, a piece in each transaction."""
    while await chain_piece(ctx.services) == PIECE:
        pass
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def chain_piece(services: Services) -> int:
    """Chain at most 1,000 entries and sign the new end; returns how many there were."""
    _public, private = await kept_key(services, SERVER_KEY)
    async with services.db.write(actor="audit") as session:
        await _one_at_a_time(session)
        number, hash_ = await _end(session)
        rows = await _unchained(session)
        if not rows:
            return 0
        changes = []
        for *said, address in rows:
            number += 1
            change = _chained(number, hash_, Said(*said), address)
            changes.append(change)
            hash_ = change["b_hash"]
        await (await session.connection()).execute(_CHAIN, changes)
        session.add(
            AuditMark(
                chain_no=number,
                hash=hash_,
                signature=sign(private, mark_message(number, hash_)),
                created_at=services.clock(),
            )
        )
    _log.info("audit_chained", number=number, hash=hash_.hex())
    return len(changes)


def _chained(number: int, previous: bytes, said: Said, address: str) -> dict[str, Any]:
    salt = secrets.token_bytes(SALT_BYTES) if address else None
    digest = address_digest(salt, address) if salt else b""
    return {
        "b_id": said.id,
        "b_chain_no": number,
        "b_prev_hash": previous,
        "b_hash": entry_hash(previous, number, said, digest),
        "b_ip_salt": salt,
        "b_ip_digest": digest,
    }


async def _end(session: AsyncSession) -> tuple[int, bytes]:
    """Return the furthest end that entries or marks know; what was cut off leaves a gap."""
    end = (0, FIRST_HASH)
    for table in (AuditEntry, AuditMark):
        last = select(table.chain_no, table.hash).where(table.chain_no.is_not(None))
        found = (await session.execute(last.order_by(table.chain_no.desc()).limit(1))).first()
        if found is not None and found[0] is not None and found[1] is not None:
            end = max(end, (found[0], found[1]))
    return end


async def _unchained(session: AsyncSession) -> Sequence[Any]:
    """Read and lock what has no number; erasing a person meanwhile waits, or was first."""
    query = select(*SAID, AuditEntry.ip).where(AuditEntry.chain_no.is_(None))
    query = query.order_by(AuditEntry.id).limit(PIECE).with_for_update()
    return (await session.execute(query)).all()


async def _one_at_a_time(session: AsyncSession) -> None:
    if not is_sqlite(session):
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
