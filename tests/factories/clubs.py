"""Clubs, their members and what they offer, made through the real use cases."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.auth import Person, make_person
from tests.factories.orders import make_sale

from handstamp.clubs.create_club import create_club
from handstamp.clubs.find_clubs import Membership, Offered
from handstamp.clubs.invite_members import invite_people
from handstamp.clubs.join_club import accept_invitation
from handstamp.clubs.member_rows import Person as Invitee
from handstamp.clubs.models import Club
from handstamp.clubs.offer_event import offer_event
from handstamp.clubs.shapes import NewClub, NewOffer
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import DAY, HOUR
from handstamp.plumbing.web import SYSTEM, Services

ZONE = "Europe/London"
WEEK = "2026-05-25"  # of the test clock's first moment, a Thursday evening


async def make_club(
    session: AsyncSession, services: Services, organizer_id: str, **others: Any
) -> Club:
    """Make a club in London; `others` are members of `NewClub`."""
    new = NewClub(**{"name": "Harry's Club", "time_zone": ZONE, "discount_bp": 1_000, **others})
    return await create_club(session, services, SYSTEM, organizer_id, new)


async def make_member(
    services: Services, club: Club, email: str = "mia@example.org"
) -> tuple[Person, Membership]:
    """Invite somebody by e-mail and have them join."""
    async with services.db.write() as session:
        await invite_people(session, services, SYSTEM, club.id, [Invitee(email, "Mia")])
    person = await make_person(services, email)
    async with services.db.write() as session:
        return person, await accept_invitation(session, services, person.actor, club.id)


async def make_offer(
    services: Services, club: Club, event: Event, *, declared: int | None = None, **others: Any
) -> Offered:
    """Offer an event to a club this week; `declared` tickets of each tier come from elsewhere."""
    values = {"event_id": event.id, **others}
    async with services.db.write() as session:
        if declared is not None:
            tiers = {tier.id: declared for tier in await tiers_of(session, event.id)}
            values |= {"stock": "declared", "declared": tiers}
        return await offer_event(session, services, SYSTEM, club.id, NewOffer(**values))


async def make_club_sale(
    services: Services,
    *,
    prices: Mapping[str, int] | None = None,
    capacity: int | None = 100,
    club: Mapping[str, Any] | None = None,
    offer: Mapping[str, Any] | None = None,
    **event: Any,
) -> tuple[Club, Offered, Sequence[Tier]]:
    """Make a club and an event in three weeks that it offers now."""
    start = services.clock() + 21 * DAY
    times = {"start_at": start, "end_at": start + 5 * HOUR, **event}
    made, tiers = await make_sale(services, prices=prices, capacity=capacity, **times)
    async with services.db.write() as session:
        founded = await make_club(session, services, made.organizer_id, **(club or {}))
    return founded, await make_offer(services, founded, made, **(offer or {})), tiers
