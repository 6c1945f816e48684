"""Finding who waits and who has which ticket from elsewhere, page by page, as far as one may see.

Pre-orders stand in the order in which they are served; tickets in the order in which they go.
Whoever only helps members sees addresses masked and finds them only when typed in full.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from handstamp.events.find_events import events_by_id
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.search import found_in
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.pool.free_stock import MATCHABLE
from handstamp.pool.models import LOST, Assignment, Demand, PoolTicket

PAGE = 50
ORDER_STATES = ("waiting", "assigned", "used", "closed", "lost")
TICKET_STATES = ("unassigned", "unmatched", "free", "void")


@dataclass(frozen=True)
class Filters:
    """What to show; '' is everything.

    `status`: of pre-orders waiting, assigned, used, closed, or lost (the mail came back); of
    tickets unassigned, unmatched, free (either of them) or void. `member`: a part of a name or
    number. `email`: a part of the member's or the ticket's address. `tier_id`: the variant.
    """

    status: str = ""
    member: str = ""
    email: str = ""
    tier_id: str = ""


@dataclass(frozen=True)
class PoolRow:
    """A pre-order with the ticket it has, or a ticket with the pre-order it has; either may lack.

    Times in ms UTC. `score` in thousandths. `tier_id` is what was wished, `ticket_tier_id` what
    the ticket is.
    """

    demand_id: str | None
    number: str | None
    name: str | None
    email: str | None
    status: str | None
    tier_id: str | None
    confirmed_at: Millis | None
    assignment_id: str | None
    how: str | None
    score: int | None
    delivery: str | None
    assigned_at: Millis | None
    handed_at: Millis | None
    ticket_id: str | None
    ticket_email: str | None
    ticket_status: str | None
    ticket_tier_id: str | None
    line: int | None
    uploaded_at: Millis | None
    used_at: Millis | None

    @property
    def state(self) -> str:
        """Its status in one word: of the pre-order; used once its ticket is; else the ticket's."""
        if self.demand_id is None:
            return self.ticket_status or ""
        return "used" if self.ticket_status == "used" else self.status or ""

    @property
    def who(self) -> str:
        """Name whom it is about."""
        return self.name or self.email or self.number or ""


_COLUMNS: tuple[InstrumentedAttribute[Any], ...] = (
    Demand.id, Demand.number, Demand.name, Demand.email, Demand.status, Demand.tier_id,
    Demand.confirmed_at, Assignment.id, Assignment.how, Assignment.score,
    Assignment.delivery_status, Assignment.created_at, Assignment.handed_at, PoolTicket.id,
    PoolTicket.email, PoolTicket.status, PoolTicket.tier_id, PoolTicket.line,
    PoolTicket.created_at, PoolTicket.used_at,
)  # fmt: skip
_CURRENT = Assignment.ended_at.is_(None)


async def pool_event(session: AsyncSession, actor: Actor, event_id: str) -> Event:
    """Return an event whose pool the actor may see: its organizer's people, support too.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    known = event_id.isprintable()
    event = (await events_by_id(session, [event_id])).get(event_id) if known else None
    if event is None or not actor.may_support(event.organizer_id):
        raise NotFound(_("There is no such event among yours."))
    return event


async def find_orders(
    session: AsyncSession,
    actor: Actor,
    event: Event,
    filters: Filters,
    *,
    after: str = "",
    limit: int = PAGE,
) -> list[PoolRow]:
    """Return pre-orders of an event with their tickets, the first confirmed first.

    Args:
        after: id of the last pre-order of the page before.
    """
    of = Demand
    query = (
        select(of.id)
        .where(of.event_id == event.id, *_order_state(event, filters.status))
        .where(*_orders_searched(actor, event, filters))
        .order_by(of.confirmed_at, of.id)
        .limit(limit)
    )
    if filters.tier_id:
        query = query.where(of.tier_id == filters.tier_id)
    last = await session.get(of, after) if after.isprintable() and after else None
    if last is not None:
        same = and_(of.confirmed_at == last.confirmed_at, of.id > last.id)
        query = query.where(or_(of.confirmed_at > last.confirmed_at, same))
    found = query.subquery()
    whole = _of_orders().join(found, found.c.id == of.id).order_by(of.confirmed_at, of.id)
    return await _rows(session, actor, event, whole)


async def find_tickets(
    session: AsyncSession,
    actor: Actor,
    event: Event,
    filters: Filters,
    *,
    after: str = "",
    limit: int = PAGE,
) -> list[PoolRow]:
    """Return tickets of an event with who has them, the first uploaded first.

    Args:
        after: id of the last ticket of the page before.
    """
    of = PoolTicket
    query = (
        select(of.id)
        .where(of.event_id == event.id, *_ticket_state(filters.status))
        .where(*_tickets_searched(actor, event, filters))
        .order_by(of.created_at, of.line, of.id)
        .limit(limit)
    )
    if filters.tier_id:
        query = query.where(of.tier_id == filters.tier_id)
    place = select(of.created_at, of.line, of.id).where(of.id == after)
    last = (await session.execute(place)).first() if after.isprintable() and after else None
    if last is not None:
        below = and_(of.created_at == last[0], of.line == last[1], of.id > last[2])
        further = and_(of.created_at == last[0], of.line > last[1])
        query = query.where(or_(of.created_at > last[0], further, below))
    found = query.subquery()
    whole = _of_tickets().join(found, found.c.id == of.id)
    return await _rows(session, actor, event, whole.order_by(of.created_at, of.line, of.id))


def _of_orders() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .select_from(Demand)
        .outerjoin(Assignment, and_(Assignment.demand_id == Demand.id, _CURRENT))
        .outerjoin(PoolTicket, PoolTicket.id == Assignment.ticket_id)
    )


def _of_tickets() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .select_from(PoolTicket)
        .outerjoin(Assignment, and_(Assignment.ticket_id == PoolTicket.id, _CURRENT))
        .outerjoin(Demand, Demand.id == Assignment.demand_id)
    )


async def one_order(session: AsyncSession, actor: Actor, event: Event, demand_id: str) -> PoolRow:
    """Return one pre-order of an event with its ticket.

    Raises:
        NotFound: the event has no such pre-order.
    """
    query = _of_orders().where(Demand.event_id == event.id, Demand.id == demand_id)
    return await _one(session, actor, event, query, demand_id)


async def one_ticket(session: AsyncSession, actor: Actor, event: Event, ticket_id: str) -> PoolRow:
    """Return one ticket of an event with who has it.

    Raises:
        NotFound: the event has no such ticket.
    """
    query = _of_tickets().where(PoolTicket.event_id == event.id, PoolTicket.id == ticket_id)
    return await _one(session, actor, event, query, ticket_id)


async def _one(
    session: AsyncSession, actor: Actor, event: Event, query: Select[Any], wanted: str
) -> PoolRow:
    found = await _rows(session, actor, event, query) if wanted.isprintable() else []
    if not found:
        raise NotFound(_("There is nothing like that in this event's pool."))
    return found[0]


async def rows_of_tickets(
    session: AsyncSession, event: Event, ticket_ids: Sequence[str]
) -> list[PoolRow]:
    """Return those of some tickets of an event that somebody has, unmasked, for its manager."""
    wanted = [one for one in ticket_ids if one.isprintable()]
    query = (
        select(*_COLUMNS)
        .select_from(Assignment)
        .join(Demand, Demand.id == Assignment.demand_id)
        .join(PoolTicket, PoolTicket.id == Assignment.ticket_id)
        .where(Assignment.event_id == event.id, _CURRENT, Assignment.ticket_id.in_(wanted))
        .order_by(Demand.confirmed_at, Demand.id)
    )
    return [PoolRow(*row) for row in await session.execute(query)]


async def _rows(
    session: AsyncSession, actor: Actor, event: Event, query: Select[Any]
) -> list[PoolRow]:
    found = [PoolRow(*row) for row in await session.execute(query)]
    return found if actor.may_manage(event.organizer_id) else [masked(row) for row in found]


def _order_state(event: Event, status: str) -> list[ColumnElement[bool]]:
    if status in ("waiting", "closed"):
        return [Demand.status == status]
    if status in ("assigned", "used"):
        used = Demand.id.in_(_with_ticket(event, PoolTicket.status == "used"))
        return [Demand.status == "assigned", used if status == "used" else ~used]
    if status == "lost":
        lost = select(Assignment.demand_id).where(Assignment.event_id == event.id, text(LOST))
        return [Demand.id.in_(lost)]
    return [Demand.status != "closed"]


def _ticket_state(status: str) -> list[ColumnElement[bool]]:
    if status == "free":
        return [PoolTicket.status.in_(MATCHABLE)]
    return [PoolTicket.status == status] if status else []


def _with_ticket(event: Event, *where: ColumnElement[bool]) -> Select[Any]:
    """Select the pre-orders whose ticket is so; by themselves, for an index finds those first."""
    return (
        select(Assignment.demand_id)
        .join(PoolTicket, PoolTicket.id == Assignment.ticket_id)
        .where(PoolTicket.event_id == event.id, _CURRENT, *where)
    )


def _with_order(event: Event, *where: ColumnElement[bool]) -> Select[Any]:
    """Select the tickets whose pre-order is so."""
    return (
        select(Assignment.ticket_id)
        .join(Demand, Demand.id == Assignment.demand_id)
        .where(Demand.event_id == event.id, _CURRENT, *where)
    )


def _orders_searched(actor: Actor, event: Event, filters: Filters) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if filters.member:
        where.append(found_in(filters.member, Demand.name, Demand.number))
    if filters.email:
        theirs = _addressed(actor, event, Demand.email, filters.email)
        account = _addressed(actor, event, PoolTicket.email, filters.email)
        where.append(or_(theirs, Demand.id.in_(_with_ticket(event, account))))
    return where


def _tickets_searched(actor: Actor, event: Event, filters: Filters) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if filters.member:
        named = found_in(filters.member, Demand.name, Demand.number)
        where.append(PoolTicket.id.in_(_with_order(event, named)))
    if filters.email:
        theirs = _addressed(actor, event, Demand.email, filters.email)
        account = _addressed(actor, event, PoolTicket.email, filters.email)
        where.append(or_(account, PoolTicket.id.in_(_with_order(event, theirs))))
    return where


def _addressed(
    actor: Actor, event: Event, column: InstrumentedAttribute[str], text_: str
) -> ColumnElement[bool]:
    if actor.may_manage(event.organizer_id):
        return column.icontains(text_, autoescape=True)
    return func.lower(column) == text_.lower()


def masked(row: PoolRow) -> PoolRow:
    """Return a row without the addresses."""
    return replace(
        row,
        email=None if row.email is None else mask_email(row.email),
        ticket_email=None if row.ticket_email is None else mask_email(row.ticket_email),
    )


def mask_email(email: str) -> str:
    """Return the first letter and the site of an address: `a•••@example.org`."""
    name, _at, site = email.partition("@")
    return f"{name[:1]}•••@{site}" if site else "•••"
