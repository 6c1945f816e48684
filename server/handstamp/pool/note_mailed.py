"""What became of the mail that carries a credential: on its assignment, and in the log."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.plumbing.web import SYSTEM
from handstamp.pool.credentials import SENT
from handstamp.pool.log_assignment import Act, note_all
from handstamp.pool.models import Assignment, Demand

ORDER = ("", "sent", "delivery_failed", "delivered", "bounced", "complained")
NOT_ARRIVED = ("delivery_failed", "bounced", "complained")


async def note_mailed(session: AsyncSession, mail_id: str, outcome: str) -> bool:
    """Write down how far a mail with a credential came; what is known to be later stays.

    A mail that carries none, or one that another was sent after, changes nothing.

    Args:
        outcome: sent, delivery_failed, delivered, bounced or complained.

    Returns:
        whether that was news.
    """
    before = ORDER[: ORDER.index(outcome)]
    changed = await session.execute(
        update(Assignment)
        .where(Assignment.mail_id == mail_id, Assignment.delivery_status.in_(before))
        .values(delivery_status=outcome)
        .returning(Assignment.id)
        .execution_options(synchronize_session=False)
    )
    ids = [row[0] for row in changed]
    if outcome in NOT_ARRIVED:
        for assignment_id in ids:
            await _log(session, assignment_id, f"credential.{outcome}", mail_id)
    return bool(ids)


async def note_sent(session: AsyncSession, assignment_id: str, mail_id: str) -> None:
    """Write down that a credential left by mail, in the transaction that ends its sending."""
    await _log(session, assignment_id, SENT, mail_id)
    await note_mailed(session, mail_id, "sent")


async def _log(session: AsyncSession, assignment_id: str, action: str, mail_id: str) -> None:
    query = (
        select(
            Assignment.event_id,
            Assignment.ticket_id,
            Assignment.demand_id,
            Demand.email,
            Demand.organizer_id,
        )
        .join(Demand, Demand.id == Assignment.demand_id)
        .where(Assignment.id == assignment_id)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return
    meta = {"mail": mail_id, "assignment": assignment_id}
    act = Act(action, row.event_id, row.ticket_id, row.demand_id, row.email, meta)
    await note_all(session, SYSTEM, [act])
    await record(
        session, SYSTEM, action, "pool_ticket", row.ticket_id,
        organizer_id=row.organizer_id, meta=meta,
    )  # fmt: skip
