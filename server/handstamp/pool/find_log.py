"""Reading what was done to tickets from elsewhere, the newest first, as far as one may see."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import User
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.plumbing.web import Actor
from handstamp.pool.find_assignments import mask_email
from handstamp.pool.models import AssignmentLog

PAGE = 50


@dataclass(frozen=True)
class LogLine:
    """One line: what was done when, by whom (`actor`: an e-mail or ''), from which address."""

    id: int
    action: str
    created_at: Millis
    ticket_id: str | None
    demand_id: str | None
    email: str
    actor_type: str
    actor: str
    ip: str
    meta: dict[str, Any]


async def log_of(
    session: AsyncSession,
    actor: Actor,
    event: Event,
    *,
    demand_id: str = "",
    ticket_id: str = "",
    before: int = 0,
    limit: int = PAGE,
) -> list[LogLine]:
    """Return an event's log, or of one pre-order or ticket; the caller may see the event's pool.

    Who only helps members sees addresses masked, and no network addresses.

    Args:
        before: the last id of the page before.
    """
    of = AssignmentLog
    query = (
        select(of, User.email)
        .outerjoin(User, User.id == of.actor_id)
        .where(of.event_id == event.id)
        .order_by(of.id.desc())
        .limit(limit)
    )
    if demand_id:
        query = query.where(of.demand_id == demand_id)
    if ticket_id:
        query = query.where(of.ticket_id == ticket_id)
    if before:
        query = query.where(of.id < before)
    whole = actor.may_manage(event.organizer_id)
    return [_line(line, email or "", whole) for line, email in await session.execute(query)]


def _line(line: AssignmentLog, actor_email: str, whole: bool) -> LogLine:
    def shown(email: str) -> str:
        return email if whole or not email else mask_email(email)

    return LogLine(
        id=line.id,
        action=line.action,
        created_at=line.created_at,
        ticket_id=line.ticket_id,
        demand_id=line.demand_id,
        email=shown(line.email),
        actor_type=line.actor_type,
        actor=shown(actor_email),
        ip=line.ip if whole else "",
        meta=json.loads(line.meta_json),
    )
