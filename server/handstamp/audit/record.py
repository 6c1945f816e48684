"""Write who did what into the audit log, in the transaction that does it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.models import AuditEntry
from handstamp.plumbing.db import now
from handstamp.plumbing.web import Actor


async def record(
    session: AsyncSession,
    actor: Actor,
    action: str,
    target_type: str,
    target_id: str,
    *,
    organizer_id: str | None = None,
    meta: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry; it is kept only if the transaction is.

    Args:
        action: a verb on a thing, such as `ticket.refund`.
        meta: what else explains the act; ids and settings, nothing personal.
    """
    session.add(
        AuditEntry(
            actor_type=actor.kind,
            actor_id=actor.id,
            action=action,
            target_type=target_type,
            target_id=target_id,
            organizer_id=organizer_id,
            meta_json=json.dumps(dict(meta or {}), sort_keys=True),
            ip=actor.ip,
            created_at=now(session),
        )
    )


async def record_all(
    session: AsyncSession,
    actor: Actor,
    action: str,
    target_type: str,
    metas: Mapping[str, Mapping[str, Any]],
    *,
    organizer_ids: Sequence[str],
) -> None:
    """Add one entry for each of many targets in one statement.

    Args:
        metas: what else explains the act, by the target's id.
        organizer_ids: whose each target is, in the order of `metas`.
    """
    at = now(session)
    rows = [
        {
            "actor_type": actor.kind,
            "actor_id": actor.id,
            "action": action,
            "target_type": target_type,
            "target_id": target_id,
            "organizer_id": organizer_id,
            "meta_json": json.dumps(dict(meta), sort_keys=True),
            "ip": actor.ip,
            "created_at": at,
        }
        for (target_id, meta), organizer_id in zip(metas.items(), organizer_ids, strict=True)
    ]
    if rows:
        await (await session.connection()).execute(insert(AuditEntry), rows)
