"""Clubs whose tickets come from the pool: charged, served by upload or payment, refunded."""

import asyncio

import pytest
from sqlalchemy import select, update
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.preorders import stored
from tests.rooms.preorders.charge_club import ChargeClub, OpenClub

from handstamp.plumbing.web import SYSTEM
from handstamp.pool.models import Assignment, Demand, PoolTicket
from handstamp.preorders.models import PreOrder
from handstamp.preorders.watch_charges import sweep
from handstamp.refunds.refund_preorder import refund_preorder
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio


async def bring(club: ChargeClub, count: int, first: int = 0) -> None:
    """Upload tickets of the club's event."""
    tier = club.offer.tiers[0].name
    await upload_rows(
        club.services,
        club.offer.event,
        ticket_rows(club.offer.event.title, count, tier, first=first),
    )


async def refund(club: ChargeClub, wish: PreOrder) -> None:
    """Ask for the money of a member to be given back."""
    async with club.services.db.write() as session:
        await refund_preorder(session, club.services, SYSTEM, wish.id)


async def demand_status(club: ChargeClub, wish: PreOrder) -> str:
    async with club.services.db.read() as session:
        return (await session.get_one(Demand, wish.id)).status


async def ticket_statuses(club: ChargeClub) -> list[str]:
    async with club.services.db.read() as session:
        return sorted(await session.scalars(select(PoolTicket.status)))


async def test_only_who_has_an_uploaded_ticket_set_aside_is_charged(club_of: OpenClub) -> None:
    club = await club_of(offer={"stock": "pool"})
    for _number in range(3):
        await club.member()
    assert set((await club.approve()).values()) == {"no_stock"}
    await bring(club, 2)
    await club.work()
    assert await club.approve() == {club.wishes[2].id: "no_stock"}
    await club.check()
    await club.run()
    assert await club.statuses() == ["fulfilled", "fulfilled", "not_allocated"]
    mails = [await club.mails(one) for one in club.wishes]
    assert mails == [["pool_ticket"], ["pool_ticket"], ["not_allocated"]]
    await club.check()


async def test_prepaid_members_are_served_in_the_order_of_paying_reserved_or_not(
    club_of: OpenClub,
) -> None:
    club = await club_of(offer={"stock": "pool", "charge_mode": "prepaid"})
    for _number in range(3):
        await club.member()
    await bring(club, 1)
    assert await club.approve() == {}
    assert [(await stored(club.services, one)).reserved for one in club.wishes] == [
        True, False, False,
    ]  # fmt: skip
    await club.run()
    statuses = await club.statuses()
    assert sorted(statuses) == ["fulfilled", "waiting_for_stock", "waiting_for_stock"]
    await bring(club, 1, first=1)
    await club.work()
    assert sorted(await club.statuses()) == ["fulfilled", "fulfilled", "waiting_for_stock"]
    waiting = [
        one
        for one in club.wishes
        if (await stored(club.services, one)).status == "waiting_for_stock"
    ]
    club.clock.now = club.offer.terms.ticket_deadline_at
    await club.double.set_clock(club.clock.now // 1000)
    await sweep(club.services)
    await bring(club, 1, first=2)
    await club.work()
    assert (await stored(club.services, waiting[0])).status == "refunded"
    assert await ticket_statuses(club) == ["assigned", "assigned", "unmatched"]
    await club.check()


async def test_upload_and_payment_at_the_same_moment_serve_everybody(club_of: OpenClub) -> None:
    club = await club_of(offer={"declared": 3, "charge_mode": "prepaid"})
    for _number in range(3):
        await club.member()
    await club.approve()
    run = await club.start()
    await asyncio.gather(club.work(), bring(club, 3), club.work())
    await club.hear("shuffled")
    await club.work()
    assert await club.statuses() == ["fulfilled"] * 3
    assert (await club.run_now(run)).state == "done"
    assert len(await club.tickets()) == 3
    assert await ticket_statuses(club) == ["assigned"] * 3
    await club.check()


async def test_a_refund_gives_the_ticket_back_to_who_waits(club_of: OpenClub) -> None:
    club = await club_of(offer={"declared": 3})
    for _number in range(3):
        await club.member()
    await club.approve()
    await club.run()
    await bring(club, 2)
    await club.work()
    statuses = await club.statuses()
    assert sorted(statuses) == ["fulfilled", "fulfilled", "waiting_for_stock"]
    served = club.wishes[statuses.index("fulfilled")]
    waiting = club.wishes[statuses.index("waiting_for_stock")]
    await refund(club, served)
    assert await demand_status(club, served) == "assigned"
    await club.work()
    assert (await stored(club.services, served)).status == "refunded"
    assert (await stored(club.services, waiting)).status == "fulfilled"
    assert await demand_status(club, served) == "closed"
    assert await club.tickets() == ["refunded", "valid", "valid"]
    async with club.services.db.read() as session:
        door = await session.get_one(Ticket, (await stored(club.services, served)).ticket_id)
        assert door.external_id is None
    await club.check()


async def test_a_used_ticket_stays_with_who_used_it_though_the_money_goes_back(
    club_of: OpenClub,
) -> None:
    club = await club_of(offer={"declared": 1})
    await club.member()
    await club.approve()
    await club.run()
    await bring(club, 1)
    await club.work()
    async with club.services.db.write() as session:
        await session.execute(update(PoolTicket).values(status="used"))
    await refund(club, club.wishes[0])
    await club.work()
    assert await club.statuses() == ["refunded"]
    assert await ticket_statuses(club) == ["used"]
    async with club.services.db.read() as session:
        assert (await session.scalars(select(Assignment.ended_at))).one() is None


async def test_who_asks_for_the_money_gets_no_ticket_unless_stripe_refuses(
    club_of: OpenClub,
) -> None:
    club = await club_of(offer={"declared": 1, "charge_mode": "prepaid"})
    await club.member()
    await club.approve()
    await club.run()
    wish = club.wishes[0]
    intent = (await stored(club.services, wish)).payment_intent_id
    assert intent
    await club.double.open_dispute(intent)
    await refund(club, wish)
    assert await demand_status(club, wish) == "closed"
    await bring(club, 1)
    await club.work()
    assert (await stored(club.services, wish)).status == "fulfilled"
    assert await demand_status(club, wish) == "assigned"


async def test_a_lost_dispute_gives_the_ticket_back_to_who_waits(club_of: OpenClub) -> None:
    club = await club_of(offer={"declared": 2})
    for _number in range(2):
        await club.member()
    await club.approve()
    await club.run()
    await bring(club, 1)
    await club.work()
    statuses = await club.statuses()
    served = club.wishes[statuses.index("fulfilled")]
    waiting = club.wishes[statuses.index("waiting_for_stock")]
    intent = (await stored(club.services, served)).payment_intent_id
    assert intent
    dispute = await club.double.open_dispute(intent)
    await club.hear()
    assert await demand_status(club, served) == "assigned"
    await club.double.close_dispute(dispute["id"], won=False)
    await club.hear()
    await club.work()
    assert await demand_status(club, served) == "closed"
    assert (await stored(club.services, waiting)).status == "fulfilled"
    assert await club.tickets() == ["cancelled", "valid"]
