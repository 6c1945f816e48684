"""Disputes as Stripe knows them: tickets stop opening doors until the bank has decided."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.ledger import rules as ledger
from handstamp.ledger.post_entry import post
from handstamp.payments.facts import DisputeFacts
from handstamp.payments.gateway import gateway
from handstamp.payments.models import Payment
from handstamp.payments.note_returns import note_returns
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.metrics import DISPUTES
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds import preorder_side, store
from handstamp.refunds.book_refund import common_facts
from handstamp.refunds.dispute_mails import tell_opened
from handstamp.refunds.find_refunds import dispute_standing
from handstamp.refunds.known_payment import known_payment
from handstamp.refunds.models import Dispute
from handstamp.refunds.rules import (
    blocks_tickets,
    dispute_outcome,
    dispute_stage,
    waits_for_answer,
)
from handstamp.refunds.step import about
from handstamp.refunds.store import Paid, PaidOrder
from handstamp.refunds.void_tickets import turn
from handstamp.tickets.rules import TAKING


async def record_dispute(services: Services, account: str, dispute_id: str) -> bool:
    """Bring what was paid for in line with a dispute; False when its charge is not of ours.

    Open: its valid tickets are disputed. Won: they are valid again. Lost: cancelled. Safe to
    repeat and in any order; what is closed stays closed.

    Raises:
        NotRecordedYet: the payment itself is still to come; try again.
        GatewayError: no answer; try again.
    """
    facts = await gateway(services).retrieve_dispute(dispute_id, account=account)
    payment = await known_payment(services, account, facts.charge_id, facts.payment_intent_id)
    if payment is None:
        return False
    async with services.db.write(actor="stripe") as session:
        await _apply(session, services, await store.paid(session, payment), facts)
    return True


async def _apply(
    session: AsyncSession, services: Services, paid: Paid, facts: DisputeFacts
) -> None:
    dispute = await store.dispute(session, facts.id)
    is_new = dispute is None
    if dispute is None:
        dispute = await _add(session, paid, facts)
    await _post(session, paid.payment, facts, services.clock())
    if dispute.outcome:
        return
    was_blocking = not is_new and blocks_tickets(dispute.status)
    was = "" if is_new else dispute_stage(dispute.status)
    dispute.status, dispute.outcome = facts.status, dispute_outcome(facts.status)
    dispute.amount, dispute.respond_by = facts.amount, facts.respond_by
    if dispute.outcome:
        dispute.closed_at = services.clock()
    await session.flush()
    disputed = bool(await dispute_standing(session, paid.payment))
    await note_returns(session, paid.payment, refunded=paid.payment.refunded, disputed=disputed)
    if blocks_tickets(dispute.status):
        await _turn(session, services, paid, ["valid"], "disputed")
    elif dispute.outcome == "lost":
        await _turn(session, services, paid, TAKING, "cancelled")
        if not isinstance(paid, PaidOrder):
            await preorder_side.take_back(session, paid)
    elif dispute.outcome == "won" and not disputed:
        await _turn(session, services, paid, ["disputed"], "valid")
    if is_new or dispute.outcome or blocks_tickets(dispute.status) != was_blocking:
        await _note(session, paid, dispute)
    if waits_for_answer(dispute.status) and dispute_stage(dispute.status) != was:
        await tell_opened(session, dispute, paid.payment.organizer_id)


async def _turn(
    session: AsyncSession, services: Services, paid: Paid, statuses: Sequence[str], wanted: str
) -> None:
    if isinstance(paid, PaidOrder):
        await turn(session, services, paid.order, statuses, wanted)
    else:
        await preorder_side.turn(session, services, paid, statuses, wanted)


async def _add(session: AsyncSession, paid: Paid, facts: DisputeFacts) -> Dispute:
    dispute = Dispute(
        id=facts.id,
        payment_id=paid.payment.id,
        **paid.names,
        account=paid.payment.account,
        amount=facts.amount,
        currency=facts.currency,
        reason=facts.reason,
        status=facts.status,
        outcome="",
        respond_by=facts.respond_by,
        created_at=facts.created,
        closed_at=None,
    )
    session.add(dispute)
    await session.flush()
    return dispute


async def _post(session: AsyncSession, payment: Payment, facts: DisputeFacts, at: int) -> None:
    """Post what the dispute has taken from the balance, and what its end gives back."""
    taken = [one for one in facts.balance if one.amount < 0]
    given = [one for one in facts.balance if one.amount > 0]
    outcome = dispute_outcome(facts.status)
    if not taken:
        return
    withdrawn = -sum(one.amount for one in taken)
    opened = _facts(payment, facts, withdrawn, sum(one.fee for one in taken), facts.created)
    await post(session, ledger.dispute_opened(opened))
    if outcome == "lost":
        await post(
            session, ledger.dispute_closed(_facts(payment, facts, withdrawn, 0, at), won=False)
        )
    elif given:
        back = sum(one.amount for one in given)
        returned = _facts(payment, facts, back, -sum(one.fee for one in given), at)
        await post(session, ledger.dispute_closed(returned, won=True))


def _facts(
    payment: Payment, facts: DisputeFacts, amount: int, fee: int, at: int
) -> ledger.DisputeFacts:
    return ledger.DisputeFacts(
        **common_facts(payment, at), dispute_id=facts.id, amount=amount, fee=fee
    )


async def _note(session: AsyncSession, paid: Paid, dispute: Dispute) -> None:
    outcome = dispute.outcome or "opened"
    await record(
        session,
        SYSTEM,
        f"dispute.{outcome}",
        "dispute",
        dispute.id,
        organizer_id=paid.payment.organizer_id,
        meta={**about(dispute), "amount": dispute.amount, "status": dispute.status},
    )
    after_commit(session, lambda: DISPUTES.labels(outcome=outcome).inc())
