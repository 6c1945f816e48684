"""Keep what Stripe pays out to a bank, with its place in the ledger."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.ledger import rules as ledger
from handstamp.ledger.post_entry import post
from handstamp.payments import store
from handstamp.payments.facts import PayoutFacts
from handstamp.payments.gateway import gateway
from handstamp.plumbing.db import now
from handstamp.plumbing.web import Services

_ENDED = ("failed", "canceled")


async def record_payout(services: Services, account: str, payout_id: str) -> None:
    """Ask Stripe for a payout, store it and post it.

    Opens its own transaction; call it outside of one.

    Raises:
        GatewayError: no answer, or no such payout.
    """
    facts = await gateway(services).retrieve_payout(payout_id, account=account)
    async with services.db.write() as session:
        await _keep(session, account, facts)


async def _keep(session: AsyncSession, account: str, facts: PayoutFacts) -> None:
    """One that failed comes back onto the balance, once; it never becomes another again."""
    owner = await store.account_by_id(session, account) if account else None
    organizer_id = owner.organizer_id if owner else None
    payout = await store.locked_payout(
        session,
        {
            "id": facts.id,
            "account": account,
            "organizer_id": organizer_id,
            "amount": facts.amount,
            "currency": facts.currency,
            "status": facts.status,
            "arrival_at": facts.arrival_at,
            "created_at": facts.created,
            "updated_at": now(session),
        },
    )
    if payout.status not in _ENDED:
        payout.status, payout.arrival_at = facts.status, facts.arrival_at
    payout.updated_at = now(session)
    entry = ledger.PayoutFacts(
        organizer_id=organizer_id,
        account=account,
        payout_id=facts.id,
        amount=facts.amount,
        currency=facts.currency,
        happened_at=facts.created,
    )
    await post(session, ledger.payout(entry, failed=payout.status in _ENDED))
