"""Strict mode: one open claim for a ticket, whoever asks and whatever gets lost on the way."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.checkin import API, Phone, make_scanner_key, pair_phone
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens

from handstamp.checkin.models import Claim, Device, Fact, FeedHead
from handstamp.checkin.revoke_device import revoke_device
from handstamp.checkin.wire import BACKED, CLAIMED, OVERRIDE, UNCLAIMED
from handstamp.events.edit_event import edit_event
from handstamp.events.models import Event
from handstamp.events.shapes import EventChange
from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status

pytestmark = pytest.mark.anyio


@dataclass
class Door:
    """A strict event with three tickets, their codes, and two phones."""

    event: Event
    tickets: list[Ticket]
    tokens: list[str]
    north: Phone
    south: Phone


@pytest.fixture
async def door(client: httpx2.AsyncClient, services: Services) -> Door:
    """Open the door."""
    async with services.db.write() as session:
        event = await make_event(session, services, strict_budget_ms=400)
        tickets = await make_tickets(session, services, event, count=3)
        tokens = await make_tokens(session, services, event, tickets)
    north = await pair_phone(client, services, event, "North", gate="Gate A")
    south = await pair_phone(client, services, event, "South", gate="Gate B")
    return Door(event, tickets, tokens, north, south)


def asked(ticket: Ticket, ask: str, **others: Any) -> dict[str, Any]:
    """Return a question; `ask` is made as long as an id must be."""
    return {"list": 1, "serial": ticket.serial, "epoch": 1, "id": ask.ljust(16, "0"), **others}


async def claim(phone: Phone, ticket: Ticket, ask: str, **others: Any) -> Any:
    """Ask and return the answer's members, or its status."""
    answer = await phone.http.post(
        f"{API}/claim", json=asked(ticket, ask, **others), headers=phone.headers
    )
    return answer.json() if answer.status_code == 200 else answer.json()["code"]


async def drop(phone: Phone, ticket: Ticket, *asks: str) -> None:
    """Report questions unused."""
    body = phone.request([]) | {"claims_unused": [asked(ticket, ask) for ask in asks]}
    answer = await phone.post(body)
    assert answer.status_code == 200, answer.text


async def rows(services: Services) -> list[tuple[str, bool]]:
    """Return how each claim ended, and whether it is open, in the order made."""
    async with services.db.read() as session:
        found = (await session.scalars(select(Claim).order_by(Claim.id))).all()
    return [(one.ended_by, one.ended_at is None) for one in found]


async def test_the_first_is_granted_the_second_is_told_who(door: Door) -> None:
    ticket = door.tickets[0]
    first = await claim(door.north, ticket, "a")
    assert (first["granted"], first["verdict"], first["by"]) == (True, "valid", None)
    second = await claim(door.south, ticket, "b")
    assert second["granted"] is False
    assert second["by"] == {
        "device": "North",
        "gate": "Gate A",
        "since": first["at"],
        "open": True,
    }
    assert (await claim(door.south, door.tickets[1], "c"))["granted"] is True


async def test_the_same_question_and_the_same_device_get_the_same_grant(
    door: Door, services: Services, clock: FakeClock
) -> None:
    ticket = door.tickets[0]
    first = await claim(door.north, ticket, "a")
    clock.advance(MINUTE)
    again = await claim(door.north, ticket, "a")
    other = await claim(door.north, ticket, "b")
    assert first["at"] == again["at"] == other["at"]
    assert await rows(services) == [("", True)]


async def test_a_claim_never_ends_by_time(door: Door, clock: FakeClock) -> None:
    await claim(door.north, door.tickets[0], "a")
    clock.advance(180 * MINUTE)
    assert (await claim(door.south, door.tickets[0], "b"))["by"]["open"] is True


async def test_the_admit_ends_it_and_is_backed(
    door: Door, services: Services, clock: FakeClock
) -> None:
    ticket = door.tickets[0]
    granted = await claim(door.north, ticket, "a")
    clock.advance(30 * MINUTE)  # longer than what is proven without a claim
    door.north.append(serial=ticket.serial, flags=CLAIMED, claimed=granted["at"])
    await door.north.sync()
    assert await rows(services) == [("fact", False)]
    assert await claim(door.north, ticket, "a") == "claim_ended"
    await door.south.sync()
    (row,) = [row for row in door.south.copy.facts.values() if row.serial == ticket.serial]
    assert row.flags & BACKED
    assert row.time == granted["at"]
    refused = await claim(door.south, ticket, "b")
    assert (refused["granted"], refused["verdict"]) == (False, "already_used")
    assert refused["by"] == {
        "device": "North",
        "gate": "Gate A",
        "since": granted["at"],
        "open": False,
    }


async def test_only_what_was_granted_backs_a_fact(door: Door, services: Services) -> None:
    north, (one, two, three) = door.north, door.tickets
    north.append(serial=three.serial, flags=CLAIMED)  # nobody was asked
    at = (await claim(north, one, "a"))["at"]
    north.append(serial=two.serial, flags=CLAIMED, claimed=at)  # another ticket
    await north.sync()
    north.append(serial=one.serial, flags=CLAIMED, claimed=at)
    north.append(serial=one.serial, flags=CLAIMED, claimed=at)  # the same grant again
    await north.sync()
    async with services.db.read() as session:
        query = select(Fact.backed).order_by(Fact.number)
        assert list(await session.scalars(query)) == [False, False, True, False]


async def test_another_time_than_the_grants_or_an_unused_one_backs_nothing(
    door: Door, services: Services
) -> None:
    north, (one, two, _three) = door.north, door.tickets
    at = (await claim(north, one, "a"))["at"]
    north.append(serial=one.serial, flags=CLAIMED, claimed=at + 1)
    at = (await claim(north, two, "b"))["at"]
    await drop(north, two, "b")
    north.append(serial=two.serial, flags=CLAIMED, claimed=at)
    await north.sync()
    async with services.db.read() as session:
        assert not any(await session.scalars(select(Fact.backed)))


async def test_what_is_reported_unused_is_free_again(door: Door, services: Services) -> None:
    ticket = door.tickets[0]
    await claim(door.north, ticket, "a")
    await claim(door.north, ticket, "b")
    await drop(door.north, ticket, "a")
    assert (await claim(door.south, ticket, "c"))["granted"] is False
    await drop(door.north, ticket, "a", "b")
    assert await rows(services) == [("unused", False)]
    assert (await claim(door.south, ticket, "d"))["granted"] is True
    await drop(door.north, ticket, "a", "b")
    assert (await claim(door.north, ticket, "e"))["granted"] is False


async def test_a_question_that_comes_after_its_report_opens_nothing(
    door: Door, services: Services
) -> None:
    ticket = door.tickets[0]
    await drop(door.north, ticket, "late")
    assert await claim(door.north, ticket, "late") == "claim_ended"
    assert await rows(services) == [("unused", False)]
    assert (await claim(door.south, ticket, "b"))["granted"] is True


async def test_an_admit_without_an_answer_ends_the_devices_own_claim_alone(
    door: Door, services: Services
) -> None:
    ticket = door.tickets[0]
    await claim(door.north, ticket, "a")
    door.south.append(serial=ticket.serial, flags=UNCLAIMED)
    await door.south.sync()
    assert await rows(services) == [("", True)]
    door.north.append(serial=ticket.serial, flags=UNCLAIMED)
    await door.north.sync()
    assert await rows(services) == [("fact", False)]


async def test_an_override_by_anybody_ends_it(door: Door, services: Services) -> None:
    ticket = door.tickets[0]
    await claim(door.north, ticket, "a")
    door.south.append(serial=ticket.serial, kind=OVERRIDE, note="the mayor")
    await door.south.sync()
    assert await rows(services) == [("override", False)]


async def test_revoking_the_device_ends_its_claims(door: Door, services: Services) -> None:
    await claim(door.north, door.tickets[0], "a")
    await claim(door.south, door.tickets[1], "b")
    async with services.db.write() as session:
        await revoke_device(session, services, SYSTEM, door.north.device)
    assert await rows(services) == [("revoked", False), ("", True)]
    assert (await claim(door.south, door.tickets[0], "c"))["granted"] is True
    assert await claim(door.north, door.tickets[2], "d") == "revoked"


async def test_the_server_judges_by_all_it_knows(door: Door, services: Services) -> None:
    async with services.db.write() as session:
        held = await session.get_one(Ticket, door.tickets[0].id)
        await change_status(session, services, SYSTEM, held, "refunded")
    answer = await claim(door.north, door.tickets[0], "a")
    assert (answer["granted"], answer["verdict"], answer["by"]) == (False, "refunded", None)
    newer = await claim(door.north, door.tickets[1], "b", epoch=2)
    assert (newer["granted"], newer["verdict"]) == (True, "valid")  # by the unknown-ticket policy
    assert await rows(services) == [("", True)]


async def test_questions_that_cannot_be_answered_say_why(
    door: Door, services: Services, client: httpx2.AsyncClient
) -> None:
    narrow = await pair_phone(client, services, door.event, "Side", lists=[1])
    ticket = door.tickets[0]
    assert await claim(narrow, ticket, "a", list=2) == "BadInput"
    assert await claim(narrow, ticket, "a", serial=ticket.serial ^ 1) == "unknown_ticket"
    async with services.db.write() as session:
        off = EventChange(strict_budget_ms=None)
        await edit_event(session, services, SYSTEM, door.event.id, off)
    assert await claim(narrow, ticket, "a") == "not_strict"


async def test_validate_keeps_out_what_a_phone_is_admitting(
    door: Door, services: Services, client: httpx2.AsyncClient
) -> None:
    async with services.db.write() as session:
        key = await make_scanner_key(session, services, door.event)
    at = (await claim(door.north, door.tickets[0], "a", gate="Rear"))["at"]
    headers = {"Authorization": f"Bearer {key}"}

    async def scan(number: int) -> dict[str, Any]:
        body = {"token": door.tokens[number]}
        answer = await client.post("/api/tickets/validate", json=body, headers=headers)
        members: dict[str, Any] = answer.json()
        return members

    held = await scan(0)
    assert (held["admit"], held["verdict"]) == (False, "already_used")
    assert held["used"] == {"at": at, "device": "North", "gate": "Rear", "list": 1}
    assert (await scan(1))["admit"] is True
    await drop(door.north, door.tickets[0], "a")
    assert (await scan(0))["admit"] is True


async def test_a_phone_that_never_says_what_it_did_is_stopped(
    door: Door, services: Services
) -> None:
    async with services.db.write() as session:
        for number in range(100):
            session.add(
                Claim(
                    event_id=door.event.id,
                    device_id=door.north.device,
                    list_no=1,
                    serial=number + 1,
                    epoch=1,
                    asks=f"old{number}",
                    granted_at=1,
                )
            )
    assert await claim(door.north, door.tickets[0], "a") == "TooMany"
    assert (await claim(door.south, door.tickets[0], "b"))["granted"] is True


async def test_many_ask_at_once_and_one_is_granted(
    door: Door, client: httpx2.AsyncClient, services: Services
) -> None:
    phones = [door.north, door.south]
    phones += [await pair_phone(client, services, door.event, f"Door {n}") for n in range(6)]
    asking = [
        claim(phone, ticket, f"{number}-{ticket.serial}")
        for number, phone in enumerate(phones)
        for ticket in door.tickets
    ]
    answers = await asyncio.gather(*asking)
    assert sum(answer["granted"] for answer in answers) == len(door.tickets)
    held = [answer["by"]["open"] for answer in answers if not answer["granted"]]
    assert held == [True] * (len(answers) - len(door.tickets))
    async with services.db.read() as session:
        assert await session.scalar(select(Device.id).where(Device.pending > 0)) is None


async def test_who_waits_for_the_first_claim_of_an_event_is_told_of_it(
    door: Door, services: Services
) -> None:
    """Another process's claim is committed while this one waits for the event's lock."""
    ticket = door.tickets[0]
    async with services.db.write() as session:
        lock = select(FeedHead.seq).where(FeedHead.event_id == door.event.id)
        await session.execute(lock.with_for_update())
        place = {"event_id": door.event.id, "list_no": 1, "serial": ticket.serial, "epoch": 1}
        session.add(Claim(**place, device_id=door.north.device, asks="a" * 16, granted_at=1))
        await session.flush()
        asking = asyncio.create_task(claim(door.south, ticket, "b"))
        await somebody_waits(session, asking)
    assert (await asking)["by"]["open"] is True


async def somebody_waits(session: AsyncSession, asking: asyncio.Task[Any]) -> None:
    """Return when a question waits for this transaction; SQLite's writers wait in any case."""
    if session.get_bind().dialect.name == "sqlite":
        return
    waiting = text(
        "SELECT count(*) FROM pg_locks"
        " WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
    )
    while not asking.done() and not await session.scalar(waiting):
        await session.execute(text("SELECT pg_sleep(0.01)"))
