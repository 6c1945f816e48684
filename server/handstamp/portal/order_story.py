"""Everything that is known about one order, gathered for its page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.find_entries import entries_of
from handstamp.audit.models import AuditEntry
from handstamp.mail.find_mails import MailView, mails_about
from handstamp.orders.count_sales import consent_of
from handstamp.orders.find_orders import OrderView, order_view
from handstamp.orders.models import Consent, Order
from handstamp.orders.order_access import link_for
from handstamp.payments.find_payments import payment_of
from handstamp.payments.models import Payment
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.refunds.find_refunds import RefundView, refund_view


@dataclass(frozen=True)
class OrderStory:
    """An order with its money, its mails and its acts, the newest first.

    `link` opens it without signing in, '' while it is not placed; `problem` says why nothing
    can be refunded.
    """

    view: OrderView
    payment: Payment | None
    money: RefundView
    problem: str
    mails: Sequence[MailView]
    consent: Consent | None
    acts: Sequence[AuditEntry]
    link: str


async def order_story(session: AsyncSession, services: Services, order: Order) -> OrderStory:
    """Return what is known about an order."""
    money = await refund_view(session, order)
    return OrderStory(
        view=await order_view(session, order),
        payment=await payment_of(session, "order", order.id),
        money=money,
        problem=_(money.problem) if money.problem else "",
        mails=await mails_about(session, f"order:{order.id}"),
        consent=await consent_of(session, order),
        acts=await acts_about(session, ("order", order.id), money),
        link=link_for(services, order) if order.placed_at else "",
    )


async def acts_about(
    session: AsyncSession, paid_for: tuple[str, str], money: RefundView
) -> list[AuditEntry]:
    """Return what happened to an order or pre-order (kind, id) and its money, the newest first."""
    about = [
        paid_for,
        *(("refund", refund.id) for refund in money.refunds),
        *(("dispute", dispute.id) for dispute in money.disputes),
    ]
    found: list[AuditEntry] = []
    for kind, target in about:
        found += await entries_of(session, target_type=kind, target_id=target)
    return sorted(found, key=lambda entry: entry.id, reverse=True)
