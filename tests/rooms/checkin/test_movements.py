"""Out and in again, full houses, decisions taken back or overruled: what the server makes of it."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.checkin import make_scanner_key, pair_phone
from tests.factories.movements import leave, override, undo_last
from tests.rooms.checkin.conftest import Sold

from handstamp.checkin.find_conflicts import conflicts, count_open
from handstamp.checkin.models import Admission, Fact
from handstamp.checkin.rows import ALLOWED
from handstamp.checkin.scan_log import scan_log
from handstamp.events.entry_rules import EntryRules
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.events.set_supervisor_pin import set_supervisor_pin
from handstamp.kit.clock import DAY, MINUTE, FakeClock
from handstamp.plumbing.web import SYSTEM, Services

pytestmark = pytest.mark.anyio
PIN = '{"salt": "AAAA", "rounds": 600000, "hash": "AAAA"}'


async def rule(services: Services, sold: Sold, entry: EntryRules) -> None:
    """Give the main door other rules of entry."""
    async with services.db.write() as session:
        await save_list(
            session,
            services,
            SYSTEM,
            sold.event.id,
            name="Main door",
            tiers=[ListTier(1)],
            entry=entry,
            number=1,
        )


async def scanner(client: httpx2.AsyncClient, services: Services, sold: Sold) -> Any:
    """Return a turnstile: it asks about a code, and answers verdict and flags."""
    async with services.db.write() as session:
        key = await make_scanner_key(session, services, sold.event)

    async def ask(token: str, **others: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}"}
        sent = {"token": token, "list": 1, **others}
        answer = await client.post("/api/tickets/validate", json=sent, headers=headers)
        assert answer.status_code == 200, answer.text
        members: dict[str, Any] = answer.json()
        return members

    return ask


async def kept(services: Services, sold: Sold, number: int = 0) -> Admission:
    """Return what is kept of a ticket at the main door."""
    async with services.db.read() as session:
        serial = sold.tickets[number].serial
        return await session.get_one(Admission, (sold.event.id, serial, 1))


async def test_out_and_in_again_at_a_turnstile(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    """R59, R60: the server judges as a phone does."""
    await rule(services, sold, EntryRules("reentry"))
    ask = await scanner(client, services, sold)
    token = sold.tokens[0]
    assert (await ask(token, leaving=True))["verdict"] == "not_inside"
    assert (await ask(token))["admit"]
    assert (await ask(token))["verdict"] == "already_used"
    clock.advance(MINUTE)
    left_at = clock()
    assert (await ask(token, leaving=True))["admit"]
    assert not (await kept(services, sold)).inside
    again = await ask(token, leaving=True)
    assert (again["verdict"], again["admit"], again["used"]["at"]) == ("not_inside", False, left_at)
    assert (await ask(token))["admit"]
    row = await kept(services, sold)
    assert (row.inside, row.entries, row.greens, row.conflict) == (True, 2, 2, "")


async def test_a_leaving_question_is_another_one_under_the_same_key(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    async with services.db.write() as session:
        key = await make_scanner_key(session, services, sold.event)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "one"}
    sent: dict[str, Any] = {"token": sold.tokens[0]}
    first = await client.post("/api/tickets/validate", json=sent, headers=headers)
    assert first.json()["admit"]
    sent |= {"leaving": True}
    answer = await client.post("/api/tickets/validate", json=sent, headers=headers)
    assert answer.status_code == 409


async def test_so_many_entries_on_a_day(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    await rule(services, sold, EntryRules("per_day", 2))
    ask = await scanner(client, services, sold)
    verdicts = [(await ask(sold.tokens[0]))["verdict"] for _ in range(3)]
    assert verdicts == ["valid", "valid", "already_used"]
    clock.advance(DAY)
    assert (await ask(sold.tokens[0]))["verdict"] == "valid"
    row = await kept(services, sold)
    assert (row.entries, row.conflict) == (3, "")


async def test_a_full_house_is_said_and_refuses_nobody(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    """R58."""
    await rule(services, sold, EntryRules("reentry", capacity=1))
    ask = await scanner(client, services, sold)
    assert (await ask(sold.tokens[0]))["flags"] == []
    crowded = await ask(sold.tokens[1])
    assert (crowded["admit"], crowded["flags"]) == (True, ["over_capacity"])
    for token in sold.tokens[:2]:
        assert (await ask(token, leaving=True))["admit"]
    assert (await ask(sold.tokens[2]))["flags"] == []


async def test_of_several_at_once_only_who_is_too_many_is_said_to_be(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    """R58: one commit may hold them all."""
    await rule(services, sold, EntryRules("reentry", capacity=2))
    ask = await scanner(client, services, sold)
    together = await asyncio.gather(*(ask(token) for token in sold.tokens))
    assert sorted(answer["flags"] for answer in together) == [[], [], ["over_capacity"]]


async def test_a_steward_takes_back_in_time_only(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    """R54, R56: by the phone's own clock, however late the server hears of it."""
    phone = await pair_phone(client, services, sold.event)
    for token in sold.tokens[:2]:
        phone.scan(token)
    clock.advance(5 * MINUTE)
    undo_last(phone, sold.tickets[0].serial)
    clock.advance(1)
    undo_last(phone, sold.tickets[1].serial)
    phone.skew = DAY
    clock.advance(DAY)
    await phone.sync()
    in_time, too_late = (await kept(services, sold, 0), await kept(services, sold, 1))
    assert (in_time.inside, in_time.admitted_at, in_time.entries) == (False, None, 0)
    assert (too_late.inside, too_late.greens) == (True, 1)
    assert phone.scan(sold.tokens[0]).admit
    assert not phone.scan(sold.tokens[1]).admit


async def test_a_supervisor_takes_back_what_another_phone_did(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    steward = await pair_phone(client, services, sold.event, "Door")
    boss = await pair_phone(client, services, sold.event, "Boss", role="supervisor")
    steward.scan(sold.tokens[0])
    await steward.sync()
    await boss.sync()
    clock.advance(DAY // 2)
    serial = sold.tickets[0].serial
    target = next(ref for ref, row in boss.copy.facts.items() if row.serial == serial)
    for phone in (steward, boss):
        phone.append(kind=4, serial=serial, how=2, target=target)
        await phone.sync()
    await steward.sync()
    state = steward.copy.state(serial)
    assert state == boss.copy.state(serial)
    assert state.lists[1].undone == (target,)
    assert [ref[0] for ref in state.lists[1].undos] == [boss.device]
    assert [ref[0] for ref in state.lists[1].refused] == [steward.device]
    assert not (await kept(services, sold)).inside


async def test_an_undo_that_arrives_first_waits_for_its_target(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    """R21: whatever comes first, all end in one state."""
    steward = await pair_phone(client, services, sold.event, "Door")
    boss = await pair_phone(client, services, sold.event, "Boss", role="supervisor")
    steward.scan(sold.tokens[0])
    (target,) = (fact.ref for fact in steward.own_facts(sold.tickets[0].serial))
    boss.append(kind=4, serial=sold.tickets[0].serial, how=2, target=target)
    await boss.sync()
    assert (await kept(services, sold)).pending == 1
    await steward.sync()
    row = await kept(services, sold)
    assert (row.pending, row.inside, row.greens) == (0, False, 0)


@pytest.mark.parametrize("pin", ["", PIN])
async def test_letting_in_on_purpose_needs_a_supervisor(
    client: httpx2.AsyncClient, services: Services, sold: Sold, pin: str
) -> None:
    """R55, R56: the flag of a PIN counts only where the event has one."""
    async with services.db.write() as session:
        await set_supervisor_pin(session, services, SYSTEM, sold.event.id, pin)
    phone = await pair_phone(client, services, sold.event)
    override(phone, sold.tickets[0].serial, note="Artist's guest")
    await phone.sync()
    row = await kept(services, sold)
    assert (row.inside, row.entries, row.greens, row.conflict) == (bool(pin), int(bool(pin)), 0, "")
    assert (row.admitted_at is not None) == bool(pin)
    assert phone.scan(sold.tokens[0]).verdict == ("already_used" if pin else "valid")
    async with services.db.read() as session:
        granted = await session.scalar(select(Fact.granted).where(Fact.kind == 5))
        (logged,) = await scan_log(session, sold.event.id, serial=sold.tickets[0].serial)
    assert granted == (ALLOWED if pin else 0)
    assert (logged.kind, logged.flags, logged.note) == (
        "override",
        ("supervisor",),
        "Artist's guest",
    )


async def test_a_supervisor_beside_two_greens_is_no_side_of_the_conflict(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phones = [await pair_phone(client, services, sold.event, f"Door {n}") for n in (1, 2)]
    boss = await pair_phone(client, services, sold.event, "Boss", role="supervisor")
    override(boss, sold.tickets[0].serial, flags=0, note="I know her")
    await boss.sync()
    async with services.db.read() as session:
        assert await count_open(session, sold.event.id) == 0
    for phone in phones:
        phone.scan(sold.tokens[0])
        phone.scan(sold.tokens[1])
        undo_last(phone, sold.tickets[1].serial)
    for phone in phones:
        await phone.sync()
    async with services.db.read() as session:
        (row,) = await conflicts(session, sold.event.id)
    assert (row.kind, [side.wins for side in row.sides]) == ("double", [True, False])
    assert [(scan.device_name, scan.note) for scan in row.overrides] == [("Boss", "I know her")]
    assert row.serial == sold.tickets[0].serial, "what was taken back is no conflict"


async def test_many_leave_and_come_back_and_only_the_pass_back_is_a_conflict(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    await rule(services, sold, EntryRules("reentry"))
    phone = await pair_phone(client, services, sold.event)
    other = await pair_phone(client, services, sold.event, "Other")
    for number, token in enumerate(sold.tokens):
        for _ in range(3):
            clock.advance(MINUTE)
            assert phone.scan(token).admit
            clock.advance(MINUTE)
            assert leave(phone, sold.tickets[number].serial)
        assert not leave(phone, sold.tickets[number].serial)
        assert phone.scan(token).admit
    other.scan(sold.tokens[2])
    await phone.sync()
    await other.sync()
    rows = [await kept(services, sold, number) for number in range(3)]
    assert [(row.inside, row.entries) for row in rows] == [(True, 4), (True, 4), (True, 5)]
    assert [row.conflict for row in rows] == ["", "", "double"]
