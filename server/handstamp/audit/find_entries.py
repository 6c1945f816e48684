"""Reading the audit log, newest first, by keyset."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.models import BY_ADMIN, AuditEntry

PAGE = 100


async def entries_of(
    session: AsyncSession,
    *,
    organizers: Collection[str] | None = None,
    target_type: str = "",
    target_id: str = "",
    words: str = "",
    over_others: bool = False,
    before: int = 0,
    limit: int = PAGE,
) -> Sequence[AuditEntry]:
    """Return entries of some organizers (None: of all) or of one target.

    `over_others`: only what administrators did to organizers' things. `words` is a part of the
    act or the target; `before` is the last id of the page before.
    """
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if organizers is not None:
        query = query.where(AuditEntry.organizer_id.in_(organizers))
    if target_type:
        query = query.where(
            AuditEntry.target_type == target_type, AuditEntry.target_id == target_id
        )
    if over_others:
        query = query.where(text(BY_ADMIN))
    if words:
        query = query.where(
            AuditEntry.action.icontains(words, autoescape=True)
            | AuditEntry.target_id.icontains(words, autoescape=True)
        )
    if before:
        query = query.where(AuditEntry.id < before)
    return (await session.scalars(query)).all()
