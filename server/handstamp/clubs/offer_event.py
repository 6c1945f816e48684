"""Offering an event to a club's members, changing the terms, taking it back."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs import rules, store
from handstamp.clubs.draw_seed import promise
from handstamp.clubs.endings import Ending, tell_ended
from handstamp.clubs.find_clubs import Offered, club_event, club_of, offer_of
from handstamp.clubs.models import Club, ClubEvent
from handstamp.clubs.shapes import NewOffer, OfferChange
from handstamp.clubs.supply import still_reserved
from handstamp.events.find_events import owned_event, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.set_prices import terms_of
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.money_text import price
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

_ALWAYS = ("ticket_deadline_at", "auto_fill")
_TERMS = ("week", "charge_mode", "stock", "allocation", "ticket_deadline_at", "auto_fill")


async def offer_event(
    session: AsyncSession, services: Services, actor: Actor, club_id: str, new: NewOffer
) -> Offered:
    """Let a club's members pre-order an event in a week; one that was withdrawn comes again.

    Raises:
        NotFound: the club or the event is not the actor's.
        Conflict: the club has it already, or is archived, or the event is.
        BadInput: the week is over, cards would be charged after the event begins, the deadline
            does not fit, or a member price is below what a card can be charged.
    """
    club = await _living(session, actor, club_id)
    event = await _own_event(session, actor, club, new.event_id)
    known = await store.club_event(session, club.id, event.id, lock=True)
    if known is not None and known.withdrawn_at is None:
        raise Conflict(_("This club offers that event already."), code="offered")
    if known is not None and await still_reserved(session, known, handed=new.stock != known.stock):
        raise Conflict(
            _("Pre-orders from before are still being let go. Try again in a minute."),
            code="letting_go",
        )
    now = services.clock()
    tiers = await tiers_of(session, event.id)
    terms = known or ClubEvent(club_id=club.id, event_id=event.id, created_at=now)
    terms.week = new.week or rules.week_of(now, club.time_zone)
    terms.charge_mode, terms.stock, terms.allocation = new.charge_mode, new.stock, new.allocation
    terms.ticket_deadline_at = (
        event.start_at if new.ticket_deadline_at is None else new.ticket_deadline_at
    )
    terms.auto_fill = new.auto_fill
    terms.updated_at, terms.withdrawn_at = now, None
    offer = offer_of(club, terms, event, tiers, await terms_of(session, event))
    if event.tax_mode == "stripe":
        raise BadInput(_(rules.STRIPE_TAX), code="stripe_tax")
    _check(offer, now)
    check_prices(club, tiers)
    _promise(services, terms)
    session.add(terms)
    await session.flush()
    await _declare(session, terms, tiers, new.declared)
    await _note(
        session, actor, offer, "club.offer_event", {name: getattr(terms, name) for name in _TERMS}
    )
    return offer


async def edit_offer(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    club_id: str,
    event_id: str,
    *,
    change: OfferChange,
) -> Offered:
    """Change the terms; once the week has begun only the deadline and what is declared.

    Raises:
        NotFound: the club is not the actor's, or does not offer the event.
        Conflict: the week has begun, or more is reserved than would be declared.
        BadInput: as `offer_event`.
    """
    club = await _living(session, actor, club_id)
    terms = await _offered(session, club, event_id)
    event = await _own_event(session, actor, club, event_id)
    tiers = await tiers_of(session, event.id)
    now = services.clock()
    values = {
        name: value
        for name, value in change.model_dump(exclude={"declared"}, exclude_unset=True).items()
        if value is not None and value != getattr(terms, name)
    }
    begun = now >= rules.window_of(terms.week, club.time_zone).opens
    if begun and not set(values) <= set(_ALWAYS):
        raise Conflict(
            _("The week has begun: only the deadline and the declared tickets can change now."),
            code="begun",
        )
    for name, value in values.items():
        setattr(terms, name, value)
    offer = offer_of(club, terms, event, tiers, await terms_of(session, event))
    if values:
        _check(offer, now)
    if "allocation" in values:
        _promise(services, terms)
    terms.updated_at = now
    await session.flush()
    await _declare(session, terms, tiers, change.declared)
    if values or change.declared:
        meta = {**values, "declared": sum(change.declared.values())}
        await _note(session, actor, offer, "club.edit_offer", meta)
    return offer


async def withdraw_event(
    session: AsyncSession, services: Services, actor: Actor, club_id: str, event_id: str
) -> Offered:
    """Take an event back: what was pre-ordered and is not charged is let go, with a mail.

    The same again changes nothing.

    Raises:
        NotFound: the club is not the actor's, or never offered the event.
    """
    club = await club_of(session, actor, club_id)
    terms = await club_event(session, club.id, event_id, lock=True)
    event = await owned_event(session, actor, event_id)
    added = await terms_of(session, event)
    offer = offer_of(club, terms, event, await tiers_of(session, event.id), added)
    if terms.withdrawn_at is None:
        terms.withdrawn_at = terms.updated_at = services.clock()
        await session.flush()
        await tell_ended(session, Ending(club.id, terms.withdrawn_at, event=event.id))
        await _note(session, actor, offer, "club.withdraw_event", {})
    return offer


def check_prices(club: Club, tiers: Sequence[Tier]) -> None:
    """Refuse an event whose member prices cannot be charged to a card.

    Tiers without a price are not offered, and nothing is said of them.

    Raises:
        BadInput: a price is too low after the club's discount, or none is left.
    """
    priced = [tier for tier in tiers if tier.price_cents]
    for tier in priced:
        total = rules.member_price(tier.price_cents, club.discount_bp).total
        least = rules.least_total(total, tier.currency)
        if least:
            told = _("%(tier)s would cost members %(total)s; a card is charged %(least)s at least.")
            amounts = {
                "total": price(total, tier.currency),
                "least": price(least, tier.currency),
            }
            message = told % {"tier": tier.name, **amounts}
            raise BadInput(
                message, code="too_cheap", errors=[{"tier": tier.id, "message": message}]
            )
    if not priced:
        raise BadInput(
            _("This event has no tickets with a price: a pre-order charges a card."),
            code="too_cheap",
        )


def _check(offer: Offered, now: int) -> None:
    if now >= offer.window.closes:
        raise _wrong("week", _("That week is over."))
    if rules.begins_too_early(offer.charge_at, offer.event.start_at):
        raise _wrong("week", _("The event would begin before the cards of that week are charged."))
    deadline = offer.terms.ticket_deadline_at
    if not rules.deadline_fits(offer.charge_at, deadline, offer.event.end_at):
        told = _("The deadline for tickets lies after the charging and before the event ends.")
        raise _wrong("ticket_deadline_at", told)


def _promise(services: Services, terms: ClubEvent) -> None:
    if terms.allocation == "draw":
        terms.draw_commitment, terms.draw_seed = promise(
            services, terms, os.urandom(rules.SEED_BYTES)
        )
    else:
        terms.draw_commitment, terms.draw_seed = "", None
    terms.draw_revealed_at = None


async def _declare(
    session: AsyncSession, terms: ClubEvent, tiers: Sequence[Tier], declared: Mapping[str, int]
) -> None:
    if declared and terms.stock != "declared":
        raise _wrong("declared", _("A number is only declared of tickets that are promised."))
    for tier_id in sorted(declared):
        if tier_id not in {tier.id for tier in tiers}:
            raise _wrong("declared", _("There is no such tier in this event."))
        fits = await store.declare(
            session, terms.club_id, terms.event_id, tier_id, declared[tier_id]
        )
        if not fits:
            raise Conflict(
                _("More tickets are reserved already than you would declare."), code="reserved"
            )


async def _living(session: AsyncSession, actor: Actor, club_id: str) -> Club:
    club = await club_of(session, actor, club_id)
    if club.archived_at is not None:
        raise Conflict(_("This club has ended."), code="archived")
    return club


async def _own_event(session: AsyncSession, actor: Actor, club: Club, event_id: str) -> Event:
    event = await owned_event(session, actor, event_id)
    if event.organizer_id != club.organizer_id:
        raise NotFound(_("There is no such event among yours."))
    if event.status in ("archived", "cancelled"):
        raise Conflict(_("This event is archived or cancelled."), code="archived")
    return event


async def _offered(session: AsyncSession, club: Club, event_id: str) -> ClubEvent:
    terms = await club_event(session, club.id, event_id, lock=True)
    if terms.withdrawn_at is not None:
        raise NotFound(_("This club does not offer that event."))
    return terms


def _wrong(field: str, message: str) -> BadInput:
    return BadInput(message, errors=[{"field": field, "message": message}])


async def _note(
    session: AsyncSession, actor: Actor, offer: Offered, action: str, meta: dict[str, Any]
) -> None:
    club = offer.club
    about = {"club": club.id, **meta}
    await record(
        session,
        actor,
        action,
        "event",
        offer.event.id,
        organizer_id=club.organizer_id,
        meta=about,
    )
