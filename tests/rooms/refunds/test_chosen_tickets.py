"""Which tickets of a line go back: those somebody chose, and no one else's for them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from tests.rooms.portal.conftest import Desk
from tests.rooms.refunds.shop import Shop
from tests.rooms.refunds.test_refund_pages import hidden
from tests.rooms.refunds.test_refund_parts import BAD_BANK, items

from handstamp.kit.clock import FakeClock
from handstamp.orders.models import Order
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio
THREE = ((3, 2000), (1, 1500))


async def ids(shop: Shop, order: Order) -> list[int]:
    """Return an order's tickets, line by line."""
    async with shop.services.db.read() as session:
        query = select(Ticket.id).where(Ticket.order_id == order.id).order_by(Ticket.id)
        return list(await session.scalars(query))


async def wish(shop: Shop, order: Order, qty: int, *tickets: int, line: int = 0) -> dict[str, Any]:
    """Return the body that asks for so many tickets of a line, and for these of them."""
    item = (await items(shop, order))[line]
    return {"lines": [{"item": item.id, "qty": qty, "tickets": list(tickets)}]}


async def test_the_chosen_ticket_goes_back_and_no_other(either: Shop) -> None:
    order = await either.buy(THREE)
    first, middle, *_ = await ids(either, order)
    answer = await either.ask(order, **await wish(either, order, 1, middle))
    assert answer.status_code == 202, answer.text
    assert answer.json()["tickets"] == [middle]
    await either.hear()
    assert await either.tickets(order) == ["valid", "refunded", "valid", "valid"]
    # one is chosen, the other is the rule's: the last one
    answer = await either.ask(order, **await wish(either, order, 2, first))
    await either.hear()
    assert await either.tickets(order) == ["refunded", "refunded", "refunded", "valid"]
    await either.check_books()


async def test_who_chose_nothing_does_not_get_what_another_chose(shop: Shop) -> None:
    order = await shop.buy(THREE)
    *_others, last, _balcony = await ids(shop, order)
    await shop.ask(order, **await wish(shop, order, 1, last))  # Stripe has not heard of it yet
    assert (await shop.ask(order, **await wish(shop, order, 1))).status_code == 202
    again = await shop.ask(order, **await wish(shop, order, 1, last))
    assert again.status_code == 409
    assert "not there to be given back" in again.json()["detail"]
    await shop.hear()
    assert await shop.tickets(order) == ["valid", "refunded", "refunded", "valid"]
    await shop.check_books()


async def test_two_who_choose_the_same_ticket_give_it_back_once(shop: Shop) -> None:
    order = await shop.buy(THREE)
    body = await wish(shop, order, 1, (await ids(shop, order))[0])
    answers = await asyncio.gather(*(shop.ask(order, **body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    await shop.hear()
    assert await shop.tickets(order) == ["refunded", "valid", "valid", "valid"]


async def test_a_choice_that_the_bank_does_not_take_comes_back_and_can_be_made_again(
    shop: Shop, clock: FakeClock
) -> None:
    order = await shop.buy(THREE, card=BAD_BANK)
    first, middle, *_ = await ids(shop, order)
    for ticket in (first, middle):
        await shop.ask(order, **await wish(shop, order, 1, ticket))
        await shop.hear()
        clock.advance(1000)
    stands, fails = await shop.refunds(order)
    assert fails.stripe_refund_id
    await shop.double.settle_refund(fails.stripe_refund_id, "failed")
    await shop.hear()
    assert await shop.tickets(order) == ["refunded", "valid", "valid", "valid"]
    assert stands.tickets_json == f"[{first}]"
    clock.advance(1000)
    assert (await shop.ask(order, **await wish(shop, order, 1, middle))).status_code == 202
    await shop.hear()
    assert await shop.tickets(order) == ["refunded", "refunded", "valid", "valid"]
    await shop.check_books()


async def test_what_cannot_be_chosen_is_refused_and_nothing_moves(shop: Shop) -> None:
    order, other = await shop.buy(THREE), await shop.buy(((1, 2000),))
    first, middle, _last, balcony = await ids(shop, order)
    (foreign,) = await ids(shop, other)
    for ticket in (foreign, balcony, 10**12):
        answer = await shop.ask(order, **await wish(shop, order, 1, ticket))
        assert answer.status_code == 409, answer.text
    many = await shop.ask(order, **await wish(shop, order, 1, first, middle))
    assert many.status_code in (400, 422)
    assert await shop.refunds(order) == []


async def test_the_page_lets_a_ticket_be_chosen(shop: Shop) -> None:
    order = await shop.buy(THREE)
    first, middle, *_others = await ids(shop, order)
    floor = (await items(shop, order))[0]
    desk = Desk(shop.http, shop.owner)
    here = f"/tickets/organizer/events/{shop.event.id}/orders/{order.id}"
    page = f"{here}/give-back"
    await desk.get(page)
    assert desk.html.count('name="ticket"') == 3  # of a line of one there is nothing to choose
    sent = {"what": "lines", "ticket": str(middle)}
    await desk.post(page, sent, on=page)
    assert "This ticket turns red" in desk.text
    assert f'value="{middle}" checked' in desk.html
    seen = hidden(desk.html)
    await desk.post(page, {**sent, **seen, "ticket": str(first)})  # another than was looked at
    assert await shop.refunds(order) == []
    for wrong, said in (
        ({"ticket": "99999999"}, "not there to be given back"),
        ({"ticket": [str(first), str(middle)], f"qty-{floor.id}": "1"}, "More tickets are chosen"),
    ):
        await desk.post(page, {**sent, **wrong}, on=page)
        assert (desk.status, said in desk.text) == (422, True), desk.text
    await desk.post(page, {**sent, **seen}, on=page)
    assert "is on its way back" in desk.text
    await shop.hear()
    assert await shop.tickets(order) == ["valid", "refunded", "valid", "valid"]
    await desk.get(page)
    assert desk.html.count('name="ticket"') == 2
