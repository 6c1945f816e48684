"""Two organizers with an event each, everybody who may knock, and a browser's form token."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy import select
from tests.abuse.world_clubs import add_club, fresh_of_club
from tests.abuse.world_disputes import add_dispute
from tests.abuse.world_exports import add_export, fresh_schedule
from tests.abuse.world_pool import add_pool
from tests.factories.auth import Person, make_owner, make_person
from tests.factories.checkin import Phone, make_scanner_key, pair_phone
from tests.factories.events import make_event, make_tier
from tests.factories.orders import make_account, make_paid_order
from tests.factories.tickets import make_holders, make_tickets, make_tokens
from tests.factories.waitlist import make_list, make_waiting

from handstamp.auth.change_team import set_role
from handstamp.auth.models import Organizer
from handstamp.checkin.batcher import batcher
from handstamp.checkin.revoke_device import revoke_device
from handstamp.discounts.save_code import add_code
from handstamp.discounts.shapes import NewCode
from handstamp.events.find_events import tiers_of
from handstamp.kit.ids import device_hex, new_id
from handstamp.orders.start_checkout import BuyerDetails
from handstamp.plumbing.db import Base
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.import_guests import keep_upload

GUESTS = b"Name,Email,Tier\nGrace Hopper,grace@example.org,General\n"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
FRESH: dict[str, Callable[[Services, Any, str], Awaitable[str]]] = {
    **dict.fromkeys(("club_id", "member_id", "preorder_id"), fresh_of_club),
    "schedule_id": fresh_schedule,
}
COUNTED = {  # what every request may touch, refused or not
    "tickets_rate_counts",
    "tickets_stored_answers",
    "tickets_sessions",
    "tickets_kept_secrets",
}


@dataclass
class Side:
    """One organizer's belongings: `ids` fills the placeholders of paths."""

    person: Person
    organizer: Organizer
    event: Any
    tickets: list[Any]
    tokens: list[str]
    phone: Phone
    key: str
    ids: dict[str, str]
    offered: str = ""
    offered_tier: str = ""
    offerable: str = ""


@dataclass
class World:
    """`ours` is the victim, `theirs` the attacker; `callers` are headers by name."""

    http: httpx2.AsyncClient
    services: Services
    ours: Side
    theirs: Side
    callers: dict[str, dict[str, str]]
    form: dict[str, str]
    cookie: str

    async def send(
        self, method: str, path: str, caller: str = "nobody", **others: Any
    ) -> httpx2.Response:
        """Send one request that remembers nothing of those before."""
        headers = {**self.callers[caller], **others.pop("headers", {})}
        self.http.cookies.clear()
        return await self.http.request(method, path, headers=headers, **others)

    async def submit(
        self,
        path: str,
        caller: str = "nobody",
        data: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> httpx2.Response:
        """Send a form as the page's own browser does."""
        sent = {**self.form, **(data or {})}
        headers = {"Cookie": self.cookie, **others.pop("headers", {})}
        return await self.send("POST", path, caller, data=sent, headers=headers, **others)

    async def fresh(self, name: str, side: Side | None = None) -> str:
        """Make something that a request may use up, and return its id."""
        mine = side or self.ours
        if name == "device":
            return device_hex((await pair_phone(self.http, self.services, mine.event)).device)
        if name == "order_id":
            wants = {mine.ids["tier_id"]: 1}
            return (await make_paid_order(self.services, mine.event, wants, name="fresh")).id
        if name in FRESH:
            return await FRESH[name](self.services, mine, name)
        async with self.services.db.write() as session:
            if name in ("waiting_id", "tier_id"):
                return await _fresh_row(session, self.services, mine, name)
            if name == "ticket_id":
                made = await make_tickets(session, self.services, mine.event, count=1)
                return str(made[0].id)
            if name == "import_id":
                actor = mine.person.actor
                kept = await keep_upload(
                    session, self.services, actor, mine.event.id, filename="g.csv", content=GUESTS
                )
                return kept.id
        raise LookupError(name)

    async def twin(self, caller: str) -> dict[str, str]:
        """Return headers of a fresh person of the same standing, whose session may end."""
        if caller not in ("other", "organizer", "admin", "support"):
            return self.callers[caller]
        email = f"{caller}@example.net"
        return (await make_person(self.services, email, is_admin=caller == "admin")).headers


async def _fresh_row(session: Any, services: Services, side: Side, name: str) -> str:
    if name == "tier_id":
        return (await make_tier(session, services, side.event, "More")).id
    email = f"{new_id('w')}@example.net"
    return (await make_waiting(session, services, side.event.id, email)).id


async def build_world(http: httpx2.AsyncClient, services: Services) -> World:
    """Make both organizers and everybody who knocks."""
    ours = await _side(http, services, "ada@example.org", "Paper Lanterns")
    theirs = await _side(http, services, "eve@example.org", "Night Market")
    admin = await make_person(services, "root@example.org", is_admin=True)
    helper = await make_helper(services, ours)
    revoked = await pair_phone(http, services, ours.event, "Lost phone")
    async with services.db.write() as session:
        await revoke_device(session, services, SYSTEM, revoked.device)
    for side in (ours, theirs):  # else the first at the door numbers what waits, refused or not
        await batcher(services).number(side.event.id)
    callers = {
        "nobody": {},
        "other": theirs.person.headers,
        "organizer": ours.person.headers,
        "admin": admin.headers,
        "device": ours.phone.headers,
        "revoked": revoked.headers,
        "elsewhere": theirs.phone.headers,
        "key": {"Authorization": f"Bearer {ours.key}"},
        "support": helper.headers,
    }
    page = await http.get("/tickets/sign-in")
    found = TOKEN.search(page.text)
    assert found, page.text
    cookie = "hs_page=" + page.cookies["hs_page"]
    return World(http, services, ours, theirs, callers, {"csrf_token": found[1]}, cookie)


async def make_helper(services: Services, side: Side) -> Person:
    """Return somebody who helps the members of a side's organizer, and no more."""
    async with services.db.write() as session:
        own = (session, side.person.actor, side.organizer.id)
        await set_role(*own, "sam@example.org", "support")
    return await make_person(services, "sam@example.org")


async def _side(http: httpx2.AsyncClient, services: Services, email: str, title: str) -> Side:
    person, organizer = await make_owner(services, email)
    async with services.db.write() as session:
        event = await make_event(
            session,
            services,
            organizer_id=organizer.id,
            title=title,
            tiers=("General", "VIP"),
            lists=("Main door", "Lounge"),
            strict_budget_ms=400,
        )
        tier = (await tiers_of(session, event.id))[0]
        names = make_holders(3, 1 if title < "O" else 101)
        tickets = await make_tickets(session, services, event, holders=names)
        tenth = NewCode(code="TENTH", kind="percent", value=1_000)
        code = await add_code(session, services, person.actor, event.id, tenth)
        await make_list(session, services, event.id, auto=False)
        waiting = await make_waiting(session, services, event.id)
        tokens = await make_tokens(session, services, event, tickets)
        key = await make_scanner_key(session, services, event)
        kept = await keep_upload(
            session, services, person.actor, event.id, filename="g.csv", content=GUESTS
        )
    phone = await pair_phone(http, services, event)
    other = await pair_phone(http, services, event, "Door 2")
    for door in (phone, other):
        door.scan(tokens[0])
        await door.sync()
    async with services.db.write() as session:
        await make_account(session, services, organizer.id)
    buyer = BuyerDetails("guest@example.net", names[0].name, terms=True)
    order = await make_paid_order(services, event, {tier.id: 1}, name=email, details=buyer)
    ids = {
        "organizer_id": organizer.id,
        "order_id": order.id,
        "letter_id": "evt_nothing",
        "event_id": event.id,
        "slug": event.slug,
        "discount_id": code.id,
        "waiting_id": waiting.id,
        "tier_id": tier.id,
        "number": "1",
        "ticket_id": str(tickets[0].id),
        "import_id": kept.id,
        "device": device_hex(phone.device),
        "serial": str(tickets[0].serial),
        "list_no": "1",
        "act": "cancel",
        "domain": "example.com",
    }
    side = Side(person, organizer, event, tickets, tokens, phone, key, ids)
    await add_club(services, side)
    await add_pool(services, side)
    await add_export(services, side)
    await add_dispute(services, side)
    return side


async def dump(services: Services, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return every stored row, so that a refused request can be shown to have stored nothing."""
    held = {}
    async with services.db.read() as session:
        for table in Base.metadata.sorted_tables:
            if table.name not in COUNTED | without:
                rows = await session.execute(select(table).order_by(*table.primary_key.columns))
                held[table.name] = [tuple(row) for row in rows]
    return held
