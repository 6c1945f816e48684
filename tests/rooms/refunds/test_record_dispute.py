"""Disputes: the door is shut while the bank decides, and the money follows its decision."""

import pytest
from tests.rooms.refunds.shop import Shop
from tests.rooms.refunds.test_refund_parts import items

from handstamp.refunds.record_dispute import record_dispute
from handstamp.tickets import stock

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("won", [True, False])
async def test_a_dispute_from_its_opening_to_its_end(either: Shop, won: bool) -> None:
    shop = either
    order = await shop.buy()
    dispute = await shop.double.open_dispute(await shop.intent(order))
    signal = shop.services.signals.subscribe(f"event:{shop.event.id}")
    await shop.hear()
    assert await signal.wait(5)
    signal.close()
    assert await shop.tickets(order) == ["disputed"] * 3
    (kept,) = await shop.disputes(order)
    assert (kept.id, kept.outcome, kept.amount) == (dispute["id"], "", order.total)
    assert kept.respond_by
    assert (await shop.view(order))["refundable"] == 0
    assert "is deciding" in (await shop.ask(order)).text
    await shop.check_books()
    await shop.double.close_dispute(dispute["id"], won=won)
    await shop.hear("shuffled")
    assert await shop.tickets(order) == ["valid" if won else "cancelled"] * 3
    (kept,) = await shop.disputes(order)
    assert kept.outcome == ("won" if won else "lost")
    assert kept.closed_at
    assert (await shop.view(order))["refundable"] == (order.total if won else 0)
    if not won:
        assert "gave this payment back" in (await shop.ask(order)).text
        assert "gave this payment back" in str((await shop.view(order))["problem"])
    assert await shop.now(order) == ("paid", 0)
    assert await shop.left_to_do() == []
    await shop.check_books()


async def test_the_end_may_be_heard_alone_or_first(shop: Shop) -> None:
    order = await shop.buy()
    dispute = await shop.double.open_dispute(await shop.intent(order))
    await shop.double.close_dispute(dispute["id"], won=False)
    await shop.hear("newest")
    assert await shop.tickets(order) == ["cancelled"] * 3
    await shop.check_books()
    async with shop.services.db.read() as session:
        assert await stock.recount(session, [shop.event.id]) == []


async def test_a_card_that_is_disputed_as_soon_as_it_paid(shop: Shop) -> None:
    order = await shop.buy(card="4000000000000259")
    (dispute,) = await shop.double.objects("dispute", account=shop.account)
    for _ in range(2):
        assert await record_dispute(shop.services, shop.account, dispute["id"])
    assert await shop.tickets(order) == ["disputed"] * 3
    assert len(await shop.disputes(order)) == 1
    await shop.check_books()


async def test_what_was_refunded_before_stays_refunded(shop: Shop) -> None:
    order = await shop.buy()
    await shop.double.refund(await shop.intent(order), amount=1500 + 10 + 150)
    await shop.hear()
    dispute = await shop.double.open_dispute(await shop.intent(order))
    await shop.hear()
    assert await shop.tickets(order) == ["disputed", "disputed", "refunded"]
    await shop.double.close_dispute(dispute["id"], won=True)
    await shop.hear()
    assert await shop.tickets(order) == ["valid", "valid", "refunded"]
    await shop.check_books()
    await shop.ask(order)
    await shop.work()
    (rest,) = [one for one in await shop.refunds(order) if one.amount != 1500 + 10 + 150]
    assert (rest.status, rest.failure) == ("failed", "charge_disputed")  # so the double has it
    await shop.hear()
    await shop.check_books()


@pytest.mark.parametrize("won", [True, False])
async def test_a_ticket_whose_refund_fails_meanwhile_opens_no_door(shop: Shop, won: bool) -> None:
    order = await shop.buy(card="4000000000007726")
    floor = (await items(shop, order))[0]
    await shop.ask(order, lines=[{"item": floor.id, "qty": 1}])
    await shop.hear()
    dispute = await shop.double.open_dispute(await shop.intent(order))
    await shop.hear()
    assert await shop.tickets(order) == ["disputed", "refunded", "disputed"]
    (pending,) = await shop.refunds(order)
    await shop.double.settle_refund(str(pending.stripe_refund_id), "failed")
    await shop.hear()
    assert await shop.tickets(order) == ["disputed"] * 3
    await shop.double.close_dispute(dispute["id"], won=won)
    await shop.hear()
    assert await shop.tickets(order) == ["valid" if won else "cancelled"] * 3
    await shop.check_books()


async def test_a_ticket_whose_refund_fails_after_a_lost_dispute_opens_no_door(shop: Shop) -> None:
    order = await shop.buy(card="4000000000007726")
    floor = (await items(shop, order))[0]
    await shop.ask(order, lines=[{"item": floor.id, "qty": 1}])
    await shop.hear()
    dispute = await shop.double.open_dispute(await shop.intent(order))
    await shop.double.close_dispute(dispute["id"], won=False)
    await shop.hear()
    (pending,) = await shop.refunds(order)
    await shop.double.settle_refund(str(pending.stripe_refund_id), "failed")
    await shop.hear()
    assert await shop.tickets(order) == ["cancelled"] * 3
    await shop.check_books()
    async with shop.services.db.read() as session:
        assert await stock.recount(session, [shop.event.id]) == []
