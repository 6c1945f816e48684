"""A member pre-orders one ticket: limits and window checked, price frozen, card asked for.

Everything that counts is decided under the member's lock, in one transaction; the page that
takes the card is opened after it.
"""

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.find_profile import language_for, profile_of
from handstamp.clubs.find_clubs import Offered, club_event, living_club, member_of, offer_of
from handstamp.clubs.models import Club, ClubMember
from handstamp.clubs.rules import MemberSum
from handstamp.events.find_events import published_event, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.price_rules import written
from handstamp.events.set_prices import terms_of
from handstamp.kit.ids import new_id, new_number
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.money_text import money
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.preorders import rules, store
from handstamp.preorders.change_status import change_status, tell
from handstamp.preorders.charge_account import charge_account
from handstamp.preorders.models import PreOrder
from handstamp.preorders.refusals import refused
from handstamp.preorders.save_card import ask_for_card, use_card

ATTEMPTS = 3


@dataclass(frozen=True)
class Wish:
    """What a member wants; `agreed` to the mandate. `card_id`: a saved card, '' asks for one."""

    club_id: str
    event_id: str
    tier_id: str
    agreed: bool
    card_id: str = ""


@dataclass(frozen=True)
class Placed:
    """A pre-order, and the page on which its card is given ('' when it has one)."""

    preorder: PreOrder
    card_url: str = ""


async def place(services: Services, actor: Actor, wish: Wish) -> Placed:
    """Place a pre-order: with a saved card it is pending at once, else a draft that waits for one.

    The same event again takes up the unfinished one; unfinished ones of other events give way
    where the week has no room for both.

    Raises:
        BadInput: the mandate was not agreed to.
        NotFound: there is no such club, offer, tier or card for this person.
        Conflict: `code` not_yet, closed, already, week_limit, or cannot_sell.
        SwitchedOff: the payment service does not answer; placing again is safe.
    """
    if not wish.agreed:
        message = _("Agree that your card may be charged, or nothing can be pre-ordered.")
        raise BadInput(message, code="agreed", errors=[{"field": "agreed", "message": message}])
    preorder = await _placed(services, actor, wish)
    if preorder.status != "draft":
        return Placed(preorder)
    return Placed(preorder, await ask_for_card(services, preorder.id))


async def _placed(services: Services, actor: Actor, wish: Wish) -> PreOrder:
    for _attempt in range(ATTEMPTS):
        try:
            async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
                return await _place(session, services, actor, wish)
        except IntegrityError:  # the number was taken
            continue
    raise Conflict(_("Your pre-order was changed at the same time elsewhere. Try again."))


async def _place(session: AsyncSession, services: Services, actor: Actor, wish: Wish) -> PreOrder:
    club, member = await member_for(session, actor, wish.club_id)
    offer = await _offer(session, club, wish.event_id)
    tier = tier_in(offer, wish.tier_id)
    draft = await _make_room(session, services, member, offer)
    preorder = draft or await _new(session, services, offer, member, actor)
    await freeze(session, services, preorder, offer, tier)
    where = await charge_account(session, club)
    preorder.account, preorder.charge_type = where
    session.add(preorder)
    await session.flush()
    await record(
        session,
        actor,
        "preorder.place",
        "preorder",
        preorder.id,
        organizer_id=preorder.organizer_id,
        meta={"event": offer.event.id, "club": club.id, "tier": tier.id, "total": preorder.total},
    )
    if wish.card_id:
        await use_card(session, services, preorder, wish.card_id, actor=actor)
    tell(session, services, preorder)
    return preorder


async def member_for(session: AsyncSession, actor: Actor, club_id: str) -> tuple[Club, ClubMember]:
    """Return a club and the actor's membership, locked until the transaction ends.

    Raises:
        NotFound: they are no member; whether there is such a club is not told.
    """
    club = await living_club(session, club_id, share=True)
    member = await member_of(session, club.id, actor.id, lock=True) if club else None
    if club is None or member is None:
        raise NotFound(_("You are not a member of that club."))
    return club, member


def tier_in(offer: Offered, tier_id: str) -> Tier:
    """Return a tier that members may choose.

    Raises:
        NotFound: it is none of them.
    """
    found = next((tier for tier in offer.tiers if tier.id == tier_id), None)
    if found is None:
        raise NotFound(_("There is no such ticket for members of this club."))
    return found


async def freeze(
    session: AsyncSession, services: Services, preorder: PreOrder, offer: Offered, tier: Tier
) -> None:
    """Write the tier and its price now into a pre-order, and what its member agrees to."""
    priced = offer.prices[tier.id]
    preorder.tier_id, preorder.tier_name = tier.id, tier.name
    preorder.currency = tier.currency
    preorder.price, preorder.discount, preorder.total = priced.price, priced.discount, priced.total
    preorder.fee, preorder.tax = priced.fee, priced.tax
    preorder.taxes_json = written(priced.taxes)
    preorder.application_fee = application_fee(offer.club, priced)
    preorder.mandate_text = await mandate(session, offer, tier)
    preorder.mandate_at = preorder.updated_at = services.clock()


def application_fee(club: Club, priced: MemberSum) -> int:
    """Return what Stripe keeps back for the platform; nothing where the platform itself sells."""
    return 0 if club.charge_account == "platform" else min(priced.share, priced.total)


async def mandate(session: AsyncSession, offer: Offered, tier: Tier) -> str:
    """Return what a member agrees to before their card is taken, in the reader's language."""
    profile = await profile_of(session, offer.club.organizer_id)
    return _(rules.MANDATE) % {
        "organizer": profile.seller,
        "total": money(offer.prices[tier.id].total, tier.currency),
        "time": rules.spoken_time(offer.club.charge_at),
        "weekday": _(rules.WEEKDAYS[offer.club.charge_weekday]),
    }


async def _offer(session: AsyncSession, club: Club, event_id: str) -> Offered:
    terms = await club_event(session, club.id, event_id, share=True)
    if terms.withdrawn_at is not None:
        raise NotFound(_("This club does not offer that event."))
    event = await published_event(session, event_id)
    if problem := tax_problem(event):
        raise Conflict(problem, code="cannot_sell")
    added = await terms_of(session, event)
    return offer_of(club, terms, event, await tiers_of(session, event.id), added)


def tax_problem(event: Event) -> str:
    """Return why an event's taxes cannot be known before a card is charged; '' when they can."""
    if event.tax_mode != "stripe":
        return ""
    return _("The taxes of this event are worked out on Stripe's page. It cannot be pre-ordered.")


async def _make_room(
    session: AsyncSession, services: Services, member: ClubMember, offer: Offered
) -> PreOrder | None:
    """Check window and limits, let unfinished ones give way; return the one to take up again."""
    closed = rules.window_refusal(offer.window, services.clock())
    if closed is not None:
        raise refused(closed)
    week = await store.of_member_in_week(session, member.id, offer.terms.week)
    ever = await store.of_member_for_event(session, member.id, offer.event.id)
    known = {one.id: one for one in [*week, *ever]}
    placed = [rules.Placed(one.id, one.event_id, one.status) for one in week]
    others = [one for one in ever if one.week != offer.terms.week and one.status in rules.OPEN]
    limit = rules.limit_refusal(placed, offer.event.id, offer.club.per_week)
    if limit is None and others:
        limit = rules.ALREADY
    if limit is not None:
        raise refused(limit)
    for preorder_id in rules.in_the_way(placed, offer.event.id, offer.club.per_week):
        await change_status(session, services, known[preorder_id], "cancelled", reason="replaced")
    own = (one for one in week if one.event_id == offer.event.id and one.status == "draft")
    return next(own, None)


async def _new(
    session: AsyncSession, services: Services, offer: Offered, member: ClubMember, actor: Actor
) -> PreOrder:
    return PreOrder(
        id=new_id("po"),
        number=new_number("HP"),
        club_id=offer.club.id,
        member_id=member.id,
        user_id=actor.id,
        organizer_id=offer.club.organizer_id,
        event_id=offer.event.id,
        week=offer.terms.week,
        email=member.email,
        name=member.name,
        language=await language_for(session, offer.club.organizer_id),
        status="draft",
        created_at=services.clock(),
    )
