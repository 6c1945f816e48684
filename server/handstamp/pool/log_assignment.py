"""Write what was done to tickets from elsewhere, in the transaction that does it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.db import now
from handstamp.plumbing.web import Actor
from handstamp.pool.models import AssignmentLog


class Act(NamedTuple):
    """One line of the log; `meta` holds ids and reasons, never a credential."""

    action: str
    event_id: str
    ticket_id: str | None = None
    demand_id: str | None = None
    email: str = ""
    meta: Mapping[str, Any] | None = None


async def note(
    session: AsyncSession,
    actor: Actor,
    action: str,
    *,
    event_id: str,
    ticket_id: str | None = None,
    demand_id: str | None = None,
    email: str = "",
    meta: Mapping[str, Any] | None = None,
) -> None:
    """Add one line; it is kept only if the transaction is.

    Args:
        action: a verb on a thing, such as `credential.read`.
        email: of the member it is about, '' when about none.
        meta: ids and reasons, never a credential.
    """
    await note_all(session, actor, [Act(action, event_id, ticket_id, demand_id, email, meta)])


async def note_all(session: AsyncSession, actor: Actor, acts: Sequence[Act]) -> None:
    """Add many lines in one statement."""
    rows = [
        {
            **act._asdict(),
            "actor_type": actor.kind,
            "actor_id": actor.id,
            "ip": actor.ip,
            "created_at": now(session),
        }
        for act in acts
    ]
    for row in rows:
        row["meta_json"] = json.dumps(dict(row.pop("meta") or {}), sort_keys=True)
    if rows:
        connection = await session.connection()
        await connection.execute(insert(AssignmentLog), rows)
