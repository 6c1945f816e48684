"""Giving back an order's payment, a part or what is left: asked once, sent to Stripe by a job."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.models import Event
from handstamp.kit.ids import new_id
from handstamp.payments.models import Payment
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.jobs import GiveUp, JobContext, enqueue
from handstamp.plumbing.metrics import REFUNDS
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.refunds import book_refund, store
from handstamp.refunds.find_refunds import (
    dispute_standing,
    left_to_refund,
    owned_order,
    refundable_payment,
)
from handstamp.refunds.models import Refund
from handstamp.refunds.parts import written
from handstamp.refunds.plan_refund import Wish, check_deadline, plan_refund
from handstamp.refunds.rules import LIVE, refund_problem
from handstamp.refunds.send_refund import SEND_JOB
from handstamp.refunds.step import about


async def refund_order(
    services: Services,
    actor: Actor,
    order_id: str,
    *,
    reason: str = "",
    note: str = "",
    origin: str = "organizer",
) -> Refund:
    """Ask for the refund in a transaction of its own; see `request_refund`."""
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        return await request_refund(
            session, services, actor, order_id, reason=reason, note=note, origin=origin
        )


async def request_refund(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    order_id: str,
    *,
    payment_id: str = "",
    reason: str = "",
    note: str = "",
    origin: str = "organizer",
    wish: Wish = Wish(),  # noqa: B008 (it is frozen)
) -> Refund:
    """Ask for the refund of an order's payment, or of the part that is wished, and return it.

    A second call for all that is left, also at the same moment, returns the refund that the
    first one asked for; a part is asked for as often as it is called, unless `wish.expected`
    says otherwise. `payment_id` names a payment that bought nothing, where an order was paid
    twice. Only an organizer's wish minds the event's deadline.

    Raises:
        NotFound: there is no such order, or it is somebody else's.
        BadInput: the wish cannot be, or a note is missing after the deadline.
        Conflict: nothing was paid, all of it or too much is back, the payment is disputed, the
            deadline is over, a chosen ticket is given back already, or something else was
            refunded meanwhile.
    """
    order = await owned_order(session, actor, order_id, lock=True)
    payment = await refundable_payment(session, order.id, payment_id)
    asked = Asked(actor, reason, note, origin)
    names = {"order_id": order.id}
    refunds = await store.refunds_of_payment(session, payment.id) if payment else []
    if not wish.is_part and (again := asked_already(payment, refunds)):
        return again
    plan = await plan_refund(session, order, payment, refunds, wish)
    if origin == "organizer":
        event = await session.get(Event, order.event_id)
        check_deadline(event, services.clock(), wish, note)
    assert payment is not None
    refund = await _make(
        session, services, payment, amount=plan.amount, earlier=refunds, names=names
    )
    refund.parts_json = written(plan.divided)
    if wish.is_part:
        refund.lines_json = json.dumps(dict(wish.lines))
    if wish.tickets:
        refund.tickets_json = json.dumps(sorted(wish.tickets))
    return await _ask(session, payment, refund, asked)


@dataclass(frozen=True)
class Asked:
    """Who wants a refund, and why; `origin` as in `Refund`."""

    actor: Actor
    reason: str = ""
    note: str = ""
    origin: str = "organizer"


async def refund_rest(
    session: AsyncSession,
    services: Services,
    payment: Payment | None,
    asked: Asked,
    names: Mapping[str, str],
) -> Refund:
    """Ask for the refund of all that is left of a payment, once, and have it sent.

    The caller has locked what was paid for; `names` says in a refund's columns what that is.

    Raises:
        Conflict: nothing was paid, all of it is back, or the payment is disputed.
    """
    refunds = await store.refunds_of_payment(session, payment.id) if payment else []
    if again := asked_already(payment, refunds):
        return again
    left = left_to_refund(payment, refunds)
    disputed = await dispute_standing(session, payment)
    if problem := refund_problem(paid=payment is not None, disputed=disputed, left=left):
        raise Conflict(_(problem))
    assert payment is not None
    refund = await _make(session, services, payment, amount=left, earlier=refunds, names=names)
    return await _ask(session, payment, refund, asked)


def asked_already(payment: Payment | None, refunds: Sequence[Refund]) -> Refund | None:
    """Return the last of a payment's refunds when nothing is left to ask for."""
    live = [refund for refund in refunds if refund.status in LIVE]
    return live[-1] if live and left_to_refund(payment, refunds) <= 0 else None


async def _ask(session: AsyncSession, payment: Payment, refund: Refund, asked: Asked) -> Refund:
    refund.reason, refund.note, refund.origin = asked.reason, asked.note, asked.origin
    refund.requested_by = f"{asked.actor.kind}:{asked.actor.id}"
    session.add(refund)
    await session.flush()
    await _note(session, asked.actor, refund, payment.organizer_id)
    key = f"refund:{payment.subject_id}"
    await enqueue(session, SEND_JOB, {"refund_id": refund.id}, key=key)
    return refund


async def refund_late_payment(ctx: JobContext) -> None:
    """Refund a payment that bought nothing, for it came too late or twice.

    Raises:
        GiveUp: it cannot be refunded, for example because the bank has taken it back.
    """
    try:
        async with ctx.write() as session:
            await request_refund(
                session,
                ctx.services,
                SYSTEM,
                str(ctx.args["order_id"]),
                payment_id=str(ctx.args.get("payment_id", "")),
                reason="paid_too_late",
                origin="system",
            )
            await ctx.acknowledge(session)
    except Conflict as error:
        raise GiveUp(error.detail) from error


async def _make(
    session: AsyncSession,
    services: Services,
    payment: Payment,
    *,
    amount: int,
    earlier: Sequence[Refund],
    names: Mapping[str, str],
) -> Refund:
    left = await book_refund.left_of(session, payment, earlier)
    return Refund(
        id=new_id("rf"),
        **names,
        payment_id=payment.id,
        account=payment.account,
        amount=amount,
        currency=payment.currency,
        status="requested",
        reverse_transfer=book_refund.may_reverse_transfer(payment, left),
        refund_application_fee=book_refund.may_return_fee(payment, left),
        created_at=services.clock(),
    )


async def _note(session: AsyncSession, actor: Actor, refund: Refund, organizer_id: str) -> None:
    meta = {**about(refund), "amount": refund.amount, "origin": refund.origin}
    await record(
        session,
        actor,
        "refund.request",
        "refund",
        refund.id,
        organizer_id=organizer_id,
        meta=meta,
    )
    after_commit(session, lambda: REFUNDS.labels(outcome="requested").inc())
