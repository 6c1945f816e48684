"""Overbooking: sold knowingly, and given back, the last bought first, when there is less room."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, cast

import httpx2
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.orders import make_paid_order
from tests.factories.waitlist import make_list, make_waiting
from tests.rooms.orders.sale import Sale
from tests.rooms.orders.test_by_hand import owner_of

from handstamp.events.set_overbooking import Overbooking, set_overbooking
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import render_mail
from handstamp.notices.declare_capacity import (
    JOB,
    CapacityLook,
    declare_capacity,
    latest_of,
    look_at_capacity,
    running_of,
)
from handstamp.notices.shortfall_run import shortfall_run
from handstamp.payments.models import Payment
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds.models import Refund
from handstamp.tickets.models import Ticket
from handstamp.tickets.stock import Count
from handstamp.waitlist.offer_tickets import bring_up_to_date
from handstamp.worker import MAILS

pytestmark = pytest.mark.anyio


async def overbook(sale: Sale, **values: int) -> None:
    async with sale.services.db.write() as session:
        await set_overbooking(session, sale.services, SYSTEM, sale.event.id, Overbooking(**values))


async def look(sale: Sale, capacity: int) -> CapacityLook:
    async with sale.services.db.read() as session:
        return await look_at_capacity(session, SYSTEM, sale.event.id, capacity)


async def declare(sale: Sale, capacity: int, seen: str) -> str:
    async with sale.services.db.write() as session:
        run = await declare_capacity(
            session, sale.services, SYSTEM, sale.event.id,
            capacity=capacity, seen=seen, message="We lost the balcony.",
        )  # fmt: skip
    return run.id if run else ""


@dataclass
class Once:
    """The run's job as its worker hands it over, one time: coming again later is another one."""

    services: Services
    args: dict[str, str]

    def write(self) -> Any:
        return self.services.db.write(actor="job")

    async def acknowledge(self, _session: AsyncSession) -> None:
        return


async def give_back(sale: Sale) -> None:
    """Let the run's job do what it can now."""
    args = json.loads((await sale.jobs(JOB))[0])
    await shortfall_run(cast("JobContext", Once(sale.services, args)))


async def test_more_is_sold_than_there_is_room_for(sale: Sale) -> None:
    await overbook(sale, overbook_bp=2_500)  # 10 and a quarter of them, rounded down
    await sale.hold(10, "ann")
    assert (await sale.hold(2, "bob")).status == "pending"
    with pytest.raises(Conflict):
        await sale.hold(1, "cyn")
    await overbook(sale, overbook_number=3)
    await sale.hold(1, "cyn")
    with pytest.raises(Conflict):
        await sale.hold(1, "dan")
    assert await sale.taken() == Count(held=13)
    with pytest.raises(BadInput):
        await overbook(sale, overbook_bp=1, overbook_number=1)


async def bought(sale: Sale, name: str, qty: int) -> str:
    made = await make_paid_order(sale.services, sale.event, {sale.tiers[0].id: qty}, name)
    sale.clock.advance(1_000)
    return made.id


async def test_the_last_bought_are_given_back_and_no_more_than_must(sale: Sale) -> None:
    await overbook(sale, overbook_number=2)
    first, second, third, last = [
        await bought(sale, name, qty) for name, qty in (("a", 5), ("b", 2), ("c", 3), ("d", 2))
    ]
    nothing = await look(sale, 12)
    assert (nothing.too_many, nothing.orders) == (0, [])
    found = await look(sale, 8)
    assert [one.id for one in found.orders] == [last, third]
    assert (found.too_many, found.tickets, found.amount, found.left_over) == (4, 5, 12_500, 0)
    with pytest.raises(Conflict):  # somebody bought or gave back meanwhile
        await declare(sale, 8, nothing.seen)
    runs = await asyncio.gather(*(declare(sale, 8, found.seen) for _twice in range(2)))
    assert len(set(runs)) == 1
    with pytest.raises(Conflict):
        await sale.hold(1, "too late", tier=1)
    await give_back(sale)
    await give_back(sale)
    orders = [await sale.find(one) for one in (first, second, third, last)]
    tickets = [[one.status for one in await sale.tickets(order)] for order in orders]
    assert tickets == [["valid"] * 5, ["valid"] * 2, ["cancelled"] * 3, ["cancelled"] * 2]
    async with sale.services.db.read() as session:
        refunds = list(await session.scalars(select(Refund).order_by(Refund.created_at)))
        told = await latest_of(session, sale.event.id)
        assert await running_of(session, sale.event.id) is None
    assert sorted(one.order_id or "" for one in refunds) == sorted([third, last])
    assert told is not None
    assert (told.orders, told.tickets, told.kept) == (2, 5, [])
    assert await sale.taken() == Count(issued=7)
    await sale.hold(1, "there is room for one", tier=1)
    async with sale.services.db.read() as session:
        mails = await session.scalars(select(Mail).where(Mail.kind == "event_no_room"))
        mail = mails.all()[0]
    made = await render_mail(sale.services, MAILS, mail)
    assert "We lost the balcony." in made.text
    assert "We lost the balcony." in made.html


async def test_who_pays_for_what_has_no_room_is_refunded_too(sale: Sale) -> None:
    first = await bought(sale, "a", 2)
    paying = await sale.hold(2, "b")
    await sale.start(paying)
    found = await look(sale, 2)
    assert (found.too_many, found.held) == (0, 2)
    await declare(sale, 2, found.seen)
    await give_back(sale)
    async with sale.services.db.read() as session:
        assert await running_of(session, sale.event.id) is not None  # somebody may still pay
    await sale.pay(paying)
    assert await sale.settle(paying) == "paid"
    await give_back(sale)
    assert [one.status for one in await sale.tickets(await sale.find(first))] == ["valid"] * 2
    assert [one.status for one in await sale.tickets(paying)] == ["cancelled"] * 2
    async with sale.services.db.read() as session:
        assert await running_of(session, sale.event.id) is None


async def test_whom_a_ticket_was_passed_on_to_is_told_too(sale: Sale) -> None:
    order = await bought(sale, "a", 2)
    (_kept, given) = await sale.tickets(await sale.find(order))
    async with sale.services.db.write() as session:
        (await session.get_one(Ticket, given.id)).holder_email = "nia@example.net"
    found = await look(sale, 1)
    await declare(sale, 1, found.seen)
    await give_back(sale)
    async with sale.services.db.read() as session:
        mails = await session.scalars(select(Mail).where(Mail.kind == "tickets_taken_back"))
        assert [mail.to_email for mail in mails] == ["nia@example.net"]


async def test_who_gets_no_money_back_is_not_promised_any(
    client: httpx2.AsyncClient, sale: Sale
) -> None:
    order = await bought(sale, "a", 2)
    async with sale.services.db.write() as session:
        await session.execute(update(Payment).values(disputed=True))
    found = await look(sale, 1)
    await declare(sale, 1, found.seen)
    await give_back(sale)
    async with sale.services.db.read() as session:
        told = await latest_of(session, sale.event.id)
        mails = await session.scalars(select(Mail).where(Mail.kind == "event_no_room"))
        mail = mails.one()
    assert told is not None
    ((kept, number, problem),) = told.kept
    assert (kept, number) == (order, (await sale.find(order)).number)
    answer = await client.get(
        f"/tickets/organizer/events/{sale.event.id}/capacity",
        headers=(await owner_of(sale)).headers,
    )
    assert f'/orders/{order}">{number}</a>: {problem}' in answer.text
    assert "What you paid goes back" not in (await render_mail(sale.services, MAILS, mail)).text


async def test_offers_without_room_are_called_back(sale: Sale) -> None:
    await bought(sale, "a", 10)
    async with sale.services.db.write() as session:
        await make_list(session, sale.services, sale.event.id)
        tier = sale.tiers[0].id
        person = await make_waiting(session, sale.services, sale.event.id, tier_id=tier)
    await overbook(sale, overbook_number=1)
    assert await bring_up_to_date(sale.services, sale.event.id) == 1
    assert await sale.taken() == Count(held=1, issued=10)
    found = await look(sale, 10)
    await declare(sale, 10, found.seen)
    assert await sale.taken() == Count(issued=10)
    async with sale.services.db.read() as session:
        assert (await session.get_one(type(person), person.id)).status == "waiting"
