"""Strict mode: a party is one question, and each ticket is answered for itself (R72)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.checkin import API, Phone, pair_phone
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets

from handstamp.checkin.models import Admission, Claim, Fact
from handstamp.checkin.wire import CLAIMED
from handstamp.events.edit_event import edit_event
from handstamp.events.models import Event
from handstamp.events.shapes import EventChange
from handstamp.kit.clock import FakeClock
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status

pytestmark = pytest.mark.anyio
PARTY = 12


@dataclass
class Door:
    """A strict event with a party of twelve, and two phones."""

    event: Event
    tickets: list[Ticket]
    north: Phone
    south: Phone


@pytest.fixture
async def door(client: httpx2.AsyncClient, services: Services) -> Door:
    """Open the door."""
    async with services.db.write() as session:
        event = await make_event(session, services, strict_budget_ms=400)
        tickets = await make_tickets(session, services, event, count=PARTY)
    north = await pair_phone(client, services, event, "North", gate="Gate A")
    south = await pair_phone(client, services, event, "South", gate="Gate B")
    return Door(event, tickets, north, south)


def asked(tickets: Sequence[Ticket], ask: str, **others: Any) -> dict[str, Any]:
    """Return a question about a party; the ids are made of `ask` and the serial."""
    members = [
        {"serial": one.serial, "epoch": 1, "id": f"{ask}-{one.serial:016x}"} for one in tickets
    ]
    return {"list": 1, "tickets": members, **others}


async def claim(phone: Phone, tickets: Sequence[Ticket], ask: str, **others: Any) -> Any:
    """Ask for a party; return the answers, or the code of a refusal of the whole question."""
    answer = await phone.http.post(
        f"{API}/claims", json=asked(tickets, ask, **others), headers=phone.headers
    )
    told = answer.json()
    return told["answers"] if answer.status_code == 200 else told["code"]


def granted(answers: Sequence[dict[str, Any]]) -> list[bool]:
    """Return who was granted."""
    return [one["granted"] for one in answers]


async def test_each_ticket_is_answered_as_if_it_were_asked_alone(
    door: Door, services: Services
) -> None:
    refunded, held, newer, strange, free = door.tickets[:5]
    async with services.db.write() as session:
        row = await session.get_one(Ticket, refunded.id)
        await change_status(session, services, SYSTEM, row, "refunded")
    at = (await claim(door.south, [held], "s"))[0]["at"]
    body = asked([refunded, held, newer, strange, free], "n", gate="Rear")
    body["tickets"][2]["epoch"] = 2
    body["tickets"][3]["serial"] ^= 1
    answer = await door.north.http.post(f"{API}/claims", json=body, headers=door.north.headers)
    told = answer.json()
    assert (told["standing"], granted(told["answers"])) == (
        "active", [False, False, True, False, True],
    )  # fmt: skip
    verdicts = [(one["verdict"], one["error"]) for one in told["answers"]]
    assert verdicts == [
        ("refunded", ""), ("already_used", ""), ("valid", ""), ("", "unknown_ticket"),
        ("valid", ""),
    ]  # fmt: skip
    assert told["answers"][1]["by"] == {
        "device": "South", "gate": "Gate B", "since": at, "open": True,
    }  # fmt: skip
    alone = {"list": 1, "serial": free.serial, "epoch": 1, "id": "0" * 16}
    single = await door.south.http.post(f"{API}/claim", json=alone, headers=door.south.headers)
    assert single.json()["by"]["gate"] == "Rear", "one open claim, however it was asked for"


async def test_two_phones_that_race_for_a_party_are_granted_each_ticket_once(
    door: Door, services: Services
) -> None:
    party = door.tickets
    north, south, again, alone = await asyncio.gather(
        claim(door.north, party, "n"),
        claim(door.south, party[::-1], "s"),
        claim(door.north, party, "n"),
        claim(door.south, party[:1], "t"),
    )
    pairs = zip(granted(north), granted(south)[::-1], strict=True)
    assert all(ours != theirs for ours, theirs in pairs), "granted to one of the two"
    assert granted(again) == granted(north)
    assert granted(alone) == granted(south)[-1:]
    refused = [one for one in [*north, *south] if not one["granted"]]
    assert [one["by"]["open"] for one in refused] == [True] * len(party)
    async with services.db.read() as session:
        query = select(func.count()).where(Claim.granted_at.is_not(None)).group_by(Claim.serial)
        assert list(await session.scalars(query)) == [1] * len(party)


async def test_parties_that_overlap_are_let_in_without_a_conflict(
    door: Door, services: Services, clock: FakeClock
) -> None:
    wants = [(door.north, door.tickets[:8], "n"), (door.south, door.tickets[4:], "s")]
    told = await asyncio.gather(*(claim(*want) for want in wants))
    clock.advance(3_000)
    for (phone, tickets, _ask), answers in zip(wants, told, strict=True):
        for ticket, answer in zip(tickets, answers, strict=True):
            if answer["granted"]:
                phone.append(serial=ticket.serial, flags=CLAIMED, claimed=answer["at"])
        await phone.sync()
    async with services.db.read() as session:
        facts = list(await session.scalars(select(Fact)))
        states = list(await session.scalars(select(Admission)))
        ends = set(await session.scalars(select(Claim.ended_by)))
    assert sorted(fact.serial for fact in facts) == sorted(one.serial for one in door.tickets)
    assert all(fact.backed for fact in facts)
    assert {(state.greens, state.conflict) for state in states} == {(1, "")}
    assert ends == {"fact"}


async def test_the_same_question_is_answered_again_and_what_is_unused_is_free(
    door: Door, clock: FakeClock
) -> None:
    party = door.tickets[:3]
    first = await claim(door.north, party, "n")
    clock.advance(60_000)
    assert await claim(door.north, party, "n") == first
    unused = [{"list": 1, **one} for one in asked(party, "n")["tickets"][:2]]
    sent = door.north.request([]) | {"claims_unused": unused}
    assert (await door.north.post(sent)).status_code == 200
    assert granted(await claim(door.south, party, "s")) == [True, True, False]
    late = await claim(door.north, party, "n")
    assert [one["error"] for one in late] == ["claim_ended", "claim_ended", ""]


async def test_one_decision_may_ask_for_more_than_a_phone_may_go_on_with(
    door: Door, services: Services
) -> None:
    async with services.db.write() as session:
        many = await make_tickets(session, services, door.event, count=150)
    assert all(granted(await claim(door.north, many, "n")))
    more = await claim(door.north, [*many[:2], *door.tickets[:2]], "m")
    assert [one["error"] for one in more] == ["", "", "TooMany", "TooMany"]
    assert all(granted(await claim(door.south, door.tickets, "s")))


async def test_a_question_that_cannot_be_answered_is_refused_whole(
    door: Door, services: Services
) -> None:
    party = door.tickets[:2]
    assert await claim(door.north, party, "n", list=2) == "BadInput"
    assert await claim(door.north, [], "n") == "BadInput"
    assert await claim(door.north, party * 101, "n") == "BadInput"
    async with services.db.write() as session:
        off = EventChange(strict_budget_ms=None)
        await edit_event(session, services, SYSTEM, door.event.id, off)
    assert await claim(door.north, party, "n") == "not_strict"
    async with services.db.read() as session:
        assert await session.scalar(select(Claim.id)) is None
