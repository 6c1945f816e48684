"""Telling every holder of an event something: readers are kept at once, mails follow in pieces."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, literal, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.kit.clock import SECOND, Millis
from handstamp.kit.ids import new_id
from handstamp.mail.addresses import is_erased
from handstamp.mail.send_mail import NewMail, queue_mails
from handstamp.notices.models import Cancellation, Notice, NoticeReader
from handstamp.orders.models import Order
from handstamp.plumbing.jobs import JobContext, enqueue
from handstamp.plumbing.web import Actor
from handstamp.preorders.models import PreOrder
from handstamp.preorders.rules import AWAITING, PAID, UNPAID
from handstamp.tickets.models import Ticket
from handstamp.tickets.rules import TAKING
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.rules import WAITING

TELL_JOB = "notices.tell"
PIECE = 100
PACE: Millis = 5 * SECOND  # so that a mail server and its neighbours' mails are not overrun
WITH_TICKETS = ("paid", "partially_refunded")
_TABLES: dict[str, Any] = {
    "order": Order,
    "preorder": PreOrder,
    "ticket": Ticket,
    "waiting": Waiting,
}


async def add_notice(
    session: AsyncSession,
    actor: Actor,
    event: Event,
    kind: str,
    *,
    subject: str,
    body: str,
    at: Millis,
) -> Notice:
    """Keep what is told to whoever holds something of an event now, and have it mailed.

    That it is cancelled is told to those with an uncharged pre-order, too. One mail for each
    address, however many orders, pre-orders and tickets it has.
    """
    notice = Notice(
        id=new_id("ntc"),
        event_id=event.id,
        kind=kind,
        subject=subject,
        body=body,
        total=0,
        requested_by=f"{actor.kind}:{actor.id}",
        created_at=at,
        finished_at=None,
    )
    session.add(notice)
    await session.flush()
    found = (await _readers(session, event.id, kind)).subquery()
    rows = select(literal(notice.id), found.c.holds, literal(""))
    await session.execute(insert(NoticeReader).from_select(["notice_id", "holds", "mail_id"], rows))
    counted = select(func.count()).where(NoticeReader.notice_id == notice.id)
    notice.total = await session.scalar(counted) or 0
    await enqueue(session, TELL_JOB, {"notice": notice.id}, key=f"notice:{notice.id}")
    return notice


async def count_readers(session: AsyncSession, event_id: str, kind: str = "message") -> int:
    """Return how many people would be told something of a kind.

    Of an event that is cancelled: those who were told so.
    """
    found = (await _readers(session, event_id, kind)).subquery()
    return await session.scalar(select(func.count()).select_from(found)) or 0


async def count_unpaid(session: AsyncSession, event_id: str) -> int:
    """Return how many pre-orders of an event have a card that is not charged yet."""
    query = select(func.count()).where(PreOrder.event_id == event_id, PreOrder.status.in_(UNPAID))
    return await session.scalar(query) or 0


async def _readers(session: AsyncSession, event_id: str, kind: str) -> Select[Any]:
    """Return the query of who is told; of a cancelled event nobody holds anything any more."""
    run = await session.get(Cancellation, event_id)
    if run is None:
        return readers_of(event_id, kind)
    return select(NoticeReader.holds).where(NoticeReader.notice_id == run.notice_id)


def readers_of(event_id: str, kind: str = "message") -> Select[Any]:
    """Return the query of who is told, by what they hold: one row for each address.

    That it is "cancelled", or of a new date ("postponed"), also whose card is charged later; of a
    new date also who waits.
    """
    later: dict[str, tuple[str, ...]] = {"cancelled": AWAITING, "postponed": UNPAID}
    bought = _who("order", Order.id, Order.email, Order.event_id == event_id)
    wished = _who("preorder", PreOrder.id, PreOrder.email, PreOrder.event_id == event_id)
    guests = _who("ticket", Ticket.id, Ticket.holder_email, Ticket.event_id == event_id)
    waits = _who("waiting", Waiting.id, Waiting.email, Waiting.event_id == event_id)
    parts = [
        bought.where(Order.status.in_(WITH_TICKETS)),
        wished.where(PreOrder.status.in_((*PAID, *later.get(kind, ())))),
        guests.where(Ticket.status.in_(TAKING)),
    ]
    if kind == "postponed":
        parts.append(waits.where(Waiting.status.in_(WAITING)))
    everybody = union_all(*parts).subquery()
    return select(func.min(everybody.c.holds).label("holds")).group_by(everybody.c.email)


def _who(kind: str, key: Any, email: Any, where: ColumnElement[bool]) -> Select[Any]:
    name = literal(f"{kind}:").op("||")(func.cast(key, Order.id.type) if kind == "ticket" else key)
    return select(name.label("holds"), func.lower(email).label("email")).where(where, email != "")


async def tell_holders(ctx: JobContext) -> None:
    """Queue the mails of the next piece; the job goes on a little later until all are queued."""
    notice_id = str(ctx.args["notice"])
    async with ctx.write() as session:
        notice = await session.get(Notice, notice_id, with_for_update=True)
        if notice is not None and notice.finished_at is None:
            await _tell_some(session, notice, ctx.services.clock())
        await ctx.acknowledge(session)


async def _tell_some(session: AsyncSession, notice: Notice, now: Millis) -> None:
    waiting = (
        select(NoticeReader.holds)
        .where(NoticeReader.notice_id == notice.id, NoticeReader.mail_id == "")
        .order_by(NoticeReader.holds)
        .limit(PIECE)
    )
    readers = list(await session.scalars(waiting))
    mails = await _mails(session, notice, readers)
    queued = await queue_mails(session, f"event_{notice.kind}", list(mails.values()))
    ids = dict(zip(mails, queued, strict=True))
    for holds in readers:
        await session.execute(
            update(NoticeReader)
            .where(NoticeReader.notice_id == notice.id, NoticeReader.holds == holds)
            .values(mail_id=ids.get(holds, "-"))
        )
    if len(readers) < PIECE:
        notice.finished_at = now
    else:
        key = f"notice:{notice.id}"
        await enqueue(session, TELL_JOB, {"notice": notice.id}, key=key, run_at=now + PACE)
    await session.flush()


async def _mails(session: AsyncSession, notice: Notice, readers: list[str]) -> dict[str, NewMail]:
    """Return the mail of each reader whose address is still known."""
    found: dict[str, NewMail] = {}
    for holds in readers:
        row, email = await holding(session, holds)
        if email and not is_erased(email):
            args = {"notice": notice.id, "holds": holds}
            about = holds if not isinstance(row, Ticket) else f"notice:{notice.id}"
            found[holds] = NewMail(email, args, about, await _language(session, row))
    return found


async def holding(session: AsyncSession, holds: str) -> tuple[Any, str]:
    """Return what somebody who is told holds (None when it is gone), and their address."""
    kind, key = holds.split(":", 1)
    row = await session.get(_TABLES[kind], int(key) if kind == "ticket" else key)
    return row, "" if row is None else row.holder_email if kind == "ticket" else row.email


async def _language(session: AsyncSession, row: Any) -> str:
    """Return a reader's language; who was given a ticket is taken to speak its buyer's."""
    if isinstance(row, Ticket):
        row = await session.get(Order, row.order_id) if row.order_id else None
    return getattr(row, "language", "en")
