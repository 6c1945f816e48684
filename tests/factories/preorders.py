"""Pre-orders of members, made through the real use cases; cards as Stripe would have saved them."""

import itertools
from typing import Any

from tests.factories.auth import Person
from tests.factories.clubs import make_member

from handstamp.clubs.find_clubs import Offered
from handstamp.clubs.models import Club
from handstamp.kit.ids import new_id
from handstamp.plumbing.web import Services
from handstamp.preorders.charge_account import charge_account
from handstamp.preorders.models import PreOrder, SavedCard
from handstamp.preorders.request_preorder import Wish, place

_NUMBERS = itertools.count()


async def make_card(
    services: Services, person: Person, club: Club, method: str = "", **others: Any
) -> SavedCard:
    """Save a card of a person where a club charges cards."""
    async with services.db.write() as session:
        where = await charge_account(session, club)
        values: dict[str, Any] = {
            "id": new_id("card"),
            "user_id": person.actor.id,
            "account": where.account,
            "customer_id": f"cus_{person.actor.id}",
            "payment_method_id": method or new_id("pm"),
            "brand": "visa",
            "last4": "4242",
            "expires": "12/2030",
            "created_at": services.clock(),
        }
        card = SavedCard(**{**values, **others})
        session.add(card)
        return card


async def make_preorder(
    services: Services,
    offer: Offered,
    *,
    person: Person | None = None,
    email: str = "",
    tier: int = 0,
) -> tuple[Person, PreOrder]:
    """Have a member (a fresh one unless given) pre-order with a saved card: it is pending."""
    if person is None:
        address = email or f"member{next(_NUMBERS)}@example.org"
        person, _membership = await make_member(services, offer.club, address)
    card = await make_card(services, person, offer.club)
    placed = await place(services, person.actor, wish_of(offer, tier=tier, card_id=card.id))
    return person, placed.preorder


def wish_of(offer: Offered, *, tier: int = 0, **others: Any) -> Wish:
    """Return the wish for a tier of an offer."""
    values = {
        "club_id": offer.club.id,
        "event_id": offer.event.id,
        "tier_id": offer.tiers[tier].id,
        "agreed": True,
        **others,
    }
    return Wish(**values)


async def stored(services: Services, preorder: PreOrder) -> PreOrder:
    """Return a pre-order as it is stored now."""
    async with services.db.read() as session:
        found = await session.get(PreOrder, preorder.id)
    assert found is not None
    return found
