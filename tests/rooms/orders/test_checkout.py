"""From a hold to tickets through Stripe's page, and what may go wrong on the way."""

import asyncio
from dataclasses import replace

import pytest
from tests.factories.orders import ADA
from tests.rooms.orders.sale import Sale

from handstamp.events.edit_tier import edit_tier
from handstamp.events.shapes import TierChange
from handstamp.kit.clock import MINUTE
from handstamp.ledger.balances import every_balance
from handstamp.orders.cancel_order import cancel
from handstamp.orders.expire_orders import sweep
from handstamp.orders.settle_order import settle_order, settle_session
from handstamp.orders.start_checkout import BuyerDetails
from handstamp.payments.models import PaymentAccount
from handstamp.plumbing.errors import BadInput, Conflict, SwitchedOff
from handstamp.plumbing.web import SYSTEM
from handstamp.tickets.stock import Count

SESSIONS = "/v1/checkout/sessions"


async def test_a_paid_order_has_its_tickets_payment_ledger_and_mail(sale: Sale) -> None:
    order = await sale.hold(3)
    started = await sale.start(order)
    assert started.url.startswith(sale.double.url)
    await sale.pay(order)
    assert await sale.settle(order) == "paid"
    paid = await sale.find(order)
    assert (paid.status, paid.checkout_state, paid.placed_at) == ("paid", "complete", sale.clock())
    tickets = await sale.tickets(order)
    assert [ticket.place for ticket in tickets] == [0, 1, 2]
    assert {(t.status, t.holder_name, t.order_ref) for t in tickets} == {
        ("valid", "Ada Lovelace", order.number)
    }
    assert await sale.taken() == Count(0, 3)
    assert await sale.mails() == ["order_confirmation"]
    (payment,) = await sale.payments()
    assert (payment.amount, payment.account, payment.status) == (7_500, sale.account, "succeeded")
    await sale.balance_holds()


async def test_what_stripe_is_asked_is_what_was_stored(sale: Sale) -> None:
    order = await sale.hold(2)
    await sale.start(order)
    (asked,) = await sale.sessions()
    assert asked["amount_total"] == 5_000
    assert asked["customer_email"] == "ada@example.org"
    assert asked["metadata"] == {"order_id": order.id, "order_number": order.number}
    assert asked["expires_at"] * 1000 == (await sale.find(order)).checkout_expires_at


async def test_the_same_facts_again_issue_nothing_more(sale: Sale) -> None:
    order = await sale.buy(2)
    outcomes = await asyncio.gather(*(sale.settle(order) for _ in range(4)))
    assert set(outcomes) == {"paid"}
    assert await settle_order(sale.services, order.id) == "paid"
    assert len(await sale.tickets(order)) == 2
    assert await sale.mails() == ["order_confirmation"]
    await sale.balance_holds()


async def test_many_webhooks_at_once_fulfil_once(sale: Sale) -> None:
    order = await sale.hold(2)
    await sale.start(order)
    await sale.pay(order)
    await asyncio.gather(*(sale.settle(order) for _ in range(5)))
    assert len(await sale.tickets(order)) == 2
    assert await sale.taken() == Count(0, 2)
    assert len(await sale.payments()) == 1


async def test_starting_again_leads_to_the_same_page(sale: Sale) -> None:
    order = await sale.hold()
    first = await sale.start(order)
    again = await sale.start(order, replace(ADA, name="Ada King"))
    assert again.url == first.url
    assert (await sale.find(order)).name == "Ada King"
    assert len(await sale.sessions()) == 1


async def test_another_address_closes_the_page_and_opens_a_new_one(sale: Sale) -> None:
    order = await sale.hold()
    first = await sale.start(order)
    second = await sale.start(order, replace(ADA, email="eve@example.org"))
    assert second.url != first.url
    assert [one["status"] for one in await sale.sessions()] == ["open", "expired"]
    assert (await sale.find(order)).checkout_attempt == 2
    await sale.pay(order)
    assert await sale.settle(order) == "paid"


async def test_paid_before_the_details_changed_stays_paid(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    await sale.pay(order)
    started = await sale.start(order, replace(ADA, email="eve@example.org"))
    assert started.done
    assert (await sale.find(order)).email == "ada@example.org"
    assert len(await sale.tickets(order)) == 2


async def test_a_click_twice_opens_one_page(sale: Sale) -> None:
    order = await sale.hold()
    found = await asyncio.gather(*(sale.start(order) for _ in range(4)), return_exceptions=True)
    assert len(await sale.sessions()) == 1
    urls = {one.url for one in found if not isinstance(one, BaseException)}
    assert len(urls) == 1
    assert all(isinstance(one, SwitchedOff) for one in found if isinstance(one, BaseException))


@pytest.mark.parametrize("how", ["drop", "drop_before"])
async def test_an_unknown_outcome_keeps_the_hold_and_is_tried_again(sale: Sale, how: str) -> None:
    order = await sale.hold()
    await sale.double.fail(how, path=SESSIONS, method="POST", times=-1)
    with pytest.raises(SwitchedOff) as refused:
        await sale.start(order)
    assert refused.value.code == "no_answer"
    stored = await sale.find(order)
    assert (stored.status, stored.checkout_state) == ("pending", "starting")
    assert await sale.taken() == Count(2, 0)
    await sale.double.heal()
    started = await sale.start(order)
    assert started.url
    assert len(await sale.sessions()) == 1
    assert (await sale.find(order)).checkout_attempt == 1


async def test_holds_that_cannot_be_settled_keep_no_other_waiting(sale: Sale) -> None:
    orders = [await sale.hold(1, f"buyer {number}") for number in range(5)]
    for order in orders:
        await sale.start(order)
    for number, order in enumerate(orders[:4]):
        await sale.change(order, checkout_session_id=f"cs_test_unknown{number}")
        await sale.change(order, expires_at=order.expires_at - 1)
    await sale.advance(15 * MINUTE)
    assert await sweep(sale.services) == 1
    assert [(await sale.find(order)).status for order in orders] == ["pending"] * 4 + ["expired"]


@pytest.mark.parametrize("how", ["500", "500_after", "503"])
async def test_a_fault_that_stripe_keeps_under_the_key_is_left_behind(sale: Sale, how: str) -> None:
    order, other = await sale.hold(), await sale.hold(1, "grace")
    await sale.double.fail(how, path=SESSIONS, method="POST", times=-1)
    for held in (order, other):
        with pytest.raises(SwitchedOff) as refused:
            await sale.start(held)
        assert refused.value.code == "no_answer"
    assert (await sale.find(order)).status == "pending"
    await sale.double.heal()
    assert (await sale.start(order)).url
    await sale.pay(order)
    assert await sale.settle(order) == "paid"
    await sale.change(other, checkout_state="starting")  # as if we had died before noting it
    await sale.advance(15 * MINUTE)
    assert await sweep(sale.services) == 1
    assert (await sale.find(other)).status == "expired"
    assert await sale.taken() == Count(0, 2)


async def test_too_many_calls_are_said_and_nothing_is_lost(sale: Sale) -> None:
    order = await sale.hold()
    await sale.double.fail("429", path=SESSIONS, method="POST", times=-1)
    with pytest.raises(SwitchedOff):
        await sale.start(order)
    await sale.double.heal()
    assert (await sale.start(order)).url


async def test_a_page_whose_id_was_lost_in_a_crash_is_found_and_paid(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    session_id = await sale.session_of(order)
    await sale.change(order, checkout_session_id=None, checkout_url="", checkout_state="starting")
    await sale.double.pay(session_id)
    assert await settle_session(sale.services, session_id, sale.account) == "paid"
    assert len(await sale.tickets(order)) == 2


async def test_a_lost_page_is_closed_before_its_stock_comes_back(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    await sale.change(order, checkout_session_id=None, checkout_url="", checkout_state="starting")
    await sale.advance(15 * MINUTE)
    assert await sweep(sale.services) == 1
    assert (await sale.find(order)).status == "expired"
    assert [one["status"] for one in await sale.sessions()] == ["expired"]
    assert await sale.taken() == Count(0, 0)


async def test_a_page_that_stripe_never_saw_is_no_page(sale: Sale) -> None:
    order = await sale.hold()
    await sale.double.fail("drop_before", path=SESSIONS, method="POST", times=-1)
    with pytest.raises(SwitchedOff):
        await sale.start(order)
    await sale.double.heal()
    await sale.advance(15 * MINUTE)
    assert await sweep(sale.services) == 1
    assert (await sale.find(order)).status == "expired"
    assert await sale.sessions() == []
    assert await sale.taken() == Count(0, 0)


async def test_a_page_that_would_end_too_soon_is_replaced_by_a_new_one(sale: Sale) -> None:
    order = await sale.hold()
    await sale.double.fail("drop_before", path=SESSIONS, method="POST", times=-1)
    with pytest.raises(SwitchedOff):
        await sale.start(order)
    await sale.double.heal()
    await sale.advance(5 * MINUTE)
    assert (await sale.start(order)).url
    assert (await sale.find(order)).checkout_attempt == 2


async def test_a_declined_card_is_told_and_another_may_pay(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    await sale.pay(order, "4000000000000002")
    assert await settle_order(sale.services, order.id) == "pending"
    assert (await sale.find(order)).payment_error == "generic_decline"
    await sale.pay(order)
    assert await sale.settle(order) == "paid"
    assert (await sale.find(order)).payment_error == ""


async def test_a_session_of_a_stranger_pays_for_nothing(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    stranger = await sale.double.account()
    await sale.change(order, account=stranger)
    await sale.pay(order)
    session_id = await sale.session_of(order)
    assert await settle_session(sale.services, session_id, sale.account) == ""
    assert (await sale.find(order)).status == "pending"


async def test_a_free_order_needs_no_payment(sale: Sale) -> None:
    async with sale.services.db.write() as session:
        change = TierChange(price_cents=0)
        services, event = sale.services, sale.event
        await edit_tier(session, services, SYSTEM, event.id, sale.tiers[0].id, change=change)
    order = await sale.hold(2)
    assert (await sale.start(order)).done
    assert (await sale.find(order)).status == "paid"
    assert await sale.taken() == Count(0, 2)
    assert await sale.mails() == ["order_confirmation"]
    assert await sale.sessions() == []
    assert await sale.payments() == []
    async with sale.services.db.read() as session:
        assert not await every_balance(session)
    assert (await sale.start(order)).done


async def test_a_price_that_changes_after_the_hold_changes_nothing(sale: Sale) -> None:
    order = await sale.hold(2)
    async with sale.services.db.write() as session:
        change = TierChange(price_cents=99_000)
        services, event = sale.services, sale.event
        await edit_tier(session, services, SYSTEM, event.id, sale.tiers[0].id, change=change)
    await sale.start(order)
    assert (await sale.sessions())[0]["amount_total"] == 5_000


async def test_an_organizer_who_lost_the_account_cannot_be_paid(sale: Sale) -> None:
    order = await sale.hold()
    async with sale.services.db.write() as session:
        account = await session.get(PaymentAccount, sale.event.organizer_id)
        assert account is not None
        account.charges_enabled = False
    with pytest.raises(Conflict) as refused:
        await sale.start(order)
    assert refused.value.code == "cannot_sell"
    assert (await sale.find(order)).checkout_state == ""


async def test_a_refusal_of_stripe_is_said_and_may_be_tried_again(sale: Sale) -> None:
    order = await sale.hold()
    await sale.double.deauthorize(sale.account)
    with pytest.raises(Conflict) as refused:
        await sale.start(order)
    assert refused.value.code == "payment_refused"
    assert (await sale.find(order)).status == "pending"
    assert await cancel(sale.services, order.id)
    assert await sale.taken() == Count(0, 0)


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (replace(ADA, email="no address"), "email"),
        (replace(ADA, name=" \x00 "), "name"),
        (replace(ADA, terms=False), "terms"),
    ],
)
async def test_missing_details_are_named(sale: Sale, details: BuyerDetails, field: str) -> None:
    order = await sale.hold()
    with pytest.raises(BadInput) as refused:
        await sale.start(order, details)
    assert [error["field"] for error in refused.value.errors] == [field]


async def test_holders_have_their_own_names_where_a_tier_asks(sale: Sale) -> None:
    async with sale.services.db.write() as session:
        tier = await session.get(type(sale.tiers[0]), sale.tiers[0].id)
        assert tier is not None
        tier.ask_names = True
    order = await sale.hold(3)
    names = {sale.tiers[0].id: ["Grace\r\nHopper", "", "Joan Clarke", "One too many"]}
    await sale.start(order, replace(ADA, names=names))
    await sale.pay(order)
    await sale.settle(order)
    held_by = [ticket.holder_name for ticket in await sale.tickets(order)]
    assert held_by == ["Grace Hopper", "Ada Lovelace", "Joan Clarke"]
