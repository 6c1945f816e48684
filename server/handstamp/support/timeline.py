"""The story of one order, pre-order or ticket: payments, mails, scans, refunds and acts."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.models import AuditEntry
from handstamp.checkin.scan_log import ScanRow, scans_of
from handstamp.events.models import Event
from handstamp.mail.models import Mail
from handstamp.orders.models import Order
from handstamp.payments.models import Payment
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.preorders.models import PreOrder
from handstamp.refunds.models import Dispute, Refund
from handstamp.support.found import Held, Moment, Story, shown_email
from handstamp.support.rules import MOST_MOMENTS
from handstamp.tickets.models import Ticket

_Row = TypeVar("_Row")
_TOLD_BETTER = ("refund.", "dispute.")  # these acts are told by their own rows, with amounts
_TOLD_BY_US = ("", "sent")  # of a mail's delivery: no more than that it was sent


async def helped_order(session: AsyncSession, actor: Actor, order_id: str) -> Order:
    """Return an order whose buyer the actor may help.

    Raises:
        NotFound: there is none of an organizer that the actor helps.
    """
    order = await _one(session, Order, order_id)
    if order is None or not actor.may_support(order.organizer_id):
        raise NotFound(_("There is nothing here that you may see."))
    return order


async def order_story(session: AsyncSession, actor: Actor, order_id: str) -> Story:
    """Return all that happened to an order.

    Raises:
        NotFound: there is none of an organizer that the actor helps.
    """
    order = await helped_order(session, actor, order_id)
    event = await session.get_one(Event, order.event_id)
    where = Ticket.order_id == order.id
    tickets = (await session.scalars(select(Ticket).where(where).order_by(Ticket.id))).all()
    teller = _Teller(session, actor, event)
    moments = await teller.of_paid("order", order.id, tickets)
    moments.append(Moment(order.created_at, "act", "order.held", "nobody"))
    return Story(
        kind="order",
        id=order.id,
        number=order.number,
        name=order.name,
        email=teller.email(order.email),
        status=order.status,
        event=event,
        created_at=order.created_at,
        may_manage=teller.may_manage,
        resendable=bool(order.email) and order.status in ("paid", "partially_refunded"),
        total=order.total,
        currency=order.currency,
        tickets=teller.held(tickets),
        moments=_latest_first(moments),
    )


async def preorder_story(session: AsyncSession, actor: Actor, preorder_id: str) -> Story:
    """Return all that happened to a pre-order.

    Raises:
        NotFound: there is none of an organizer that the actor helps.
    """
    found = await _one(session, PreOrder, preorder_id)
    if found is None or not actor.may_support(found.organizer_id):
        raise NotFound(_("There is nothing here that you may see."))
    event = await session.get_one(Event, found.event_id)
    ticket = await session.get(Ticket, found.ticket_id) if found.ticket_id else None
    tickets = [ticket] if ticket else []
    teller = _Teller(session, actor, event)
    return Story(
        kind="preorder",
        id=found.id,
        number=found.number,
        name=found.name,
        email=teller.email(found.email),
        status=found.status,
        event=event,
        created_at=found.created_at,
        may_manage=teller.may_manage,
        total=found.total,
        currency=found.currency,
        tickets=teller.held(tickets),
        moments=_latest_first(await teller.of_paid("preorder", found.id, tickets)),
    )


async def ticket_story(session: AsyncSession, actor: Actor, ticket_id: int) -> Story:
    """Return all that happened to one ticket; `order_of` tells whose story it belongs to.

    Raises:
        NotFound: there is none of an organizer that the actor helps.
    """
    ticket = await session.get(Ticket, ticket_id)
    event = await session.get(Event, ticket.event_id) if ticket else None
    if ticket is None or event is None or not actor.may_support(event.organizer_id):
        raise NotFound(_("There is nothing here that you may see."))
    teller = _Teller(session, actor, event)
    return Story(
        kind="ticket",
        id=str(ticket.id),
        number=ticket.printed_id,
        name=ticket.holder_name,
        email=teller.email(ticket.holder_email),
        status=ticket.status,
        event=event,
        created_at=ticket.created_at,
        may_manage=teller.may_manage,
        tickets=teller.held([ticket]),
        moments=_latest_first(await teller.of_tickets([ticket])),
    )


async def order_of(session: AsyncSession, ticket_id: int) -> str:
    """Return the id of the order of a ticket that the caller may see, '' without one."""
    return await session.scalar(select(Ticket.order_id).where(Ticket.id == ticket_id)) or ""


class _Teller:
    """Gathers moments of one event's things, as far as one reader may know them."""

    def __init__(self, session: AsyncSession, actor: Actor, event: Event) -> None:
        self.session, self.actor, self.event = session, actor, event
        self.may_manage = actor.may_manage(event.organizer_id)

    def email(self, email: str) -> str:
        return shown_email(self.actor, self.event.organizer_id, email)

    def held(self, tickets: Iterable[Ticket]) -> list[Held]:
        return [
            Held(one.id, one.printed_id, one.holder_name, self.email(one.holder_email), one.status)
            for one in tickets
        ]

    async def of_paid(self, kind: str, id_: str, tickets: Sequence[Ticket]) -> list[Moment]:
        """Tell of something that was paid for, and of its tickets."""
        moments = await self._payments(kind, id_)
        moments += await self._refunds(kind, id_)
        moments += await self._disputes(kind, id_)
        moments += await self._mails(f"{kind}:{id_}")
        moments += await self._acts(kind, [id_])
        return moments + await self.of_tickets(tickets)

    async def of_tickets(self, tickets: Sequence[Ticket]) -> list[Moment]:
        """Tell of tickets: what was done to them, mailed about them, and their scans."""
        if not tickets:
            return []
        ids = [str(one.id) for one in tickets]
        moments = await self._acts("ticket", ids)
        moments += await self._mails(*(f"ticket:{one}" for one in ids))
        scans = await scans_of(self.session, self.event.id, {one.serial for one in tickets})
        return moments + [self._scan(scan) for scan in scans[-MOST_MOMENTS:]]

    async def _payments(self, kind: str, id_: str) -> list[Moment]:
        query = select(Payment).where(Payment.subject_kind == kind, Payment.subject_id == id_)
        told = []
        for one in await self.session.scalars(query):
            what = {"succeeded": "paid", "failed": "failed"}.get(one.status, "begun")
            at = one.paid_at or one.created_at
            ids = " ".join(filter(None, (one.payment_intent_id, one.charge_id)))
            note = " · ".join(filter(None, (one.failure_code, ids)))
            told.append(Moment(at, "payment", what, "", note, one.amount, one.currency))
        return told

    async def _refunds(self, kind: str, id_: str) -> list[Moment]:
        mine = Refund.order_id if kind == "order" else Refund.preorder_id
        told = []
        for one in await self.session.scalars(select(Refund).where(mine == id_)):
            money = (one.amount, one.currency)
            note = one.note if self.may_manage else ""
            told.append(Moment(one.created_at, "refund", "asked", one.origin, note, *money))
            if one.settled_at is not None:
                settled = Moment(one.settled_at, "refund", one.status, "", one.failure, *money)
                told.append(settled)
        return told

    async def _disputes(self, kind: str, id_: str) -> list[Moment]:
        mine = Dispute.order_id if kind == "order" else Dispute.preorder_id
        told = []
        for one in await self.session.scalars(select(Dispute).where(mine == id_)):
            money = (one.amount, one.currency)
            told.append(Moment(one.created_at, "dispute", "opened", "", one.reason, *money))
            if one.closed_at is not None:
                told.append(Moment(one.closed_at, "dispute", one.outcome, "", "", *money))
        return told

    async def _mails(self, *abouts: str) -> list[Moment]:
        told = []
        for one in await self.session.scalars(select(Mail).where(Mail.about.in_(abouts))):
            note = f"{one.kind} · {self.email(one.to_email)}"
            told.append(Moment(one.created_at, "mail", "queued", "", note))
            if one.status == "failed":
                told.append(Moment(one.sent_at or one.created_at, "mail", "failed", "", note))
            elif one.sent_at is not None:
                told.append(Moment(one.sent_at, "mail", "sent", "", note))
            if one.delivery_at is not None and one.delivery not in _TOLD_BY_US:
                told.append(Moment(one.delivery_at, "mail", one.delivery, "", note))
        return told

    async def _acts(self, kind: str, ids: Sequence[str]) -> list[Moment]:
        newest = (
            select(AuditEntry)
            .where(AuditEntry.target_type == kind, AuditEntry.target_id.in_(ids))
            .order_by(AuditEntry.id.desc())
            .limit(MOST_MOMENTS)
        )
        return [
            Moment(one.created_at, "act", one.action, one.actor_type)
            for one in await self.session.scalars(newest)
            if not one.action.startswith(_TOLD_BETTER)
        ]

    def _scan(self, scan: ScanRow) -> Moment:
        where = " · ".join(filter(None, (scan.gate, scan.printed_id)))
        by = scan.operator or scan.device_name
        return Moment(scan.at, "scan", f"{scan.kind}.{scan.verdict}", by, where)


async def _one(session: AsyncSession, model: type[_Row], id_: str) -> _Row | None:
    return await session.get(model, id_) if id_.isprintable() else None


def _latest_first(moments: list[Moment]) -> list[Moment]:
    return sorted(moments, key=lambda one: one.at, reverse=True)[:MOST_MOMENTS]
