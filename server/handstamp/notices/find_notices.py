"""How far cancelling an event has come, and what its holders were told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import cancelled_event
from handstamp.events.models import Event
from handstamp.notices.models import Cancellation, CancelledPart, Notice, NoticeReader
from handstamp.orders.models import Order
from handstamp.preorders.models import PreOrder
from handstamp.refunds.models import Refund

MOST_SHOWN = 50


@dataclass(frozen=True)
class Progress:
    """A cancelled event's run. `parts` are dealt with, by outcome; `refunds` are (number, minor
    units) by status; `kept` says why something could not be refunded, `numbers` by what holds it
    how people call it.
    """

    run: Cancellation
    parts: dict[str, int]
    refunds: dict[str, tuple[int, int]]
    kept: Sequence[CancelledPart]
    numbers: Mapping[str, str]
    told: int
    to_tell: int

    @property
    def whole(self) -> int:
        """How many parts there were when it began, or more that came after."""
        return max(self.done, self.run.orders + self.run.preorders + self.run.guests)

    @property
    def done(self) -> int:
        """How many parts were dealt with."""
        return sum(self.parts.values())


async def progress_of(session: AsyncSession, event_id: str) -> Progress | None:
    """Return how far cancelling an event that the actor runs has come; None when it goes on."""
    run = await session.get(Cancellation, event_id)
    if run is None:
        return None
    outcomes = (
        select(CancelledPart.outcome, func.count())
        .where(CancelledPart.event_id == event_id)
        .group_by(CancelledPart.outcome)
    )
    kept = (
        select(CancelledPart)
        .where(CancelledPart.event_id == event_id, CancelledPart.outcome == "kept")
        .order_by(CancelledPart.holds)
        .limit(MOST_SHOWN)
    )
    told = select(func.count()).where(
        NoticeReader.notice_id == run.notice_id, NoticeReader.mail_id != ""
    )
    notice = await session.get_one(Notice, run.notice_id)
    kept_parts = (await session.scalars(kept)).all()
    return Progress(
        run=run,
        parts={row[0]: row[1] for row in await session.execute(outcomes)},
        refunds=await _refunds(session, event_id),
        kept=kept_parts,
        numbers=await _numbers(session, [part.holds for part in kept_parts]),
        told=await session.scalar(told) or 0,
        to_tell=notice.total,
    )


async def cancelled_after_sales(session: AsyncSession, slug: str) -> Event | None:
    """Return the cancelled event at an address, if anybody ever ordered of it.

    Of what nobody could buy it is not told that it was there.
    """
    event = await cancelled_event(session, slug)
    if event is None:
        return None
    ordered = select(Order.id).where(Order.event_id == event.id, Order.origin == "checkout")
    wished = select(PreOrder.id).where(PreOrder.event_id == event.id)
    found = await session.scalar(ordered.limit(1)) or await session.scalar(wished.limit(1))
    return event if found else None


async def notices_of(session: AsyncSession, event_id: str) -> Sequence[Notice]:
    """Return what the holders of an event that the actor runs were told, the newest first."""
    query = select(Notice).where(Notice.event_id == event_id)
    newest = query.order_by(Notice.created_at.desc(), Notice.id).limit(MOST_SHOWN)
    return (await session.scalars(newest)).all()


async def _numbers(session: AsyncSession, held: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    tables: dict[str, Any] = {"order": Order, "preorder": PreOrder}
    for kind, table in tables.items():
        ids = [holds.split(":", 1)[1] for holds in held if holds.startswith(f"{kind}:")]
        rows = await session.execute(select(table.id, table.number).where(table.id.in_(ids)))
        found |= {f"{kind}:{row[0]}": row[1] for row in rows}
    return found


async def _refunds(session: AsyncSession, event_id: str) -> dict[str, tuple[int, int]]:
    orders = select(Order.id).where(Order.event_id == event_id)
    wishes = select(PreOrder.id).where(PreOrder.event_id == event_id)
    query = (
        select(Refund.status, func.count(), func.sum(Refund.amount))
        .where(Refund.order_id.in_(orders) | Refund.preorder_id.in_(wishes))
        .where(Refund.reason == "event_cancelled")
        .group_by(Refund.status)
    )
    return {row[0]: (row[1], int(row[2])) for row in await session.execute(query)}
