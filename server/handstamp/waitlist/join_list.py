"""Joining a waiting list: at once when signed in, else once the mailed link is confirmed."""

from dataclasses import dataclass

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import find_person
from handstamp.clubs.find_clubs import may_buy
from handstamp.events.find_events import published_event, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import HOUR
from handstamp.kit.ids import new_id
from handstamp.plumbing.errors import BadInput, Conflict, Forbidden, NotFound, TooMany
from handstamp.plumbing.limits import hit
from handstamp.plumbing.texts import _, language
from handstamp.plumbing.web import Actor, Services
from handstamp.waitlist import rules, store, waitlist_mails
from handstamp.waitlist.free_tickets import Free, free_of_many, on_sale
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.offer_tickets import queue_offers

ATTEMPTS = 3
BY_NETWORK = 30  # an hour
BY_ADDRESS = 4  # mails with a link within an hour
_log = structlog.get_logger("handstamp.waitlist")


@dataclass(frozen=True)
class Wanted:
    """What somebody waits for; `tier_id` '' is whichever is free first."""

    tier_id: str
    qty: int
    fewer: bool = False
    email: str = ""


@dataclass(frozen=True)
class Joined:
    """How it went: `waiting` when known who it is, else None: a mail with a link is on its way.

    Nothing tells whether an address was on the list already.
    """

    waiting: Waiting | None
    email: str


async def join_list(services: Services, actor: Actor, event_id: str, wanted: Wanted) -> Joined:
    """Join an event's waiting list; the same again changes only how many are wanted.

    Opens transactions of its own, so call it outside of one.

    Raises:
        NotFound: there is no such published event, or no such tier to buy.
        BadInput: that is no address, or so many cannot be waited for.
        Conflict: `code` says why: no_waiting_list, not_on_sale, on_sale, full.
        Forbidden: the event is for members of a club.
        TooMany: this network or address has tried too often.
    """
    known = actor.kind in ("user", "admin") and wanted.email.strip().lower() in ("", actor.email)
    async with services.db.read() as session:
        person = await find_person(session, actor.email if known else wanted.email)
    await hit(services, f"waitlist/{actor.ip}", limit=BY_NETWORK, window_ms=HOUR)
    found = await _join(services, actor, event_id, wanted, email=person.email, known=known)
    if known:
        return Joined(found, person.email)
    await _mail_link(services, found)
    return Joined(None, person.email)


async def _join(
    services: Services, actor: Actor, event_id: str, wanted: Wanted, *, email: str, known: bool
) -> Waiting:
    user_id = actor.id if known else None
    for _attempt in range(ATTEMPTS):
        try:
            async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
                event = await _joinable(session, services, actor, event_id, wanted, known=known)
                kept = await _keep(session, services, event, wanted, email=email, user_id=user_id)
                found, fresh = kept
                if fresh and known:
                    await waitlist_mails.queue_joined(session, found)
                    await queue_offers(session, event.id)
                return found
        except IntegrityError:  # a twin was first; now it is there
            continue
    raise Conflict(_("This was changed at the same time elsewhere. Try again."))


async def _mail_link(services: Services, found: Waiting) -> None:
    """Mail the link; an address that was written to often enough just now is left in peace."""
    bucket = f"waitlist-mail/{found.email}"
    try:
        await hit(services, bucket, limit=BY_ADDRESS, window_ms=HOUR)
    except TooMany:
        _log.info("waitlist_mail_held_back", waiting=found.id)
        return
    async with services.db.write(actor="waitlist") as session:
        await waitlist_mails.queue_link(session, found)


async def _joinable(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    wanted: Wanted,
    *,
    known: bool,
) -> Event:
    event = await published_event(session, event_id)
    if not await may_buy(session, event, actor.id if known else None):
        raise Forbidden(
            _("These tickets are for members of a club. Sign in with the address the club knows.")
        )
    now = services.clock()
    terms = await store.waitlist(session, event.id)
    tiers = [tier for tier in await tiers_of(session, event.id) if tier.visibility == "public"]
    among = [tier for tier in tiers if wanted.tier_id in (rules.ANY, tier.id)]
    if not among:
        raise NotFound(_("There is no such ticket to wait for."))
    free = (await free_of_many(session, [event], now))[event.id]
    least = (await store.least_of(session, [event.id], now)).get(event.id, {})
    problems = [
        rules.join_problem(
            is_open=terms is not None and terms.open,
            on_sale=on_sale(event, tier, now),
            qty=wanted.qty,
            most=tier.max_per_order,
            free=_free(free, tier),
            capacity=tier.capacity,
            kept=rules.keeps_for_list(least, tier.id, _free(free, tier)),
        )
        for tier in among
    ]
    _refuse(problems)
    if (await store.counts(session, event.id)).get("waiting", 0) >= rules.MOST_WAITING:
        raise Conflict(_("This waiting list is full."), code="full")
    return event


def _refuse(problems: list[rules.Refusal | None]) -> None:
    """Refuse what no tier allows; tickets that are left of one tier need not be waited for."""
    left = [one for one in problems if one is not None and one.code == "on_sale"]
    if not left and None in problems:
        return
    problem = left[0] if left else next(one for one in problems if one is not None)
    text = _(problem.message)
    errors = [{"field": problem.field, "message": text}] if problem.field else []
    if problem.field:
        raise BadInput(text, errors=errors, code=problem.code)
    raise Conflict(text, code=problem.code)


def _free(free: Free, tier: Tier) -> int:
    return free.tiers[tier.id].free if tier.id in free.tiers else 0


async def _keep(
    session: AsyncSession,
    services: Services,
    event: Event,
    wanted: Wanted,
    *,
    email: str,
    user_id: str | None,
) -> tuple[Waiting, bool]:
    """Return somebody's place, and whether it is new (or has only now been confirmed)."""
    now, confirmed = services.clock(), user_id is not None
    known = await store.in_line(session, event.id, wanted.tier_id, email)
    if known is not None:
        fresh = confirmed and known.status == "unconfirmed"
        if fresh:
            known.status, known.since, known.user_id = "waiting", now, user_id
        if known.status == "unconfirmed" or (confirmed and known.status == "waiting"):
            known.qty, known.fewer = wanted.qty, wanted.fewer
        await session.flush()
        return known, fresh
    made = Waiting(
        id=new_id("wait"),
        event_id=event.id,
        tier_id=wanted.tier_id,
        qty=wanted.qty,
        fewer=wanted.fewer,
        email=email,
        user_id=user_id,
        language=language(),
        status="waiting" if confirmed else "unconfirmed",
        lift=0,
        since=now,
        created_at=now,
        closed_at=None,
    )
    session.add(made)
    await session.flush()
    return made, True


async def confirm_place(services: Services, found: Waiting) -> Waiting:
    """Take up a place whose link was opened, or take it up again after it had ended.

    The caller has made sure whose it is. Who waits already stays where they are; whoever comes
    back begins at the end. The same again changes nothing.

    Raises:
        NotFound: it was forgotten meanwhile.
        Conflict: the event is over or off, or somebody put this person off the list.
    """
    async with services.db.write(actor="waitlist") as session:
        await store.waitlist(session, found.event_id, lock=True)
        now_there = await store.waiting(session, found.id, lock=True)
        if now_there is None:
            raise NotFound(_("There is no such place on a waiting list that you may see."))
        if now_there.status == "removed":
            raise Conflict(_("The organizer has taken this place off the list."))
        if now_there.status in ("waiting", "offered", "bought"):
            return now_there
        await _take_up(session, services, now_there)
        return now_there


async def _take_up(session: AsyncSession, services: Services, found: Waiting) -> None:
    now = services.clock()
    try:
        event = await published_event(session, found.event_id)
    except NotFound as error:
        raise Conflict(_("This event is not on sale.")) from error
    terms = await store.waitlist(session, event.id)
    if terms is None or not terms.open or now >= event.start_at:
        raise Conflict(_("This event has no waiting list."), code="no_waiting_list")
    other = await store.in_line(session, event.id, found.tier_id, found.email)
    if other is not None and other.id != found.id:
        raise Conflict(_("You are on this list already, by another link of ours."))
    first = found.status == "unconfirmed"
    person = await find_person(session, found.email)
    found.status, found.since, found.closed_at, found.lift = "waiting", now, None, 0
    found.user_id = found.user_id or person.user_id or None
    await session.flush()
    if first:
        await waitlist_mails.queue_joined(session, found)
    await queue_offers(session, event.id)
