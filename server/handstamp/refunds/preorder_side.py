"""What follows for a pre-order from its refunds and disputes: status, ticket, stock, mail."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.find_clubs import club_event
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool import demands
from handstamp.preorders.change_status import change_status as change_preorder
from handstamp.preorders.change_status import give_back
from handstamp.preorders.charge_mails import queue_refunded
from handstamp.preorders.rules import before
from handstamp.refunds import store
from handstamp.refunds.step import Step, given
from handstamp.refunds.store import PaidPreorder
from handstamp.tickets.revoke_ticket import change_status
from handstamp.tickets.rules import TAKING

WAITING = ("paid", "waiting_for_stock")
REFUNDABLE = before("refunded")


async def follow(session: AsyncSession, services: Services, paid: PaidPreorder, step: Step) -> None:
    """Bring a pre-order in line with a refund that has moved on.

    A refund of the whole ends it; a part leaves it as it is. One that fails later leaves it
    without its ticket, and says so: its organizer tries again. A ticket from elsewhere goes
    back, unless it was used.
    """
    preorder = paid.preorder
    whole = given(step.rows) >= paid.payment.amount
    if step.is_back:
        await stay(session, paid)
        if step.bought and not whole and preorder.status == "refunded":
            refund, why = step.refund.id, step.refund.failure
            await change_preorder(
                session, services, preorder, "refund_failed", refund=refund, failure=why
            )
            await session.flush()
        return
    if not step.is_new:
        return
    if step.bought and whole and preorder.status in REFUNDABLE:
        await turn(session, services, paid, TAKING, "refunded")
        terms = await club_event(session, preorder.club_id, preorder.event_id)
        await give_back(session, terms, preorder)
        await change_preorder(session, services, preorder, "refunded", refund=step.refund.id)
        await demands.close(session, preorder.id, "refunded")
        await session.flush()
    await queue_refunded(session, preorder, step.refund.amount)


async def stay(session: AsyncSession, paid: PaidPreorder) -> None:
    """Have somebody whose money does not go back after all wait again where they stood."""
    bought = paid.payment.payment_intent_id == paid.preorder.payment_intent_id
    if bought and paid.preorder.status in WAITING:
        await demands.reopen(session, paid.preorder.id, "refund_failed")


async def turn(
    session: AsyncSession,
    services: Services,
    paid: PaidPreorder,
    statuses: Sequence[str],
    wanted: str,
) -> None:
    """Give the ticket of a pre-order another status, if it has one of these."""
    ticket = await store.ticket(session, paid.preorder.ticket_id)
    if ticket is not None and ticket.status in statuses:
        await change_status(session, services, SYSTEM, ticket, wanted)


async def take_back(session: AsyncSession, paid: PaidPreorder) -> None:
    """Take a ticket from elsewhere back, unless it was used: the bank took the money."""
    if paid.payment.payment_intent_id == paid.preorder.payment_intent_id:
        await demands.close(session, paid.preorder.id, "dispute_lost")
