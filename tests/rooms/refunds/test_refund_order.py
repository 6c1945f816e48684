"""Refunds asked for here: once at Stripe, tickets red, ledger right, whatever happens between."""

import asyncio

import pytest
from sqlalchemy import select, update
from tests.factories.auth import make_owner, make_person
from tests.rooms.refunds.shop import Shop

from handstamp.audit.models import AuditEntry
from handstamp.kit.clock import HOUR, MINUTE, FakeClock
from handstamp.orders.fulfil_order import REFUND_JOB, fulfil
from handstamp.orders.models import OrderItem
from handstamp.payments.gateway_errors import GatewayRefused
from handstamp.payments.models import Payment
from handstamp.payments.stripe_gateway import StripeGateway
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.web import NOBODY
from handstamp.refunds import send_refund
from handstamp.refunds.refund_order import refund_order
from handstamp.refunds.send_refund import SEND_JOB
from handstamp.tickets import stock

pytestmark = pytest.mark.anyio


async def test_a_refund_gives_everything_back_and_voids_every_ticket(shop: Shop) -> None:
    order = await shop.buy()
    await shop.check_books()
    answer = await shop.ask(order, reason="requested_by_customer", note="Ill")
    assert answer.status_code == 202
    assert answer.json()["status"] == "requested"
    assert answer.json()["amount"] == order.total
    signal = shop.services.signals.subscribe(f"event:{shop.event.id}")
    await shop.work()
    assert await signal.wait(5)
    signal.close()
    assert await shop.tickets(order) == ["refunded"] * 3
    await shop.hear()
    assert await shop.now(order) == ("refunded", order.total)
    assert await shop.mails(order) == ["order_confirmation", "order_refunded"]
    (refund,) = await shop.refunds(order)
    assert (refund.status, refund.origin, refund.note) == ("succeeded", "organizer", "Ill")
    assert refund.refund_application_fee
    assert not refund.reverse_transfer
    (call,) = await shop.sent()
    assert call["key"] == refund.id
    assert await shop.left_to_do() == []
    await shop.check_books()


async def test_a_destination_charge_is_given_back_by_the_organizer(express: Shop) -> None:
    order = await express.buy()
    await express.check_books()
    await express.ask(order)
    await express.hear()
    (refund,) = await express.refunds(order)
    assert refund.status == "succeeded"
    assert refund.reverse_transfer
    assert refund.refund_application_fee
    assert await express.tickets(order) == ["refunded"] * 3
    held = await express.double.balance(account=express.account)
    assert sum(held["eur"].values()) == 0
    await express.check_books()


async def test_no_fee_is_returned_where_none_was_kept(shop: Shop) -> None:
    order = await shop.buy(fee=0)
    await shop.ask(order)
    await shop.hear()
    (refund,) = await shop.refunds(order)
    assert refund.status == "succeeded"
    assert not refund.refund_application_fee
    await shop.check_books()


async def test_two_clicks_refund_once(shop: Shop) -> None:
    order = await shop.buy()
    answers = await asyncio.gather(*(shop.ask(order) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    await asyncio.gather(shop.work(), shop.work())
    again = await shop.ask(order)
    assert again.json()["status"] == "succeeded"
    await shop.hear()
    assert len(await shop.sent()) == 1
    assert len(await shop.refunds(order)) == 1
    await shop.check_books()


@pytest.mark.parametrize("how", ["429", "503", "drop", "drop_before", "500", "500_after"])
async def test_an_unclear_call_is_looked_up_and_made_once(
    shop: Shop, clock: FakeClock, how: str
) -> None:
    order = await shop.buy()
    await shop.ask(order)
    await shop.double.fail(how, path="/v1/refunds", method="POST", times=2)
    await shop.work()
    await shop.double.heal()
    await shop.work(late=True)
    await shop.hear()
    assert await shop.now(order) == ("refunded", order.total)
    made = await shop.double.objects("refund", account=shop.account)
    assert len(made) == 1
    assert await shop.left_to_do() == []
    await shop.check_books()


async def test_a_process_that_dies_after_the_call_finds_the_refund(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await shop.buy()
    await shop.ask(order)

    async def die(*_args: object) -> None:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(send_refund, "apply", die)
        await shop.work()
    assert await shop.tickets(order) == ["valid"] * 3
    assert len(await shop.double.objects("refund", account=shop.account)) == 1
    await shop.work(late=True)
    assert await shop.tickets(order) == ["refunded"] * 3
    assert len(await shop.sent()) == 1
    await shop.check_books()


async def test_events_may_come_before_the_job_ends_and_shuffled(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await shop.buy()
    await shop.ask(order)

    async def die(*_args: object) -> None:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(send_refund, "apply", die)
        await shop.work()
        await shop.hear("shuffled")
    assert await shop.now(order) == ("refunded", order.total)
    (refund,) = await shop.refunds(order)
    assert refund.origin == "organizer"
    await shop.work(late=True)
    assert len(await shop.refunds(order)) == 1
    await shop.check_books()


async def test_what_stripe_refuses_is_told_and_can_be_asked_again(shop: Shop) -> None:
    order = await shop.buy()
    await shop.ask(order)
    await shop.double.open_dispute(await shop.intent(order))
    await shop.work()
    (refund,) = await shop.refunds(order)
    assert (refund.status, refund.failure) == ("failed", "charge_disputed")
    assert await shop.now(order) == ("paid", 0)
    await shop.hear()
    assert await shop.left_to_do() == []
    await shop.check_books()


async def test_a_disputed_payment_is_not_refunded(shop: Shop) -> None:
    order = await shop.buy()
    await shop.double.open_dispute(await shop.intent(order))
    await shop.hear()
    answer = await shop.ask(order)
    assert answer.status_code == 409
    assert "bank" in answer.json()["detail"]
    assert await shop.sent() == []


async def test_a_payment_that_came_too_late_is_refunded(shop: Shop) -> None:
    order = await shop.buy(late=True)
    async with shop.services.db.write() as session:
        await enqueue(session, REFUND_JOB, {"order_id": order.id})
    await shop.hear()
    assert await shop.mails(order) == ["order_late"]
    assert await shop.now(order) == ("late_refunded", order.total)
    (refund,) = await shop.refunds(order)
    assert (refund.status, refund.origin, refund.amount) == ("succeeded", "system", order.total)
    assert refund.refund_application_fee
    await shop.check_books()


async def test_nothing_paid_is_nothing_to_refund(shop: Shop) -> None:
    order = await shop.buy()
    async with shop.services.db.write() as session:
        await session.execute(update(Payment).values(status="failed"))
    with pytest.raises(Conflict, match="Nothing was paid"):
        await refund_order(shop.services, shop.owner.actor, order.id)
    assert (await shop.view(order))["problem"]


async def test_the_view_tells_what_is_left(shop: Shop) -> None:
    order = await shop.buy()
    before = await shop.view(order)
    assert (before["refundable"], before["problem"]) == (order.total, "")
    await shop.ask(order)
    asked = await shop.view(order)
    assert asked["refundable"] == 0
    assert asked["problem"]


async def test_only_the_organizer_and_administrators_refund(shop: Shop) -> None:
    order = await shop.buy()
    other, _team = await make_owner(shop.services, "eve@example.org")
    path = f"/api/tickets/orders/{order.id}"
    assert (await shop.http.post(f"{path}/refund", json={})).status_code == 401
    answer = await shop.http.post(f"{path}/refund", json={}, headers=other.headers)
    assert answer.status_code == 404
    assert (await shop.http.get(f"{path}/refunds", headers=other.headers)).status_code == 404
    with pytest.raises(NotFound):
        await refund_order(shop.services, NOBODY, order.id)
    admin = await make_person(shop.services, "root@example.org", is_admin=True)
    answer = await shop.http.post(f"{path}/refund", json={}, headers=admin.headers)
    assert answer.status_code == 202


async def test_the_same_key_answers_the_same(shop: Shop) -> None:
    order = await shop.buy()
    path = f"/api/tickets/orders/{order.id}/refund"
    headers = {**shop.owner.headers, "Idempotency-Key": "click-1"}
    first = await shop.http.post(path, json={"note": "a"}, headers=headers)
    again = await shop.http.post(path, json={"note": "a"}, headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    changed = await shop.http.post(path, json={"note": "b"}, headers=headers)
    assert changed.status_code == 409


async def test_the_places_are_for_sale_again(shop: Shop) -> None:

    order = await shop.buy(((3, 2000),))
    await shop.ask(order)
    await shop.hear()
    async with shop.services.db.read() as session:
        counts = await stock.counts(session, [shop.event.id])
        assert {count.issued for count in counts.values()} == {0}
        assert await stock.recount(session, [shop.event.id]) == []


async def test_a_repeated_job_finds_nothing_to_do(shop: Shop, clock: FakeClock) -> None:

    order = await shop.buy()
    await shop.ask(order)
    await shop.work()
    (refund,) = await shop.refunds(order)
    clock.advance(25 * HOUR + MINUTE)
    async with shop.services.db.write() as session:
        await enqueue(session, SEND_JOB, {"refund_id": refund.id})
        await enqueue(session, SEND_JOB, {"refund_id": "rf_nothing"})
    await shop.work()
    assert len(await shop.sent()) == 1
    assert await shop.left_to_do() == []


async def test_money_that_is_not_there_yet_is_waited_for(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_money(*_args: object, **_named: object) -> None:
        raise GatewayRefused("balance_insufficient")

    order = await shop.buy()
    await shop.ask(order)
    with monkeypatch.context() as patch:
        patch.setattr(StripeGateway, "refund", no_money)
        await shop.work()
        assert (await shop.refunds(order))[0].status == "requested"
    await shop.work(late=True)
    assert (await shop.refunds(order))[0].status == "succeeded"
    await shop.check_books()


async def test_an_order_paid_twice_gets_the_second_payment_back(shop: Shop) -> None:
    order = await shop.buy()
    async with shop.services.db.read() as session:
        query = select(OrderItem).where(OrderItem.order_id == order.id)
        items = list(await session.scalars(query.order_by(OrderItem.position)))
    twice = await shop.pay(order, items)
    async with shop.services.db.write() as session:
        assert await fulfil(session, shop.services, order, twice.payment) == "already"
    await shop.hear()
    (refund,) = await shop.refunds(order)
    assert (refund.origin, refund.amount) == ("system", order.total)
    assert await shop.tickets(order) == ["valid"] * 3
    assert await shop.now(order) == ("paid", 0)
    assert (await shop.view(order))["refundable"] == order.total
    await shop.check_books()
    await shop.ask(order)
    await shop.hear()
    assert await shop.tickets(order) == ["refunded"] * 3
    await shop.check_books()


async def test_a_refund_that_was_asked_for_ends_though_sales_are_switched_off(shop: Shop) -> None:
    order = await shop.buy()
    await shop.ask(order)
    off = {"enable_ticketing": False, "enable_checkout": False}
    shop.services.settings = shop.services.settings.model_copy(update=off)
    await shop.hear()
    assert (await shop.refunds(order))[0].status == "succeeded"
    assert await shop.tickets(order) == ["refunded"] * 3
    assert (await shop.ask(order)).status_code == 503


async def test_a_late_payment_that_the_bank_takes_back_is_told_as_a_refund_that_failed(
    shop: Shop,
) -> None:
    order = await shop.buy(late=True)
    await shop.double.open_dispute(await shop.intent(order))
    for event in await shop.double.take_webhooks():
        await shop.take(event)
    await shop.work()
    dead = [kind for kind, state in await shop.left_to_do() if state == "dead"]
    refunds = [refund.status for refund in await shop.refunds(order)]
    assert (dead, refunds) == ([], ["failed"])
    await shop.check_books()


async def test_who_asked_and_what_became_of_it_is_written_down(shop: Shop) -> None:
    order = await shop.buy()
    await shop.ask(order)
    await shop.hear()
    (refund,) = await shop.refunds(order)
    async with shop.services.db.read() as session:
        about = AuditEntry.target_id == refund.id
        entries = list(await session.scalars(select(AuditEntry).where(about)))
    assert {(entry.action, entry.actor_type) for entry in entries} == {
        ("refund.request", "user"),
        ("refund.succeeded", "system"),
    }
    assert {entry.organizer_id for entry in entries} == {shop.organizer_id}
    page = (await shop.http.get("/api/tickets/metrics")).text
    assert 'tickets_refunds_total{outcome="succeeded"}' in page
