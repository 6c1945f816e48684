"""Orders with fees, taxes and codes, paid at the double: what is asked, kept and posted."""

from dataclasses import replace
from typing import Any

import pytest
from tests.factories.orders import ADA, make_buyer, make_sale
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.orders.sale import Sale

from handstamp.discounts.save_code import add_code
from handstamp.discounts.shapes import NewCode
from handstamp.events.set_prices import set_prices
from handstamp.events.shapes import PricesChange
from handstamp.events.tax_lines import taxes_of
from handstamp.ledger.balances import every_balance
from handstamp.orders.cancel_order import cancel
from handstamp.orders.expire_orders import sweep
from handstamp.orders.find_orders import items_of
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.settle_order import settle_session
from handstamp.orders.start_checkout import start_checkout
from handstamp.payments.models import PaymentAccount
from handstamp.plumbing.web import SYSTEM, Services

BC: dict[str, Any] = {
    "fee_bp": 250,
    "fee_fixed": 99,
    "tax_mode": "rates",
    "rates": [{"name": "GST", "ppm": 50_000}, {"name": "PST", "ppm": 70_000}],
}


async def prices(services: Services, event_id: str, **change: Any) -> None:
    """Set what is added to an event's prices."""
    async with services.db.write() as session:
        await set_prices(session, services, SYSTEM, event_id, PricesChange(**change))


async def code(services: Services, event_id: str, text: str, **values: Any) -> str:
    """Add a code of 10 % unless told otherwise, and return its id."""
    new = NewCode(**{"code": text, "kind": "percent", "value": 1_000, **values})
    async with services.db.write() as session:
        return (await add_code(session, services, SYSTEM, event_id, new)).id


async def items(services: Services, order: Order) -> list[OrderItem]:
    async with services.db.read() as session:
        return await items_of(session, order)


async def book(services: Services, account: str) -> dict[str, int]:
    """Return the balances of a book by account."""
    async with services.db.read() as session:
        rows = await every_balance(session)
    return {row.account: row.amount for row in rows if row.book == account}


async def test_fee_and_taxes_are_asked_for_line_by_line_kept_and_posted(sale: Sale) -> None:
    await prices(sale.services, sale.event.id, **BC)
    await code(sale.services, sale.event.id, "TENTH")
    order = await hold(
        sale.services, make_buyer(), sale.event.id, {sale.tiers[0].id: 2}, codes=["tenth"]
    )
    # 2 x 25.00, a tenth off: 45.00; fee 2.5 % = 1.125 -> 1.13, + 1.98 = 3.11; on 48.11:
    # 5 % = 2.4055 -> 2.41 and 7 % = 3.3677 -> 3.37
    assert (order.subtotal, order.discount, order.fees, order.tax) == (5_000, 500, 311, 578)
    assert (order.total, order.application_fee) == (5_389, 311)
    await sale.start(order)
    (page,) = await sale.sessions()
    assert page["amount_total"] == 5_389
    await sale.pay(order)
    assert await sale.settle(order) == "paid"
    (payment,) = await sale.payments()
    assert (payment.amount, payment.application_fee) == (5_389, 311)
    posted = await book(sale.services, sale.account)
    assert abs(posted["ticket_sales"]) == 4_500
    assert abs(posted["service_fees"]) == 311
    assert abs(posted["tax_payable"]) == 578
    assert abs(posted["platform_fees"]) == 311
    await sale.balance_holds()
    (line,) = await items(sale.services, order)
    assert [tuple(tax) for tax in taxes_of(line)] == [("GST", 50_000, 241), ("PST", 70_000, 337)]


async def test_an_absorbed_fee_is_the_platforms_and_not_the_buyers(sale: Sale) -> None:
    await prices(sale.services, sale.event.id, **{**BC, "fee_payer": "organizer"})
    order = await sale.hold(2)
    assert (order.fees, order.tax, order.total, order.application_fee) == (0, 600, 5_600, 323)


async def test_an_order_keeps_its_price_when_the_rules_change(sale: Sale) -> None:
    order = await sale.hold(2)
    await prices(sale.services, sale.event.id, **BC)
    again = await sale.hold(2)
    assert (again.id, again.total) == (order.id, 5_000)


async def test_a_code_for_everything_skips_stripe(sale: Sale) -> None:
    await prices(sale.services, sale.event.id, **BC)
    await code(sale.services, sale.event.id, "GUEST", value=10_000)
    wants = {sale.tiers[0].id: 2}
    order = await hold(sale.services, make_buyer(), sale.event.id, wants, codes=["GUEST"])
    assert (order.total, order.application_fee) == (0, 0)
    assert (await sale.start(order)).done
    assert (await sale.find(order)).status == "paid"
    assert len(await sale.tickets(order)) == 2
    assert await sale.sessions() == []


async def test_a_code_never_leaves_less_than_can_be_charged(sale: Sale) -> None:
    await code(sale.services, sale.event.id, "NEARLY", value=9_990)
    wants = {sale.tiers[0].id: 1}
    order = await hold(sale.services, make_buyer(), sale.event.id, wants, codes=["NEARLY"])
    assert (order.discount, order.total) == (2_450, 50)


async def test_stripe_tax_is_added_on_the_page_for_the_seller_to_owe(sale: Sale) -> None:
    await prices(sale.services, sale.event.id, fee_bp=1_000, tax_mode="stripe")
    order = await sale.hold(2)
    assert (order.total, order.tax, order.tax_mode) == (5_500, 0, "stripe")
    await sale.start(order)
    (page,) = await sale.sessions()
    assert page["automatic_tax"]["enabled"] is True
    assert page["automatic_tax"]["liability"] == {"type": "self"}
    added = page["total_details"]["amount_tax"]
    assert added > 0
    await sale.pay(order)
    assert await sale.settle(order) == "paid"
    paid = await sale.find(order)
    assert (paid.tax, paid.total) == (added, 5_500 + added)
    (line,) = await items(sale.services, paid)
    assert (line.tax, line.total) == (added, 5_500 + added)
    assert abs((await book(sale.services, sale.account))["tax_payable"]) == added
    await sale.balance_holds()


async def test_a_second_payment_with_another_tax_is_given_back(sale: Sale) -> None:
    await prices(sale.services, sale.event.id, tax_mode="stripe")
    order = await sale.hold()
    await sale.start(order)
    first = await sale.session_of(order)
    await sale.change(order, checkout_state="expired")
    await sale.start(order)
    await sale.pay(order)
    assert await sale.settle(order) == "paid"
    paid = await sale.find(order)
    await sale.change(order, tax=paid.tax - 1, total=paid.total - 1)
    await sale.double.pay(first)
    assert await settle_session(sale.services, first, sale.account) == "paid"
    assert len(await sale.jobs("refund.order")) == 1
    assert len(await sale.tickets(order)) == 2
    await sale.balance_holds()


async def test_of_a_destination_charge_the_organizer_owes_the_tax(
    services: Services, stripe_double: StripeDouble
) -> None:
    account = await stripe_double.account()
    event, tiers = await make_sale(services, account=account, currency="EUR", capacity=10)
    async with services.db.write() as session:
        found = await session.get(PaymentAccount, event.organizer_id)
        assert found is not None
        found.charge_type = "destination"
    await prices(services, event.id, fee_bp=1_000, tax_mode="stripe")
    order = await hold(services, make_buyer(), event.id, {tiers[0].id: 1})
    await start_checkout(services, order.id, ADA)
    (page,) = await stripe_double.objects("checkout.session")
    liability = page["automatic_tax"]["liability"]
    assert (liability["type"], liability["account"]) == ("account", account)


async def test_lines_are_the_order_and_their_taxes_are_theirs(sale: Sale) -> None:
    await prices(sale.services, sale.event.id, **BC)
    await code(sale.services, sale.event.id, "SEVEN", kind="fixed", value=700)
    wants = {sale.tiers[0].id: 3, sale.tiers[1].id: 1}
    order = await hold(sale.services, make_buyer(), sale.event.id, wants, codes=["SEVEN"])
    found = await items(sale.services, order)
    assert sum(item.total for item in found) == order.total
    assert sum(item.discount for item in found) == order.discount == 700
    assert all(sum(tax.amount for tax in taxes_of(item)) == item.tax for item in found)


@pytest.mark.parametrize("kind", ["expired", "cancelled"])
async def test_a_use_comes_back_with_the_stock(sale: Sale, kind: str) -> None:
    await code(sale.services, sale.event.id, "ONCE", max_uses=1)
    wants = {sale.tiers[0].id: 1}

    async def held(name: str) -> Order:
        buyer = replace(make_buyer(name), network="")
        return await hold(sale.services, buyer, sale.event.id, wants, codes=["ONCE"])

    order = await held("ada")
    if kind == "expired":
        await sale.advance(16 * 60_000)
        await sweep(sale.services)
    else:
        await cancel(sale.services, order.id)
    assert (await sale.find(order)).status == kind
    assert (await held("bob")).discount == 250
