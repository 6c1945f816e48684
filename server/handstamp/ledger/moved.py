"""What moved an account's balance in a span of time, by what it was."""

from collections import Counter

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.ledger.models import LedgerMovement, LedgerTransaction
from handstamp.ledger.rules import STRIPE_BALANCE, what_of


async def moved_of_balance(
    session: AsyncSession,
    organizer_id: str,
    book: str,
    currency: str,
    *,
    since: Millis | None,
    until: Millis,
) -> dict[str, int]:
    """Return by how much each kind of happening changed a balance at Stripe, in minor units.

    `since` is not included (None is from the first day), `until` is. Payouts are left out.
    Keys are those of `rules.WHAT`, each only where something happened.
    """
    one, move = LedgerTransaction, LedgerMovement
    amount = func.sum(case((move.debit == STRIPE_BALANCE, move.amount), else_=-move.amount))
    kind_of = one.kind.concat("")  # by the bare kind, SQLite walks the whole book: an index has it
    query = (
        select(kind_of, amount)
        .join(move, move.transaction_id == one.id)
        .where(one.organizer_id == organizer_id, one.book == book, one.currency == currency)
        .where(
            one.happened_at <= until,
            or_(move.debit == STRIPE_BALANCE, move.credit == STRIPE_BALANCE),
        )
        .group_by(kind_of)
    )
    if since is not None:
        query = query.where(one.happened_at > since)
    sums: Counter[str] = Counter()
    for kind, moved in await session.execute(query):
        sums[what_of(kind)] += int(moved)
    return {what: moved for what, moved in sums.items() if what != "payouts"}
