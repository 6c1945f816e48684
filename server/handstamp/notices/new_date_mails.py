"""The mail about a new date: for tickets, for pre-orders that are not charged, for who waits."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.models import Club
from handstamp.kit.clock import Millis
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import NoLongerWanted, Prepare, Prepared
from handstamp.notices.models import Notice
from handstamp.notices.notice_mails import prepare
from handstamp.notices.tell_holders import holding
from handstamp.plumbing.local_time import day_and_time, zone_note
from handstamp.plumbing.texts import format_language
from handstamp.plumbing.web import Services
from handstamp.preorders.models import PreOrder
from handstamp.preorders.rules import CHANGEABLE, PAID, UNPAID
from handstamp.preorders.told import page_of, window_of
from handstamp.waitlist.links import link_for
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.rules import WAITING


class Wish(NamedTuple):
    """A pre-order that is not paid; `until`: when its member can still cancel it, '' if not."""

    number: str
    club: str
    charging: bool
    until: str
    link: str


class Place(NamedTuple):
    """A place on the waiting list; `offered`: tickets are kept for it."""

    offered: bool
    link: str


async def prepare_new_date(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what `prepare` does, with what the address has besides tickets.

    Raises:
        NoLongerWanted: the notice is gone, or nothing is left of what they hoped for.
    """
    made = await prepare(services, args)
    async with services.db.read() as session:
        notice = await session.get_one(Notice, args["notice"])
        row, email = await holding(session, str(args["holds"]))
        if row is None:
            raise NoLongerWanted
        wishes = await _wishes(session, services, notice.event_id, email)
        places = await _places(session, services, notice.event_id, email)
        holder = await _holds_ticket(session, row, notice.event_id, email)
    if not (holder or wishes or places):
        raise NoLongerWanted
    values = {**made.values, "holder": holder, "wishes": wishes, "places": places}
    unpaid = isinstance(row, Waiting) or (isinstance(row, PreOrder) and row.status not in PAID)
    return replace(made, values={**values, "link": "" if unpaid else made.values["link"]})


PREPARERS: dict[str, Prepare] = {"event_postponed": prepare_new_date}


async def _holds_ticket(session: AsyncSession, row: Any, event_id: str, email: str) -> bool:
    # Whoever bought or was given something stands for the address before a pre-order does.
    if not isinstance(row, PreOrder | Waiting):
        return True
    paid = select(PreOrder.id).where(
        PreOrder.event_id == event_id,
        func.lower(PreOrder.email) == email.lower(),
        PreOrder.status.in_(PAID),
    )
    return await session.scalar(paid.limit(1)) is not None


async def _wishes(
    session: AsyncSession, services: Services, event_id: str, email: str
) -> list[Wish]:
    query = select(PreOrder, Club).join(Club, Club.id == PreOrder.club_id)
    query = query.where(
        PreOrder.event_id == event_id,
        func.lower(PreOrder.email) == email.lower(),
        PreOrder.status.in_(UNPAID),
    )
    now = services.clock()
    found = await session.execute(query.order_by(PreOrder.created_at, PreOrder.id))
    return [
        Wish(
            number=preorder.number,
            club=one_line(club.name),
            charging=preorder.status not in CHANGEABLE,
            until=_until(club, preorder, now),
            link=page_of(services.settings, preorder.id),
        )
        for preorder, club in found
    ]


def _until(club: Club, preorder: PreOrder, now: Millis) -> str:
    closes = window_of(club, preorder).closes
    if now >= closes or preorder.status not in CHANGEABLE:
        return ""
    last = closes - 1
    when = day_and_time(last, club.time_zone, format_language())
    return f"{when} ({zone_note(last, club.time_zone)})"


async def _places(
    session: AsyncSession, services: Services, event_id: str, email: str
) -> list[Place]:
    query = select(Waiting).where(
        Waiting.event_id == event_id,
        func.lower(Waiting.email) == email.lower(),
        Waiting.status.in_(WAITING),
    )
    found = await session.scalars(query.order_by(Waiting.since, Waiting.id))
    return [Place(one.status == "offered", link_for(services.settings, one)) for one in found]
