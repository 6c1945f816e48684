"""Some tickets of a line, or an amount: money, books, tickets and mails, whatever happens."""

import asyncio

import pytest
from sqlalchemy import select, update
from tests.rooms.refunds.shop import Shop

from handstamp.events.models import Event
from handstamp.kit.clock import FakeClock
from handstamp.ledger.balances import of_subject
from handstamp.orders.models import Order, OrderItem
from handstamp.refunds.look_at_refund import look_at_refund
from handstamp.refunds.plan_refund import Wish
from handstamp.tickets import stock

pytestmark = pytest.mark.anyio
BAD_BANK = "4000000000007726"


async def items(shop: Shop, order: Order) -> list[OrderItem]:
    """Return an order's lines."""
    async with shop.services.db.read() as session:
        query = select(OrderItem).where(OrderItem.order_id == order.id)
        return list(await session.scalars(query.order_by(OrderItem.position)))


async def fee_back(shop: Shop, order: Order, wish: Wish) -> int:
    """Return what of the platform's fee a look at a refund says comes back."""
    async with shop.services.db.read() as session:
        return (await look_at_refund(session, shop.services, order, wish)).plan.fee_back


async def stands(shop: Shop, order: Order) -> dict[str, int]:
    """Return what of an order stands in the seller's book, by account."""
    async with shop.services.db.read() as session:
        found = await of_subject(session, f"order:{order.id}")
    return {one.account: one.amount for one in found if one.book == shop.account}


async def test_one_ticket_of_a_line_goes_back_and_only_that_one_turns_red(either: Shop) -> None:
    order = await either.buy()  # 2 × (20.00 + 0.10 + 2.00) and 1 × (15.00 + 0.10 + 1.50)
    floor, _balcony = await items(either, order)
    answer = await either.ask(order, lines=[{"item": floor.id, "qty": 1}])
    assert answer.status_code == 202, answer.text
    assert (answer.json()["amount"], answer.json()["fee"], answer.json()["tax"]) == (2210, 10, 200)
    assert answer.json()["lines"] == {floor.id: 1}
    await either.hear()
    assert await either.tickets(order) == ["valid", "refunded", "valid"]
    assert await either.now(order) == ("partially_refunded", 2210)
    assert (await either.view(order))["unassigned"] == 0
    assert await either.mails(order) == ["order_confirmation", "order_refunded"]
    booked = await stands(either, order)
    assert (booked["refunds"], booked["service_fees"], booked["tax_payable"]) == (-2000, 20, 350)
    await either.check_books()


async def test_what_the_api_tells_of_an_order_is_enough_to_refund_a_line(shop: Shop) -> None:
    order = await shop.buy()
    path = f"/api/tickets/events/{shop.event.id}/orders"
    (told,) = (await shop.http.get(path, headers=shop.owner.headers)).json()["orders"]
    balcony = told["items"][1]
    answer = await shop.ask(order, lines=[{"item": balcony["id"], "qty": 1}])
    assert answer.status_code == 202, answer.text
    assert answer.json()["amount"] == balcony["total"]


async def test_the_fee_that_comes_back_is_told_once_though_stripe_has_not_answered(
    shop: Shop,
) -> None:
    order = await shop.buy()
    floor = (await items(shop, order))[0]
    whole, part = await fee_back(shop, order, Wish()), Wish(lines={floor.id: 1})
    first = await fee_back(shop, order, part)
    await shop.ask(order, lines=[{"item": floor.id, "qty": 1}])
    rest = await fee_back(shop, order, Wish())
    assert 0 < first < whole == first + rest
    await shop.hear()
    assert await fee_back(shop, order, Wish()) == rest


async def test_all_tickets_one_by_one_are_the_whole_order(either: Shop) -> None:
    order = await either.buy(((3, 1999), (1, 1501)))
    back = 0
    for item in await items(either, order):
        for _ in range(item.qty):
            answer = await either.ask(order, lines=[{"item": item.id, "qty": 1}])
            assert answer.status_code == 202, answer.text
            back += answer.json()["amount"]
            await either.hear()
            await either.check_books()
    assert back == order.total
    assert await either.now(order) == ("refunded", order.total)
    assert set(await either.tickets(order)) == {"refunded"}
    booked = await stands(either, order)
    assert booked["ticket_sales"] + booked["refunds"] == 0
    assert not {booked["service_fees"], booked["tax_payable"], booked["platform_fees"]} - {0}
    assert (await either.ask(order, amount=1)).status_code == 409


async def test_an_amount_leaves_every_ticket_valid_and_the_rest_can_follow(shop: Shop) -> None:
    order = await shop.buy()
    item = (await items(shop, order))[1]
    # the price of the second line to the cent: said to be an amount, so no ticket is meant
    await shop.ask(order, amount=item.total)
    await shop.hear()
    assert await shop.tickets(order) == ["valid"] * 3
    view = await shop.view(order)
    assert (view["unassigned"], view["refundable"]) == (0, order.total - item.total)
    await shop.check_books()
    await shop.ask(order)
    await shop.hear()
    assert await shop.tickets(order) == ["refunded"] * 3
    assert await shop.now(order) == ("refunded", order.total)
    await shop.check_books()


async def test_lines_after_an_amount_are_refused_when_not_so_much_is_left(shop: Shop) -> None:
    order = await shop.buy()
    floor = (await items(shop, order))[0]
    await shop.ask(order, amount=order.total - 100)
    answer = await shop.ask(order, lines=[{"item": floor.id, "qty": 1}])
    assert answer.status_code == 409
    await shop.hear()
    assert await shop.now(order) == ("partially_refunded", order.total - 100)


@pytest.mark.parametrize(
    "body",
    [
        {"lines": [{"item": "oi_other", "qty": 1}]},
        {"lines": [{"item": "x", "qty": 0}]},
        {"lines": [{"item": "x", "qty": 1}, {"item": "x", "qty": 1}]},
        {"lines": [{"item": "x", "qty": 1}], "amount": 5},
        {"amount": 0},
        {"amount": -5},
        {"amount": 1.5},
        {"amount": "all"},
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_moves(
    shop: Shop, body: dict[str, object]
) -> None:
    order = await shop.buy()
    answer = await shop.ask(order, **body)
    assert answer.status_code in (400, 422), answer.text
    assert await shop.refunds(order) == []


async def test_never_more_tickets_or_money_than_there_are(shop: Shop) -> None:
    order, other = await shop.buy(), await shop.buy(((1, 2000),))
    floor = (await items(shop, order))[0]
    foreign = (await items(shop, other))[0]
    assert (await shop.ask(order, lines=[{"item": floor.id, "qty": 3}])).status_code == 409
    assert (await shop.ask(order, amount=order.total + 1)).status_code == 409
    assert (await shop.ask(order, lines=[{"item": foreign.id, "qty": 1}])).status_code == 400
    answers = await asyncio.gather(
        *(shop.ask(order, lines=[{"item": floor.id, "qty": 1}]) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [202, 202, 409, 409, 409]
    await shop.hear()
    assert await shop.tickets(order) == ["refunded", "refunded", "valid"]
    await shop.check_books()


async def test_two_who_decide_on_the_same_view_refund_once(shop: Shop) -> None:
    order = await shop.buy()
    left = int(str((await shop.view(order))["refundable"]))
    answers = await asyncio.gather(*(shop.ask(order, amount=500, expected=left) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409]
    assert len(await shop.refunds(order)) == 1


async def test_a_part_that_the_bank_does_not_take_makes_its_ticket_valid_again(
    shop: Shop, clock: FakeClock
) -> None:
    order = await shop.buy(card=BAD_BANK)
    floor, balcony = await items(shop, order)
    await shop.ask(order, lines=[{"item": floor.id, "qty": 1}])
    await shop.hear()
    clock.advance(1000)
    await shop.ask(order, lines=[{"item": balcony.id, "qty": 1}])
    await shop.hear()
    assert await shop.tickets(order) == ["valid", "refunded", "refunded"]
    first = (await shop.refunds(order))[0]
    assert first.stripe_refund_id
    await shop.double.settle_refund(first.stripe_refund_id, "failed")
    await shop.hear()
    assert await shop.tickets(order) == ["valid", "valid", "refunded"]
    assert await shop.now(order) == ("partially_refunded", balcony.total)
    assert (await shop.view(order))["failed"]  # what was asked meanwhile was for another ticket
    await shop.check_books()
    clock.advance(1000)
    again = await shop.ask(order, lines=[{"item": floor.id, "qty": 2}])
    assert again.json()["amount"] == floor.total
    await shop.hear()
    assert await shop.now(order) == ("refunded", order.total)
    assert not (await shop.view(order))["failed"]
    await shop.check_books()
    async with shop.services.db.read() as session:
        assert await stock.recount(session, [shop.event.id]) == []


async def test_after_the_deadline_only_who_overrides_with_a_note(
    shop: Shop, clock: FakeClock
) -> None:
    order = await shop.buy()
    async with shop.services.db.write() as session:
        await session.execute(update(Event).values(refund_until=shop.services.clock() + 1000))
    assert (await shop.ask(order, amount=100)).status_code == 202
    clock.advance(1000)
    late = await shop.ask(order, amount=100)
    assert late.status_code == 409
    assert "deadline" in late.json()["detail"]
    assert (await shop.ask(order)).status_code == 409
    silent = await shop.ask(order, amount=100, override=True, note=" ")
    assert silent.status_code in (400, 422)
    assert silent.json()["errors"][0]["field"] == "note"
    assert (await shop.ask(order, override=True, note="A friend died")).status_code == 202
    await shop.hear()
    assert await shop.now(order) == ("refunded", order.total)


async def test_refunds_switched_off_refuse_new_ones_and_finish_others(shop: Shop) -> None:
    order = await shop.buy()
    await shop.ask(order, amount=100)
    off = shop.services.settings.model_copy(update={"enable_refunds": False})
    shop.services.settings = off
    assert (await shop.ask(order, amount=100)).status_code == 503
    await shop.hear()
    assert [one.status for one in await shop.refunds(order)] == ["succeeded"]
    assert await shop.now(order) == ("partially_refunded", 100)


async def test_a_free_ticket_is_not_refunded_but_goes_with_the_whole(shop: Shop) -> None:
    order = await shop.buy(((1, 2000), (1, 0)), fee=0)
    paid, free = await items(shop, order)
    async with shop.services.db.write() as session:
        await session.execute(
            update(OrderItem).where(OrderItem.id == free.id).values(fee=0, tax=0, total=0)
        )
    answer = await shop.ask(order, lines=[{"item": free.id, "qty": 1}])
    assert answer.status_code in (400, 422)
    assert "cost nothing" in answer.json()["detail"]
    assert paid.total < order.total
