"""More events for the demo's shop: free, nearly sold out, sold out, not yet on sale, unpaid."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.demo.guests import guests
from handstamp.demo.seed_prices import seed_prices
from handstamp.demo.seed_waiting import seed_waiting
from handstamp.demo.tonight import ZONE, tonight
from handstamp.events.add_tier import add_tier
from handstamp.events.create_event import create_event
from handstamp.events.models import Event
from handstamp.events.publish_event import publish_event
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.events.shapes import NewEvent, NewTier
from handstamp.kit.clock import DAY, HOUR, Millis
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.issue_tickets import Holder, issue


@dataclass(frozen=True)
class Plan:
    """An event: its tiers as (name, price, capacity, how many are gone), days from today.

    `sales_in` days from now its sales begin; 0: they have begun. `priced`: with fee, tax and code.
    `waiting`: how many are on its waiting list; 0: it has none.
    """

    title: str
    summary: str
    venue: str
    city: str
    days: int
    hour: int
    tiers: Sequence[tuple[str, int, int | None, int]]
    ask_names: bool = False
    sales_in: int = 0
    priced: bool = False
    waiting: int = 0


OURS = (
    Plan(
        "Sunday Sketch Club",
        "Bring a pencil. Paper, tea and a model are there; it costs nothing.",
        "The Ink Room",
        "Vancouver",
        3,
        14,
        (("Seat", 0, 40, 6),),
        ask_names=True,
    ),
    Plan(
        "Lantern Walk",
        "Along the seawall with lanterns of paper, ending at a fire. Few places are left.",
        "English Bay Bathhouse",
        "Vancouver",
        5,
        18,
        (("Walker", 1_800, 30, 27), ("Child", 600, 20, 12)),
        priced=True,
    ),
    Plan(
        "Letterpress Weekend",
        "Two days at a hand press. You go home with cards that you have set yourself.",
        "Press House",
        "Victoria",
        9,
        10,
        (("Weekend pass", 14_000, 12, 12),),
        waiting=3,
    ),
    Plan(
        "Stamp Ball",
        "The night of the year. Tickets come later: look at the date.",
        "Commodore Hall",
        "Vancouver",
        40,
        20,
        (("Dancer", 6_500, 400, 0), ("Balcony", 9_500, 60, 0)),
        sales_in=10,
    ),
)
UNCONNECTED = Plan(
    "Night Market of Zines",
    "Forty tables of small print runs. Its organizer has not connected an account yet.",
    "Old Customs House",
    "Victoria",
    12,
    17,
    (("Entry", 1_200, 300, 0),),
)


async def seed_shop(
    session: AsyncSession, services: Services, organizer_id: str, plans: Sequence[Plan]
) -> None:
    """Make the events that are not there; one that is over comes again under a new date."""
    for plan in plans:
        wanted = select(Event.id).where(
            Event.organizer_id == organizer_id,
            Event.title == plan.title,
            Event.end_at > services.clock(),
        )
        if (await session.scalars(wanted)).first() is None:
            await _make(session, services, organizer_id, plan)


async def _make(session: AsyncSession, services: Services, organizer_id: str, plan: Plan) -> None:
    evening = tonight(services.clock(), plan.days)
    start = evening.start + (plan.hour - 20) * HOUR
    new = NewEvent(
        title=plan.title,
        start_at=start,
        end_at=start + 4 * HOUR,
        time_zone=ZONE,
        summary=plan.summary,
        description=plan.summary,
        venue=plan.venue,
        city=plan.city,
        province="BC",
        refund_until=start - DAY,
        ask_phone=plan.days == 9,
    )
    event = await create_event(session, services, SYSTEM, organizer_id, new)
    numbers = [
        await _tier(session, services, event, plan, place) for place in range(len(plan.tiers))
    ]
    doors = [ListTier(number) for number in numbers]
    await save_list(session, services, SYSTEM, event.id, name="Main door", tiers=doors)
    if plan.priced:
        await seed_prices(session, services, event.id)
    await publish_event(session, services, SYSTEM, event.id, "published")
    if plan.waiting:
        came_late = guests(sum(gone for *_tier, gone in plan.tiers) + plan.waiting)
        await seed_waiting(session, services, event.id, came_late[-plan.waiting :])


async def _tier(
    session: AsyncSession, services: Services, event: Event, plan: Plan, place: int
) -> int:
    name, price, capacity, gone = plan.tiers[place]
    opens: Millis | None = services.clock() + plan.sales_in * DAY if plan.sales_in else None
    new = NewTier(
        name=name,
        price_cents=price,
        capacity=capacity,
        max_per_order=6,
        sales_start_at=opens,
        ask_names=plan.ask_names,
        sort=place,
    )
    tier = await add_tier(session, services, SYSTEM, event.id, new)
    holders = [Holder(name=one.name, email=one.email, order=one.order) for one in guests(gone)]
    if holders:
        await issue(session, services, event, tier, holders)
    return tier.number
