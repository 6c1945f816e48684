"""Posting into the ledger: inside the transaction that causes it, each happening once."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.ledger.models import LedgerMovement, LedgerTransaction
from handstamp.ledger.rules import NewTransaction
from handstamp.ledger.uncounted import note_uncounted
from handstamp.plumbing.db import is_sqlite, now

_TRANSACTIONS = LedgerTransaction.__table__
assert isinstance(_TRANSACTIONS, Table)
_NAME = ("book", "kind", "ref")


async def post(session: AsyncSession, transactions: Iterable[NewTransaction]) -> int:
    """Write those that are not in the ledger yet, by (book, kind, ref); return how many.

    The books are gone through in one order, so two that post the same things wait for each
    other instead of blocking each other.
    """
    posted = 0
    for one in sorted(transactions, key=lambda t: (t.book, t.kind, t.ref)):
        posted += await _post_one(session, one)
    return posted


async def _post_one(session: AsyncSession, one: NewTransaction) -> bool:
    make: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = make(_TRANSACTIONS).values(
        book=one.book,
        kind=one.kind,
        ref=one.ref,
        organizer_id=one.organizer_id,
        subject=one.subject,
        currency=one.currency,
        happened_at=one.happened_at,
        created_at=now(session),
    )
    fresh = row.on_conflict_do_nothing(index_elements=_NAME).returning(_TRANSACTIONS.c.id)
    made = (await session.execute(fresh)).scalar_one_or_none()
    if made is None:
        return False
    movements = [
        {"transaction_id": made, "debit": m.debit, "credit": m.credit, "amount": m.amount}
        for m in one.movements
    ]
    await session.execute(insert(LedgerMovement), movements)
    note_uncounted(session, one.organizer_id, "money", made)
    return True
