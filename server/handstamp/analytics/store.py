"""Queries of the analytics room; private to it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    String,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.analytics.models import SalesSum
from handstamp.analytics.rules import NAMES, Moved, Place, Sums
from handstamp.events.models import Event
from handstamp.ledger.models import LedgerMovement, LedgerTransaction, Uncounted
from handstamp.orders.models import Order, OrderItem
from handstamp.plumbing.db import is_sqlite
from handstamp.preorders.models import PreOrder
from handstamp.refunds.models import Refund

_LOCK = 0x5A1E5  # PostgreSQL: who changes the sums; any number that nothing else uses
_PLAIN = {"synchronize_session": False}
_AT_ONCE = 400  # a statement's list of values; SQLite takes few hundred with comfort


async def take_uncounted(session: AsyncSession, limit: int) -> Sequence[Uncounted]:
    """Take the oldest rows out of what is not counted; one transaction at a time does."""
    query = select(Uncounted).order_by(Uncounted.id).limit(limit)
    await count_alone(session)
    rows = (await session.scalars(query)).all()
    for ids in _pieces([row.id for row in rows]):
        await session.execute(
            delete(Uncounted).where(Uncounted.id.in_(ids)),
            execution_options=_PLAIN,
        )
    return rows


async def uncounted_of(session: AsyncSession, organizer_id: str, limit: int) -> Sequence[Uncounted]:
    """Return an organizer's rows that are not counted yet, the oldest first."""
    query = select(Uncounted).where(Uncounted.organizer_id == organizer_id)
    return (await session.scalars(query.order_by(Uncounted.id).limit(limit))).all()


async def transactions(
    session: AsyncSession, ids: Sequence[int]
) -> dict[int, tuple[LedgerTransaction, list[Moved]]]:
    """Return transactions of the ledger with what they moved."""
    found: dict[int, tuple[LedgerTransaction, list[Moved]]] = {}
    for some in _pieces(ids):
        query = (
            select(LedgerTransaction, LedgerMovement)
            .join(LedgerMovement, LedgerMovement.transaction_id == LedgerTransaction.id)
            .where(LedgerTransaction.id.in_(some))
        )
        for one, moved in await session.execute(query):
            known = found.setdefault(one.id, (one, []))[1]
            known.append(Moved(moved.debit, moved.credit, moved.amount))
    return found


async def orders(
    session: AsyncSession, ids: Collection[str]
) -> tuple[dict[str, Order], dict[str, list[OrderItem]]]:
    """Return orders by id, and their lines by order."""
    orders_by_id: dict[str, Order] = {}
    items: dict[str, list[OrderItem]] = defaultdict(list)
    for some in _pieces(sorted(ids)):
        for order in await session.scalars(select(Order).where(Order.id.in_(some))):
            orders_by_id[order.id] = order
        lines = select(OrderItem).where(OrderItem.order_id.in_(some))
        for item in await session.scalars(lines.order_by(OrderItem.position)):
            items[item.order_id].append(item)
    return orders_by_id, items


async def preorders(session: AsyncSession, ids: Collection[str]) -> dict[str, PreOrder]:
    """Return pre-orders by id."""
    found: dict[str, PreOrder] = {}
    for some in _pieces(sorted(ids)):
        for one in await session.scalars(select(PreOrder).where(PreOrder.id.in_(some))):
            found[one.id] = one
    return found


async def refunds(session: AsyncSession, refs: Collection[str]) -> dict[str, Refund]:
    """Return refunds by their id at Stripe."""
    found: dict[str, Refund] = {}
    for some in _pieces(sorted(refs)):
        for one in await session.scalars(select(Refund).where(Refund.stripe_refund_id.in_(some))):
            found[one.stripe_refund_id or ""] = one
    return found


async def add(session: AsyncSession, sums: Mapping[Place, Sums]) -> None:
    """Add to the sums that are kept; in one order, so that two never wait for each other."""
    rows = [place._asdict() | sums[place]._asdict() for place in sorted(sums)]
    if not rows:
        return
    make: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = make(SalesSum)
    grown = {name: getattr(SalesSum, name) + row.excluded[name] for name in NAMES}
    await session.execute(
        row.on_conflict_do_update(index_elements=list(Place._fields), set_=grown),
        rows,
        execution_options=_PLAIN,
    )


async def kept(
    session: AsyncSession, owner: str, part: str, names: Collection[str] | None = None
) -> dict[Place, Sums]:
    """Return the kept sums of one part of an event's or organizer's sales, or some by name."""
    if names is None:
        return await _read(session, _OF_PART, {"owner": owner, "part": part})
    found: dict[Place, Sums] = {}
    for some in _pieces(sorted(names)):
        query = _OF_PART.where(SalesSum.name.in_(some))
        found |= await _read(session, query, {"owner": owner, "part": part})
    return found


async def best(
    session: AsyncSession, owner: str, part: str, currency: str, limit: int
) -> dict[Place, Sums]:
    """Return the sums of one part that sold for the most, tickets alone where nothing was paid."""
    sold = SalesSum.prices - SalesSum.prices_back
    query = (
        _OF_PART.where(SalesSum.currency == currency)
        .order_by(sold.desc(), SalesSum.units.desc(), SalesSum.name)
        .limit(limit)
    )
    return await _read(session, query, {"owner": owner, "part": part})


async def count_alone(session: AsyncSession) -> None:
    """Let one transaction at a time change the sums, until it ends."""
    if not is_sqlite(session):
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def forget(session: AsyncSession, organizer_id: str, event_id: str) -> None:
    """Drop the kept sums of an event, and what it is among its organizer's."""
    of_event = SalesSum.owner == event_id
    among = and_(
        SalesSum.owner == organizer_id, SalesSum.part == "event", SalesSum.name == event_id
    )
    await session.execute(delete(SalesSum).where(or_(of_event, among)), execution_options=_PLAIN)


async def note_all(session: AsyncSession, event: Event) -> None:
    """Note everything an event sold as not counted, except for what is noted already.

    Each statement sees a sale and its note together, so one that comes meanwhile counts once.
    """
    placed = select(literal(event.organizer_id), literal("order"), Order.id).where(
        Order.event_id == event.id, Order.placed_at.is_not(None)
    )
    taken_back = select(literal(event.organizer_id), literal("taken_back"), Order.id).where(
        Order.event_id == event.id, Order.placed_at.is_not(None), Order.status == "cancelled"
    )
    charged = select(literal(event.organizer_id), literal("preorder"), PreOrder.id).where(
        PreOrder.event_id == event.id, PreOrder.paid_at.is_not(None)
    )
    subjects = union_all(
        *(
            select(literal(f"{kind}:") + one.id).where(one.event_id == event.id)
            for kind, one in (("order", Order), ("preorder", PreOrder))
        )
    )
    ref = cast(LedgerTransaction.id, String)
    money = select(literal(event.organizer_id), literal("money"), ref).where(
        LedgerTransaction.subject.in_(subjects), LedgerTransaction.organizer_id.is_not(None)
    )
    for query, kind, key in (
        (placed, "order", Order.id),
        (taken_back, "taken_back", Order.id),
        (charged, "preorder", PreOrder.id),
        (money, "money", ref),
    ):
        noted = select(Uncounted.ref).where(
            Uncounted.organizer_id == event.organizer_id, Uncounted.kind == kind
        )
        rows = query.where(key.not_in(noted))
        await session.execute(
            insert(Uncounted).from_select(["organizer_id", "kind", "ref"], rows),
            execution_options=_PLAIN,
        )


_WIDTH = len(Place._fields)
_OF_PART = select(*(getattr(SalesSum, name) for name in (*Place._fields, *NAMES))).where(
    SalesSum.owner == bindparam("owner"), SalesSum.part == bindparam("part")
)


async def _read(session: AsyncSession, query: Any, values: dict[str, str]) -> dict[Place, Sums]:
    rows = await session.execute(query, values)
    return {Place(*row[:_WIDTH]): Sums(*row[_WIDTH:]) for row in rows}


def _pieces(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
