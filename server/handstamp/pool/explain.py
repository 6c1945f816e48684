"""Why somebody has a ticket or none yet, and why a ticket is with somebody or with nobody."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import tiers_of
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _, ngettext
from handstamp.plumbing.web import Actor
from handstamp.pool.assign_rows import fallback_of
from handstamp.pool.assign_tickets import entry_windows
from handstamp.pool.free_stock import MATCHABLE
from handstamp.pool.match_tickets import similarity
from handstamp.pool.models import Assignment, AssignmentLog, Demand, PoolTicket

_CLOSED = {
    "refunded": lambda: _("The money went back, or is on its way."),
    "dispute_lost": lambda: _("The bank took the money back."),
    "no_ticket": lambda: _("No ticket came until the deadline: the money goes back."),
    "erased": lambda: _("The person was erased."),
}


class Explanation(NamedTuple):
    """A code, and sentences that say the same (translated); the first one is the short answer.

    Codes: exact, any, closest, manual, waiting, closed, unassigned, unmatched, used, void.
    """

    code: str
    sentences: Sequence[str]


async def explain_demand(session: AsyncSession, actor: Actor, demand_id: str) -> Explanation:
    """Say why a pre-order has the ticket it has, or none.

    Raises:
        NotFound: there is no such demand, or it is of somebody else's event.
    """
    demand = await session.get(Demand, demand_id if demand_id.isprintable() else "")
    if demand is None or not actor.may_support(demand.organizer_id):
        raise NotFound(_("There is no such pre-order among yours."))
    if demand.status == "closed":
        return Explanation("closed", await _why_closed(session, demand))
    has = await _current(session, Assignment.demand_id == demand.id)
    if has is not None:
        return await _matched(session, has)
    return Explanation("waiting", await _why_waiting(session, demand))


async def explain_ticket(session: AsyncSession, actor: Actor, ticket_id: str) -> Explanation:
    """Say why a ticket is with whom it is, or with nobody.

    Raises:
        NotFound: there is no such ticket, or it is of somebody else's event.
    """
    ticket = await session.get(PoolTicket, ticket_id if ticket_id.isprintable() else "")
    if ticket is None or not actor.may_support(ticket.organizer_id):
        raise NotFound(_("There is no such ticket among yours."))
    if ticket.status == "void":
        return Explanation("void", [_("It was taken out of the pool.")])
    has = await _current(session, Assignment.ticket_id == ticket.id)
    if has is None:
        return Explanation(ticket.status, await _why_free(session, ticket))
    found = await _matched(session, has)
    if ticket.status == "used":
        return Explanation("used", [_("It was used at the door."), *found.sentences])
    return found


async def _current(session: AsyncSession, whose: ColumnElement[bool]) -> Assignment | None:
    query = select(Assignment).where(whose, Assignment.ended_at.is_(None))
    return await session.scalar(query)


async def _matched(session: AsyncSession, has: Assignment) -> Explanation:
    demand = await session.get_one(Demand, has.demand_id)
    names = await _names(session, has.event_id)
    told = {"wished": names.get(demand.tier_id, ""), "given": names.get(has.tier_id, "")}
    sentences = {
        "exact": _("It was the oldest free ticket of %(given)s when it was this member's turn."),
        "any": _(
            "No ticket of %(wished)s was left, and any variant may be given for this event:"
            " it was the oldest free one, of %(given)s."
        ),
        "closest": _(
            "No ticket of %(wished)s was left; of the others, the entry time of %(given)s"
            " overlaps most (%(score)s %% alike)."
        ),
        "manual": _("Somebody gave this ticket of %(given)s by hand."),
    }
    told["score"] = f"{(has.score or 0) / 10:g}"
    return Explanation(has.how, [sentences[has.how] % told, await _place(session, demand)])


async def _place(session: AsyncSession, demand: Demand) -> str:
    before = await _before(session, demand, Demand.status != "closed")
    text = ngettext(
        "%(number)d member has paid for the same variant before.",
        "%(number)d members have paid for the same variant before.",
        before,
    )
    return text % {"number": before}


async def _before(session: AsyncSession, demand: Demand, where: ColumnElement[bool]) -> int:
    earlier = or_(
        Demand.confirmed_at < demand.confirmed_at,
        and_(Demand.confirmed_at == demand.confirmed_at, Demand.id < demand.id),
    )
    query = select(func.count()).select_from(Demand).where(
        Demand.event_id == demand.event_id, Demand.tier_id == demand.tier_id, earlier, where
    )  # fmt: skip
    return int(await session.scalar(query) or 0)


async def _why_waiting(session: AsyncSession, demand: Demand) -> list[str]:
    names = await _names(session, demand.event_id)
    free = await _free(session, demand.event_id)
    told = {"wished": names.get(demand.tier_id, "")}
    ahead = await _before(session, demand, Demand.status == "waiting")
    if free.get(demand.tier_id, 0) > ahead:
        return [_("A ticket is here, and the next run will give it.")]
    said = [_("No ticket of %(wished)s is free for it.") % told]
    text = ngettext(
        "%(number)d member who paid earlier waits for the same variant.",
        "%(number)d members who paid earlier wait for the same variant.",
        ahead,
    )
    said.append(text % {"number": ahead})
    said.append(await _why_no_other(session, demand, names, free))
    return said


async def _why_no_other(
    session: AsyncSession, demand: Demand, names: dict[str, str], free: dict[str, int]
) -> str:
    others = {tier: number for tier, number in free.items() if tier != demand.tier_id}
    if not others:
        return _("No ticket of another variant is free either.")
    fallback = await fallback_of(session, demand.event_id)
    if fallback == "none":
        return _("Tickets of other variants are free, but this event gives only what was wished.")
    if fallback == "any":
        return _("A ticket of another variant is free, and the next run may give it.")
    windows = await entry_windows(session, demand.event_id)
    own = windows.get(demand.tier_id)
    if own is None:
        return _("The wished variant has no entry time, so none is close to it.")
    near = [tier for tier in others if tier in windows and similarity(own, windows[tier]) > 0]
    if not near:
        return _("No free ticket has an entry time that overlaps with the wished one.")
    return _("A ticket of %(given)s is close enough, and the next run may give it.") % {
        "given": names.get(near[0], "")
    }


async def _why_free(session: AsyncSession, ticket: PoolTicket) -> list[str]:
    names = await _names(session, ticket.event_id)
    told = {"given": names.get(ticket.tier_id, "")}
    waiting = (
        select(Demand.tier_id, func.count())
        .where(Demand.event_id == ticket.event_id, Demand.status == "waiting")
        .group_by(Demand.tier_id)
    )
    waits = {row[0]: int(row[1]) for row in await session.execute(waiting)}
    if waits.get(ticket.tier_id):
        return [_("Members wait for %(given)s: the next run gives it.") % told]
    said = [_("Nobody who has paid waits for a ticket of %(given)s.") % told]
    if waits:
        said.append(_("Members wait for other variants of this event."))
        if await fallback_of(session, ticket.event_id) == "none":
            said.append(_("This event gives only what was wished."))
        else:
            said.append(_("The next run may give it, if it fits."))
    return said


async def _why_closed(session: AsyncSession, demand: Demand) -> list[str]:
    query = (
        select(AssignmentLog.meta_json)
        .where(AssignmentLog.demand_id == demand.id, AssignmentLog.action == "demand.closed")
        .order_by(AssignmentLog.id.desc())
        .limit(1)
    )
    why = json.loads(await session.scalar(query) or "{}").get("why", "")
    return [_CLOSED[why]() if why in _CLOSED else _("It is closed.")]


async def _free(session: AsyncSession, event_id: str) -> dict[str, int]:
    query = (
        select(PoolTicket.tier_id, func.count())
        .where(PoolTicket.event_id == event_id, PoolTicket.status.in_(MATCHABLE))
        .group_by(PoolTicket.tier_id)
    )
    return {row[0]: int(row[1]) for row in await session.execute(query)}


async def _names(session: AsyncSession, event_id: str) -> dict[str, str]:
    return {tier.id: tier.name for tier in await tiers_of(session, event_id, archived=True)}
