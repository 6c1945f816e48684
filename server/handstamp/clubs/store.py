"""Queries of the clubs room; private to it."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Select, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.models import Club, ClubEvent, ClubInvite, ClubMember, ClubStock
from handstamp.kit.clock import Millis
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.search import found_in

_QUIET = {"synchronize_session": False}


async def club(
    session: AsyncSession, club_id: str, *, lock: bool = False, share: bool = False
) -> Club | None:
    """Return a club as it is stored now, locked if asked; with `share` only against changes."""
    if not club_id.isprintable():
        return None
    query = select(Club).where(Club.id == club_id)
    if lock or share:
        query = query.with_for_update(key_share=not share, read=share)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def clubs(
    session: AsyncSession, organizers: Collection[str] | None, *, archived: bool
) -> Sequence[Club]:
    """Return the clubs of organizers (None: of all) by name."""
    query = select(Club).order_by(Club.name, Club.id)
    if organizers is not None:
        query = query.where(Club.organizer_id.in_(list(organizers)))
    if not archived:
        query = query.where(Club.archived_at.is_(None))
    return (await session.scalars(query)).all()


async def clubs_by_id(session: AsyncSession, club_ids: Collection[str]) -> Sequence[Club]:
    """Return several clubs."""
    return (await session.scalars(select(Club).where(Club.id.in_(list(club_ids))))).all()


async def member(
    session: AsyncSession, club_id: str, *where: ColumnElement[bool], lock: bool = False
) -> ClubMember | None:
    """Return a member of a club; locked until the transaction ends if asked."""
    query = select(ClubMember).where(ClubMember.club_id == club_id, *where)
    if lock:
        query = query.with_for_update(key_share=True)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def members(
    session: AsyncSession,
    club_id: str,
    *,
    words: str,
    statuses: Sequence[str],
    after: tuple[str, str] | None,
    limit: int,
) -> Sequence[ClubMember]:
    """Return a club's members by e-mail; `after` is e-mail and id of the last one before."""
    query = select(ClubMember).where(
        ClubMember.club_id == club_id, ClubMember.status.in_(list(statuses))
    )
    if words:
        query = query.where(found_in(words, ClubMember.email, ClubMember.name))
    if after is not None:
        email, last = after
        later = and_(ClubMember.email == email, ClubMember.id > last)
        query = query.where(or_(ClubMember.email > email, later))
    query = query.order_by(ClubMember.email, ClubMember.id).limit(limit)
    return (await session.scalars(query)).all()


async def member_counts(
    session: AsyncSession, club_ids: Collection[str]
) -> dict[tuple[str, str], int]:
    """Count members by (club id, status)."""
    query = (
        select(ClubMember.club_id, ClubMember.status, func.count())
        .where(ClubMember.club_id.in_(list(club_ids)))
        .group_by(ClubMember.club_id, ClubMember.status)
    )
    return {(row[0], row[1]): row[2] for row in await session.execute(query)}


async def known_emails(
    session: AsyncSession, club_id: str, emails: Sequence[str]
) -> dict[str, ClubMember]:
    """Return those of some addresses that are in a club in any way, locked, by address."""
    found: dict[str, ClubMember] = {}
    for start in range(0, len(emails), 500):
        some = list(emails[start : start + 500])
        query = select(ClubMember).where(ClubMember.club_id == club_id, ClubMember.email.in_(some))
        query = query.order_by(ClubMember.id).with_for_update(key_share=True)
        found |= {row.email: row for row in await session.scalars(query)}
    return found


async def memberships(
    session: AsyncSession, where: ColumnElement[bool], statuses: Sequence[str]
) -> Sequence[tuple[ClubMember, Club]]:
    """Return memberships with their living clubs, by the club's name."""
    query = (
        select(ClubMember, Club)
        .join(Club, Club.id == ClubMember.club_id)
        .where(where, ClubMember.status.in_(list(statuses)), Club.archived_at.is_(None))
        .order_by(Club.name, Club.id)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


def buyers(
    event_id: str, user_ids: Collection[str], moment: Millis | None = None
) -> Select[str | None]:
    """Return the query of who of some people is in a club that has an event.

    `moment`: was then (left since counts too); None: is now.
    """
    query = (
        select(ClubMember.user_id)
        .join(ClubEvent, ClubEvent.club_id == ClubMember.club_id)
        .join(Club, Club.id == ClubMember.club_id)
        .where(ClubEvent.event_id == event_id, ClubMember.user_id.in_(list(user_ids)))
    )
    if moment is None:
        return query.where(
            ClubMember.status == "active",
            ClubEvent.withdrawn_at.is_(None),
            Club.archived_at.is_(None),
        )
    stayed = or_(ClubMember.ended_at.is_(None), ClubMember.ended_at >= moment)
    return query.where(ClubMember.joined_at <= moment, stayed)


async def invite(
    session: AsyncSession, *where: ColumnElement[bool], lock: bool = False
) -> ClubInvite | None:
    """Return an invite; locked until the transaction ends if asked."""
    query = select(ClubInvite).where(*where)
    if lock:
        query = query.with_for_update()
    return await session.scalar(query, execution_options={"populate_existing": True})


async def invites(session: AsyncSession, club_id: str) -> Sequence[ClubInvite]:
    """Return a club's invites, the newest first."""
    query = select(ClubInvite).where(ClubInvite.club_id == club_id)
    query = query.order_by(ClubInvite.created_at.desc(), ClubInvite.id.desc())
    return (await session.scalars(query)).all()


async def use_invite(session: AsyncSession, invite_id: str, now: Millis) -> bool:
    """Count one use of an invite that is still good; False when it is not."""
    return await change(
        session,
        ClubInvite,
        {"uses": ClubInvite.uses + 1},
        ClubInvite.id == invite_id,
        ClubInvite.revoked_at.is_(None),
        or_(ClubInvite.expires_at.is_(None), ClubInvite.expires_at > now),
        or_(ClubInvite.most_uses.is_(None), ClubInvite.uses < ClubInvite.most_uses),
    )


async def club_event(
    session: AsyncSession, club_id: str, event_id: str, *, lock: bool = False, share: bool = False
) -> ClubEvent | None:
    """Return an event as a club has it, locked if asked; with `share` only against changes."""
    if not (club_id.isprintable() and event_id.isprintable()):
        return None
    query = select(ClubEvent).where(ClubEvent.club_id == club_id, ClubEvent.event_id == event_id)
    if lock or share:
        query = query.with_for_update(key_share=not share, read=share)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def club_events(
    session: AsyncSession, *where: ColumnElement[bool], withdrawn: bool = False
) -> Sequence[ClubEvent]:
    """Return events as clubs have them, the latest week first."""
    query = select(ClubEvent).where(*where)
    if not withdrawn:
        query = query.where(ClubEvent.withdrawn_at.is_(None))
    query = query.order_by(ClubEvent.week.desc(), ClubEvent.created_at, ClubEvent.event_id)
    return (await session.scalars(query)).all()


async def stocks(
    session: AsyncSession, club_id: str, event_ids: Collection[str]
) -> list[ClubStock]:
    """Return what a club was promised for events, by event and tier."""
    query = select(ClubStock).where(
        ClubStock.club_id == club_id, ClubStock.event_id.in_(list(event_ids))
    )
    query = query.order_by(ClubStock.event_id, ClubStock.tier_id)
    found = await session.scalars(query, execution_options={"populate_existing": True})
    return list(found)


async def declare(
    session: AsyncSession, club_id: str, event_id: str, tier_id: str, declared: int
) -> bool:
    """Set how many tickets of a tier a club was promised; False when more are reserved."""
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    keys = {"club_id": club_id, "event_id": event_id, "tier_id": tier_id}
    row = insert(ClubStock).values(**keys, declared=0, reserved=0)
    await session.execute(row.on_conflict_do_nothing())
    return await change(
        session,
        ClubStock,
        {"declared": declared},
        *(getattr(ClubStock, name) == value for name, value in keys.items()),
        ClubStock.reserved <= declared,
    )


async def move_stock(session: AsyncSession, event: ClubEvent, tier_id: str, by: int) -> bool:
    """Reserve (above 0) or give back (below) declared stock; False when there is not so much."""
    room = ClubStock.reserved + by <= ClubStock.declared
    return await change(
        session,
        ClubStock,
        {"reserved": ClubStock.reserved + by},
        ClubStock.club_id == event.club_id,
        ClubStock.event_id == event.event_id,
        ClubStock.tier_id == tier_id,
        room if by > 0 else ClubStock.reserved + by >= 0,
    )


async def change(
    session: AsyncSession, model: Any, values: dict[str, Any], *where: ColumnElement[bool]
) -> bool:
    """Change a row if it still fits; tell whether one did."""
    result: CursorResult[Any] = await session.execute(  # type: ignore[assignment]
        update(model).where(*where).values(**values).execution_options(**_QUIET)
    )
    return bool(result.rowcount)
