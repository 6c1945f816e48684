"""A cursor reader against everybody who writes at once: nothing is skipped, nothing is reset."""

import asyncio
import itertools
from random import Random
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.checkin import Phone, make_scanner_key, pair_phone
from tests.factories.events import make_event, make_list
from tests.factories.tickets import make_tickets, make_tokens
from tests.fixtures.services import PUBLIC_URL

from handstamp.app import create_app
from handstamp.checkin.list_changes import fact_rows, feed_end, ticket_rows
from handstamp.checkin.list_rows import Personal
from handstamp.checkin.models import Fact, FeedMark
from handstamp.checkin.number_changes import MARK_ROWS
from handstamp.events.models import Event
from handstamp.plumbing.web import SYSTEM, Services, build_services
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status

pytestmark = pytest.mark.anyio
IMPORTED = 5_000
REFUNDS = 30
ROUNDS = 12


async def scanning(phone: Phone, serials: list[int], random: Random) -> None:
    """A door: admits whoever comes and exchanges now and then."""
    for _ in range(ROUNDS):
        for serial in random.sample(serials, 5):
            phone.append(serial=serial)
        await phone.sync(batch=3)


async def turnstile(http: httpx2.AsyncClient, key: str, tokens: list[str]) -> None:
    """A third-party scanner, four requests at a time."""
    headers = {"Authorization": f"Bearer {key}"}
    for start in range(0, len(tokens), 4):
        answers = await asyncio.gather(
            *(
                http.post("/api/tickets/validate", json={"token": token}, headers=headers)
                for token in tokens[start : start + 4]
            )
        )
        assert all(answer.status_code == 200 for answer in answers)


async def refunding(services: Services, tickets: list[Ticket]) -> None:
    """Refunds whose transactions stay open for a while."""
    for ticket in tickets:
        async with services.db.write() as session:
            kept = await session.get_one(Ticket, ticket.id)
            await change_status(session, services, SYSTEM, kept, "refunded")
            await asyncio.sleep(0.005)


async def selling(services: Services, event: Event) -> None:
    """A guest list of 5,000, all or nothing, while the doors are open."""
    async with services.db.write() as session:
        await make_tickets(session, services, event, count=IMPORTED)


async def changing_lists(services: Services, event: Event) -> None:
    """The organizer adds lists meanwhile."""
    for number in range(5):
        async with services.db.write() as session:
            await make_list(session, services, event, f"Gate {number}")
        await asyncio.sleep(0.02)


async def reading(phone: Phone, done: asyncio.Event) -> int:
    """Pull by cursor until everybody is done; returns how often the cursor moved."""
    moved = 0
    while not done.is_set():
        before = phone.copy.cursor
        await one_page(phone)
        moved += phone.copy.cursor != before
        await asyncio.sleep(0)
    return moved


async def one_page(phone: Phone) -> bool:
    """Take one page; a reset would be a broken promise."""
    answer: dict[str, Any] = (await phone.post(phone.request([]))).json()
    assert answer["reset"] is False
    phone.apply(answer["changes"])
    return bool(answer["changes"]["more"])


async def test_a_reader_by_cursor_skips_nothing(
    client: httpx2.AsyncClient, services: Services
) -> None:
    random = Random(20261121)
    async with services.db.write() as session:
        event = await make_event(session, services)
        tickets = await make_tickets(session, services, event, count=120)
        tokens = await make_tokens(session, services, event, tickets)
        key = await make_scanner_key(session, services, event)
    serials = [ticket.serial for ticket in tickets]
    other = build_services(services.settings, services.clock)
    # On SQLite another process is a command line; on PostgreSQL it serves doors as well.
    app = create_app(other.settings, other.clock, services=other)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as second:
        doors = [client, client] if services.db.is_sqlite else [client, second]
        phones = [
            await pair_phone(doors[number % 2], services, event, f"Door {number}")
            for number in range(3)
        ]
        reader = await pair_phone(client, services, event, "Reader")
        done = asyncio.Event()
        pulling = asyncio.create_task(reading(reader, done))
        await asyncio.gather(
            *(scanning(phone, serials, random) for phone in phones),
            turnstile(doors[1], key, tokens[:60]),
            refunding(other, tickets[60 : 60 + REFUNDS]),
            selling(other, event),
            changing_lists(services, event),
        )
        done.set()
        moved = await pulling
    while await one_page(reader):
        pass
    async with services.db.read() as session:
        end = await feed_end(session, event.id)
        rows = await ticket_rows(session, event.id, Personal(name=True, email=True, order=True))
        fed = {row[:3]: row for row in await fact_rows(session, event.id)}
        marks = (await session.scalars(select(FeedMark.seq).order_by(FeedMark.seq))).all()
        facts = (await session.execute(select(Fact.device_id, Fact.number))).all()
    await other.db.close()
    assert moved > 3
    assert end is not None
    assert reader.copy.cursor == end.to_json()
    assert reader.copy.tickets == {row.serial: row for row in rows}
    assert len(rows) == IMPORTED + 120
    assert sum(row.status == 1 for row in rows) == REFUNDS
    assert reader.copy.facts == fed
    assert len(reader.copy.lists) == 6
    assert len(facts) == len(set(facts)) == 3 * ROUNDS * 5 + 60
    assert max(after - before for before, after in itertools.pairwise(marks)) <= MARK_ROWS
