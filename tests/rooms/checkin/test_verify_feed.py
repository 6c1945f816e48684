"""The feed's chain, computed again (R31, R69): what was numbered once can be told later."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, insert, select, update
from tests.factories.checkin import pair_phone
from tests.rooms.checkin.conftest import Sold

from handstamp.checkin.batcher import batcher
from handstamp.checkin.models import Fact, FeedHead, FeedMark
from handstamp.checkin.verify_feed import (
    FeedReport,
    NotedMark,
    feed_fault_words,
    verify_feed,
)
from handstamp.events.models import Event
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status

pytestmark = pytest.mark.anyio


async def verified(services: Services, event: Event, noted: NotedMark | None = None) -> FeedReport:
    """Verify the event's feed."""
    async with services.db.read() as session:
        return await verify_feed(session, event.id, noted)


async def code_of(services: Services, event: Event) -> str:
    """Return the code of what is wrong with the feed, '' when nothing is."""
    fault = (await verified(services, event)).fault
    assert fault is None or feed_fault_words(fault).endswith(".")
    return fault.code if fault else ""


async def night(client: httpx2.AsyncClient, services: Services, sold: Sold) -> None:
    """Let two phones scan, and change a ticket again and again."""
    for name in ("Door 1", "Door 2"):
        phone = await pair_phone(client, services, sold.event, name)
        for text in sold.tokens:
            phone.scan(text)
        await phone.sync()
    for status in ("refunded", "valid", "refunded"):
        async with services.db.write() as session:
            ticket = await session.get_one(Ticket, sold.tickets[0].id)
            await change_status(session, services, SYSTEM, ticket, status)
        await batcher(services).number(sold.event.id)


async def test_a_feed_holds_and_tells_its_end(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    assert await code_of(services, sold.event) == ""
    await night(client, services, sold)
    report = await verified(services, sold.event)
    assert (report.fault, report.kept_from, report.facts) == (None, 0, 3)
    noted = NotedMark(report.seq, report.digest)
    assert (await verified(services, sold.event, noted)).fault is None
    for other in (NotedMark(report.seq, bytes(16)), NotedMark(report.seq + 1, report.digest)):
        assert (await verified(services, sold.event, other)).fault is not None


async def test_a_refund_that_waits_for_its_number_is_no_fault(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    await night(client, services, sold)
    async with services.db.write() as session:
        ticket = await session.get_one(Ticket, sold.tickets[1].id)
        await change_status(session, services, SYSTEM, ticket, "refunded")
    assert await code_of(services, sold.event) == ""


async def test_whatever_is_changed_by_hand_is_found(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    await night(client, services, sold)
    serial = sold.tickets[2].serial
    async with services.db.read() as session:
        seqs = list(await session.scalars(select(FeedMark.seq).order_by(FeedMark.seq)))
        fact = select(Fact.feed_seq).where(Fact.feed_seq.is_not(None)).order_by(Fact.feed_seq)
        numbers = list(await session.scalars(fact))
    of_mark = FeedMark.seq == seqs[2]
    damages: list[tuple[Any, str]] = [
        (update(FeedMark).where(of_mark).values(digest=bytes(16)), "digest"),
        (update(FeedMark).where(of_mark).values(salt=bytes(8)), "digest"),
        (update(FeedMark).where(of_mark).values(rows=FeedMark.rows + "t1:1\n"), "count"),
        (update(FeedMark).where(of_mark).values(rows=None), "emptied"),
        (delete(FeedMark).where(of_mark), "count"),
        (delete(FeedMark).where(FeedMark.seq == seqs[-1]), "end"),
        (delete(FeedMark).where(FeedMark.seq == 0), "first"),
        (update(FeedHead).values(digest=bytes(16)), "end"),
        (delete(Fact).where(Fact.feed_seq == numbers[0]), "fact"),
        (update(Fact).where(Fact.feed_seq == numbers[0]).values(bytes=b"\1"), "fact"),
        (update(Fact).where(Fact.feed_seq == numbers[0]).values(feed_seq=None), "fact"),
        (update(Fact).where(Fact.feed_seq.is_(None)).values(feed_seq=2), "added"),
        (update(Ticket).where(Ticket.serial == serial).values(revision=9), "ticket"),
        (update(Ticket).where(Ticket.serial == serial).values(feed_seq=1), "added"),
    ]
    for damage, code in damages:
        kept = await rows(services)
        async with services.db.write() as session:
            await session.execute(damage)
        told = await code_of(services, sold.event)
        assert told in ({code, "ticket"} if code == "added" else {code}), damage
        await put_back(services, kept)
    assert await code_of(services, sold.event) == ""


async def rows(services: Services) -> dict[Any, list[dict[str, Any]]]:
    """Return what the test changes, as it is."""
    kept: dict[Any, list[dict[str, Any]]] = {}
    async with services.db.read() as session:
        for table in (FeedHead, FeedMark, Fact):
            found = await session.execute(select(table.__table__))
            kept[table] = [dict(row) for row in found.mappings()]
        tickets = select(Ticket.id, Ticket.revision, Ticket.feed_seq)
        kept[Ticket] = [dict(row) for row in (await session.execute(tickets)).mappings()]
    return kept


async def put_back(services: Services, kept: dict[Any, list[dict[str, Any]]]) -> None:
    """Make everything what it was."""
    async with services.db.write() as session:
        for table in (FeedHead, FeedMark, Fact):
            await session.execute(delete(table))
            await session.execute(insert(table), kept[table])
        await session.execute(update(Ticket), kept[Ticket])


async def test_marks_of_before_rows_were_kept_are_said_to_be_so(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    await night(client, services, sold)
    async with services.db.read() as session:
        seqs = list(await session.scalars(select(FeedMark.seq).order_by(FeedMark.seq)))
    async with services.db.write() as session:
        old = FeedMark.seq <= seqs[2]
        await session.execute(update(FeedMark).where(old).values(rows=None, salt=None))
    report = await verified(services, sold.event)
    assert (report.fault, report.kept_from) == (None, seqs[2])
