"""Refunds in the ledger: what of the order's parts goes back, and what comes back when it fails."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.ledger import rules as ledger
from handstamp.ledger.balances import of_refs, posted
from handstamp.ledger.post_entry import post
from handstamp.ledger.rules import PLATFORM, Parts
from handstamp.payments.facts import RefundFacts
from handstamp.payments.models import Payment
from handstamp.refunds import store
from handstamp.refunds.models import Refund
from handstamp.refunds.parts import (
    Divided,
    divided_of,
    fitted,
    lines_left,
    lines_of_rest,
    with_parts,
    written,
)
from handstamp.refunds.rules import GIVING, LIVE, fee_share

Left = dict[tuple[str, str], int]


def subject_of(payment: Payment) -> str:
    """Return how the ledger names what a payment is for."""
    return f"{payment.subject_kind}:{payment.subject_id}"


def charge_facts(payment: Payment, happened_at: Millis) -> ledger.ChargeFacts:
    """Return what the ledger needs to know of a payment."""
    return ledger.ChargeFacts(**common_facts(payment, happened_at))


async def left_of(session: AsyncSession, payment: Payment, refunds: Sequence[Refund]) -> Left:
    """Return what stands of a payment and its refunds by (book, account)."""
    given = [refund.stripe_refund_id for refund in refunds if refund.stripe_refund_id]
    refs = [payment.payment_intent_id, payment.charge_id, *given]
    found = await of_refs(session, subject_of(payment), refs)
    return {(one.book, one.account): one.amount for one in found}


async def is_deposit(session: AsyncSession, payment: Payment) -> bool:
    """Tell whether a payment bought no tickets: it came too late."""
    books = [charge_facts(payment, 0).seller]
    return bool(await posted(session, books, ["late_payment"], payment.payment_intent_id))


def may_return_fee(payment: Payment, left: Left) -> bool:
    """Tell whether the platform still has a fee of this payment; Stripe refuses what is not."""
    return payment.application_fee > 0 and left.get((PLATFORM, "platform_income"), 0) > 0


def passed_on(payment: Payment) -> bool:
    """Tell whether the platform was paid and passed the money on to the organizer."""
    return charge_facts(payment, 0).through_platform


def may_reverse_transfer(payment: Payment, left: Left) -> bool:
    """Tell whether the organizer still has the money that the platform passed on."""
    return passed_on(payment) and left.get((PLATFORM, "organizer_clearing"), 0) <= 0


async def post_refund(
    session: AsyncSession,
    payment: Payment,
    refund: Refund,
    others: Sequence[Refund],
    told: RefundFacts,
    *,
    happened_at: Millis,
) -> None:
    """Post a refund as Stripe tells of it; `others` are the payment's refunds beside it.

    Where Stripe does not say how much of the platform's fee came back with it, it is worked out.
    """
    left = await left_of(session, payment, others)
    before = sum(other.amount for other in others if other.status in GIVING)
    amount = told.taken_back if passed_on(payment) else refund.amount
    facts = ledger.RefundFacts(
        **common_facts(payment, happened_at),
        refund_id=told.id,
        amount=refund.amount,
        parts=_parts(payment, refund, amount, left),
        application_fee=_fee_back(payment, refund, told, before, left),
    )
    await post(session, ledger.refund(facts))
    divided = divided_of(refund) or await _undecided(session, payment, facts.parts, others)
    refund.parts_json = written(with_parts(divided, facts.parts))


async def post_failure(
    session: AsyncSession, payment: Payment, refund: Refund, happened_at: Millis
) -> None:
    """Post that the amount came back; fees and transfers that went back with it stay there."""
    assert refund.stripe_refund_id is not None
    books = [charge_facts(payment, happened_at).charged]
    made = await posted(session, books, ["refund"], refund.stripe_refund_id)
    await post(session, ledger.reversal(made, happened_at))


def common_facts(payment: Payment, happened_at: Millis) -> dict[str, Any]:
    """Return the members that all facts of the ledger about a payment share."""
    return {
        "organizer_id": payment.organizer_id,
        "subject": subject_of(payment),
        "account": payment.account,
        "charge_type": payment.charge_type,
        "destination": payment.destination,
        "currency": payment.currency,
        "happened_at": happened_at,
    }


def parts_left(payment: Payment, left: Left) -> Parts:
    """Return what the seller still has of a payment, part by part."""
    seller = charge_facts(payment, 0).seller
    sold = left.get((seller, "ticket_sales"), 0) + left.get((seller, "refunds"), 0)
    return Parts(
        net_tickets=sold,
        fees=left.get((seller, "service_fees"), 0),
        tax=left.get((seller, "tax_payable"), 0),
        deposits=left.get((seller, "buyer_deposits"), 0),
    )


def fee_due(payment: Payment, amount: int, before: int, left: Left) -> int:
    """Return how much of the platform's fee goes back with an amount, after `before`."""
    due = fee_share(payment.application_fee, payment.amount, before + amount)
    return max(0, due - _fee_gone(payment, left))


async def _undecided(
    session: AsyncSession, payment: Payment, parts: Parts, others: Sequence[Refund]
) -> Divided:
    """Return what a refund that was made at Stripe gives back by line: told if it is the rest."""
    if payment.subject_kind != "order":
        return Divided(parts)
    live = [other for other in others if other.status in LIVE]
    left = lines_left(await store.lines(session, payment.subject_id), live)
    return Divided(parts, lines_of_rest(left, parts))


def _parts(payment: Payment, refund: Refund, amount: int, left: Left) -> Parts:
    decided = divided_of(refund)
    return fitted(amount, decided.parts if decided else None, parts_left(payment, left))


def _fee_back(payment: Payment, refund: Refund, told: RefundFacts, before: int, left: Left) -> int:
    if told.fee_returned is not None:
        return max(0, told.fee_returned - _fee_gone(payment, left))
    if told.fee_back or not refund.refund_application_fee:
        return told.fee_back
    return fee_due(payment, refund.amount, before, left)


def _fee_gone(payment: Payment, left: Left) -> int:
    return payment.application_fee - left.get((PLATFORM, "platform_income"), 0)
