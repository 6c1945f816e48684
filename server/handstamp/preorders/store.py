"""Queries of the pre-orders room; private to it."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.search import found_in
from handstamp.preorders.models import PreOrder, SavedCard, StripeCustomer

IN_ONE = 500  # ids in one statement


async def preorder(
    session: AsyncSession, preorder_id: str, *, lock: bool = False
) -> PreOrder | None:
    """Return a pre-order as it is stored now; locked until the transaction ends if asked."""
    if not preorder_id.isprintable():
        return None
    query = select(PreOrder).where(PreOrder.id == preorder_id)
    if lock:
        query = query.with_for_update(key_share=True)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def locked(session: AsyncSession, *where: ColumnElement[bool]) -> list[PreOrder]:
    """Return pre-orders by id, all of them locked in that order until the transaction ends."""
    query = select(PreOrder).where(*where).order_by(PreOrder.id).with_for_update(key_share=True)
    return list(await session.scalars(query, execution_options={"populate_existing": True}))


async def locked_by_id(
    session: AsyncSession, ids: Collection[str], *where: ColumnElement[bool]
) -> list[PreOrder]:
    """Return some pre-orders by id, locked in that order."""
    wanted = sorted(one for one in set(ids) if one.isprintable())
    found: list[PreOrder] = []
    for start in range(0, len(wanted), IN_ONE):
        found += await locked(session, PreOrder.id.in_(wanted[start : start + IN_ONE]), *where)
    return found


async def by_id(
    session: AsyncSession, ids: Collection[str], *where: ColumnElement[bool]
) -> list[PreOrder]:
    """Return some pre-orders by id, not locked."""
    wanted = sorted(one for one in set(ids) if one.isprintable())
    found: list[PreOrder] = []
    for start in range(0, len(wanted), IN_ONE):
        some = PreOrder.id.in_(wanted[start : start + IN_ONE])
        found += await session.scalars(select(PreOrder).where(some, *where))
    return found


async def of_member_in_week(session: AsyncSession, member_id: str, week: str) -> list[PreOrder]:
    """Return what a member placed in a week, all locked, the oldest first."""
    found = await locked(session, PreOrder.member_id == member_id, PreOrder.week == week)
    return sorted(found, key=lambda one: (one.created_at, one.id))


async def of_member_for_event(
    session: AsyncSession, member_id: str, event_id: str
) -> list[PreOrder]:
    """Return what a member ever pre-ordered of an event."""
    query = select(PreOrder).where(PreOrder.member_id == member_id, PreOrder.event_id == event_id)
    return list(await session.scalars(query, execution_options={"populate_existing": True}))


async def by_setup_session(session: AsyncSession, session_id: str) -> PreOrder | None:
    """Return the pre-order for which a card was last asked on a page of Stripe's."""
    return await session.scalar(select(PreOrder).where(PreOrder.setup_session_id == session_id))


async def page(
    session: AsyncSession,
    *where: ColumnElement[bool],
    words: str,
    statuses: Sequence[str],
    after: tuple[Millis, str] | None,
    limit: int,
) -> Sequence[PreOrder]:
    """Return pre-orders, the newest first; `after` is time and id of the last one before."""
    query = select(PreOrder).where(*where, PreOrder.status.in_(list(statuses)))
    if words:
        query = query.where(found_in(words, PreOrder.number, PreOrder.name, PreOrder.email))
    if after is not None:
        moment, last = after
        older = and_(PreOrder.created_at == moment, PreOrder.id < last)
        query = query.where(or_(PreOrder.created_at < moment, older))
    query = query.order_by(PreOrder.created_at.desc(), PreOrder.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def counts(
    session: AsyncSession, *where: ColumnElement[bool]
) -> list[tuple[str, str, str, int]]:
    """Count pre-orders by (club id, tier id, status)."""
    group = (PreOrder.club_id, PreOrder.tier_id, PreOrder.status)
    query = select(*group, func.count()).where(*where).group_by(*group)
    return [(row[0], row[1], row[2], row[3]) for row in await session.execute(query)]


async def ids(session: AsyncSession, *where: ColumnElement[bool], limit: int) -> Sequence[str]:
    """Return the ids of some pre-orders, the oldest first."""
    query = select(PreOrder.id).where(*where).order_by(PreOrder.created_at, PreOrder.id)
    return (await session.scalars(query.limit(limit))).all()


async def customer(session: AsyncSession, user_id: str, account: str) -> str:
    """Return who a person is at Stripe on an account; '' while unknown."""
    query = select(StripeCustomer.customer_id).where(
        StripeCustomer.user_id == user_id, StripeCustomer.account == account
    )
    return await session.scalar(query) or ""


async def keep_customer(
    session: AsyncSession, user_id: str, account: str, customer_id: str, now: Millis
) -> str:
    """Keep who a person is at Stripe; return the customer that was kept first."""
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = insert(StripeCustomer).values(
        user_id=user_id, account=account, customer_id=customer_id, created_at=now
    )
    await session.execute(row.on_conflict_do_nothing())
    return await customer(session, user_id, account)


async def card(session: AsyncSession, card_id: str, user_id: str) -> SavedCard | None:
    """Return one of a person's saved cards, locked until the transaction ends."""
    if not card_id.isprintable():
        return None
    query = select(SavedCard).where(SavedCard.id == card_id, SavedCard.user_id == user_id)
    query = query.with_for_update(key_share=True)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def cards(session: AsyncSession, user_id: str, account: str | None) -> Sequence[SavedCard]:
    """Return a person's cards that are not removed, the newest first."""
    query = select(SavedCard).where(SavedCard.user_id == user_id, SavedCard.removed_at.is_(None))
    if account is not None:
        query = query.where(SavedCard.account == account)
    query = query.order_by(SavedCard.created_at.desc(), SavedCard.id)
    return (await session.scalars(query)).all()


async def keep_card(session: AsyncSession, values: dict[str, Any]) -> SavedCard:
    """Keep a card, once for each payment method."""
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = insert(SavedCard).values(**values)
    await session.execute(row.on_conflict_do_nothing(index_elements=["payment_method_id"]))
    same = SavedCard.payment_method_id == values["payment_method_id"]
    return (await session.scalars(select(SavedCard).where(same))).one()


async def change(
    session: AsyncSession, preorder_id: str, values: dict[str, Any], *where: ColumnElement[bool]
) -> bool:
    """Change a pre-order if it still fits; tell whether it did."""
    result: CursorResult[Any] = await session.execute(  # type: ignore[assignment]
        update(PreOrder)
        .where(PreOrder.id == preorder_id, *where)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


async def clubs_of(session: AsyncSession, event_id: str, ids: Collection[str]) -> set[str]:
    """Return the clubs through which some pre-orders of an event were placed."""
    wanted = sorted(one for one in set(ids) if one.isprintable())
    found: set[str] = set()
    for start in range(0, len(wanted), IN_ONE):
        some = PreOrder.id.in_(wanted[start : start + IN_ONE])
        query = select(PreOrder.club_id).where(PreOrder.event_id == event_id, some).distinct()
        found |= set(await session.scalars(query))
    return found


async def drawn(
    session: AsyncSession, club_id: str, event_id: str, week: str
) -> Sequence[PreOrder]:
    """Return who took part in the draw of a week, by place."""
    query = select(PreOrder).where(
        PreOrder.club_id == club_id,
        PreOrder.event_id == event_id,
        PreOrder.week == week,
        PreOrder.draw_rank.is_not(None),
    )
    return (await session.scalars(query.order_by(PreOrder.draw_rank))).all()
