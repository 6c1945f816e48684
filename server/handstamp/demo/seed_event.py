"""Filling the demo: an organizer, tonight's event with its guests, and one for tomorrow."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import Organizer
from handstamp.demo.guests import Guest, guests
from handstamp.demo.organizer import demo_organizer, other_organizer
from handstamp.demo.seed_shop import OURS, UNCONNECTED, seed_shop
from handstamp.demo.tonight import ZONE, Evening, tonight
from handstamp.events.add_tier import add_tier
from handstamp.events.create_event import create_event
from handstamp.events.models import Event, Tier
from handstamp.events.publish_event import publish_event
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.events.shapes import NewEvent, NewTier
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.issue_tickets import Holder, issue
from handstamp.tickets.models import Ticket
from handstamp.tickets.reissue_ticket import reissue
from handstamp.tickets.revoke_ticket import change_status

GUESTS = 500
TITLES = ("Stamp Night", "Ink and Echo")  # in turn, so that tomorrow's event reads otherwise
ABOUT = (
    "Doors open at eight. Bring your phone or a printed ticket; the stamp on your hand lets you "
    "out for air and in again.\n\nThe Ink Room is up one flight of stairs; a lift is at the back."
)
TIERS = (
    ("Admission", 2_500, 520),
    ("VIP", 9_000, 60),
    ("Late entry", 1_500, 40),
    ("Coat", 300, 80),
)
REFUNDED, CANCELLED, DISPUTED, REISSUED = (6, 60, 160, 261, 360), (12,), (18,), (2,)


@dataclass(frozen=True)
class Demo:
    """The ids of the demo's organizer and of its two large events."""

    organizer: str
    tonight: str
    tomorrow: str


async def seed(services: Services) -> Demo:
    """Make what the demo needs and is not there; tonight's event is kept until it is over."""
    async with services.db.write(actor="demo") as session:
        organizer = await demo_organizer(session, services)
        demo = Demo(
            organizer.id,
            await _event(session, services, organizer, days=0),
            await _event(session, services, organizer, days=1),
        )
        await seed_shop(session, services, organizer.id, OURS)
        other = await other_organizer(session, services)
        await seed_shop(session, services, other.id, [UNCONNECTED])
        return demo


async def _event(
    session: AsyncSession, services: Services, organizer: Organizer, *, days: int
) -> str:
    evening = tonight(services.clock(), days)
    slug = f"demo-{evening.date}"
    there = await session.execute(
        select(Event.id).where(Event.slug == slug, Event.organizer_id == organizer.id)
    )
    found = there.scalar_one_or_none()
    if found is None:
        title = TITLES[int(evening.date[-2:]) % 2]
        found = await _make(session, services, organizer, evening, slug=slug, title=title)
    return found


async def _make(
    session: AsyncSession,
    services: Services,
    organizer: Organizer,
    evening: Evening,
    *,
    slug: str,
    title: str,
) -> str:
    event = await create_event(
        session,
        services,
        SYSTEM,
        organizer.id,
        NewEvent(
            title=title,
            slug=slug,
            code="NIGHT",
            start_at=evening.start,
            end_at=evening.end,
            time_zone=ZONE,
            summary="Five hundred guests, three lists, two phones.",
            description=ABOUT,
            refund_until=evening.end,
            venue="The Ink Room",
            city="Vancouver",
            province="BC",
            capacity=640,
        ),
    )
    tiers = [
        await add_tier(
            session,
            services,
            SYSTEM,
            event.id,
            NewTier(name=name, price_cents=price, capacity=capacity, max_per_order=8, sort=place),
        )
        for place, (name, price, capacity) in enumerate(TIERS)
    ]
    await _lists(session, services, event, tiers, evening)
    await _tickets(session, services, event, tiers)
    await publish_event(session, services, SYSTEM, event.id, "published")
    return event.id


async def _lists(
    session: AsyncSession,
    services: Services,
    event: Event,
    tiers: Sequence[Tier],
    evening: Evening,
) -> None:
    admission, vip, late, coat = (tier.number for tier in tiers)
    for name, rules in (
        (
            "Main door",
            [ListTier(admission), ListTier(vip), ListTier(late, evening.late_entry, None)],
        ),
        ("VIP lounge", [ListTier(vip)]),
        ("Cloakroom", [ListTier(coat), ListTier(vip)]),
    ):
        await save_list(session, services, SYSTEM, event.id, name=name, tiers=rules)


async def _tickets(
    session: AsyncSession, services: Services, event: Event, tiers: Sequence[Tier]
) -> None:
    people = guests(GUESTS)
    for place, tier in enumerate(tiers[:3]):
        chosen = [guest for guest in people if guest.tier == place]
        made = await issue(session, services, event, tier, [_holder(guest) for guest in chosen])
        if place == 0:
            await _change(session, services, made)
    coats = [_holder(guest) for guest in people[:40]]
    await issue(session, services, event, tiers[3], coats)


async def _change(session: AsyncSession, services: Services, tickets: Sequence[Ticket]) -> None:
    for status, places in (
        ("refunded", REFUNDED),
        ("cancelled", CANCELLED),
        ("disputed", DISPUTED),
    ):
        for place in places:
            await change_status(session, services, SYSTEM, tickets[place], status)
    for place in REISSUED:
        await reissue(session, services, SYSTEM, tickets[place])


def _holder(guest: Guest) -> Holder:
    return Holder(name=guest.name, email=guest.email, order=guest.order)
