"""The list that phones download."""

import asyncio
import gzip

import brotli  # type: ignore[import-untyped]
import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.checkin import API, pair_phone
from tests.factories.tickets import make_tickets
from tests.rooms.checkin.conftest import Sold

from handstamp.checkin import make_list, snapshot
from handstamp.checkin.batcher import batcher
from handstamp.checkin.door_jobs import prune_now
from handstamp.checkin.make_list import MadeList
from handstamp.checkin.models import SnapshotBase
from handstamp.checkin.snapshot import build_snapshot, current_snapshot, needs_build
from handstamp.events.edit_event import edit_event
from handstamp.events.shapes import EventChange
from handstamp.kit.clock import DAY, FakeClock
from handstamp.plumbing.web import SYSTEM, Services

pytestmark = pytest.mark.anyio


async def bases(services: Services) -> int:
    """Count the stored snapshots."""
    async with services.db.read() as session:
        return await session.scalar(select(func.count()).select_from(SnapshotBase)) or 0


async def test_however_many_ask_at_once_one_builds(
    client: httpx2.AsyncClient, services: Services, sold: Sold, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    make = make_list.make_list

    async def counted(of: Services, event_id: str, private: bytes) -> MadeList:
        built.append(event_id)
        return await make(of, event_id, private)

    monkeypatch.setattr(snapshot, "make_list", counted)
    made = await asyncio.gather(*(current_snapshot(services, sold.event.id) for _ in range(12)))
    assert len(built) == 1
    assert len({one.etag for one in made}) == 1
    assert await bases(services) == 1
    services.rooms.pop("checkin.snapshots")
    assert (await current_snapshot(services, sold.event.id)).etag == made[0].etag
    assert len(built) == 1


async def test_the_same_bytes_under_every_encoding_and_none_when_unchanged(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    bodies = {}
    for accepted in ("br", "gzip", "identity", "br;q=0, gzip"):
        headers = {**phone.headers, "Accept-Encoding": accepted}
        async with client.stream("GET", f"{API}/snapshot", headers=headers) as answer:
            raw = b"".join([piece async for piece in answer.aiter_raw()])
            encoding = answer.headers.get("content-encoding", "")
            bodies[accepted] = (encoding, raw)
            again = await client.get(
                f"{API}/snapshot", headers={**headers, "If-None-Match": answer.headers["etag"]}
            )
            assert (again.status_code, again.content) == (304, b"")
    plain = bodies["identity"][1]
    assert bodies["br"] == ("br", bodies["br"][1])
    assert brotli.decompress(bodies["br"][1]) == plain
    assert gzip.decompress(bodies["gzip"][1]) == plain
    assert bodies["br;q=0, gzip"] == bodies["gzip"]


async def test_a_base_serves_until_its_delta_is_big(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    first = await current_snapshot(services, sold.event.id)
    async with services.db.write() as session:
        await make_tickets(session, services, sold.event, count=20)
    phone = await pair_phone(client, services, sold.event)
    assert len(phone.copy.tickets) == 23
    assert (await current_snapshot(services, sold.event.id)).etag == first.etag
    async with services.db.write() as session:
        await make_tickets(session, services, sold.event, count=snapshot.LEAST_DELTA)
    await phone.sync()
    async with services.db.read() as session:
        assert await needs_build(session, sold.event.id)
    assert (await current_snapshot(services, sold.event.id)).tickets == 523
    assert len(phone.copy.tickets) == 523


async def test_personal_fields_are_the_ones_the_organizer_allows(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    assert all(row.name and row.email and row.order for row in phone.copy.tickets.values())
    async with services.db.write() as session:
        change = EventChange(snapshot_fields=["order"])
        await edit_event(session, services, SYSTEM, sold.event.id, change)
    other = await pair_phone(client, services, sold.event)
    for row in other.copy.tickets.values():
        assert (row.name, row.email) == ("", "")
        assert row.order


async def test_what_was_erased_is_not_handed_out_from_an_older_base(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    await pair_phone(client, services, sold.event)
    async with services.db.write() as session:
        ticket = await session.merge(sold.tickets[0])
        ticket.holder_name = ticket.holder_email = ticket.order_ref = ""
        ticket.erased_at, ticket.feed_seq = clock(), None
        ticket.revision += 1
    await batcher(services).number(sold.event.id)
    made = await current_snapshot(services, sold.event.id)
    plain = gzip.decompress(made.gzip)
    assert sold.tickets[0].holder_email.encode() not in plain
    phone = await pair_phone(client, services, sold.event)
    row = phone.copy.tickets[sold.tickets[0].serial]
    assert (row.name, row.email, row.order) == ("", "", "")


async def test_old_bases_and_codes_go(services: Services, sold: Sold, clock: FakeClock) -> None:
    for _ in range(4):
        async with services.db.write() as session:
            await make_tickets(session, services, sold.event, count=1)
        await build_snapshot(services, sold.event.id)
    assert await bases(services) == snapshot.BASES_KEPT
    async with services.db.write() as session:
        from tests.factories.checkin import make_code

        await make_code(session, services, sold.event)
    assert await prune_now(services) == 0
    clock.advance(4 * DAY)
    assert await prune_now(services) == 1
