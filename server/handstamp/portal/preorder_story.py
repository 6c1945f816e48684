"""Everything that is known about one pre-order, gathered for its organizer."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.models import AuditEntry
from handstamp.clubs.models import Club
from handstamp.mail.find_mails import MailView, mails_about
from handstamp.payments.find_payments import payment_of
from handstamp.payments.models import Payment
from handstamp.plumbing.texts import _
from handstamp.portal.order_story import acts_about
from handstamp.preorders.find_preorders import preorder_view
from handstamp.preorders.models import PreOrder
from handstamp.preorders.preorder_mails import about
from handstamp.preorders.told import charge_time_of, window_of
from handstamp.refunds.find_refunds import RefundView, preorder_refund_view
from handstamp.tickets.models import Ticket


@dataclass(frozen=True)
class PreorderStory:
    """A pre-order with its club, money, ticket, mails and acts, the newest first.

    `problem` says why nothing can be refunded.
    """

    club: Club
    closes: int
    charge_at: int
    payment: Payment | None
    ticket: Ticket | None
    mails: Sequence[MailView]
    acts: Sequence[AuditEntry]
    money: RefundView
    problem: str


async def preorder_story(session: AsyncSession, preorder: PreOrder) -> PreorderStory:
    """Return what is known about a pre-order."""
    view = await preorder_view(session, preorder)
    ticket = await session.get(Ticket, preorder.ticket_id) if preorder.ticket_id else None
    money = await preorder_refund_view(session, preorder)
    return PreorderStory(
        club=view.club,
        closes=window_of(view.club, preorder).closes,
        charge_at=charge_time_of(view.club, preorder),
        payment=await payment_of(session, "preorder", preorder.id),
        ticket=ticket,
        mails=await mails_about(session, about(preorder.id)),
        acts=await acts_about(session, ("preorder", preorder.id), money),
        money=money,
        problem=_(money.problem) if money.problem else "",
    )
