"""What cancelling an event means for one of those who are told: what ends, and what of money."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.mail.addresses import is_erased
from handstamp.notices.models import CancelledPart, Notice
from handstamp.notices.tell_holders import WITH_TICKETS, holding
from handstamp.orders.models import Order
from handstamp.preorders.models import PreOrder
from handstamp.preorders.rules import AWAITING, PAID
from handstamp.refunds.paid_for import is_at_bank, was_paid
from handstamp.tickets.models import Ticket
from handstamp.tickets.rules import TAKING


@dataclass(frozen=True)
class Meant:
    """`back`: something they paid is refunded. `bank`: of something the bank decides.

    `tickets`: they had some, or had paid for one. `uncharged`: the number of a pre-order for which
    nothing was charged.
    """

    tickets: bool = True
    back: bool = False
    bank: bool = False
    uncharged: str = ""


async def meant_for(session: AsyncSession, notice: Notice, holds: str) -> Meant:
    """Return what it means for a reader, by all that is under the address of what they hold."""
    held, email = await holding(session, holds)
    email = email.lower()
    if not email or is_erased(email):
        return Meant()
    rows = [
        *await session.execute(_money("order", Order, WITH_TICKETS, notice.event_id, email)),
        *await session.execute(_money("preorder", PreOrder, PAID, notice.event_id, email)),
    ]
    fates = {_fate(row) for row in rows}
    uncharged = await _uncharged(session, notice, held, email)
    return Meant(
        tickets=not uncharged or await _had_tickets(session, notice.event_id, email, rows),
        back="back" in fates,
        bank="bank" in fates,
        uncharged=uncharged,
    )


async def _uncharged(session: AsyncSession, notice: Notice, held: Any, email: str) -> str:
    """Return the number of an address's pre-order that waited to be charged, '' without one."""
    let_go = (PreOrder.status == "not_allocated") & (PreOrder.closed_at >= notice.created_at)
    if isinstance(held, PreOrder):  # by another server's clock it may have closed before
        let_go |= (PreOrder.status == "not_allocated") & (PreOrder.id == held.id)
    query = select(PreOrder.number).where(
        PreOrder.event_id == notice.event_id,
        func.lower(PreOrder.email) == email,
        PreOrder.status.in_(AWAITING) | let_go,
    )
    return await session.scalar(query.order_by(PreOrder.id).limit(1)) or ""


async def _had_tickets(
    session: AsyncSession, event_id: str, email: str, rows: Sequence[Row[Any, Any, Any, Any]]
) -> bool:
    if any(outcome is not None or live for outcome, live, *_money in rows):
        return True
    theirs = select(Ticket.id).where(
        Ticket.event_id == event_id,
        func.lower(Ticket.holder_email) == email,
        Ticket.status.in_((*TAKING, "cancelled")),
    )
    return await session.scalar(theirs.limit(1)) is not None


def _money(
    kind: str, table: Any, live: tuple[str, ...], event_id: str, email: str
) -> Select[str | None, bool, bool, bool]:
    """Return the query of what came, or is to come, of each of an address's orders."""
    part = CancelledPart.holds == literal(f"{kind}:") + table.id
    return (
        select(
            CancelledPart.outcome,
            table.status.in_(live),
            was_paid(kind, table.id),
            is_at_bank(kind, table.id),
        )
        .join_from(table, CancelledPart, part, isouter=True)
        .where(table.event_id == event_id, func.lower(table.email) == email)
    )


def _fate(row: Row[str | None, bool, bool, bool]) -> str:
    outcome, live, paid, at_bank = row
    if outcome == "refunding":
        return "back"
    if outcome == "kept" or (outcome is None and live and paid):
        return "bank" if at_bank else "back" if outcome is None else ""
    return ""
