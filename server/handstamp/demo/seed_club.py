"""The demo's club: members, this week's events with wishes, and cards that are due to be charged.

All of it happens through the use cases; what belongs to an earlier week is done as of then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.create_user import create_user
from handstamp.auth.models import User
from handstamp.clubs.create_club import create_club
from handstamp.clubs.find_clubs import club_events, clubs_of_organizer, memberships
from handstamp.clubs.invite_members import invite_people
from handstamp.clubs.join_club import accept_invitation
from handstamp.clubs.member_rows import Person
from handstamp.clubs.models import Club
from handstamp.clubs.offer_event import offer_event
from handstamp.clubs.rules import week_of, window_of
from handstamp.clubs.shapes import Allocation, NewClub, NewOffer
from handstamp.demo.stripe_double import Double
from handstamp.demo.tonight import ZONE
from handstamp.events.add_tier import add_tier
from handstamp.events.create_event import create_event
from handstamp.events.find_events import events_by_id, tiers_of_many
from handstamp.events.models import Event
from handstamp.events.publish_event import publish_event
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.events.shapes import NewEvent, NewTier
from handstamp.kit.clock import DAY, HOUR, MINUTE, Clock, Millis
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.preorders.approve_preorders import approve_up_to_stock
from handstamp.preorders.find_preorders import preorders_of_event
from handstamp.preorders.models import PreOrder
from handstamp.preorders.request_preorder import Wish, place
from handstamp.preorders.rules import last_slot
from handstamp.preorders.save_card import settle_card

NAME = "Ink Room Circle"
PAYS, DECLINES, ASKS = "4242424242424242", "4000000000000341", "4000002760003184"
BUYER = Person("maya@example.org", "Maya Fontaine")  # the one who visits the demo


@dataclass(frozen=True)
class Fan:
    """A member, the card that they give, and which of a week's events and tiers they want."""

    name: str
    email: str
    card: str = PAYS
    event: int = 0
    tier: int = 0


FANS = (
    Fan("Theo Okonkwo", "theo@example.org"),
    Fan("Ines Carvalho", "ines@example.org", tier=1),
    Fan("Kofi Lindqvist", "kofi@example.org", card=DECLINES),
    Fan("Rae Halloran", "rae@example.org", card=ASKS),
    Fan("Noor Haddad", "noor@example.org", event=1),
    Fan("Jun Watanabe", "jun@example.org", tier=1),
    Fan("Ada Nowak", "ada@example.org", event=1),
)


@dataclass(frozen=True)
class Evening:
    """An event for members: its tiers as (name, price, capacity)."""

    title: str
    summary: str
    slug: str
    tiers: Sequence[tuple[str, int, int]]
    allocation: Allocation = "first_come"


EVENINGS = (
    Evening(
        "The Quiet Quartet",
        "Four strings, sixty chairs, one hour without a microphone.",
        "quiet-quartet",
        (("Entry 20:00 – 20:30", 4_200, 3), ("Entry 21:30 – 22:00", 3_600, 2)),
    ),
    Evening(
        "Midnight at the Press",
        "The old press runs once a season. Twenty people may stand around it.",
        "midnight-press",
        (("Standing", 2_800, 20),),
        allocation="draw",
    ),
)


async def seed_club(services: Services, double: Double, organizer_id: str) -> str:
    """Make the club, and in each week what is not there yet; return the club's id."""
    club = await _club(services, organizer_id)
    now = services.clock()
    due = last_slot(now, club.time_zone, club.charge_weekday, club.charge_at).week
    for week, evenings in ((due, EVENINGS[:1]), (week_of(now, club.time_zone), EVENINGS)):
        then = window_of(week, club.time_zone).opens + DAY // 2
        as_of = replace(services, clock=moment_of(min(then, now)))
        if await _weekly(as_of, club, week, evenings):
            await _wishes(as_of, double, club, week)
            if week == due:
                await _approve(services, club, week)
    return club.id


def moment_of(moment: Millis) -> Clock:
    """Return a clock that stands."""
    return lambda: moment


async def _club(services: Services, organizer_id: str) -> Club:
    async with services.db.write(actor="demo") as session:
        known = await clubs_of_organizer(session, SYSTEM, organizer_id)
        club = next((one for one in known if one.name == NAME), None)
        if club is None:
            new = NewClub(
                name=NAME,
                time_zone=ZONE,
                about="Friends of the house. Each Monday we put two evenings up for you first.",
                discount_bp=1_000,
                recovery_hours=24,
            )
            club = await create_club(session, services, SYSTEM, organizer_id, new)
            people = [BUYER, *(Person(fan.email, fan.name) for fan in FANS)]
            await invite_people(session, services, SYSTEM, club.id, people)
            for person in people:
                await accept_invitation(
                    session, services, await member_actor(session, person), club.id
                )
            guest = [Person("visitor@example.org", "A Visitor")]
            await invite_people(session, services, SYSTEM, club.id, guest)
        return club


async def club_member(session: AsyncSession) -> User:
    """Return the member who visits the demo."""
    return await create_user(session, BUYER.email, name=BUYER.name)


async def member_actor(session: AsyncSession, person: Person) -> Actor:
    """Return somebody as one who acts."""
    user = await create_user(session, person.email, name=person.name)
    return Actor(kind="user", id=user.id, email=user.email)


async def _weekly(services: Services, club: Club, week: str, evenings: Sequence[Evening]) -> bool:
    """Offer a week's evenings, if it has none; tell whether it did."""
    async with services.db.write(actor="demo") as session:
        if await club_events(session, club.id, week):
            return False
        for evening in evenings:
            event = await club_event(session, services, club, week, evening)
            offer = NewOffer(event_id=event.id, week=week, allocation=evening.allocation)
            await offer_event(session, services, SYSTEM, club.id, offer)
    return True


async def club_event(
    session: AsyncSession, services: Services, club: Club, week: str, evening: Evening
) -> Event:
    """Return an evening of a week as a published event for members, new or known."""
    slug = f"{evening.slug}-{week}"
    known = await session.scalar(select(Event).where(Event.slug == slug))
    if known is not None:
        return known
    start = window_of(week, club.time_zone).opens + 20 * DAY + 20 * HOUR
    new = NewEvent(
        title=evening.title,
        slug=slug,
        start_at=start,
        end_at=start + 3 * HOUR,
        time_zone=ZONE,
        summary=evening.summary,
        description=evening.summary,
        venue="The Ink Room",
        city="Vancouver",
        province="BC",
        members_only=True,
    )
    event = await create_event(session, services, SYSTEM, club.organizer_id, new)
    numbers = []
    for place_in_list, (name, price, capacity) in enumerate(evening.tiers):
        tier = NewTier(name=name, price_cents=price, capacity=capacity, sort=place_in_list)
        numbers.append((await add_tier(session, services, SYSTEM, event.id, tier)).number)
    doors = [ListTier(number) for number in numbers]
    await save_list(session, services, SYSTEM, event.id, name="Main door", tiers=doors)
    return await publish_event(session, services, SYSTEM, event.id, "published")


async def _wishes(services: Services, double: Double, club: Club, week: str) -> None:
    """Have each fan pre-order, with a card given at the double, one after the other."""
    async with services.db.read() as session:
        ids = [one.event_id for one in await club_events(session, club.id, week)]
        events = await events_by_id(session, ids)
        tiers = await tiers_of_many(session, ids)
    titles = [evening.title for evening in EVENINGS]
    chosen = sorted(ids, key=lambda event_id: titles.index(events[event_id].title))
    for number, fan in enumerate(FANS):
        event = chosen[min(fan.event, len(chosen) - 1)]
        tier = tiers[event][min(fan.tier, len(tiers[event]) - 1)].id
        later = replace(services, clock=moment_of(services.clock() + number * MINUTE))
        await pre_order(later, double, fan, Wish(club.id, event, tier, agreed=True))


async def pre_order(services: Services, double: Double, fan: Fan, wish: Wish) -> None:
    """Have a member pre-order, with a card given at the double."""
    async with services.db.write(actor="demo") as session:
        actor = await member_actor(session, Person(fan.email, fan.name))
        mine = await memberships(session, actor.id)
    if all(one.club.id != wish.club_id for one in mine):
        return
    placed = await place(services, actor, wish)
    async with services.db.read() as session:
        preorder = await session.get_one(PreOrder, placed.preorder.id)
    await double.order(
        "pay", session=preorder.setup_session_id, card=fan.card, email=fan.email, name=fan.name
    )
    await settle_card(services, preorder.id)


async def _approve(services: Services, club: Club, week: str) -> None:
    async with services.db.write(actor="demo") as session:
        for terms in await club_events(session, club.id, week):
            if await preorders_of_event(session, SYSTEM, terms.event_id, limit=1):
                await approve_up_to_stock(session, services, SYSTEM, club.id, terms.event_id)
