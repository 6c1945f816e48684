"""What stands on the accounts: by book, by organizer, by what it was for; and what was posted."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.ledger.models import LedgerMovement, LedgerTransaction
from handstamp.ledger.rules import STRIPE_BALANCE, Movement, NewTransaction, natural


@dataclass(frozen=True)
class Balance:
    """An account's balance in minor units, on the side where its kind grows (`rules.natural`)."""

    book: str
    account: str
    currency: str
    amount: int


async def of_book(session: AsyncSession, book: str) -> list[Balance]:
    """Return the balances of one book: a connected account's id, or "platform"."""
    return await _balances(session, LedgerTransaction.book == book)


async def of_subject(session: AsyncSession, subject: str) -> list[Balance]:
    """Return the balances of what one thing moved, such as "order:ord_…", in every book."""
    return await _balances(session, LedgerTransaction.subject == subject)


async def of_refs(session: AsyncSession, subject: str, refs: Collection[str]) -> list[Balance]:
    """Return the balances of what was posted for a subject under some references."""
    return await _balances(
        session, LedgerTransaction.subject == subject, LedgerTransaction.ref.in_(refs)
    )


async def at_stripe(session: AsyncSession, book: str) -> dict[str, int]:
    """Return by currency what Stripe holds for a book, in one pass over its movements."""
    moved, one = LedgerMovement, LedgerTransaction
    amount = func.sum(case((moved.debit == STRIPE_BALANCE, moved.amount), else_=-moved.amount))
    query = (
        select(one.currency, amount)
        .join(moved, moved.transaction_id == one.id)
        .where(one.book == book, or_(moved.debit == STRIPE_BALANCE, moved.credit == STRIPE_BALANCE))
        .group_by(one.currency)
        .order_by(one.currency)
    )
    return {currency: int(left) for currency, left in await session.execute(query)}


async def every_balance(session: AsyncSession) -> list[Balance]:
    """Return the balance of every account in every book."""
    return await _balances(session)


async def posted(
    session: AsyncSession, books: Collection[str], kinds: Collection[str], ref: str
) -> tuple[NewTransaction, ...]:
    """Return what was posted under a reference with these kinds in these books."""
    query = (
        select(LedgerTransaction, LedgerMovement)
        .join(LedgerMovement, LedgerMovement.transaction_id == LedgerTransaction.id)
        .where(
            LedgerTransaction.book.in_(books),
            LedgerTransaction.kind.in_(kinds),
            LedgerTransaction.ref == ref,
        )
        .order_by(LedgerTransaction.id, LedgerMovement.id)
    )
    found: dict[int, tuple[LedgerTransaction, list[Movement]]] = {}
    for one, moved in await session.execute(query):
        movements = found.setdefault(one.id, (one, []))[1]
        movements.append(Movement(moved.debit, moved.credit, moved.amount))
    return tuple(_as_new(one, movements) for one, movements in found.values())


async def _balances(session: AsyncSession, *where: ColumnElement[bool]) -> list[Balance]:
    moved = LedgerMovement
    sides = [(moved.debit, moved.amount), (moved.credit, -moved.amount)]
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for account_column, amount_column in sides:
        key = (LedgerTransaction.book, account_column, LedgerTransaction.currency)
        query = (
            select(
                LedgerTransaction.book,
                account_column,
                LedgerTransaction.currency,
                func.sum(amount_column),
            )
            .join(LedgerTransaction, moved.transaction_id == LedgerTransaction.id)
            .where(*where)
            .group_by(*key)
        )
        for book, account, currency, amount in await session.execute(query):
            sums[book, account, currency] += int(amount)
    return [
        Balance(book, account, currency, natural(account, amount))
        for (book, account, currency), amount in sorted(sums.items())
    ]


def _as_new(one: LedgerTransaction, movements: list[Movement]) -> NewTransaction:
    return NewTransaction(
        book=one.book,
        kind=one.kind,
        ref=one.ref,
        organizer_id=one.organizer_id,
        subject=one.subject,
        currency=one.currency,
        happened_at=one.happened_at,
        movements=tuple(movements),
    )
