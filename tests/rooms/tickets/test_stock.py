"""Stock: counted as tickets come and go, and never promised twice."""

import asyncio

import pytest
from sqlalchemy import Connection, select
from tests.factories.events import make_event, make_tier
from tests.factories.tickets import make_holders, make_tickets

from handstamp.events.models import Event, Tier
from handstamp.plumbing.db import Database
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets import stock
from handstamp.tickets.guest_file import read_guest_file
from handstamp.tickets.import_guests import Choices, commit_import, keep_upload, make_plan
from handstamp.tickets.issue_tickets import Holder, issue_rows
from handstamp.tickets.models import Ticket
from handstamp.tickets.reissue_ticket import reissue
from handstamp.tickets.revoke_ticket import change_status
from handstamp.tickets.rules import LAST_EPOCH, STATUSES
from handstamp.tickets.stock import Count, Difference, Move, SoldOut

BUYERS = 8
CAPACITY = 100


@pytest.fixture
async def event(services: Services) -> Event:
    """An event without tiers yet."""
    async with services.db.write() as session:
        return await make_event(session, services, tiers=(), lists=(), published=False)


async def tier_of(services: Services, event: Event, name: str, capacity: int | None) -> Tier:
    async with services.db.write() as session:
        return await make_tier(session, services, event, name, capacity=capacity)


async def taken(services: Services, event: Event) -> dict[str, Count]:
    async with services.db.read() as session:
        assert await stock.recount(session, [event.id]) == []
        return {key[1]: count for key, count in (await stock.counts(session, [event.id])).items()}


async def buy_all(db: Database, event_id: str, wants: dict[str, int]) -> int:
    """Hold again and again until there is nothing left."""
    bought = 0
    while True:
        try:
            await db.write_in_thread(lambda link: _reserve(link, event_id, wants))
        except Gone:
            return bought
        bought += sum(wants.values())


class Gone(Exception):
    """Nothing is left; the transaction is rolled back."""


def _reserve(link: Connection, event_id: str, wants: dict[str, int]) -> None:
    if stock.reserve(link, event_id, wants) is not None:
        raise Gone


async def test_eight_buyers_never_hold_more_than_there_is(services: Services, event: Event) -> None:
    # Every buyer has a Database of its own, as every process would.
    tier = await tier_of(services, event, "General", CAPACITY)
    doors = [Database(services.settings.database_url, pool_size=2) for _ in range(BUYERS)]
    bought = await asyncio.gather(*(buy_all(db, event.id, {tier.id: 1}) for db in doors))
    assert sum(bought) == CAPACITY
    assert (await taken(services, event))[tier.id] == Count(CAPACITY, 0)
    for db in doors:
        await db.close()


async def test_buyers_of_many_tiers_do_not_wait_for_each_other_in_a_circle(
    services: Services, event: Event
) -> None:
    tiers = [await tier_of(services, event, name, 40) for name in "ABC"]
    doors = [Database(services.settings.database_url, pool_size=2) for _ in range(6)]
    wants = [{tiers[(n + k) % 3].id: 1 for k in range(2 + n % 2)} for n in range(6)]
    await asyncio.gather(
        *(buy_all(*pair) for pair in zip(doors, [event.id] * 6, wants, strict=True))
    )
    found = await taken(services, event)
    assert all(found[tier.id].held <= 40 for tier in tiers)
    assert found[""].held == sum(found[tier.id].held for tier in tiers)
    for db in doors:
        await db.close()


async def test_sold_out_says_of_what_and_how_much_is_left(services: Services, event: Event) -> None:
    tier = await tier_of(services, event, "General", 5)
    async with services.db.write() as session:
        link = await session.connection()
        assert await link.run_sync(stock.reserve, event.id, {tier.id: 3}) is None
        found = await link.run_sync(stock.reserve, event.id, {tier.id: 3})
    assert found == SoldOut(event.id, tier.id, 2)


async def test_what_cannot_be_held_leaves_a_sessions_transaction_as_it_was(
    services: Services, event: Event
) -> None:
    first = await tier_of(services, event, "First", 5)
    second = await tier_of(services, event, "Second", 1)
    async with services.db.write() as session:
        assert await stock.reserve_in(session, event.id, {first.id: 2})
        assert not await stock.reserve_in(session, event.id, {first.id: 1, second.id: 2})
    assert await taken_by(services, event) == {first.id: 2, "": 2}


async def taken_by(services: Services, event: Event) -> dict[str, int]:
    async with services.db.read() as session:
        found = await stock.counts(session, [event.id])
    return {key[1]: count.taken for key, count in found.items() if count.taken}


async def test_more_cannot_be_given_back_than_is_held(services: Services, event: Event) -> None:
    tier = await tier_of(services, event, "General", 5)
    with pytest.raises(Exception, match=r"(?i)constraint"):
        await services.db.write_in_thread(lambda link: stock.release(link, event.id, {tier.id: 1}))


async def test_tickets_count_however_they_come(services: Services, event: Event) -> None:
    tier = await tier_of(services, event, "General", 2)
    async with services.db.write() as session:
        await make_tickets(session, services, event, tier, count=3)
    content = b"Name,Email,Tier\nGrace Hopper,grace@example.org,General\nJoan,j@example.org,VIP\n"
    async with services.db.write() as session:
        kept = await keep_upload(
            session, services, SYSTEM, event.id, filename="g.csv", content=content
        )
    plan = make_plan(
        kept.id, event.id, await read_guest_file(content, ""), Choices(create_tiers=True)
    )
    async with services.db.write() as session:
        await commit_import(session, services, SYSTEM, plan)
    found = await taken(services, event)
    assert found[tier.id] == Count(0, 4), "an organizer may issue more than the capacity"
    assert found[""] == Count(0, 5)


async def test_held_tickets_become_issued_ones(services: Services, event: Event) -> None:
    tier = await tier_of(services, event, "General", 5)
    async with services.db.write() as session:
        assert await stock.reserve_in(session, event.id, {tier.id: 3})
        rows = [(tier, Holder(name="Ada")) for _ in range(2)]
        await issue_rows(
            session, services, event, rows, source="order", actor=SYSTEM, were_held=True
        )
    assert (await taken(services, event))[tier.id] == Count(1, 2)


async def test_a_ticket_counts_while_it_is_valid_or_disputed(
    services: Services, event: Event
) -> None:
    tier = await tier_of(services, event, "General", 5)
    async with services.db.write() as session:
        (ticket,) = await make_tickets(session, services, event, tier, count=1)
    ways = ("disputed", "cancelled", "cancelled", "valid", "refunded", "valid", "disputed")
    for status in ways:
        async with services.db.write() as session:
            await change_status(session, services, SYSTEM, ticket, status)
        counted = int(status in ("valid", "disputed"))
        assert (await taken(services, event))[tier.id] == Count(0, counted), status
    assert set(ways) == set(STATUSES)


async def test_two_who_cancel_the_same_ticket_free_one_place(
    services: Services, event: Event
) -> None:
    tier = await tier_of(services, event, "General", 5)
    async with services.db.write() as session:
        tickets = await make_tickets(session, services, event, tier, count=2)

    async def cancel() -> None:
        async with services.db.write() as session:
            await change_status(session, services, SYSTEM, tickets[0], "cancelled")

    await asyncio.gather(*(cancel() for _ in range(5)))
    assert (await taken(services, event))[tier.id] == Count(0, 1)


async def test_a_ticket_with_a_new_serial_counts_once(services: Services, event: Event) -> None:
    tier = await tier_of(services, event, "General", 5)
    async with services.db.write() as session:
        (ticket,) = await make_tickets(session, services, event, tier, count=1)
        ticket.epoch = LAST_EPOCH
        ticket.order_id, ticket.order_item_id, ticket.place = "ord_1", "oi_1", 0
    async with services.db.write() as session:
        fresh = await reissue(session, services, SYSTEM, ticket, holder=Holder("Grace"))
    assert (fresh.order_id, fresh.order_item_id, fresh.place) == ("ord_1", "oi_1", 0)
    assert (await taken(services, event))[tier.id] == Count(0, 1)


async def test_an_undone_transaction_counts_nothing(services: Services, event: Event) -> None:
    tier = await tier_of(services, event, "General", 5)
    with pytest.raises(RuntimeError):
        async with services.db.write() as session:
            await make_tickets(session, services, event, tier, count=2)
            raise RuntimeError("undone")
    assert await taken(services, event) == {}


async def test_a_recount_finds_what_is_wrong(services: Services, event: Event) -> None:
    tier = await tier_of(services, event, "General", 5)
    async with services.db.write() as session:
        await make_tickets(session, services, event, tier, holders=make_holders(2))
    await services.db.write_in_thread(
        lambda link: stock.move(link, [Move(event.id, tier.id, issued=1)])
    )
    async with services.db.read() as session:
        assert await stock.recount(session, [event.id]) == [
            Difference(event.id, "", 3, 2),
            Difference(event.id, tier.id, 3, 2),
        ]
        assert len((await session.scalars(select(Ticket))).all()) == 2
