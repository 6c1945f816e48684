"""Codes from elsewhere at the door: looked up by digest, judged like any ticket (R46-R48)."""

import base64
from dataclasses import replace

import httpx2
import pytest
from sqlalchemy import select, update
from tests.factories.checkin import make_scanner_key, pair_phone
from tests.factories.events import make_event
from tests.factories.tickets import make_holders, make_tickets, make_tokens

from handstamp.checkin.models import Fact
from handstamp.checkin.wire import decode_fact
from handstamp.events.models import Event
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.foreign_code import foreign_code_digest
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status

pytestmark = pytest.mark.anyio
CODE, OTHER = "TM-4711-0815", "https://tickets.example/q?c=Zm9v"
URL = "/api/tickets/validate"


async def coded_event(services: Services) -> tuple[Event, list[Ticket], list[str]]:
    """Two tickets with a code from elsewhere and one without."""
    async with services.db.write() as session:
        event = await make_event(session, services)
        people = [
            replace(holder, code_digest=foreign_code_digest(event.number, code or ""))
            for holder, code in zip(make_holders(3), (CODE, OTHER, None), strict=True)
        ]
        tickets = await make_tickets(session, services, event, holders=people)
        tokens = await make_tokens(session, services, event, tickets)
    return event, tickets, tokens


async def test_a_phone_finds_a_code_without_signal_and_its_fact_counts_as_scanned(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, tickets, tokens = await coded_event(services)
    phone = await pair_phone(client, services, event)
    assert phone.scan(f" {CODE}\n").verdict == "valid"
    assert phone.scan(CODE).verdict == "already_used"
    assert phone.scan(tokens[0]).verdict == "already_used", "both codes are of one ticket"
    assert phone.scan(tokens[1]).verdict == "valid"
    assert phone.scan(OTHER).verdict == "already_used"
    wrong = phone.scan(CODE.lower())
    assert (wrong.verdict, wrong.admit, wrong.flags) == ("unknown", False, ("unlisted_code",))
    await phone.sync()
    async with services.db.read() as session:
        facts = (await session.scalars(select(Fact).order_by(Fact.number))).all()
    first = decode_fact(facts[0].bytes)
    assert (first.serial, first.epoch, first.how, facts[0].scanned) == (
        tickets[0].serial, 1, 1, True,
    )  # fmt: skip
    assert first.digest == foreign_code_digest(event.number, CODE)
    assert [fact.verdict for fact in facts] == [1, 2, 2, 1, 2, 12]


async def test_codes_that_come_and_go_reach_phones_by_the_feed(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, tickets, _tokens = await coded_event(services)
    phone = await pair_phone(client, services, event)
    fresh = foreign_code_digest(event.number, "NEW-1")
    async with services.db.write() as session:
        change = update(Ticket).where(Ticket.id == tickets[2].id)
        await session.execute(change.values(code_digest=fresh, revision=2, feed_seq=None))
        change = update(Ticket).where(Ticket.id == tickets[1].id)
        await session.execute(change.values(code_digest=None, revision=2, feed_seq=None))
    await phone.sync()
    assert phone.scan("NEW-1").verdict == "valid"
    assert phone.scan(OTHER).verdict == "unknown"


async def test_of_two_tickets_with_one_code_the_valid_one_counts(
    client: httpx2.AsyncClient, services: Services
) -> None:
    """R46: the code went to somebody else after the first ticket was given back."""
    event, tickets, _tokens = await coded_event(services)
    async with services.db.write() as session:
        await change_status(session, services, SYSTEM, tickets[0], "cancelled")
        digest = foreign_code_digest(event.number, CODE)
        holder = replace(make_holders(1)[0], code_digest=digest)
        await make_tickets(session, services, event, holders=[holder])
        key = await make_scanner_key(session, services, event)
    phone = await pair_phone(client, services, event)
    assert phone.scan(CODE).verdict == "valid"
    asked = {"token": CODE}
    answer = await client.post(URL, json=asked, headers={"Authorization": f"Bearer {key}"})
    assert answer.json()["verdict"] == "valid"
    await phone.sync()
    assert phone.scan(CODE).verdict == "already_used"


async def test_a_scanner_is_answered_as_a_phone_decides(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, tickets, _tokens = await coded_event(services)
    async with services.db.write() as session:
        key = await make_scanner_key(session, services, event)
        await change_status(session, services, SYSTEM, tickets[1], "refunded")
    headers = {"Authorization": f"Bearer {key}"}

    async def ask(token: str) -> dict[str, object]:
        answer = await client.post(URL, json={"token": token}, headers=headers)
        assert answer.status_code == 200, answer.text
        members: dict[str, object] = answer.json()
        return members

    first = await ask(CODE)
    assert (first["verdict"], first["admit"]) == ("valid", True)
    assert first["ticket"]["printed_id"] == tickets[0].printed_id  # type: ignore[index]
    assert (await ask(CODE))["verdict"] == "already_used"
    assert (await ask(OTHER))["verdict"] == "refunded"
    wrong = await ask("nobody's")
    assert (wrong["verdict"], wrong["admit"], wrong["flags"]) == (
        "unknown", False, ["unlisted_code"],
    )  # fmt: skip
    assert (await ask("  "))["verdict"] == "not_a_ticket"
    async with services.db.read() as session:
        facts = (await session.scalars(select(Fact).order_by(Fact.number))).all()
    assert [(fact.serial != 0, fact.scanned) for fact in facts[:3]] == [
        (True, True), (True, True), (True, True),
    ]  # fmt: skip
    assert [fact.serial for fact in facts[3:]] == [0, 0]


async def test_without_codes_a_strange_text_is_not_a_ticket(
    client: httpx2.AsyncClient, services: Services
) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        await make_tickets(session, services, event, count=1)
        key = await make_scanner_key(session, services, event)
    phone = await pair_phone(client, services, event)
    assert phone.scan(CODE).verdict == "not_a_ticket"
    asked = {"token": CODE}
    answer = await client.post(URL, json=asked, headers={"Authorization": f"Bearer {key}"})
    assert answer.json()["verdict"] == "not_a_ticket"


async def test_guessing_codes_is_slowed_down(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, _tickets, _tokens = await coded_event(services)
    async with services.db.write() as session:
        key = await make_scanner_key(session, services, event)
    headers = {"Authorization": f"Bearer {key}"}
    statuses = [
        (await client.post(URL, json={"token": f"guess {n}"}, headers=headers)).status_code
        for n in range(61)
    ]
    assert statuses == [200] * 60 + [429]


async def test_nothing_a_phone_is_given_holds_the_code(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, _tickets, _tokens = await coded_event(services)
    phone = await pair_phone(client, services, event)
    answer = await client.get("/api/tickets/checkin/snapshot", headers=phone.headers)
    whole = answer.content
    assert CODE.encode() not in whole
    assert base64.b64encode(CODE.encode()) not in whole
    digest = foreign_code_digest(event.number, CODE)
    assert digest and digest in {row.code for row in phone.copy.tickets.values()}
