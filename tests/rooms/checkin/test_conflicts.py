"""What the organizer sees: conflicts with both sides, the board, the scan log, and its API."""

import csv
import io

import httpx2
import pytest
from tests.factories.auth import Person, make_owner, make_person
from tests.factories.checkin import Phone, make_scanner_key, pair_phone
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens
from tests.rooms.checkin.conftest import Sold

from handstamp.checkin.door_board import board
from handstamp.checkin.door_figures import admitted_by_event
from handstamp.checkin.find_conflicts import ConflictRow, conflicts, count_open
from handstamp.checkin.resolve_conflict import resolve_conflict
from handstamp.checkin.scan_log import scan_log
from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.kit.ids import device_hex
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.models import Ticket
from handstamp.tickets.reissue_ticket import reissue
from handstamp.tickets.revoke_ticket import change_status

pytestmark = pytest.mark.anyio


async def found(services: Services, sold: Sold) -> list[ConflictRow]:
    """Return the event's conflicts."""
    async with services.db.read() as session:
        rows = await conflicts(session, sold.event.id)
        assert await count_open(session, sold.event.id) == sum(not r.resolved_at for r in rows)
    return rows


async def two_greens(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> tuple[Phone, Phone]:
    """Two phones that do not hear of each other admit the same ticket."""
    north = await pair_phone(client, services, sold.event, "North 1", gate="North")
    south = await pair_phone(client, services, sold.event, "South 1", gate="South")
    north.append(serial=0, kind=2)
    south.scan(sold.tokens[0])
    clock.advance(3 * MINUTE)
    north.scan(sold.tokens[0])
    clock.advance(3 * MINUTE)
    await north.sync()
    await south.sync()
    return north, south


async def test_a_double_admission_names_both_sides(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    start = clock()
    north, south = await two_greens(client, services, sold, clock)
    (row,) = await found(services, sold)
    assert (row.kind, row.list_name, row.resolved_at) == ("double", "Main door", None)
    assert row.ticket is not None
    assert row.ticket.printed_id == sold.tickets[0].printed_id
    first, second = row.sides
    assert (first.scan.device_name, first.wins) == ("South 1", True)
    assert (second.scan.device_name, second.wins) == ("North 1", False)
    assert (first.scan.claimed_at, second.scan.claimed_at) == (start, start + 3 * MINUTE)
    assert first.scan.stamp == second.scan.stamp == start + 6 * MINUTE
    assert (first.scan.verdict, second.scan.verdict) == ("valid", "valid")
    assert first.scan.cursor_seq > 0
    assert first.scan.rule_rev == 1
    assert first.scan.proven
    for phone in (north, south):
        await phone.sync()
        state = phone.copy.state(sold.tickets[0].serial).lists[1]
        assert state.conflict == "double"
        assert state.winner == (south.device, 1, first.scan.tag)


async def test_a_claim_far_from_its_receipt_is_marked(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    north, south = await two_greens(client, services, sold, clock)
    south.skew = -11 * MINUTE
    south.scan(sold.tokens[1])
    north.scan(sold.tokens[1])
    await south.sync()
    await north.sync()
    row = next(r for r in await found(services, sold) if r.serial == sold.tickets[1].serial)
    assert [(side.scan.device_name, side.scan.proven) for side in row.sides] == [
        ("South 1", False),
        ("North 1", True),
    ]


async def test_an_old_code_let_in_is_shown_and_the_holder_still_enters(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    async with services.db.write() as session:
        ticket = await session.get_one(Ticket, sold.tickets[0].id)
        again = await reissue(session, services, SYSTEM, ticket)
        (fresh,) = await make_tokens(session, services, sold.event, [again])
    assert phone.scan(sold.tokens[0]).verdict == "valid"
    await phone.sync()
    (row,) = await found(services, sold)
    assert row.kind == "superseded"
    assert [(side.old, side.wins) for side in row.sides] == [(True, False)]
    decision = phone.scan(fresh)
    assert (decision.verdict, decision.flags) == ("valid", ("old_code_admitted",))
    await phone.sync()
    (row,) = await found(services, sold)
    assert [(side.old, side.wins) for side in row.sides] == [(True, False), (False, True)]


async def test_an_admission_after_the_refund_is_shown(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    phone = await pair_phone(client, services, sold.event)
    phone.scan(sold.tokens[1])
    clock.advance(MINUTE)
    async with services.db.write() as session:
        for ticket in sold.tickets[:2]:
            kept = await session.get_one(Ticket, ticket.id)
            await change_status(session, services, SYSTEM, kept, "refunded")
    clock.advance(MINUTE)
    assert phone.scan(sold.tokens[0]).verdict == "valid"
    await phone.sync()
    (row,) = await found(services, sold)
    assert (row.kind, row.serial) == ("after_refund", sold.tickets[0].serial)


async def test_looking_at_a_conflict_closes_it_until_another_light_joins(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    await two_greens(client, services, sold, clock)
    third = await pair_phone(client, services, sold.event, "East 1")
    serial = sold.tickets[0].serial
    async with services.db.write() as session:
        await resolve_conflict(session, services, SYSTEM, sold.event.id, serial=serial, list_no=1)
    (row,) = await found(services, sold)
    assert row.resolved_at == clock()
    third.append(serial=serial)
    await third.sync()
    (row,) = await found(services, sold)
    assert row.resolved_at is None
    assert len(row.sides) == 3


async def test_the_board_counts_and_tells_how_phones_are(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    north, south = await two_greens(client, services, sold, clock)
    north.list_no = 2
    north.scan(sold.tokens[0])
    north.scan(sold.tokens[1])
    await north.sync()
    north.scan(sold.tokens[2])
    async with services.db.read() as session:
        now = await board(session, sold.event.id, clock())
        by_event = await admitted_by_event(session, [sold.event.id, "evt_none"])
    assert (now.tickets, now.admitted, now.open_conflicts) == (3, 2, 1)
    assert [(one.name, one.admitted, one.expected) for one in now.lists] == [
        ("Main door", 1, 3),
        ("Cloakroom", 2, 3),
    ]
    assert [(one.gate, one.admitted) for one in now.gates] == [("North", 2), ("South", 1)]
    assert by_event == {sold.event.id: 2}
    states = {device.name: device for device in now.devices}
    assert states["South 1"].behind > 0
    assert not states["South 1"].silent
    clock.advance(2 * MINUTE)
    async with services.db.read() as session:
        later = await board(session, sold.event.id, clock())
    assert all(device.silent for device in later.devices)
    assert south.device in {device.id for device in later.devices}


async def test_the_scan_log_has_denials_and_pages(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    for text in (sold.tokens[0], sold.tokens[0], "hello"):
        phone.scan(text)
    await phone.sync()
    async with services.db.read() as session:
        every = await scan_log(session, sold.event.id)
        page = await scan_log(session, sold.event.id, before=every[0].id, limit=1)
        denied = await scan_log(session, sold.event.id, verdict="already_used")
        of_ticket = await scan_log(session, sold.event.id, serial=sold.tickets[0].serial)
    assert [row.verdict for row in every] == ["not_a_ticket", "already_used", "valid"]
    assert [row.verdict for row in page] == ["already_used"]
    assert [row.kind for row in denied] == ["deny"]
    assert [row.printed_id for row in of_ticket] == [sold.tickets[0].printed_id] * 2


async def owned(services: Services) -> tuple[Person, Sold]:
    """An event of a signed-in organizer."""
    person, organizer = await make_owner(services)
    async with services.db.write() as session:
        event = await make_event(session, services, organizer_id=organizer.id)
        tickets = await make_tickets(session, services, event, count=2)
        tokens = await make_tokens(session, services, event, tickets)
    return person, Sold(event, tickets, tokens)


async def test_an_organizer_invites_watches_and_revokes_by_the_api(
    client: httpx2.AsyncClient, services: Services
) -> None:
    person, sold = await owned(services)
    of_event = f"/api/tickets/events/{sold.event.id}"
    made = await client.post(
        f"{of_event}/pairing-codes",
        json={"name": "Door 1", "lists": [1]},
        headers={**person.headers, "Idempotency-Key": "a"},
    )
    assert made.status_code == 201
    again = await client.post(
        f"{of_event}/pairing-codes",
        json={"name": "Door 1", "lists": [1]},
        headers={**person.headers, "Idempotency-Key": "a"},
    )
    assert again.json() == made.json()
    assert made.json()["link"].endswith(f"/tickets/checkin/?pair={made.json()['code']}")
    phone = Phone(client, services.clock)  # type: ignore[arg-type]
    await phone.pair(made.json()["code"])
    await phone.download()
    await phone.sync()
    phone.scan(sold.tokens[0])
    await phone.sync()
    key = await client.post(
        f"{of_event}/scanner-keys", json={"name": "Gate"}, headers=person.headers
    )
    assert key.json()["key"].startswith("hs_scan_")
    listed = (await client.get(f"{of_event}/devices", headers=person.headers)).json()
    assert [device["kind"] for device in listed["devices"]] == ["phone", "api"]
    now = (await client.get(f"{of_event}/board", headers=person.headers)).json()
    assert now["admitted"] == 1
    scans = (await client.get(f"{of_event}/scans?limit=1", headers=person.headers)).json()
    assert scans["scans"][0]["device_id"] == device_hex(phone.device)
    ended = await client.post(
        f"/api/tickets/devices/{device_hex(phone.device)}/revoke", headers=person.headers
    )
    assert ended.json()["standing"] == "revoked"
    none = (await client.get(f"{of_event}/conflicts", headers=person.headers)).json()
    assert none == {"conflicts": []}


async def test_another_organizer_finds_nothing(
    client: httpx2.AsyncClient, services: Services
) -> None:
    _person, sold = await owned(services)
    stranger = await make_person(services, "eve@example.org")
    async with services.db.write() as session:
        await make_scanner_key(session, services, sold.event)
    of_event = f"/api/tickets/events/{sold.event.id}"
    for path in ("devices", "board", "conflicts", "scans", "scans/export"):
        assert (await client.get(f"{of_event}/{path}")).status_code == 401
        answer = await client.get(f"{of_event}/{path}", headers=stranger.headers)
        assert answer.status_code == 404
    for path in ("pairing-codes", "scanner-keys"):
        answer = await client.post(f"{of_event}/{path}", json={}, headers=stranger.headers)
        assert answer.status_code == 404


async def test_the_log_as_a_file_runs_no_formula(
    client: httpx2.AsyncClient, services: Services
) -> None:
    person, sold = await owned(services)
    phone = await pair_phone(client, services, sold.event, '=HYPERLINK("x")')
    phone.append(serial=sold.tickets[0].serial, operator="+1", gate="@x", note="=1+1")
    phone.append(serial=sold.tickets[1].serial, kind=2, claimed=(1 << 53) - 1, verdict=250)
    await phone.sync()
    path = f"/api/tickets/events/{sold.event.id}/scans/export"
    answer = await client.get(path, headers=person.headers)
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "@", "-")]
    assert "'=1+1" in rows[1]
    book = await client.get(f"{path}?format=xlsx", headers=person.headers)
    assert book.content.startswith(b"PK")
