"""What is taken of an event and its tiers: held by pending orders, issued as tickets.

Everything is done by conditional statements in the caller's transaction. Rows are taken in one
order (events by id, tiers by id, an event's own row after its tiers), so no two transactions wait
for each other in a circle, and the row that every buyer wants is held shortest.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event, Tier
from handstamp.plumbing.db import before_commit
from handstamp.tickets.models import Stock, Ticket
from handstamp.tickets.rules import TAKING

WHOLE_EVENT = ""
_NO_LIMIT = 2**53


class Move(NamedTuple):
    """A change of one tier's counts; the event's own counts follow."""

    event_id: str
    tier_id: str
    held: int = 0
    issued: int = 0


class SoldOut(NamedTuple):
    """Why a hold is not possible; `tier_id` '' stands for the whole event."""

    event_id: str
    tier_id: str
    remaining: int


@dataclass(frozen=True)
class Count:
    """What is taken of a tier or an event."""

    held: int = 0
    issued: int = 0

    @property
    def taken(self) -> int:
        """Return both together."""
        return self.held + self.issued


class Difference(NamedTuple):
    """A row of the stock whose count of tickets is not what the tickets say."""

    event_id: str
    tier_id: str
    kept: int
    counted: int


def reserve(connection: Connection, event_id: str, wants: Mapping[str, int]) -> SoldOut | None:
    """Hold tickets by tier; on `SoldOut` nothing may be kept: the caller rolls back."""
    return move(connection, [Move(event_id, tier, held=qty) for tier, qty in wants.items()])


def release(connection: Connection, event_id: str, counts: Mapping[str, int]) -> None:
    """Give held tickets back."""
    move(connection, [Move(event_id, tier, held=-qty) for tier, qty in counts.items()])


def move(connection: Connection, moves: Iterable[Move]) -> SoldOut | None:
    """Apply moves as one; more held than now must fit into the capacities as they are.

    On `SoldOut` some rows may have been changed: the caller rolls back.
    """
    rows = _rows(moves)
    for row in rows:
        if not _change(connection, row):
            return _why(connection, row)
    grown = [row for row in rows if row.held > 0]
    return _over(connection, grown) if connection.dialect.name != "sqlite" else None


def later(session: AsyncSession, moves: Iterable[Move]) -> None:
    """Apply moves that need no room (nothing is held anew) when the transaction ends."""
    waiting: list[Move] = session.info.setdefault("stock", [])
    if not waiting:
        before_commit(session, settle)
    waiting.extend(moves)


async def settle(session: AsyncSession) -> None:
    """Apply what waits for the end of the transaction, for who must lock after the stock."""
    moves: list[Move] = session.info.pop("stock", [])
    if not moves:
        return
    await session.flush()
    connection = await session.connection()
    await connection.run_sync(move, moves)


async def reserve_in(session: AsyncSession, event_id: str, wants: Mapping[str, int]) -> bool:
    """Hold tickets inside a session's transaction; False, and nothing held, when sold out."""
    await session.flush()
    connection = await session.connection()
    async with connection.begin_nested() as attempt:
        if await connection.run_sync(reserve, event_id, wants) is None:
            return True
        await attempt.rollback()
    return False


async def counts(session: AsyncSession, event_ids: Sequence[str]) -> dict[tuple[str, str], Count]:
    """Return what is taken of events, by (event id, tier id); absent is nothing."""
    query = select(Stock.event_id, Stock.tier_id, Stock.held, Stock.issued)
    found = await session.execute(query.where(Stock.event_id.in_(event_ids)))
    return {(row[0], row[1]): Count(row[2], row[3]) for row in found}


async def recount(session: AsyncSession, event_ids: Sequence[str]) -> list[Difference]:
    """Count the tickets of events again; return where the stock says something else."""
    query = (
        select(Ticket.event_id, Ticket.tier_id, func.count())
        .where(Ticket.event_id.in_(event_ids), Ticket.status.in_(TAKING))
        .group_by(Ticket.event_id, Ticket.tier_id)
    )
    counted: Counter[tuple[str, str]] = Counter()
    for event_id, tier_id, number in await session.execute(query):
        counted[event_id, tier_id] += number
        counted[event_id, WHOLE_EVENT] += number
    kept = {key: count.issued for key, count in (await counts(session, event_ids)).items()}
    return [
        Difference(*key, kept.get(key, 0), counted[key])
        for key in sorted(kept.keys() | counted.keys())
        if kept.get(key, 0) != counted[key]
    ]


def _rows(moves: Iterable[Move]) -> list[Move]:
    sums: dict[tuple[str, bool, str], list[int]] = {}
    for event_id, tier_id, held, issued in moves:
        for key in ((event_id, False, tier_id), (event_id, True, WHOLE_EVENT)):
            row = sums.setdefault(key, [0, 0])
            row[0] += held
            row[1] += issued
    return [Move(key[0], key[2], *sums[key]) for key in sorted(sums) if sums[key] != [0, 0]]


def _limit(of: Any, *, tier: bool) -> Any:
    """Return as SQL what `events.rules.limit_of` says."""
    holds = Tier.capacity if tier else Event.capacity
    limit = select(holds + Event.overbook_number + holds * Event.overbook_bp // 10_000)
    if tier:
        limit = limit.join_from(Tier, Event, Event.id == Tier.event_id)
        return limit.where(Tier.id == of.tier_id).scalar_subquery()
    return limit.where(Event.id == of.event_id).scalar_subquery()


def _statement(*, tier: bool, grows: bool) -> Any:
    """Return the statement that moves one row; built once, in a rush building took the longest."""
    held: Any = bindparam("more_held")
    issued: Any = bindparam("more_issued")
    changed = (
        update(Stock)
        .where(Stock.event_id == bindparam("event"), Stock.tier_id == bindparam("tier"))
        .values(held=Stock.held + held, issued=Stock.issued + issued)
    )
    if not grows:
        return changed
    grown = Stock.held + Stock.issued + held + issued
    return changed.where(grown <= func.coalesce(_limit(Stock, tier=tier), _NO_LIMIT))


_CHANGES = {
    (tier, grows): _statement(tier=tier, grows=grows)
    for tier in (False, True)
    for grows in (False, True)
}
_LEFT = {
    tier: select(_limit(Stock, tier=tier) - Stock.held - Stock.issued).where(
        Stock.event_id == bindparam("event"), Stock.tier_id == bindparam("tier")
    )
    for tier in (False, True)
}


def _change(connection: Connection, row: Move) -> bool:
    changed = _CHANGES[row.tier_id != WHOLE_EVENT, row.held > 0]
    values = {"event": row.event_id, "tier": row.tier_id}
    moved = {**values, "more_held": row.held, "more_issued": row.issued}
    if connection.execute(changed, moved).rowcount:
        return True
    insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    absent = insert(Stock).values(event_id=row.event_id, tier_id=row.tier_id, held=0, issued=0)
    connection.execute(absent.on_conflict_do_nothing())
    return bool(connection.execute(changed, moved).rowcount)


def _why(connection: Connection, row: Move) -> SoldOut:
    left = _LEFT[row.tier_id != WHOLE_EVENT]
    found = connection.execute(left, {"event": row.event_id, "tier": row.tier_id}).scalar()
    return SoldOut(row.event_id, row.tier_id, max(0, found or 0))


_OVER = (
    select(Stock.event_id, Stock.tier_id)
    .where(Stock.event_id == bindparam("event"))
    .where(Stock.tier_id.in_(bindparam("tiers", expanding=True)))
    .where(
        Stock.held + Stock.issued
        > case(
            (Stock.tier_id == WHOLE_EVENT, _limit(Stock, tier=False)),
            else_=_limit(Stock, tier=True),
        )
    )
)


def _over(connection: Connection, grown: Sequence[Move]) -> SoldOut | None:
    """Look again at capacities, now that the rows are ours.

    A statement that waited for a row compared it with capacities as they were before it waited;
    a lower one, committed meanwhile, is seen here.
    """
    if not grown:
        return None
    tiers = [row.tier_id for row in grown]
    found = connection.execute(_OVER, {"event": grown[0].event_id, "tiers": tiers}).first()
    return None if found is None else SoldOut(found[0], found[1], 0)
