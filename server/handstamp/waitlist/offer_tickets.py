"""Offering what is free to those who wait: one after another, held for them, for a while.

One transaction at a time works on an event's list (its row is locked). Locks are taken in one
order: list, offers, people, stock.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs.find_clubs import may_buy
from handstamp.events.find_events import events_by_id, tiers_of_many
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import Millis
from handstamp.kit.ids import new_id
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.jobs import JobContext, enqueue
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets import stock
from handstamp.waitlist import rules, store, waitlist_mails
from handstamp.waitlist.end_cancelled import end_cancelled
from handstamp.waitlist.find_waiting import line_of, owned_waiting, wish_of
from handstamp.waitlist.free_tickets import Free, free_of, free_of_many
from handstamp.waitlist.models import Waiting, Waitlist, WaitOffer
from handstamp.waitlist.withdraw_offers import end_offers, put_back

OFFER_JOB = "waitlist.offer"
SWEEP_JOB = "waitlist.sweep"
PIECE = 50
_log = structlog.get_logger("handstamp.waitlist")


async def queue_offers(
    session: AsyncSession, event_id: str, *, run_at: Millis | None = None
) -> None:
    """Have what became free offered after this transaction, if somebody waits for the event."""
    if run_at is not None or await store.is_waited_for(session, event_id):
        dedupe = f"{OFFER_JOB}:{event_id}" if run_at is None else None
        await enqueue(session, OFFER_JOB, {"event": event_id}, dedupe=dedupe, run_at=run_at)


async def offer_by_job(ctx: JobContext) -> None:
    """Bring one event's list up to date."""
    await bring_up_to_date(ctx.services, str(ctx.args["event"]))
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def sweep_lists(ctx: JobContext) -> None:
    """Bring every list up to date that needs it: the net behind whatever frees tickets."""
    for event_id in await _due(ctx.services):
        await bring_up_to_date(ctx.services, event_id)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def bring_up_to_date(services: Services, event_id: str) -> int:
    """End offers whose time is over, and offer what is free; return how many were made."""
    made = 0
    while True:
        async with services.db.write(actor="waitlist") as session:
            more, number = await _piece(session, services, event_id)
        made += number
        if not more:
            return made


async def _piece(session: AsyncSession, services: Services, event_id: str) -> tuple[bool, int]:
    now = services.clock()
    terms = await store.waitlist(session, event_id, lock=True)
    event = (await events_by_id(session, [event_id])).get(event_id)
    if terms is None or event is None:
        return False, 0
    if event.status == "cancelled":
        return await end_cancelled(session, event.id, now, PIECE), 0
    alive = event.status == "published" and now < event.start_at
    ended = await _end_offers(session, event, now, alive=alive)
    if now >= event.start_at and ended < PIECE:
        await store.end_line(session, event.id, now)
    if not alive or not terms.auto or not services.settings.enable_checkout:
        return ended == PIECE, 0
    made = await _offer_free(session, event, terms, now)
    if ended or made:
        _log.info("waitlist_offers", of_event=event_id, ended=ended, made=made)
    return PIECE in (ended, made), made


async def _end_offers(session: AsyncSession, event: Event, now: Millis, *, alive: bool) -> int:
    """End offers that are due, or all of an event that is not on sale any more."""
    found = await store.open_offers(session, event.id, now if alive else None, PIECE)
    for offer in await end_offers(session, found, "expired", now):
        if not alive and now < event.start_at:
            await put_back(session, offer)
            continue
        values = {"status": "missed" if alive else "ended", "closed_at": now}
        if await store.change_waiting(session, offer.waiting_id, ["offered"], values) and alive:
            person = await store.waiting(session, offer.waiting_id)
            if person is not None:
                await waitlist_mails.queue_missed(session, person)
    return len(found)


async def _offer_free(session: AsyncSession, event: Event, terms: Waitlist, now: Millis) -> int:
    await stock.settle(session)  # what has just ended is free again
    line = await line_of(session, event, terms)
    free = await free_of(session, event, now)
    given = rules.allot(line, free.tiers, free.whole)[:PIECE]
    at = await _offering(session, event, terms, now)
    made = 0
    for one in given:
        person = await store.waiting(session, one.id)
        if person is None:
            continue
        if not await may_buy(session, event, person.user_id):
            gone = {"status": "removed", "closed_at": now}
            await store.change_waiting(session, person.id, ["waiting"], gone)
            made += 1
        elif await _offer(session, at, person, one):
            made += 1
    return made


@dataclass(frozen=True)
class _Offering:
    """What offers of an event are made from at a moment."""

    event: Event
    tiers: Mapping[str, Tier]
    terms: Waitlist
    now: Millis


async def _offering(session: AsyncSession, event: Event, terms: Waitlist, now: Millis) -> _Offering:
    tiers = (await tiers_of_many(session, [event.id]))[event.id]
    return _Offering(event, {tier.id: tier for tier in tiers}, terms, now)


async def _offer(
    session: AsyncSession,
    at: _Offering,
    person: Waiting,
    given: rules.Allotted,
    *,
    by_hand: bool = False,
) -> WaitOffer | None:
    """Hold tickets for somebody and tell them; None, and nothing changed, when they are gone."""
    event, now = at.event, at.now
    tier, qty = at.tiers[given.tier_id], given.qty
    end = rules.offer_end(
        now, at.terms.offer_hours, sales_end_at=tier.sales_end_at, start_at=event.start_at
    )
    if end is None or not await stock.reserve_in(session, event.id, {tier.id: qty}):
        return None
    offer = WaitOffer(
        id=new_id("offer"),
        waiting_id=person.id,
        event_id=event.id,
        tier_id=tier.id,
        qty=qty,
        status="open",
        by_hand=by_hand,
        created_at=now,
        expires_at=end,
        closed_at=None,
    )
    session.add(offer)
    await session.flush()
    values = {"status": "offered", "closed_at": None}
    await store.change_waiting(session, person.id, ["waiting", "missed"], values)
    await waitlist_mails.queue_offer(session, person, offer)
    await queue_offers(session, event.id, run_at=end)
    return offer


async def offer_by_hand(
    session: AsyncSession, services: Services, actor: Actor, waiting_id: str
) -> WaitOffer:
    """Offer somebody tickets out of turn; the same again returns the offer that stands.

    Raises:
        NotFound: there is nobody like that on the actor's lists.
        Conflict: they are not waiting any more, or there are not so many tickets free.
    """
    event, person = await owned_waiting(session, actor, waiting_id)
    terms = await store.waitlist(session, event.id, lock=True)
    person = await store.waiting(session, waiting_id) or person
    known = (await store.offers_of(session, [person.id])).get(person.id)
    if known is not None and known.status in ("open", "ordered"):
        return known
    again = await store.in_line(session, event.id, person.tier_id, person.email)
    elsewhere = again is not None and again.id != person.id  # they came back by another place
    if terms is None or elsewhere or person.status not in ("waiting", "missed"):
        raise Conflict(_("This person does not wait any more."))
    if not await may_buy(session, event, person.user_id):
        raise Conflict(_("This event is for members only, and this person is no member."))
    now = services.clock()
    free = await free_of(session, event, now)
    given = rules.allot([wish_of(person)], free.tiers, free.whole)
    at = await _offering(session, event, terms, now)
    made = await _offer(session, at, person, given[0], by_hand=True) if given else None
    if made is None:
        raise Conflict(_("There are not so many tickets free at this moment."), code="sold_out")
    meta = {"event": event.id, "tier": made.tier_id, "quantity": made.qty}
    await record(
        session, actor, "waitlist.offer", "waiting", person.id,
        organizer_id=event.organizer_id, meta=meta,
    )  # fmt: skip
    return made


async def _due(services: Services) -> list[str]:
    now = services.clock()
    due = []
    async with services.db.read() as session:
        busy = await store.busy_events(session)
        for start in range(0, len(busy), 200):
            events = await events_by_id(session, busy[start : start + 200])
            least = await store.least_of(session, list(events), now)
            free = await free_of_many(session, list(events.values()), now)
            for event_id, event in events.items():
                if await _needs(session, event, free[event_id], least.get(event_id, {}), now):
                    due.append(event_id)
    return due


async def _needs(
    session: AsyncSession, event: Event, free: Free, least: Mapping[str, int], now: Millis
) -> bool:
    if event.status == "cancelled" or now >= event.start_at:
        return True  # somebody waits for what they cannot come to
    alive = event.status == "published"
    if await store.open_offers(session, event.id, now if alive else None, 1):
        return True
    return alive and any(
        rules.keeps_for_list(least, tier_id, room.free) for tier_id, room in free.tiers.items()
    )
