"""What Stripe says of a payment's refunds, applied: rows, ledger, order, tickets, mail."""

from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.kit.ids import new_id
from handstamp.orders.note_refunded import note_refunded
from handstamp.orders.order_mails import queue_refunded
from handstamp.payments.facts import RefundFacts
from handstamp.payments.note_returns import note_returns
from handstamp.plumbing.db import after_commit, now
from handstamp.plumbing.metrics import REFUNDS
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds import book_refund, store
from handstamp.refunds.models import Refund
from handstamp.refunds.rules import (
    GIVING,
    TAKEN_BACK,
    covered,
    moves_on,
    refund_status,
)
from handstamp.refunds.store import Paid
from handstamp.refunds.void_tickets import restore_voided, standing_lines, void_lines

OURS = "refund_id"  # the metadata by which a refund made by us is known again


async def apply(
    session: AsyncSession, services: Services, paid: Paid, found: Iterable[RefundFacts]
) -> None:
    """Bring an order (locked by the caller) in line with its payment's refunds at Stripe.

    Safe to repeat and in any order: a refund only moves on, and each effect belongs to a move.
    """
    for facts in sorted(found, key=lambda one: (one.created, one.id)):
        refund = await _row(session, paid, facts)
        if moves_on(refund.status, refund_status(facts.status)):
            await _advance(session, services, paid, refund, facts)


async def refuse(
    session: AsyncSession, services: Services, paid: Paid, refund: Refund, code: str
) -> None:
    """Keep that Stripe refused a refund: nothing moved."""
    refund.status, refund.failure, refund.settled_at = "failed", code, services.clock()
    await session.flush()
    await _note(session, paid, refund, "failed")


async def _row(session: AsyncSession, paid: Paid, facts: RefundFacts) -> Refund:
    known = await store.refunds_of_payment(session, paid.payment.id)
    for refund in known:
        if refund.stripe_refund_id == facts.id:
            return refund
    for refund in known:
        asked = refund.id == facts.metadata.get(OURS) and refund.amount == facts.amount
        if asked and refund.stripe_refund_id is None:
            refund.stripe_refund_id = facts.id
            return refund
    return await _add(session, paid, facts)


async def _add(session: AsyncSession, paid: Paid, facts: RefundFacts) -> Refund:
    refund = Refund(
        id=new_id("rf"),
        order_id=paid.order.id,
        payment_id=paid.payment.id,
        account=paid.payment.account,
        amount=facts.amount,
        currency=facts.currency,
        reason="",
        note="",
        status="requested",
        stripe_refund_id=facts.id,
        reverse_transfer=facts.taken_back > 0,
        refund_application_fee=False,
        requested_by="stripe",
        origin="stripe",
        failure="",
        created_at=facts.created or now(session),
        settled_at=None,
        voided_at=None,
    )
    session.add(refund)
    await session.flush()
    return refund


async def _advance(
    session: AsyncSession, services: Services, paid: Paid, refund: Refund, facts: RefundFacts
) -> None:
    at, was = services.clock(), refund.status
    refund.status, refund.failure = refund_status(facts.status), facts.failure
    refund.settled_at = None if refund.status == "pending" else at
    rows = await store.refunds_of_payment(session, paid.payment.id)
    if was not in GIVING:
        others = [row for row in rows if row.id != refund.id]
        await book_refund.post_refund(
            session,
            paid.payment,
            refund,
            others,
            taken_back=facts.taken_back,
            happened_at=facts.created or at,
        )
    if refund.status in TAKEN_BACK:
        await book_refund.post_failure(session, paid.payment, refund, at)
    disputed = paid.payment.disputed
    await note_returns(session, paid.payment, refunded=_given(rows), disputed=disputed)
    bought = not await book_refund.is_deposit(session, paid.payment)
    if bought or paid.order.status == "late_refunded":
        await note_refunded(session, services, paid.order, _given(rows))
    if refund.status in TAKEN_BACK:
        await _restore(session, services, paid, refund, rows)
    elif was not in GIVING and bought:
        await _void(session, services, paid, refund, rows)
        await queue_refunded(session, paid.order, refund.amount)
    await _note(session, paid, refund, refund.status)


async def _void(
    session: AsyncSession, services: Services, paid: Paid, refund: Refund, rows: Sequence[Refund]
) -> None:
    """Void the lines that this refund pays back whole, alone or with those not told apart yet."""
    lines = await standing_lines(session, paid.order)
    unassigned = [row for row in rows if row.status in GIVING and row.voided_at is None]
    if _given(rows) >= paid.payment.amount:
        chosen, by = frozenset(line.id for line in lines), unassigned
    else:
        chosen, by = covered(lines, refund.amount), [refund]
        if not chosen:
            chosen, by = covered(lines, _given(unassigned)), unassigned
    if chosen:
        await void_lines(session, services, paid.order, chosen)
        for row in by:
            row.voided_at = services.clock()
        await session.flush()


async def _restore(
    session: AsyncSession, services: Services, paid: Paid, refund: Refund, rows: Sequence[Refund]
) -> None:
    """Give back the tickets of a refund that failed, and void anew for those that stand."""
    moment = refund.voided_at
    if moment is None or not await restore_voided(session, services, paid.order, moment):
        return
    together = [row for row in rows if row.voided_at == moment]
    for row in together:
        row.voided_at = None
    await session.flush()
    for row in together:
        if row.status in GIVING:
            await _void(session, services, paid, row, rows)


async def _note(session: AsyncSession, paid: Paid, refund: Refund, outcome: str) -> None:
    await record(
        session,
        SYSTEM,
        f"refund.{outcome}",
        "refund",
        refund.id,
        organizer_id=paid.order.organizer_id,
        meta={"order": refund.order_id, "amount": refund.amount, "origin": refund.origin},
    )
    after_commit(session, lambda: REFUNDS.labels(outcome=outcome).inc())


def _given(rows: Iterable[Refund]) -> int:
    return sum(row.amount for row in rows if row.status in GIVING)
