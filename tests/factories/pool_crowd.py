"""Very many members who have paid for tickets from elsewhere, stored in a few statements."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from tests.factories.clubs import WEEK

from handstamp.auth.models import User
from handstamp.clubs.find_clubs import Offered
from handstamp.clubs.models import ClubMember
from handstamp.plumbing.web import Services
from handstamp.pool.models import Demand
from handstamp.preorders.models import PreOrder


async def make_crowd(
    services: Services, offer: Offered, count: int, *, tier: int = 0, name: str = "c"
) -> list[str]:
    """Store so many members whose pre-orders are paid, one after the other; return their ids.

    Nobody waits yet: see `have_crowd_wait`, or `fulfil_preorder.demand` for one of them.
    """
    keys = [f"{name}{number:06}" for number in range(count)]
    at, club = services.clock(), offer.club
    people = [
        {"id": f"usr_{key}", "email": f"{key}@example.org", "name": "Mia", "created_at": at}
        for key in keys
    ]
    members = [
        {"id": f"mem_{key}", "club_id": club.id, "email": f"{key}@example.org",
         "user_id": f"usr_{key}", "status": "active", "invited_at": at,
         "name": "", "invited_by": ""}
        for key in keys
    ]  # fmt: skip
    wishes = [_paid(offer, key, tier, at + place) for place, key in enumerate(keys)]
    async with services.db.write() as session:
        connection = await session.connection()
        await connection.execute(insert(User), people)
        await connection.execute(insert(ClubMember), members)
        await connection.execute(insert(PreOrder), wishes)
    return [wish["id"] for wish in wishes]


async def have_crowd_wait(services: Services, offer: Offered, ids: Sequence[str]) -> None:
    """Have members of a crowd wait in that order; no run is asked for."""
    async with services.db.write() as session:
        wishes = [await session.get_one(PreOrder, one) for one in ids]
        rows = [
            {"id": one.id, "organizer_id": one.organizer_id, "event_id": one.event_id,
             "tier_id": one.tier_id, "user_id": one.user_id, "email": one.email,
             "name": one.name, "number": one.number, "status": "waiting",
             "confirmed_at": one.paid_at, "created_at": one.paid_at, "updated_at": one.paid_at}
            for one in wishes
        ]  # fmt: skip
        await (await session.connection()).execute(insert(Demand), rows)


def _paid(offer: Offered, key: str, tier: int, at: int) -> dict[str, Any]:
    wished, texts = offer.tiers[tier], ("account", "charge_type", "customer_id", "card_brand",
                                        "card_last4", "mandate_text", "decided_by", "charge_key",
                                        "destination", "failure_code")  # fmt: skip
    return {
        **dict.fromkeys(texts, ""),
        **dict.fromkeys(("discount", "setup_attempt", "application_fee"), 0),
        "id": f"po_{key}",
        "number": f"HS-{key.upper()}",
        "club_id": offer.club.id,
        "member_id": f"mem_{key}",
        "user_id": f"usr_{key}",
        "organizer_id": offer.event.organizer_id,
        "event_id": offer.event.id,
        "tier_id": wished.id,
        "tier_name": wished.name,
        "week": WEEK,
        "email": f"{key}@example.org",
        "name": "Mia",
        "language": "en",
        "status": "paid",
        "currency": offer.event.currency,
        "price": 1_500,
        "total": 1_500,
        "payment_method_id": f"pm_{key}",
        "payment_intent_id": f"pi_{key}",
        "reserved": False,
        "charge_attempt": 1,
        "created_at": at,
        "updated_at": at,
        "paid_at": at,
    }
