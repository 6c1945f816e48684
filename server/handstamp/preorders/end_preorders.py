"""Lets go what has lost its ground: a member who is gone, an offer withdrawn, a club that ended;
and drafts for which no card ever came.

What is charged already, or being charged, goes on.
"""

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.endings import ENDED_JOB, Ending
from handstamp.clubs.find_clubs import club_event, clubs_by_id
from handstamp.clubs.models import ClubMember
from handstamp.clubs.rules import window_of
from handstamp.events.models import Event
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import Services
from handstamp.preorders import preorder_mails, rules, store
from handstamp.preorders.change_status import change_status, let_go
from handstamp.preorders.models import PreOrder

DRAFTS_JOB = "preorders.drafts"
AT_ONCE = 200

__all__ = ["DRAFTS_JOB", "ENDED_JOB", "drop_drafts", "end_preorders"]


async def end_preorders(ctx: JobContext) -> None:
    """Let go the pre-orders of an ending, some at a time, and acknowledge with the last of them."""
    ending = Ending(**ctx.args)
    while True:
        async with ctx.write() as session:
            if await _end_some(session, ctx.services, ending) < AT_ONCE:
                await ctx.acknowledge(session)
                return


async def _end_some(session: AsyncSession, services: Services, ending: Ending) -> int:
    where: list[ColumnElement[bool]] = [
        PreOrder.club_id == ending.club,
        PreOrder.status.in_(rules.UNCHARGED),
    ]
    if await _goes_on_again(session, ending):
        where.append(PreOrder.created_at <= ending.at)
    if ending.member:
        where.append(PreOrder.member_id == ending.member)
    if ending.event:
        where.append(PreOrder.event_id == ending.event)
    ids = await store.ids(session, *where, limit=AT_ONCE)
    for preorder in await store.locked_by_id(session, ids, *where):
        await _end(session, services, ending, preorder)
    await session.flush()
    return len(ids)


async def _goes_on_again(session: AsyncSession, ending: Ending) -> bool:
    """Tell whether what ended has begun anew: then what was placed since then stays.

    Else no time is compared: the clocks of two processes differ.
    """
    if ending.member:
        member = await session.get(ClubMember, ending.member, populate_existing=True)
        return member is not None and member.status == "active"
    if ending.event:
        return (await club_event(session, ending.club, ending.event)).withdrawn_at is None
    return False


async def _end(
    session: AsyncSession, services: Services, ending: Ending, preorder: PreOrder
) -> None:
    terms = await club_event(session, preorder.club_id, preorder.event_id)
    reason = "member" if ending.member else "event" if ending.event else "club"
    by_member = bool(ending.member) or preorder.status == "draft"
    wanted = "cancelled" if by_member else "not_allocated"
    await let_go(session, services, terms, preorder, wanted, ended=reason)
    event = await session.get_one(Event, preorder.event_id)
    if wanted == "not_allocated" and event.status != "cancelled":  # that has a mail of its own
        await session.flush()
        await preorder_mails.queue_not_allocated(session, preorder)


async def drop_drafts(ctx: JobContext) -> None:
    """Cancel drafts whose card cannot come any more."""
    services = ctx.services
    before = services.clock() - rules.KEEP_DRAFT
    async with ctx.write() as session:
        old = (PreOrder.status == "draft", PreOrder.created_at < before)
        for preorder in await store.locked(session, *old):
            club = (await clubs_by_id(session, [preorder.club_id]))[preorder.club_id]
            window = window_of(preorder.week, club.time_zone)
            if not rules.card_in_time(window, services.clock()):
                await change_status(session, services, preorder, "cancelled", reason="abandoned")
        await session.flush()
        await ctx.acknowledge(session)
