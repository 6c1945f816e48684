"""What each organizer of the world has of clubs: one with a member, an invite, offers, wishes."""

import itertools
from typing import Any, Protocol

from sqlalchemy import select
from tests.factories.clubs import make_club, make_member, make_offer
from tests.factories.events import make_event, make_tier
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.preorders import make_card, make_preorder

from handstamp.clubs.find_clubs import Offered, club_of
from handstamp.clubs.invite_members import create_invite, invite_people
from handstamp.clubs.join_club import accept_invitation
from handstamp.clubs.member_rows import Person as Invitee
from handstamp.clubs.models import Club, ClubEvent
from handstamp.clubs.rules import week_of
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, HOUR
from handstamp.kit.ids import new_id
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool.models import PoolTicket
from handstamp.preorders.models import ChargeRun, PreOrder

_NUMBERS = itertools.count()


class Having(Protocol):
    """An organizer's belongings, as far as clubs go."""

    person: Any
    organizer: Any
    event: Any
    ids: dict[str, str]
    offered: str
    offered_tier: str
    offerable: str


async def add_club(services: Services, side: Having) -> None:
    """Give an organizer a club; the organizer is its member too and has pre-ordered."""
    club_id = await make_side_club(services, side)
    side.ids["club_id"] = club_id
    preorder, offer = await make_side_preorder(services, side)
    side.offered, side.offered_tier = offer.event.id, offer.tiers[0].id
    side.offerable = (await _coming(services, side)).id
    card = await make_card(services, side.person, offer.club)
    async with services.db.write() as session:
        made = await create_invite(session, services, SYSTEM, club_id)
    side.ids |= {
        "member_id": preorder.member_id,
        "invite_id": made.invite.id,
        "preorder_id": preorder.id,
        "card_id": card.id,
        "run_id": await make_side_run(services, side),
        "pool_ticket_id": await make_side_pool_ticket(services, side),
    }
    side.ids["upload_id"] = await upload_of(services, side.ids["pool_ticket_id"])


async def fresh_of_club(services: Services, side: Having, name: str) -> str:
    """Make something of a club that a request may use up, and return its id."""
    if name == "club_id":
        return await make_side_club(services, side)
    if name == "preorder_id":
        return (await make_side_preorder(services, side))[0].id
    club = await club_named(services, side.ids["club_id"])
    email = f"gone{next(_NUMBERS)}@example.net"
    return (await make_member(services, club, email))[1].member.id


async def make_side_club(services: Services, side: Having) -> str:
    """Make a club that has the side's own event, and whose member its person is."""
    person = side.person
    async with services.db.write() as session:
        club = await make_club(session, services, side.organizer.id, per_week=20)
        await invite_people(session, services, SYSTEM, club.id, [Invitee(person.actor.email)])
        await accept_invitation(session, services, person.actor, club.id)
        now = services.clock()
        session.add(
            ClubEvent(
                club_id=club.id,
                event_id=side.event.id,
                week=week_of(now, club.time_zone),
                ticket_deadline_at=side.event.start_at,
                created_at=now,
                updated_at=now,
            )
        )
    return club.id


async def make_side_preorder(services: Services, side: Having) -> tuple[PreOrder, Offered]:
    """Have the side's person pre-order another event of their club."""
    club = await club_named(services, side.ids["club_id"])
    offer = await make_offer(services, club, await _coming(services, side))
    _person, preorder = await make_preorder(services, offer, person=side.person)
    return preorder, offer


async def make_side_pool_ticket(services: Services, side: Having) -> str:
    """Upload a ticket from elsewhere for the side's event; nobody has it."""
    rows = ticket_rows(side.event.title, 1, first=next(_NUMBERS))
    made = await upload_rows(services, side.event, rows)
    async with services.db.read() as session:
        query = select(PoolTicket.id).where(PoolTicket.upload_id == made.upload_id)
        return (await session.scalars(query)).one()


async def upload_of(services: Services, ticket_id: str) -> str:
    """Return the file that brought a ticket from elsewhere."""
    async with services.db.read() as session:
        return (await session.get_one(PoolTicket, ticket_id)).upload_id


async def make_side_run(services: Services, side: Having) -> str:
    """Make a paused charge run of the side's club."""
    now = services.clock()
    club = await club_named(services, side.ids["club_id"])
    week = week_of(now, club.time_zone)
    run = ChargeRun(
        id=new_id("run"),
        club_id=club.id,
        week=week,
        slot=now,
        state="paused",
        started_by=side.person.actor.id,
        started_at=now,
    )
    async with services.db.write() as session:
        session.add(run)
    return run.id


async def club_named(services: Services, club_id: str) -> Club:
    """Return a club."""
    async with services.db.read() as session:
        return await club_of(session, SYSTEM, club_id)


async def _coming(services: Services, side: Having) -> Event:
    start = services.clock() + 21 * DAY + next(_NUMBERS) * HOUR
    async with services.db.write() as session:
        event = await make_event(
            session,
            services,
            organizer_id=side.organizer.id,
            tiers=("Free",),
            lists=(),
            title=f"{side.event.title} again",
            start_at=start,
            end_at=start + HOUR,
        )
        await make_tier(session, services, event, "Stalls", price_cents=1_500)
    return event
