"""The page on which an event's pre-orders are decided, with 10,000 of them, both databases.

A real server process (`handstamp serve`, its usual settings, one process) is asked by one client
on one kept connection, as fast as it answers, by a signed-in organizer: the first page, further
pages, a search by name, one by status. Time is from the request's first byte to the answer's last,
so the server's own and a little of the loopback. PostgreSQL as Debian ships it. The first requests
are not measured.
"""

from random import Random
from typing import Any

from bench.clients import request_bytes, run_clients
from bench.figure import Figure, share
from bench.installation import DATABASES, Installation, installation, server
from sqlalchemy import insert
from tests.factories.auth import Person, make_person
from tests.factories.clubs import make_club_sale

from handstamp.auth.models import Member, User
from handstamp.clubs.find_clubs import Offered
from handstamp.clubs.models import ClubMember
from handstamp.kit.clock import SECOND
from handstamp.kit.ids import new_id
from handstamp.plumbing.db import Base
from handstamp.preorders.models import PreOrder

PREORDERS = 10_000
PAGES = 400
WARM = 40
AT_ONCE = 2_500
_STATES = ("pending",) * 6 + ("approved",) * 3 + ("denied",)
Row = dict[str, Any]


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            here.more["ENABLE_TICKETING_PREORDERS"] = "true"
            _club, offer, _tiers = await make_club_sale(here.services, capacity=20_000)
            await fill(here, offer)
            person = await _owner(here, offer)
            headers = {"Accept": "text/html", "Authorization": f"Bearer {person.token}"}
            paths = [_path(offer, number) for number in range(PAGES + WARM)]
            asked = [request_bytes("GET", path, headers) for path in paths]
            async with server(here):
                run = await run_clients(here.folder, here.port, [asked], warm=WARM)
            assert set(run.statuses) == {"200"}, run.statuses
            for words, part, goal in (("p50", 0.5, ""), ("p95", 0.95, "< 100")):
                name = f"admin page, {PREORDERS:,} pre-orders, {kind}, {words}"
                found[name] = Figure(share(run.latencies, part) * 1_000, "ms", goal)
    return found


def _path(offer: Offered, number: int) -> str:
    page = f"/tickets/organizer/events/{offer.event.id}/pre-orders"
    return page + ("", "?status=approved", f"?q=fan{number}", f"?club={offer.club.id}")[number % 4]


async def _owner(here: Installation, offer: Offered) -> Person:
    person = await make_person(here.services, "harry@example.org")
    async with here.services.db.write() as session:
        session.add(
            Member(user_id=person.actor.id, organizer_id=offer.club.organizer_id, role="owner")
        )
    return person


async def fill(here: Installation, offer: Offered) -> None:
    """Store members and their pre-orders by bulk statements, as the use cases would leave them."""
    random, now = Random(3), here.services.clock()
    users = [_user(number, now) for number in range(PREORDERS)]
    members = [_member(offer, user, now) for user in users]
    rows = [_wish(random, offer, one, number, now) for number, one in enumerate(members)]
    tables: list[tuple[type[Base], list[Row]]] = [
        (User, users),
        (ClubMember, members),
        (PreOrder, rows),
    ]
    for table, kept in tables:
        for start in range(0, len(kept), AT_ONCE):
            async with here.services.db.write() as session:
                await session.execute(insert(table), kept[start : start + AT_ONCE])
    await here.analyze()


def _user(number: int, now: int) -> Row:
    return {
        "id": new_id("user"),
        "email": f"fan{number}@example.org",
        "name": f"Fan {number}",
        "created_at": now,
    }


def _member(offer: Offered, user: Row, now: int) -> Row:
    return {
        "id": new_id("cm"),
        "club_id": offer.club.id,
        "email": user["email"],
        "user_id": user["id"],
        "name": user["name"],
        "status": "active",
        "invited_at": now,
        "joined_at": now,
    }


def _wish(random: Random, offer: Offered, member: Row, number: int, now: int) -> Row:
    tier = offer.tiers[number % len(offer.tiers)]
    price = offer.prices[tier.id]
    return {
        "id": new_id("po"),
        "number": f"HP-{number:06d}",
        "club_id": offer.club.id,
        "member_id": member["id"],
        "user_id": member["user_id"],
        "organizer_id": offer.club.organizer_id,
        "event_id": offer.event.id,
        "tier_id": tier.id,
        "tier_name": tier.name,
        "week": offer.terms.week,
        "email": member["email"],
        "name": member["name"],
        "status": random.choice(_STATES),
        "currency": tier.currency,
        "price": price.price,
        "discount": price.discount,
        "total": price.total,
        "payment_method_id": f"pm_{number}",
        "card_brand": "visa",
        "card_last4": "4242",
        "created_at": now + number * SECOND,
        "confirmed_at": now + number * SECOND,
        "updated_at": now,
    }
