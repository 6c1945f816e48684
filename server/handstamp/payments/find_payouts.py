"""An organizer's payouts with what moved their balance before each, and what is left there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.ledger.balances import at_stripe
from handstamp.ledger.moved import moved_of_balance
from handstamp.payments import store
from handstamp.payments.models import Payout
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor

PAGE = 20


@dataclass(frozen=True)
class PayoutView:
    """A payout. `since`: when the one before it was made, None for the first of its currency.

    `moved`: by how much sales, refunds, platform_fees, stripe_fees, disputes and other changed
    the balance between the two, in minor units.
    """

    payout: Payout
    since: Millis | None
    moved: Mapping[str, int]


@dataclass(frozen=True)
class PayoutPage:
    """Payouts, the newest first; `balances`: what the books say is at Stripe, by currency."""

    payouts: Sequence[PayoutView]
    more: bool
    balances: Mapping[str, int]


async def payouts_of(
    session: AsyncSession, actor: Actor, organizer_id: str, *, after: str = "", limit: int = PAGE
) -> PayoutPage:
    """Return a page of an organizer's payouts; `after` is the last id of the page before.

    Raises:
        NotFound: the organizer is not one of the actor's, or there is no such payout.
    """
    if not actor.may_manage(organizer_id):
        raise NotFound(_("There is no such organizer among yours."))
    rows = await _rows(session, organizer_id, after, limit + 1)
    found = [
        PayoutView(
            payout,
            since,
            await moved_of_balance(
                session,
                organizer_id,
                payout.account,
                payout.currency,
                since=since,
                until=payout.created_at,
            ),
        )
        for payout, since in rows[:limit]
    ]
    account = await store.account_of(session, organizer_id)
    return PayoutPage(
        payouts=found,
        more=len(rows) > limit,
        balances=await at_stripe(session, account.stripe_account_id) if account else {},
    )


async def _rows(
    session: AsyncSession, organizer_id: str, after: str, limit: int
) -> list[tuple[Payout, Millis | None]]:
    before = func.lag(Payout.created_at).over(
        partition_by=(Payout.account, Payout.currency),
        order_by=(Payout.created_at, Payout.id),
    )
    spans = (
        select(Payout.id, before.label("since"))
        .where(Payout.organizer_id == organizer_id)
        .subquery()
    )
    query = select(Payout, spans.c.since).join(spans, spans.c.id == Payout.id)
    if after:
        last = await session.get(Payout, after) if after.isprintable() else None
        if last is None or last.organizer_id != organizer_id:
            raise NotFound(_("There is no such payout."))
        same = and_(Payout.created_at == last.created_at, Payout.id < last.id)
        query = query.where(or_(Payout.created_at < last.created_at, same))
    query = query.order_by(Payout.created_at.desc(), Payout.id.desc()).limit(limit)
    return [(payout, since) for payout, since in await session.execute(query)]
