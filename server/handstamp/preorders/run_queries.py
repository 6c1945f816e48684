"""Queries of charge runs and of what they charge."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.models import ClubEvent
from handstamp.kit.clock import Millis
from handstamp.plumbing.db import is_sqlite
from handstamp.pool.models import Demand
from handstamp.preorders.models import ChargeRun, PreOrder

_FRESH = {"populate_existing": True}
_LAST = 2**31  # in line: who was not in the draw comes after those who were
_LINE = (func.coalesce(PreOrder.draw_rank, _LAST), PreOrder.confirmed_at, PreOrder.id)
WAITING_FOR_RUN = ("pending", "approved")


class PlannedLine(NamedTuple):
    """Pre-orders of one kind: how many, and their sum in minor units."""

    event_id: str
    tier_id: str
    tier_name: str
    currency: str
    status: str
    chargeable: bool
    cards: int
    total: int


def _terms(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    same = and_(ClubEvent.club_id == PreOrder.club_id, ClubEvent.event_id == PreOrder.event_id)
    return exists(select(ClubEvent.club_id).where(same, *where))


def _covered() -> ColumnElement[bool]:
    """Tell whether a pre-order has stock, or its event is charged before there is any."""
    return or_(PreOrder.reserved.is_(True), _terms(ClubEvent.charge_mode == "prepaid"))


def of_weeks(club_id: str, week: str) -> list[ColumnElement[bool]]:
    """Select a club's pre-orders up to a week."""
    return [PreOrder.club_id == club_id, PreOrder.week <= week]


def chargeable() -> list[ColumnElement[bool]]:
    """Select what may be charged: approved, with a card, and covered."""
    return [PreOrder.status == "approved", PreOrder.payment_method_id != "", _covered()]


async def run(session: AsyncSession, run_id: str, *, lock: bool = False) -> ChargeRun | None:
    """Return a run as it is stored now."""
    if not run_id.isprintable():
        return None
    query = select(ChargeRun).where(ChargeRun.id == run_id)
    if lock:
        query = query.with_for_update(key_share=True)
    return await session.scalar(query, execution_options=_FRESH)


async def run_of(session: AsyncSession, preorder_id: str) -> ChargeRun | None:
    """Return the run that a pre-order belongs to."""
    query = select(ChargeRun).join(PreOrder, PreOrder.run_id == ChargeRun.id)
    found = query.where(PreOrder.id == preorder_id)
    return await session.scalar(found, execution_options=_FRESH)


async def open_run(session: AsyncSession, club_id: str) -> ChargeRun | None:
    """Return a club's run that is not done."""
    query = select(ChargeRun).where(ChargeRun.club_id == club_id, ChargeRun.state != "done")
    return await session.scalar(query, execution_options=_FRESH)


async def runs(session: AsyncSession, *where: ColumnElement[bool], limit: int) -> list[ChargeRun]:
    """Return runs, the newest first."""
    query = select(ChargeRun).where(*where).order_by(ChargeRun.started_at.desc(), ChargeRun.id)
    return list(await session.scalars(query.limit(limit), execution_options=_FRESH))


async def add_run(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Store a run; False when the club has one open, or the clock has had this slot already."""
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = insert(ChargeRun).values(**values).on_conflict_do_nothing().returning(ChargeRun.id)
    return (await session.execute(row)).first() is not None


async def lines(session: AsyncSession, club_id: str, week: str) -> list[PlannedLine]:
    """Group what waits for a run by event, tier, status, and whether it may be charged."""
    may = and_(*chargeable())
    group = (
        PreOrder.event_id,
        PreOrder.tier_id,
        PreOrder.tier_name,
        PreOrder.currency,
        PreOrder.status,
        may,
    )
    query = (
        select(*group, func.count(), func.sum(PreOrder.total))
        .where(*of_weeks(club_id, week), PreOrder.status.in_(WAITING_FOR_RUN))
        .group_by(*group)
        .order_by(*group[:3])
    )
    return [PlannedLine(*row[:5], bool(row[5]), row[6], int(row[7])) for row in
            await session.execute(query)]  # fmt: skip


async def join(session: AsyncSession, run: ChargeRun) -> list[PreOrder]:
    """Take into a run all that may be charged by now; return them as they stand in line."""
    where = [*of_weeks(run.club_id, run.week), *chargeable()]
    found = await session.scalars(
        select(PreOrder).where(*where).order_by(PreOrder.id).with_for_update(key_share=True),
        execution_options=_FRESH,
    )
    chosen = list(found)
    ids = [one.id for one in chosen]
    for start in range(0, len(ids), 500):
        some = PreOrder.id.in_(ids[start : start + 500])
        await session.execute(
            update(PreOrder)
            .where(some)
            .values(run_id=run.id)
            .execution_options(synchronize_session=False)
        )
    return sorted(chosen, key=_place)


def _place(one: PreOrder) -> tuple[int, int, str]:
    rank = _LAST if one.draw_rank is None else one.draw_rank
    return rank, one.confirmed_at or 0, one.id


async def begun(session: AsyncSession, run: ChargeRun) -> int:
    """Count a run's charges whose outcome is open."""
    query = select(func.count()).select_from(PreOrder)
    found = await session.scalar(
        query.where(PreOrder.run_id == run.id, PreOrder.status == "charging")
    )
    return int(found or 0)


async def left(session: AsyncSession, run: ChargeRun) -> int:
    """Count what a run has still to do."""
    begun = and_(PreOrder.run_id == run.id, PreOrder.status == "charging")
    waiting = and_(*of_weeks(run.club_id, run.week), *chargeable())
    found = await session.scalar(select(func.count()).select_from(PreOrder).where(begun | waiting))
    return int(found or 0)


async def nearly_through(session: AsyncSession, run: ChargeRun, most: int) -> bool:
    """Tell whether a run has at most so many left to do; counts no further than that."""
    begun = and_(PreOrder.run_id == run.id, PreOrder.status == "charging")
    waiting = and_(*of_weeks(run.club_id, run.week), *chargeable())
    some = select(PreOrder.id).where(begun | waiting).limit(most + 1)
    return len((await session.scalars(some)).all()) <= most


async def progress(session: AsyncSession, run_id: str) -> list[tuple[str, str, int, int]]:
    """Count a run's pre-orders: (status, currency, how many, their sum)."""
    kinds = (PreOrder.status, PreOrder.currency)
    query = select(*kinds, func.count(), func.sum(PreOrder.total))
    grouped = query.where(PreOrder.run_id == run_id).group_by(*kinds).order_by(*kinds)
    return [(row[0], row[1], row[2], int(row[3])) for row in await session.execute(grouped)]


async def next_in_line(
    session: AsyncSession, of: PreOrder, statuses: Sequence[str]
) -> PreOrder | None:
    """Return, locked, who comes next for a pre-order's ticket and has none set aside."""
    query = (
        select(PreOrder)
        .where(
            PreOrder.club_id == of.club_id,
            PreOrder.event_id == of.event_id,
            PreOrder.tier_id == of.tier_id,
            PreOrder.status.in_(list(statuses)),
            PreOrder.reserved.is_(False),
            PreOrder.payment_method_id != "",
        )
        .order_by(*_LINE)
        .limit(1)
        .with_for_update(key_share=True)
    )
    return await session.scalar(query, execution_options=_FRESH)


async def ids(session: AsyncSession, *where: ColumnElement[bool], limit: int) -> list[str]:
    """Return the ids of some pre-orders."""
    query = select(PreOrder.id).where(*where).order_by(PreOrder.id).limit(limit)
    return list(await session.scalars(query))


def past_deadline(now: Millis) -> list[ColumnElement[bool]]:
    """Select what is paid, has no ticket at its event's deadline, and is not dealt with yet."""
    return [
        PreOrder.status.in_(("paid", "waiting_for_stock")),
        PreOrder.failure_code == "",
        _terms(ClubEvent.ticket_deadline_at <= now),
    ]


def waits_for_native() -> list[ColumnElement[bool]]:
    """Select what is paid and waits for a ticket of the event's own."""
    return [
        PreOrder.status == "waiting_for_stock",
        PreOrder.reserved.is_(False),
        PreOrder.failure_code == "",
        _terms(ClubEvent.stock == "native"),
    ]


def unknown_to_pool() -> list[ColumnElement[bool]]:
    """Select what is paid, gets its ticket from elsewhere, and is not known to wait for one."""
    known = exists(select(Demand.id).where(Demand.id == PreOrder.id))
    return [
        PreOrder.status.in_(("paid", "waiting_for_stock")),
        PreOrder.failure_code == "",
        _terms(ClubEvent.stock != "native"),
        ~known,
    ]
