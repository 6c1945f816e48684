"""What became of the mail that carries a credential: on its assignment, and in the log."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record_all
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
            await _log(session, f"credential.{outcome}", {mail_id: assignment_id})
    return bool(ids)


async def note_sent(session: AsyncSession, sent: Mapping[str, str]) -> None:
    """Write down that credentials left by mail, in the transaction that ends their sending.

    Args:
        sent: the assignment of each mail, by the mail's id.
    """
    await _log(session, SENT, sent)
    await session.execute(
        update(Assignment)
        .where(Assignment.mail_id.in_(sorted(sent)), Assignment.delivery_status == "")
        .values(delivery_status="sent")
        .execution_options(synchronize_session=False)
    )


async def _log(session: AsyncSession, action: str, mails: Mapping[str, str]) -> None:
    """Log an act upon the credential that each mail carries; assignments are locked in order."""
    query = (
        select(
            Assignment.id,
            Assignment.event_id,
            Assignment.ticket_id,
            Assignment.demand_id,
            Demand.email,
            Demand.organizer_id,
        )
        .join(Demand, Demand.id == Assignment.demand_id)
        .where(Assignment.id.in_(set(mails.values())))
        .order_by(Assignment.id)
        .with_for_update(of=Assignment, key_share=True)
    )
    found = {row.id: row for row in await session.execute(query)}
    acts: list[Act] = []
    metas: dict[str, dict[str, str]] = {}
    owners: list[str] = []
    for mail_id, assignment_id in mails.items():
        if (row := found.get(assignment_id)) is None:
            continue
        meta = {"mail": mail_id, "assignment": assignment_id}
        acts.append(Act(action, row.event_id, row.ticket_id, row.demand_id, row.email, meta))
        if row.ticket_id in metas:  # two mails of one ticket
            await _record(session, action, metas, owners)
            metas, owners = {}, []
        metas[row.ticket_id] = meta
        owners.append(row.organizer_id)
    await _record(session, action, metas, owners)
    await note_all(session, SYSTEM, acts)


async def _record(
    session: AsyncSession, action: str, metas: Mapping[str, Any], owners: Sequence[str]
) -> None:
    await record_all(session, SYSTEM, action, "pool_ticket", metas, organizer_ids=owners)
