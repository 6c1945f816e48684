"""Queries of the payments room; private to it."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.payments.models import Payment, PaymentAccount, Payout
from handstamp.plumbing.db import is_sqlite


async def account_of(session: AsyncSession, organizer_id: str) -> PaymentAccount | None:
    """Return an organizer's account as it is stored now."""
    return await session.get(PaymentAccount, organizer_id, populate_existing=True)


async def accounts_of(
    session: AsyncSession, organizer_ids: Collection[str]
) -> Sequence[PaymentAccount]:
    """Return the accounts of several organizers."""
    query = select(PaymentAccount).where(PaymentAccount.organizer_id.in_(organizer_ids))
    return (await session.scalars(query)).all()


async def account_by_id(session: AsyncSession, stripe_account_id: str) -> PaymentAccount | None:
    """Return the account with this id of Stripe's."""
    query = select(PaymentAccount).where(PaymentAccount.stripe_account_id == stripe_account_id)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def account_ids(session: AsyncSession) -> list[str]:
    """Return the ids of all connected accounts that may still be asked about."""
    query = select(PaymentAccount.stripe_account_id).where(PaymentAccount.deauthorized_at.is_(None))
    return list(await session.scalars(query.order_by(PaymentAccount.stripe_account_id)))


async def keep_account(session: AsyncSession, replaces: str, values: dict[str, Any]) -> bool:
    """Store an organizer's account, in place of `replaces` or of none; False when it came late."""
    if replaces:
        changed = await session.execute(
            update(PaymentAccount)
            .where(PaymentAccount.organizer_id == values["organizer_id"])
            .where(PaymentAccount.stripe_account_id == replaces)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        return _rows(changed) == 1
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = insert(PaymentAccount).values(**values).on_conflict_do_nothing()
    mine = await session.execute(row.returning(PaymentAccount.organizer_id))
    return mine.first() is not None


async def update_account(
    session: AsyncSession, stripe_account_id: str, asked_at: Millis, values: dict[str, Any]
) -> bool:
    """Write what Stripe said, unless an answer to a later question is stored already."""
    changed = await session.execute(
        update(PaymentAccount)
        .where(PaymentAccount.stripe_account_id == stripe_account_id)
        .where(or_(PaymentAccount.checked_at.is_(None), PaymentAccount.checked_at <= asked_at))
        .values(**values, checked_at=asked_at)
        .execution_options(synchronize_session=False)
    )
    return _rows(changed) == 1


async def payment_by_intent(session: AsyncSession, payment_intent_id: str) -> Payment | None:
    """Return the payment of a PaymentIntent."""
    query = select(Payment).where(Payment.payment_intent_id == payment_intent_id)
    return await session.scalar(query)


async def payment_by_charge(session: AsyncSession, charge_id: str) -> Payment | None:
    """Return the payment of a charge."""
    return await session.scalar(select(Payment).where(Payment.charge_id == charge_id))


async def payment_of(session: AsyncSession, subject_kind: str, subject_id: str) -> Payment | None:
    """Return the payment that counts for a subject: the succeeded one, else the newest."""
    query = (
        select(Payment)
        .where(Payment.subject_kind == subject_kind, Payment.subject_id == subject_id)
        .order_by((Payment.status == "succeeded").desc(), Payment.created_at.desc(), Payment.id)
        .limit(1)
    )
    return await session.scalar(query)


async def locked_payment(session: AsyncSession, values: dict[str, Any]) -> Payment:
    """Return the payment of `values["payment_intent_id"]`, locked; made from `values` if new."""
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    await session.execute(insert(Payment).values(**values).on_conflict_do_nothing())
    query = (
        select(Payment)
        .where(Payment.payment_intent_id == values["payment_intent_id"])
        .with_for_update(key_share=True)
    )
    found = await session.scalars(query, execution_options={"populate_existing": True})
    return found.one()


async def set_fee(session: AsyncSession, payment_id: str, fee: int) -> None:
    """Write what Stripe keeps of a payment."""
    await session.execute(
        update(Payment)
        .where(Payment.id == payment_id)
        .values(stripe_fee=fee)
        .execution_options(synchronize_session=False)
    )


async def locked_payout(session: AsyncSession, values: dict[str, Any]) -> Payout:
    """Return the payout of `values["id"]`, locked; made from `values` if new."""
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    await session.execute(insert(Payout).values(**values).on_conflict_do_nothing())
    query = select(Payout).where(Payout.id == values["id"]).with_for_update(key_share=True)
    found = await session.scalars(query, execution_options={"populate_existing": True})
    return found.one()


def _rows(result: Any) -> int:
    found: CursorResult[Any] = result
    return found.rowcount
