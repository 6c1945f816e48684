"""A member changes or cancels a pre-order, until the week is over."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs import supply
from handstamp.clubs.find_clubs import Offered, club_event, clubs_by_id, offer_of
from handstamp.clubs.models import ClubEvent
from handstamp.events.find_events import events_by_id, tiers_of
from handstamp.events.set_prices import terms_of
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.preorders import rules, store
from handstamp.preorders.change_status import let_go, tell
from handstamp.preorders.models import PreOrder
from handstamp.preorders.refusals import refused
from handstamp.preorders.request_preorder import Placed, freeze, tax_problem, tier_in
from handstamp.preorders.save_card import ask_for_card, use_card


@dataclass(frozen=True)
class Change:
    """What shall be another: the tier, the card (a saved one by id), or `new_card` asks for one."""

    tier_id: str = ""
    card_id: str = ""
    new_card: bool = False


async def change_preorder(
    services: Services, actor: Actor, preorder_id: str, change: Change
) -> Placed:
    """Change a pre-order of the actor's; the page for a new card is opened after the rest.

    The card it has stays until another one has been given. Another tier has its price of now.

    Raises:
        NotFound: it is not the actor's, or there is no such tier or card.
        Conflict: the deadline is over, it is being charged, no ticket of that kind is left, or its
            taxes cannot be known before a card is charged.
        SwitchedOff: the payment service does not answer.
    """
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        preorder, offer = await _changeable(session, services, actor, preorder_id)
        if change.tier_id and change.tier_id != preorder.tier_id:
            await _change_tier(session, services, actor, preorder, offer, tier_id=change.tier_id)
        if change.card_id:
            await use_card(session, services, preorder, change.card_id, actor=actor)
        await session.flush()
    if change.new_card:
        return Placed(preorder, await ask_for_card(services, preorder.id))
    return Placed(preorder)


async def cancel_preorder(
    session: AsyncSession, services: Services, actor: Actor, preorder_id: str
) -> PreOrder:
    """Cancel a pre-order of the actor's: nothing is charged, and its week is free again.

    The same again changes nothing.

    Raises:
        NotFound: it is not the actor's.
        Conflict: the deadline is over, or it is being charged.
    """
    preorder = await own_preorder(session, actor, preorder_id, lock=True)
    if preorder.status == "cancelled":
        return preorder
    preorder, offer = await _changeable(session, services, actor, preorder_id)
    await let_go(session, services, offer.terms, preorder, "cancelled", actor=actor)
    await session.flush()
    return preorder


async def own_preorder(
    session: AsyncSession, actor: Actor, preorder_id: str, *, lock: bool = False
) -> PreOrder:
    """Return a pre-order of the actor's own.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = await store.preorder(session, preorder_id, lock=lock)
    if found is None or found.user_id != actor.id:
        raise NotFound(_("There is no such pre-order of yours."))
    return found


async def _changeable(
    session: AsyncSession, services: Services, actor: Actor, preorder_id: str
) -> tuple[PreOrder, Offered]:
    preorder = await own_preorder(session, actor, preorder_id, lock=True)
    offer = await offer_of_preorder(session, preorder)
    refusal = rules.change_refusal(preorder.status, offer.window, services.clock())
    if refusal is not None:
        raise refused(refusal)
    return preorder, offer


async def offer_of_preorder(session: AsyncSession, preorder: PreOrder) -> Offered:
    """Return what a pre-order was placed under; its window is that of its own week."""
    club = (await clubs_by_id(session, [preorder.club_id]))[preorder.club_id]
    terms: ClubEvent = await club_event(session, preorder.club_id, preorder.event_id)
    event = (await events_by_id(session, [preorder.event_id]))[preorder.event_id]
    added = await terms_of(session, event)
    return offer_of(club, terms, event, await tiers_of(session, event.id), added)


async def _change_tier(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    preorder: PreOrder,
    offer: Offered,
    *,
    tier_id: str,
) -> None:
    if problem := tax_problem(offer.event):
        raise Conflict(problem, code="cannot_sell")
    tier = tier_in(offer, tier_id)
    was = preorder.tier_id
    if preorder.reserved and not await supply.swap(session, offer.terms, was, tier.id):
        raise Conflict(
            _("No ticket of that kind is left. Your pre-order stays as it is."),
            code="sold_out",
        )
    await freeze(session, services, preorder, offer, tier)
    await session.flush()
    tell(session, services, preorder)
    await record(
        session,
        actor,
        "preorder.tier",
        "preorder",
        preorder.id,
        organizer_id=preorder.organizer_id,
        meta={"was": was, "tier": tier.id, "total": preorder.total},
    )
