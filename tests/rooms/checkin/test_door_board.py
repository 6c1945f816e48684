"""The live board's sums: they move with what they sum, and a look at them reads no scan."""

from collections import Counter
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.checkin import pair_phone
from tests.fixtures.statements import statements
from tests.rooms.checkin.conftest import Sold

from handstamp.checkin.door_board import board
from handstamp.checkin.drill_board import CHECKS, drill_board, read_drill
from handstamp.checkin.models import Admission, DoorSum, Fact
from handstamp.kit.clock import HOUR, MINUTE, FakeClock
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.revoke_ticket import change_status

pytestmark = pytest.mark.anyio


async def kept(session: AsyncSession, event_id: str) -> Counter[tuple[str, int, int]]:
    rows = await session.scalars(select(DoorSum).where(DoorSum.event_id == event_id))
    return Counter({(row.what, row.list_no, row.place): row.n for row in rows if row.n})


async def counted(session: AsyncSession, event_id: str) -> Counter[tuple[str, int, int]]:
    """Count anew what the sums say, row by row."""
    sums: Counter[tuple[str, int, int]] = Counter()
    rows = await session.scalars(select(Admission).where(Admission.event_id == event_id))
    let_in = set()
    for row in rows:
        if row.admitted_at is not None:
            sums["admitted", row.list_no, row.winner_device] += 1  # type: ignore[index]
            sums["minute", row.list_no, row.admitted_at // MINUTE] += 1
            let_in.add(row.serial)
        if row.inside:
            sums["inside", row.list_no, 0] += 1
    if let_in:
        sums["tickets", 0, 0] = len(let_in)
    facts = await session.execute(
        select(Fact.kind, Fact.verdict, func.count())
        .where(Fact.event_id == event_id)
        .group_by(Fact.kind, Fact.verdict)
    )
    for kind, verdict, n in facts:
        sums["fact", kind, verdict] = n
    return sums


async def same(services: Services, event_id: str) -> Counter[tuple[str, int, int]]:
    async with services.db.read() as session:
        sums = await kept(session, event_id)
        assert sums == await counted(session, event_id)
    return sums


async def test_the_sums_follow_whatever_happens_to_tickets(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    event = sold.event.id
    north = await pair_phone(client, services, sold.event, "North 1", gate="North")
    south = await pair_phone(client, services, sold.event, "South 1", gate="South")
    assert await same(services, event) == Counter()
    south.scan(sold.tokens[0])
    clock.advance(3 * MINUTE)
    north.scan(sold.tokens[0])
    north.scan(sold.tokens[0])
    north.scan("nonsense")
    await north.sync()
    sums = await same(services, event)
    assert sums["admitted", 1, north.device] == 1
    await south.sync()  # it was first: the ticket moves to its gate and its minute
    sums = await same(services, event)
    assert sums["admitted", 1, north.device] == 0
    assert sums["admitted", 1, south.device] == 1
    assert sums["tickets", 0, 0] == 1
    south.list_no = 2
    south.scan(sold.tokens[0])
    south.scan(sold.tokens[1])
    await south.sync()
    await south.sync()
    async with services.db.write() as session:
        await change_status(session, services, SYSTEM, sold.tickets[1], "refunded")
    await south.sync()
    sums = await same(services, event)
    assert sums["tickets", 0, 0] == 2
    assert sums["fact", 2, 2] == 1
    assert sums["fact", 2, 14] == 1


async def test_a_look_at_the_board_reads_sums_and_no_scans(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    phone = await pair_phone(client, services, sold.event, "Door 1", gate="North")
    for token in (*sold.tokens, "nonsense", sold.tokens[0]):
        phone.scan(token)
    await phone.sync()
    with statements() as said:
        async with services.db.read() as session:
            now = await board(session, sold.event.id, clock())
    assert (now.admitted, now.last_five_minutes, len(now.minutes)) == (3, 3, 60)
    assert now.minutes[-1] == (clock() // MINUTE * MINUTE, 3)
    assert sorted(now.refused) == [("already_used", 1), ("not_a_ticket", 1)]
    assert said
    assert not [one for one in said if "tickets_facts" in one]
    looks = [one for one in said if "tickets_admissions" in one]
    assert len(looks) == 1, "only the open conflicts are counted there, by their index"
    assert "conflict >" in looks[0].replace('"', "")


def report(at: float, **reds: str) -> dict[str, Any]:
    checks = [{"id": name, "ok": name not in reds, "value": reds.get(name, "")} for name in CHECKS]
    return {"at": at, "checks": checks}


async def test_the_drill_board_puts_first_what_needs_a_hand(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    now = clock()
    drills = {
        "A ready": report(now - MINUTE),
        "B old": report(now - 7 * HOUR),
        "C red": report(now - 7 * HOUR, battery="12", self_scan="list"),
        "D never": None,
    }
    for name, drill in drills.items():
        phone = await pair_phone(client, services, sold.event, name)
        body = phone.request([])
        body["status"] |= {"operator": "Kim"} | ({"drill": drill} if drill else {})
        assert (await phone.post(body)).status_code == 200
    async with services.db.read() as session:
        rows = await drill_board(session, sold.event.id, now)
    assert [(row.name, row.state) for row in rows] == [
        ("C red", "red"),
        ("D never", "never"),
        ("B old", "old"),
        ("A ready", "ready"),
    ]
    assert [(check.id, check.value) for check in rows[0].reds] == [
        ("self_scan", "list"),
        ("battery", "12"),
    ]
    assert rows[3].age_ms == MINUTE
    assert rows[1].age_ms is None


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        "drill",
        {"at": "now", "checks": []},
        {"at": float("nan"), "checks": []},
        {"at": 10**400, "checks": []},
        {"at": -1, "checks": []},
        {"at": True, "checks": []},
        {"at": 1, "checks": {"id": "camera"}},
        {"checks": []},
    ],
)
def test_a_drill_of_no_known_shape_was_not_made(sent: object) -> None:
    assert read_drill(sent) == (None, ())


def test_of_a_drill_only_what_is_well_said_counts() -> None:
    checks = [
        7,
        {"id": ["camera"]},
        {"id": "camera", "ok": 1, "value": 7},
        {"id": "clock", "ok": False, "value": "x" * 9_000},
        {"id": "mind", "ok": False, "value": ""},
    ]
    at, read = read_drill({"at": 5.5, "checks": checks})
    assert at == 5
    assert [check.id for check in read] == list(CHECKS)
    by_id = {check.id: check for check in read}
    assert by_id["camera"].ok is None
    assert by_id["camera"].value == ""
    assert by_id["clock"].ok is False
    assert len(by_id["clock"].value) == 60
