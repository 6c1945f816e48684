"""Orders by hand: given or paid elsewhere, from the stock or over it, and taken back."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update
from tests.factories.auth import Person, make_owner, make_person
from tests.rooms.orders.sale import Sale
from tests.rooms.portal.conftest import Desk

from handstamp.analytics import store
from handstamp.analytics.count_sales import count_all
from handstamp.analytics.find_metrics import event_metrics
from handstamp.analytics.rules import Sums
from handstamp.audit.models import AuditEntry
from handstamp.auth.models import Member
from handstamp.events.models import Event, TaxRate, Tier
from handstamp.kit.clock import DAY
from handstamp.ledger.balances import every_balance
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import render_mail
from handstamp.orders.cancel_order import cancel
from handstamp.orders.correct_email import correct_email
from handstamp.orders.give_rules import GivenLine, Giving
from handstamp.orders.give_tickets import give_tickets
from handstamp.orders.models import Order
from handstamp.orders.order_access import link_for
from handstamp.orders.order_mails import PREPARERS
from handstamp.orders.send_reminders import remind_now
from handstamp.orders.take_back import take_back
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.web import SYSTEM
from handstamp.privacy.erase_person import erase_person
from handstamp.tickets import stock
from handstamp.tickets.stock import Count
from handstamp.transfers.transfer_ticket import Person as Taker
from handstamp.transfers.transfer_ticket import transfer_owned

pytestmark = pytest.mark.anyio
# SQLite has one writer, so nothing comes between.
AT_ONCE = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
RESERVE = stock.reserve_in


def gift(sale: Sale, qty: int = 2, **others: Any) -> Giving:
    """Return so many tickets of the first tier as a gift."""
    line = GivenLine(sale.tiers[0].id, qty, names=("Kim Lee",))
    return Giving(**{"origin": "comp", "name": "Lin Chen", "lines": (line,), **others})


async def given(sale: Sale, giving: Giving) -> Order:
    """Give tickets as the system."""
    async with sale.services.db.write() as session:
        return await give_tickets(session, sale.services, SYSTEM, sale.event.id, giving)


async def acts(sale: Sale, order: Order) -> dict[str, dict[str, Any]]:
    """Return what the audit log says of an order, by act."""
    query = select(AuditEntry).where(AuditEntry.target_id == order.id)
    async with sale.services.db.read() as session:
        return {one.action: json.loads(one.meta_json) for one in await session.scalars(query)}


async def mail(sale: Sale, kind: str) -> str:
    """Return the text of the one mail of a kind."""
    async with sale.services.db.read() as session:
        (found,) = (await session.scalars(select(Mail).where(Mail.kind == kind))).all()
    return (await render_mail(sale.services, PREPARERS, found)).text


async def owner_of(sale: Sale, role: str = "owner", email: str = "own@example.org") -> Person:
    """Return somebody of the sale's team."""
    person = await make_person(sale.services, email)
    async with sale.services.db.write() as session:
        organizer = sale.event.organizer_id
        session.add(Member(user_id=person.actor.id, organizer_id=organizer, role=role))
    return person


async def test_a_gift_is_an_order_like_others_without_money(sale: Sale) -> None:
    order = await given(sale, gift(sale, email="Lin@Example.org", note="Friend of the house"))
    assert (order.status, order.origin, order.total, order.subtotal) == ("paid", "comp", 0, 0)
    tickets = await sale.tickets(order)
    assert [one.holder_name for one in tickets] == ["Kim Lee", "Lin Chen"]
    assert {(one.order_ref, one.source) for one in tickets} == {(order.number, "comp")}
    assert await sale.taken() == Count(held=0, issued=2)
    told = await mail(sale, "order_confirmation")
    assert "2 tickets were given to you." in told
    assert "Free of charge, given on" in told
    assert (await acts(sale, order))["order.comp"]["tickets"] == 2
    async with sale.services.db.read() as session:
        assert await every_balance(session) == []


async def test_what_is_paid_elsewhere_has_taxes_and_is_in_no_balance(sale: Sale) -> None:
    async with sale.services.db.write() as session:
        await session.execute(
            update(Event).where(Event.id == sale.event.id).values(tax_mode="rates", fee_bp=500)
        )
        session.add(
            TaxRate(event_id=sale.event.id, position=0, name="GST", ppm=50_000, compound=False)
        )
    lines = (GivenLine(sale.tiers[0].id, 2), GivenLine(sale.tiers[1].id, 1, 1_000))
    order = await given(sale, gift(sale, origin="manual", paid_by="cash", lines=lines))
    subtotal = 2 * sale.tiers[0].price_cents + 1_000
    assert (order.subtotal, order.fees, order.application_fee) == (subtotal, 0, 0)
    assert (order.tax, order.total) == (subtotal // 20, subtotal + subtotal // 20)
    await sale.taken()
    async with sale.services.db.read() as session:
        assert await every_balance(session) == []
    assert await sale.mails() == []


async def test_nothing_is_given_that_is_not_there_unless_an_owner_says_why(
    sale: Sale, client: httpx2.AsyncClient
) -> None:
    await given(sale, gift(sale, 9))
    with pytest.raises(Conflict) as refused:
        await given(sale, gift(sale, 2))
    assert (refused.value.code, await sale.taken()) == ("sold_out", Count(0, 9))
    assert f"{sale.tiers[0].name}: 1" in refused.value.detail
    owner, manager = await owner_of(sale), await owner_of(sale, "manager", "man@example.org")
    other, _organizer = await make_owner(sale.services)
    path = f"/api/tickets/events/{sale.event.id}/orders/by-hand"
    line = {"tier_id": sale.tiers[0].id, "quantity": 3}
    body = {"origin": "comp", "name": "Crew", "over": True, "lines": [line]}
    noted = {**body, "note": "The band's own"}
    for person, sent, status in (
        (other, noted, 404), (manager, noted, 403), (owner, body, 400),
        (owner, {**noted, "over": False}, 409),
    ):  # fmt: skip
        answer = await client.post(path, json=sent, headers=person.headers)
        assert answer.status_code == status, answer.text
    once = {**owner.headers, "Idempotency-Key": "crew"}
    answers = [await client.post(path, json=noted, headers=once) for _again in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json()["origin"] == "comp"
    assert await sale.taken() == Count(0, 12)
    order = await sale.find(answers[0].json()["id"])
    assert (await acts(sale, order))["stock.override"]["over"] == {sale.tiers[0].id: 2}
    with pytest.raises(Conflict):
        await sale.hold(1)


async def test_the_last_tickets_are_given_once(sale: Sale) -> None:
    told = await asyncio.gather(
        *(given(sale, gift(sale, 6)) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(one, Order) for one in told) == 1
    assert [one.code for one in told if isinstance(one, Conflict)] == ["sold_out"] * 2
    assert await sale.taken() == Count(0, 6)


@AT_ONCE
async def test_what_comes_free_in_the_same_moment_is_given(
    sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = await sale.hold(9)

    async def then_free(*told: Any) -> bool:
        held = await RESERVE(*told)
        await cancel(sale.services, pending.id)
        return held

    monkeypatch.setattr(stock, "reserve_in", then_free)
    await given(sale, gift(sale, 2))
    assert await sale.taken() == Count(0, 2)


@AT_ONCE
async def test_who_gives_while_the_room_shrinks_hears_to_try_again(
    sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    tier = sale.tiers[0]

    async def shrunk(*told: Any) -> bool:
        async with sale.services.db.write() as session:
            await session.execute(update(Tier).where(Tier.id == tier.id).values(capacity=1))
        return await RESERVE(*told)

    monkeypatch.setattr(stock, "reserve_in", shrunk)
    with pytest.raises(Conflict, match=r"Try again\.$") as refused:
        await given(sale, gift(sale, 2))
    assert (refused.value.code, await sale.taken()) == ("sold_out", Count(0, 0))


async def test_one_form_sent_twice_in_the_same_moment_is_one_order(sale: Sale) -> None:
    form = gift(sale, 2, order_id="ord_form")
    first, second = await asyncio.gather(given(sale, form), given(sale, form))
    assert first.id == second.id == "ord_form"
    assert await sale.taken() == Count(0, 2)


@pytest.mark.parametrize("renew", [False, True])
async def test_an_address_given_later_is_not_that_of_an_erased_holder(
    sale: Sale, *, renew: bool
) -> None:
    order = await given(sale, gift(sale, 3))
    kim, bea, _own = await sale.tickets(order)
    for one, email in ((kim, "kim@example.org"), (bea, "bea@example.org")):
        async with sale.services.db.write() as session:
            await transfer_owned(session, sale.services, SYSTEM, one.id, Taker("Bea", email))
    await erase_person(sale.services, SYSTEM, "bea@example.org")
    await correct_email(sale.services, SYSTEM, order.id, "lin@example.org", renew=renew)
    told = [(one.holder_email, one.epoch, one.status) for one in await sale.tickets(order)]
    assert told == [
        ("kim@example.org", 2, "valid"),
        ("", 2, "valid"),
        ("lin@example.org", 2 if renew else 1, "valid"),
    ]


async def test_an_address_given_later_leaves_a_ticket_that_is_just_passed_on(sale: Sale) -> None:
    order = await given(sale, gift(sale, 1))
    (one,) = await sale.tickets(order)
    async with sale.services.db.write() as session:
        await transfer_owned(session, sale.services, SYSTEM, one.id, Taker("Bea", "b@example.org"))
        correcting = asyncio.create_task(
            correct_email(sale.services, SYSTEM, order.id, "lin@example.org")
        )
        await asyncio.wait({correcting}, timeout=0.5)
    await correcting
    assert [one.holder_email for one in await sale.tickets(order)] == ["b@example.org"]


async def test_what_is_taken_back_is_free_again_and_its_people_know(
    sale: Sale, client: httpx2.AsyncClient
) -> None:
    order = await given(sale, gift(sale, 10, email="lin@example.org"))
    person = await owner_of(sale, "manager")
    path = f"/api/tickets/orders/{order.id}/take-back"
    for _again in range(2):
        answer = await client.post(path, headers=person.headers)
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled"), answer.text
    assert {one.status for one in await sale.tickets(order)} == {"cancelled"}
    assert await sale.taken() == Count(0, 0)
    assert "not valid any more and opens no door" in await mail(sale, "tickets_taken_back")
    seen = await client.get(link_for(sale.services, order), follow_redirects=True)
    assert "These tickets were cancelled" in seen.text
    assert "Choose the same again" not in seen.text
    bought = await sale.buy(1)
    refused = await client.post(
        f"/api/tickets/orders/{bought.id}/take-back", headers=person.headers
    )
    assert refused.status_code == 409
    assert "Refund it instead" in refused.text


async def test_an_event_that_is_over_gives_nothing(sale: Sale) -> None:
    with pytest.raises(BadInput):
        await given(sale, gift(sale, email="no address"))
    sale.clock.advance(sale.event.end_at - sale.clock())
    with pytest.raises(Conflict, match="over"):
        await given(sale, gift(sale))


async def test_the_page_makes_one_order_however_often_it_is_sent(
    sale: Sale, client: httpx2.AsyncClient
) -> None:
    desk = Desk(client, await owner_of(sale))
    base = f"/tickets/organizer/events/{sale.event.id}"
    page, tier = f"{base}/orders/by-hand", sale.tiers[0].id
    await desk.get(page)
    order_id = desk.html.partition('name="order_id" value="')[2].partition('"')[0]
    wanted = {"order_id": order_id, "origin": "comp", f"qty-{tier}": "11", "names": "Kim\n\nLu"}
    await desk.post(page, wanted)
    assert (desk.status, "Write for whom they are." in desk.text) == (422, True)
    wanted["name"] = "Lin Chen"
    await desk.post(page, wanted)
    assert "Not so many tickets are left" in desk.text
    assert "Give them although not so many are left" in desk.text
    wanted |= {"over": "y", "note": "A school class"}
    for _again in range(2):
        await desk.post(page, wanted, on=page)
        assert "Nothing is mailed" in desk.text
        assert "Free of charge" in desk.text
    assert await sale.taken() == Count(0, 11)
    assert [one.holder_name for one in await sale.tickets(await sale.find(order_id))][:3] == [
        "Kim", "Lin Chen", "Lu",
    ]  # fmt: skip
    await desk.post(f"{base}/orders/{order_id}/email", {"email": "lin@example.org"})
    assert "now belongs to lin@example.org" in desk.text
    await desk.get(f"{base}/orders?origin=manual")
    assert "No order fits" in desk.text
    await desk.get(f"{base}/orders?origin=comp")
    assert "Lin Chen" in desk.text
    await desk.post(f"{base}/orders/{order_id}/take-back", on=f"{base}/orders/{order_id}")
    assert "Taken back." in desk.text
    sold = {f"price-{tier}": "12.50", f"qty-{tier}": "2", "origin": "manual", "name": "Kim"}
    again = await desk.get(page)
    fresh = again.html.partition('name="order_id" value="')[2].partition('"')[0]
    await desk.post(page, {**sold, "order_id": fresh, "paid_by": "invoice"})
    assert "€25.00, Invoice" in desk.text
    assert "cannot be refunded from here" in desk.text
    await desk.get(f"{base}/orders")
    assert "Paid elsewhere €25.00" in desk.text


async def test_no_reminder_goes_where_there_is_no_address(sale: Sale) -> None:
    await given(sale, gift(sale))
    await given(sale, gift(sale, email="lin@example.org"))
    sale.clock.advance(sale.event.start_at - DAY // 2 - sale.clock())
    assert await remind_now(sale.services) == 1


async def test_the_dashboard_counts_it_apart_and_no_more_once_it_is_taken_back(sale: Sale) -> None:
    order = await given(sale, gift(sale, origin="manual", paid_by="cash"))
    assert await figures(sale) == Sums(orders=1, elsewhere=2, outside=order.total)
    async with sale.services.db.write() as session:
        await take_back(session, sale.services, SYSTEM, order.id)
    assert await figures(sale) == Sums()
    async with sale.services.db.write() as session:
        await store.note_all(session, sale.event)
    assert await figures(sale) == Sums()


async def figures(sale: Sale) -> Sums:
    """Return the sums of the event, which are the same once they are counted."""
    async with sale.services.db.read() as session:
        found = (await event_metrics(session, sale.event)).total
    await count_all(sale.services)
    async with sale.services.db.read() as session:
        assert (await event_metrics(session, sale.event)).total == found
    return found


async def test_two_who_take_back_give_the_stock_back_once(sale: Sale) -> None:
    order = await given(sale, gift(sale, 4))

    async def back() -> Order:
        async with sale.services.db.write() as session:
            return await take_back(session, sale.services, SYSTEM, order.id)

    await asyncio.gather(back(), back())
    assert await sale.taken() == Count(0, 0)
