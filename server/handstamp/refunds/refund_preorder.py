"""Giving a paid pre-order's money back: no ticket came in time, it bought nothing, or by hand."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.payments.models import Payment
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.jobs import GiveUp, JobContext
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.pool import demands
from handstamp.refunds import store
from handstamp.refunds.find_refunds import refundable_payment
from handstamp.refunds.models import Refund
from handstamp.refunds.refund_order import Asked, refund_rest


async def refund_preorder(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    preorder_id: str,
    *,
    payment_id: str = "",
    reason: str = "",
    note: str = "",
    origin: str = "organizer",
) -> Refund:
    """Ask for the refund of all that is left of a pre-order's payment; the same again is safe.

    `payment_id` names a payment that bought nothing. Who waits for a ticket from elsewhere gets
    none from now on.

    Raises:
        NotFound: there is no such pre-order, or it is somebody else's.
        Conflict: nothing was paid, all of it is back, or the payment is disputed.
    """
    preorder = await store.preorder(session, preorder_id, lock=True)
    if preorder is None or not actor.may_manage(preorder.organizer_id):
        raise NotFound(_("There is no such pre-order among yours."))
    payment: Payment | None = await refundable_payment(
        session, preorder.id, payment_id, kind="preorder"
    )
    asked = Asked(actor, reason, note, origin)
    refund = await refund_rest(session, services, payment, asked, {"preorder_id": preorder.id})
    bought = payment is not None and payment.payment_intent_id == preorder.payment_intent_id
    if bought and preorder.ticket_id is None:
        await demands.close(session, preorder.id, "refunded", actor=actor)
    return refund


async def refund_by_job(ctx: JobContext) -> None:
    """Refund what the pre-orders room says is to go back.

    A pre-order that got its ticket after all keeps it.

    Raises:
        GiveUp: it cannot be refunded, for example because the bank has taken it back.
    """
    preorder_id, payment_id = str(ctx.args["preorder"]), str(ctx.args.get("payment_id", ""))
    reason = str(ctx.args.get("reason", "paid_for_nothing"))
    try:
        async with ctx.write() as session:
            preorder = await store.preorder(session, preorder_id, lock=True)
            has_ticket = preorder is not None and preorder.ticket_id is not None
            if payment_id or not has_ticket:
                await refund_preorder(
                    session,
                    ctx.services,
                    SYSTEM,
                    preorder_id,
                    payment_id=payment_id,
                    reason=reason,
                    origin="system",
                )
            await ctx.acknowledge(session)
    except Conflict as error:
        raise GiveUp(error.detail) from error
