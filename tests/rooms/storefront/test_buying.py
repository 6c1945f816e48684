"""Buying without a script: choosing, holding, details, paying, and everything in between."""

import re
from typing import Any

import pytest
from tests.rooms.orders.sale import Sale
from tests.rooms.storefront.conftest import GRACE, Shopper

from handstamp.events.edit_event import edit_event
from handstamp.events.edit_tier import edit_tier
from handstamp.events.shapes import EventChange, TierChange
from handstamp.kit.clock import DAY, HOUR, MINUTE
from handstamp.orders.find_orders import items_of, names_of
from handstamp.payments.models import PaymentAccount
from handstamp.plumbing.web import SYSTEM

pytestmark = pytest.mark.anyio
SESSIONS = "/v1/checkout/sessions"


def page_of(sale: Sale) -> str:
    """Return the path of the event's page."""
    return f"/tickets/e/{sale.event.slug}"


async def change_tier(sale: Sale, place: int = 0, **values: Any) -> None:
    """Change one of the event's tiers."""
    tier, change = sale.tiers[place], TierChange(**values)
    async with sale.services.db.write() as session:
        await edit_tier(session, sale.services, SYSTEM, sale.event.id, tier.id, change=change)


async def test_a_walk_from_the_event_to_the_tickets(sale: Sale, shopper: Shopper) -> None:
    await shopper.hold(sale, 2, 1)
    assert shopper.path.startswith("/tickets/order/ord_")
    assert "15 minutes left." in shopper.text
    assert "2 × General €25.00 each €50.00" in shopper.text
    assert "Pay €90.00" in shopper.text
    page = shopper.path
    await shopper.post(page, GRACE)
    assert shopper.left_for.startswith(sale.double.url)
    await sale.double.pay(shopper.left_for.rpartition("/")[2])
    await shopper.get(f"{page}?back=paid")
    assert "Your tickets are here" in shopper.text
    assert shopper.html.count("<svg") > 3
    order = await shopper.order(sale)
    for ticket in await sale.tickets(order):
        assert ticket.printed_id in shopper.html
    assert order.number in shopper.text
    assert shopper.headers["cache-control"] == "no-store"


async def test_the_total_is_worked_out_without_a_script(sale: Sale, shopper: Shopper) -> None:
    wanted = {f"qty-{sale.tiers[0].id}": "3", "do": "total"}
    await shopper.post(page_of(sale), wanted, on=page_of(sale))
    assert shopper.status == 200
    assert "Total €75.00" in shopper.text
    assert re.search(rf'id="qty-{sale.tiers[0].id}"[^>]* value="3"', shopper.html)


async def test_too_many_are_refused_where_they_were_chosen(sale: Sale, shopper: Shopper) -> None:
    await sale.hold(7, "somebody else")
    await shopper.hold(sale, 5, 1)
    assert shopper.status == 409
    assert "Only 3 tickets are left." in shopper.text
    assert "Only 3 left" in shopper.text
    await shopper.hold(sale, 0, 0)
    assert "Choose at least one ticket." in shopper.text


async def test_what_is_sold_out_says_so_and_cannot_be_chosen(sale: Sale, shopper: Shopper) -> None:
    await sale.hold(10, "first")
    await sale.hold(10, "second", tier=1)
    await shopper.get(page_of(sale))
    assert "Some tickets are held by people who are paying." in shopper.text
    assert 'name="qty-' not in shopper.html
    await shopper.get("/tickets/events")
    assert "Sold out" in shopper.text


async def test_sales_windows_are_told_in_the_events_zone(sale: Sale, shopper: Shopper) -> None:
    now = sale.clock()
    await change_tier(sale, sales_start_at=now + HOUR)
    await change_tier(sale, 1, sales_end_at=now - HOUR)
    await shopper.get(page_of(sale))
    assert "Ticket sales open on" in shopper.text
    assert "On sale from Thu, 28 May 2026, 14:26" in shopper.text
    assert "Ended" in shopper.text


async def test_an_organizer_who_cannot_be_paid_yet_sells_nothing(
    sale: Sale, shopper: Shopper
) -> None:
    async with sale.services.db.write() as session:
        account = await session.get_one(PaymentAccount, sale.event.organizer_id)
        account.charges_enabled = False
    await shopper.get(page_of(sale))
    assert "Ticket sales have not opened yet." in shopper.text
    assert 'value="hold"' not in shopper.html
    await shopper.hold(sale, 1)
    assert shopper.status == 409


async def test_details_are_checked_beside_their_fields_and_kept(
    sale: Sale, shopper: Shopper
) -> None:
    async with sale.services.db.write() as session:
        change = EventChange(ask_phone=True)
        await edit_event(session, sale.services, SYSTEM, sale.event.id, change)
    await shopper.hold(sale, 1)
    page = shopper.path
    await shopper.post(page, {"name": "Grace <b>", "email": "grace@", "phone": "call me"})
    assert shopper.status == 422
    for said in (
        "That does not look like an e-mail address.",
        "Please agree to the terms and the refund policy.",
        "Write a phone number, like +1 604 555 0123, or nothing.",
    ):
        assert said in shopper.text
    assert 'value="Grace &lt;b&gt;"' in shopper.html
    assert (await shopper.order(sale)).email == ""


async def test_a_slip_in_the_address_is_asked_about_once(sale: Sale, shopper: Shopper) -> None:
    await shopper.hold(sale, 1)
    page, typed = shopper.path, {**GRACE, "email": "grace@gmial.com"}
    await shopper.post(page, typed)
    assert "Did you mean grace@gmail.com?" in shopper.text
    await shopper.post(page, {**typed, "email_instead": "grace@gmail.com"})
    assert 'value="grace@gmail.com"' in shopper.html
    await shopper.post(page, {**typed, "email_sure": "grace@gmial.com"})
    assert shopper.left_for
    assert (await sale.find(page.rpartition("/")[2])).email == "grace@gmial.com"


async def test_names_are_asked_where_a_tier_wants_them(sale: Sale, shopper: Shopper) -> None:
    async with sale.services.db.write() as session:
        change = TierChange(ask_names=True)
        await edit_tier(
            session, sale.services, SYSTEM, sale.event.id, sale.tiers[0].id, change=change
        )
    await shopper.hold(sale, 2, 1)
    page, order = shopper.path, await shopper.order(sale)
    fields = re.findall(r'name="(name-oi_[^"]+)"', shopper.html)
    assert len(fields) == 2
    await shopper.post(page, {**GRACE, fields[0]: "x" * 121})
    assert "Use 120 letters at most." in shopper.text
    await shopper.post(page, {**GRACE, fields[0]: "Ada  Lovelace\r\nBcc: x", fields[1]: ""})
    assert shopper.left_for
    async with sale.services.db.read() as session:
        items = await items_of(session, order)
    assert [names_of(item) for item in items] == [["Ada Lovelace Bcc: x", ""], []]


async def test_the_phone_is_asked_only_where_the_event_wants_it(
    sale: Sale, shopper: Shopper
) -> None:
    await shopper.hold(sale, 1)
    assert "Phone number" not in shopper.text
    async with sale.services.db.write() as session:
        change = EventChange(ask_phone=True)
        await edit_event(session, sale.services, SYSTEM, sale.event.id, change)
    await shopper.get(shopper.path)
    assert "Phone number optional" in shopper.text


async def test_marketing_is_never_ticked_beforehand(sale: Sale, shopper: Shopper) -> None:
    await shopper.hold(sale, 1)
    assert re.search(r'id="marketing" name="marketing" value="y">', shopper.html)


async def test_a_declined_card_says_why_and_may_be_tried_again(
    sale: Sale, shopper: Shopper
) -> None:
    await shopper.hold(sale, 1)
    page = shopper.path
    await shopper.post(page, GRACE)
    await sale.double.pay(shopper.left_for.rpartition("/")[2], "4000000000009995")
    await shopper.get(page)
    assert "The card has not enough money for this." in shopper.text
    assert "Nothing was charged." in shopper.text
    shopper.left_for = ""
    await shopper.post(page, GRACE)
    assert shopper.left_for


async def test_coming_back_without_paying_keeps_the_tickets(sale: Sale, shopper: Shopper) -> None:
    await shopper.hold(sale, 1)
    page = shopper.path
    await shopper.post(page, GRACE)
    await shopper.get(page)
    assert "You came back without paying." in shopper.text


async def test_while_stripe_is_silent_a_payment_is_being_confirmed(
    sale: Sale, shopper: Shopper
) -> None:
    await shopper.hold(sale, 1)
    page = shopper.path
    await shopper.post(page, GRACE)
    await sale.double.pay(shopper.left_for.rpartition("/")[2])
    await sale.double.fail("503", path=SESSIONS, method="GET", times=-1)
    await shopper.get(f"{page}?back=paid")
    assert "We are confirming your payment" in shopper.text
    status = (await shopper.http.get(f"{page}/status")).json()
    assert (status["pending"], status["unpaid"]) == (True, False)
    await sale.double.heal()
    sale.clock.advance(4_000)
    status = (await shopper.http.get(f"{page}/status")).json()
    assert status["pending"] is False
    await shopper.get(page)
    assert "Your tickets are here" in shopper.text


async def test_stripe_is_not_asked_at_every_look(sale: Sale, shopper: Shopper) -> None:
    await shopper.hold(sale, 1)
    page = shopper.path
    await shopper.post(page, GRACE)
    before = len(await sale.double.requests(f"{SESSIONS}/"))
    for _look in range(5):
        await shopper.http.get(f"{page}/status")
    assert len(await sale.double.requests(f"{SESSIONS}/")) - before == 1


async def test_the_time_runs_out_and_the_same_can_be_chosen_again(
    sale: Sale, shopper: Shopper
) -> None:
    await shopper.hold(sale, 2)
    page = shopper.path
    await sale.advance(16 * MINUTE)
    await shopper.get(page)
    assert "The time to pay ran out" in shopper.text
    await shopper.post(f"{page}/again")
    assert shopper.path != page
    assert "2 × General" in shopper.text
    assert (await sale.find(page.rpartition("/")[2])).status == "expired"


async def test_choosing_again_when_all_is_gone_says_so(sale: Sale, shopper: Shopper) -> None:
    await shopper.hold(sale, 2)
    page = shopper.path
    await sale.advance(16 * MINUTE)
    await shopper.get(page)
    await sale.hold(9, "quicker")
    await shopper.post(f"{page}/again")
    assert shopper.path.startswith(page_of(sale))
    assert "Only one ticket is left." in shopper.text


async def test_cancelling_is_asked_about_and_frees_the_tickets(
    sale: Sale, shopper: Shopper
) -> None:
    await shopper.hold(sale, 10)
    page = shopper.path
    await shopper.get(f"{page}/cancel")
    assert "Cancel this order?" in shopper.text
    await shopper.post(f"{page}/cancel")
    assert "This order was cancelled" in shopper.text
    assert (await sale.taken()).held == 0
    await shopper.get(f"{page}/cancel")
    assert "This order was cancelled" in shopper.text


async def test_changing_tickets_counts_the_buyers_own_as_free(sale: Sale, shopper: Shopper) -> None:
    await shopper.hold(sale, 9)
    await shopper.get(f"{page_of(sale)}?change=1")
    assert re.search(rf'id="qty-{sale.tiers[0].id}"[^>]* max="10"[^>]* value="9"', shopper.html)
    await shopper.hold(sale, 10)
    assert "10 × General" in shopper.text
    assert (await sale.taken()).held == 10


async def test_what_costs_nothing_needs_no_payment(sale: Sale, shopper: Shopper) -> None:
    async with sale.services.db.write() as session:
        change = TierChange(price_cents=0)
        await edit_tier(
            session, sale.services, SYSTEM, sale.event.id, sale.tiers[0].id, change=change
        )
    await shopper.hold(sale, 1)
    assert "Get my tickets" in shopper.text
    assert "Stripe" not in shopper.text
    await shopper.post(shopper.path, GRACE)
    assert "Your tickets are here" in shopper.text


async def test_a_link_to_a_tier_leads_to_its_event_with_one_chosen(
    sale: Sale, shopper: Shopper
) -> None:
    tier = sale.tiers[1]
    await shopper.get(f"/tickets/checkout/{sale.event.id}/{tier.id}")
    assert re.search(rf'id="qty-{tier.id}"[^>]* value="1"', shopper.html)
    assert "Total €40.00" in shopper.text
    for unknown in (f"{sale.event.id}/nothing", "nothing/nothing"):
        await shopper.get(f"/tickets/checkout/{unknown}")
        assert shopper.status == 404


async def test_an_event_that_is_over_sells_nothing(sale: Sale, shopper: Shopper) -> None:
    await sale.advance(3 * DAY)
    await shopper.get(page_of(sale))
    assert "This event is over." in shopper.text
    assert 'value="hold"' not in shopper.html
