"""What Stripe says of a payment's refunds, applied: rows and ledger; the rest follows elsewhere."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.kit.ids import new_id
from handstamp.payments.facts import RefundFacts
from handstamp.payments.note_returns import note_returns
from handstamp.plumbing.db import after_commit, now
from handstamp.plumbing.metrics import REFUNDS
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds import book_refund, order_side, preorder_side, store
from handstamp.refunds.failure_mails import tell_failed
from handstamp.refunds.models import Refund
from handstamp.refunds.rules import (
    GIVING,
    TAKEN_BACK,
    moves_on,
    refund_status,
)
from handstamp.refunds.step import Step, about, given
from handstamp.refunds.store import Paid, PaidOrder

OURS = "refund_id"  # the metadata by which a refund made by us is known again


async def apply(
    session: AsyncSession, services: Services, paid: Paid, found: Iterable[RefundFacts]
) -> None:
    """Bring what was paid for (locked by the caller) in line with its refunds at Stripe.

    Safe to repeat and in any order: a refund only moves on, and each effect belongs to a move.
    What came back goes first: it was no longer given when the others were made, or is not now.
    """
    known = sorted(found, key=lambda one: (not _is_back(one), one.created, one.id))
    told = [one.fee_returned for one in known if one.fee_returned is not None]
    for facts in known:
        refund = await _row(session, paid, facts)
        if moves_on(refund.status, refund_status(facts.status)):
            newest = replace(facts, fee_returned=max(told, default=None))
            await _advance(session, services, paid, refund, newest)


async def refuse(
    session: AsyncSession, services: Services, paid: Paid, refund: Refund, code: str
) -> None:
    """Keep that Stripe refused a refund: nothing moved."""
    refund.status, refund.failure, refund.settled_at = "failed", code, services.clock()
    await session.flush()
    if not isinstance(paid, PaidOrder):
        await preorder_side.stay(session, paid)
    await _note(session, paid, refund, "failed")
    await tell_failed(session, paid, refund, promised=False, restored=False)


def _is_back(facts: RefundFacts) -> bool:
    return refund_status(facts.status) in TAKEN_BACK


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
        **paid.names,
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
    at, was, voided_at = services.clock(), refund.status, refund.voided_at
    refund.status, refund.failure = refund_status(facts.status), facts.failure
    refund.settled_at = None if refund.status == "pending" else at
    rows = await store.refunds_of_payment(session, paid.payment.id)
    if was not in GIVING:
        others = [row for row in rows if row.id != refund.id]
        happened = facts.created or at
        await book_refund.post_refund(
            session, paid.payment, refund, others, facts, happened_at=happened
        )
    if refund.status in TAKEN_BACK:
        await book_refund.post_failure(session, paid.payment, refund, at)
    disputed = paid.payment.disputed
    await note_returns(session, paid.payment, refunded=given(rows), disputed=disputed)
    step = Step(
        refund, rows, is_new=was not in GIVING, is_back=refund.status in TAKEN_BACK,
        bought=not await book_refund.is_deposit(session, paid.payment),
    )  # fmt: skip
    if isinstance(paid, PaidOrder):
        await order_side.follow(session, services, paid, step)
    else:
        await preorder_side.follow(session, services, paid, step)
    await _note(session, paid, refund, refund.status)
    if step.is_back:
        restored = voided_at is not None and refund.voided_at is None
        await tell_failed(session, paid, refund, promised=was in GIVING, restored=restored)


async def _note(session: AsyncSession, paid: Paid, refund: Refund, outcome: str) -> None:
    await record(
        session,
        SYSTEM,
        f"refund.{outcome}",
        "refund",
        refund.id,
        organizer_id=paid.payment.organizer_id,
        meta={**about(refund), "amount": refund.amount, "origin": refund.origin},
    )
    after_commit(session, lambda: REFUNDS.labels(outcome=outcome).inc())
