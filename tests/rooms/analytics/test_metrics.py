"""Figures of sales over the API: by hand, in the event's days, by code, counted once."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update
from tests.fixtures.sales_figures import check_figures
from tests.rooms.refunds.shop import Shop
from tests.rooms.refunds.test_refund_parts import BAD_BANK, items

from handstamp.analytics import store
from handstamp.analytics.count_sales import count_all, count_some
from handstamp.discounts.models import Discount
from handstamp.events.models import Event
from handstamp.kit.clock import HOUR, FakeClock
from handstamp.kit.ids import new_id
from handstamp.ledger.models import Uncounted
from handstamp.orders.models import Order
from handstamp.plumbing.local_time import local

pytestmark = pytest.mark.anyio


async def told(shop: Shop, query: str = "", owner: str = "") -> dict[str, Any]:
    of = owner or f"events/{shop.event.id}"
    answer = await shop.http.get(f"/api/tickets/{of}/metrics{query}", headers=shop.owner.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def later(shop: Shop, clock: FakeClock, hours: int) -> None:
    clock.advance(hours * HOUR)
    await shop.double.advance(hours * 3600)


async def test_figures_are_those_of_the_ledger_before_and_after_they_are_counted(
    shop: Shop,
) -> None:
    first, _second = await shop.buy(), await shop.buy([(1, 2000)])
    balcony = (await items(shop, first))[1]
    asked = await shop.ask(first, lines=[{"item": balcony.id, "qty": 1}])
    assert asked.status_code == 202, asked.text
    await shop.hear()
    fresh = await told(shop)
    tiers = {tier["name"]: tier["figures"] for tier in fresh["tiers"]}
    # floor 3 × (20.00 + 0.10 + 2.00), balcony 1 × (15.00 + 0.10 + 1.50), which went back
    assert fresh["total"]["gross"] == 3 * 2210 + 1660
    assert (fresh["total"]["orders"], fresh["total"]["tickets"]) == (2, 4)
    assert fresh["total"]["refunds"] == tiers["Balcony"]["refunds"] == 1660
    assert (tiers["Floor"]["gross"], tiers["Floor"]["tax"]) == (6630, 600)
    assert tiers["Balcony"]["tax_refunded"] == 150
    costs = fresh["total"]["platform_fees"] + fresh["total"]["stripe_fees"]
    assert fresh["total"]["net"] == 3 * 2010 - costs
    assert costs > 0
    assert fresh["remaining"] == 20 - 3
    await count_all(shop.services)
    assert await told(shop) == fresh
    assert await shop.left_to_do() == []
    (together,) = (await told(shop, owner=f"organizers/{shop.organizer_id}"))["currencies"]
    assert (together["currency"], together["total"]) == ("EUR", fresh["total"])
    assert [event["figures"] for event in together["events"]] == [fresh["total"]]


@pytest.mark.parametrize("how", ["asked", "at_stripe", "as_an_amount"])
async def test_what_goes_back_as_a_whole_stands_under_its_tiers(shop: Shop, how: str) -> None:
    order = await shop.buy()  # floor 2 × 22.10, balcony 16.60
    floor = (await items(shop, order))[0]
    await shop.ask(order, lines=[{"item": floor.id, "qty": 1}])
    await shop.hear()
    if how == "at_stripe":
        await shop.double.refund(await shop.intent(order))
    else:
        await shop.ask(order, **({"amount": 2210 + 1660} if how == "as_an_amount" else {}))
    await shop.hear()
    assert await shop.now(order) == ("refunded", order.total)
    fresh = await told(shop)
    tiers = {tier["name"]: tier["figures"] for tier in fresh["tiers"]}
    back = {name: (one["refunds"], one["tax_refunded"]) for name, one in tiers.items()}
    assert back == {"Floor": (4420, 400), "Balcony": (1660, 150), "No single tier": (0, 0)}
    await check_figures(shop.services, shop.event.id, shop.account)
    await count_all(shop.services)
    assert await told(shop) == fresh


async def test_a_whole_refund_that_comes_back_leaves_its_tiers_and_can_be_made_again(
    shop: Shop,
) -> None:
    order = await shop.buy(card=BAD_BANK)
    floor, balcony = await items(shop, order)
    for lines in ([{"item": floor.id, "qty": 1}], []):
        await shop.ask(order, **({"lines": lines} if lines else {}))
        await shop.hear()
    (part,) = [one for one in await shop.refunds(order) if one.amount == 2210]
    await shop.double.settle_refund(str(part.stripe_refund_id), "failed")
    await shop.hear()
    # what went back with the rest is known by line, so the one ticket is worth its own price
    again = await shop.ask(order, lines=[{"item": floor.id, "qty": 1}])
    assert (again.status_code, again.json()["amount"]) == (202, 2210)
    await shop.hear()
    tiers = {tier["name"]: tier["figures"] for tier in (await told(shop))["tiers"]}
    back = {name: one["refunds"] for name, one in tiers.items()}
    assert back == {"Floor": floor.total, "Balcony": balcony.total, "No single tier": 0}
    await check_figures(shop.services, shop.event.id, shop.account)
    await shop.check_books()


async def test_days_are_the_events_own_and_a_range_leaves_the_others_out(
    shop: Shop, clock: FakeClock
) -> None:
    async with shop.services.db.write() as session:
        zone = update(Event).where(Event.id == shop.event.id).values(time_zone="Pacific/Auckland")
        await session.execute(zone)
    await shop.buy([(1, 2000)])
    await count_all(shop.services)
    await later(shop, clock, 30)
    await shop.buy([(2, 2000)])
    found = await told(shop)
    days = [one["day"] for one in found["series"] if one["figures"]["orders"]]
    assert len(days) == 2
    only = await told(shop, f"?from={days[1]}&until={days[1]}")
    assert (only["total"]["tickets"], len(only["series"])) == (2, 1)
    before = await told(shop, f"?until={days[0]}")
    assert before["total"]["tickets"] == 1


async def test_an_event_that_gets_another_zone_gets_other_days_and_the_same_sums(
    shop: Shop, clock: FakeClock
) -> None:
    await shop.buy([(1, 2000)])
    await count_all(shop.services)
    await later(shop, clock, 12)
    order = await shop.buy([(2, 2000), (1, 1500)])
    await shop.ask(order)
    await shop.hear()
    before = await told(shop)
    path = f"/api/tickets/events/{shop.event.id}"
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        change = {"time_zone": zone}
        answer = await shop.http.patch(path, json=change, headers=shop.owner.headers)
        assert answer.status_code == 200, answer.text
        await shop.buy([(1, 2000)])
        await shop.work()
        after = await check_figures(shop.services, shop.event.id, shop.account)
        assert after.total.gross > before["total"]["gross"]
        sold = [day for day, sums in after.days.items() if sums.orders]
        async with shop.services.db.read() as session:
            placed = await session.scalars(select(Order.placed_at).order_by(Order.placed_at))
            assert sold == sorted({local(at or 0, zone).date().isoformat() for at in placed})
        await count_all(shop.services)
        assert await check_figures(shop.services, shop.event.id, shop.account) == after


@pytest.mark.parametrize(
    "query", ["?from=yesterday", "?until=2026-02-30", "?from=2026-11-02&until=2026-11-01"]
)
async def test_days_that_are_none_are_refused_in_words(shop: Shop, query: str) -> None:
    path = f"/api/tickets/events/{shop.event.id}/metrics{query}"
    answer = await shop.http.get(path, headers=shop.owner.headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"]


async def test_orders_with_a_code_are_summed_by_it(shop: Shop) -> None:
    now, code_id = shop.services.clock(), new_id("disc")
    order = await shop.buy()
    async with shop.services.db.write() as session:
        code = Discount(id=code_id, event_id=shop.event.id, code="EARLY", kind="fixed", value=1)
        code.created_at = code.updated_at = now
        session.add(code)
        used = update(Order).where(Order.id == order.id).values(discount_code_id=code_id)
        await session.execute(used)
    await shop.buy()
    (by_code,) = (await told(shop))["codes"]
    assert (by_code["code"], by_code["figures"]["orders"]) == ("EARLY", 1)
    assert by_code["figures"]["tickets"] == 3


async def test_two_that_count_at_once_count_once(shop: Shop) -> None:
    for _ in range(3):
        await shop.buy([(1, 2000)])
    counted = await asyncio.gather(*(count_some(shop.services, 2) for _ in range(4)))
    assert sum(counted) <= 8
    await check_figures(shop.services, shop.event.id, shop.account)
    await count_all(shop.services)
    await check_figures(shop.services, shop.event.id, shop.account)


async def test_who_dies_while_counting_has_counted_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.buy()
    add = store.add

    async def die(*given: Any) -> None:
        await add(*given)
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(store, "add", die)
        with pytest.raises(ConnectionError):
            await count_all(shop.services)
    async with shop.services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Uncounted))
    await check_figures(shop.services, shop.event.id, shop.account)


async def test_more_than_a_reader_adds_is_said(
    shop: Shop, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.buy()
    monkeypatch.setattr("handstamp.analytics.find_metrics.NEWEST", 1)
    assert (await told(shop))["complete"] is False
    path = f"/tickets/organizer/events/{shop.event.id}/sales"
    html = {"Accept": "text/html", **shop.owner.headers}
    assert "still being added up" in (await client.get(path, headers=html)).text
    await count_all(shop.services)
    assert (await told(shop))["complete"] is True
