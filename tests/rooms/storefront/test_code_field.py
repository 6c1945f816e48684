"""Codes, fees and taxes on a buyer's pages, without a script."""

import pytest
from tests.factories.events import make_tier
from tests.rooms.orders.sale import Sale
from tests.rooms.orders.test_priced_orders import BC, code, prices
from tests.rooms.storefront.conftest import GRACE, Shopper

pytestmark = pytest.mark.anyio


async def test_a_buyer_sees_each_part_from_the_event_to_the_receipt(
    sale: Sale, shopper: Shopper
) -> None:
    await prices(sale.services, sale.event.id, **BC)
    await code(sale.services, sale.event.id, "TENTH")
    page, qty = f"/tickets/e/{sale.event.slug}", f"qty-{sale.tiers[0].id}"
    await shopper.post(page, {qty: "2", "code": "tenth", "do": "code"}, on=page)
    assert "TENTH takes 10% off." in shopper.text
    shown = ("−€5.00", "Service fee €3.11", "GST 5% €2.41", "PST 7% €3.37", "Total €53.89")
    for part in shown:
        assert part in shopper.text
    await shopper.post(page, {qty: "2", "code": "tenth", "do": "hold", "total": "1"}, on=page)
    for part in shown:
        assert part in shopper.text
    order = shopper.path
    await shopper.post(order, GRACE)
    await sale.double.pay(shopper.left_for.rpartition("/")[2])
    await shopper.get(f"{order}?back=paid")
    await shopper.get(f"{order}/receipt")
    for part in ("GST 5%", "€2.41", "PST 7%", "€3.37", "€53.89"):
        assert part in shopper.text


async def test_a_code_shows_a_hidden_tier_and_a_wrong_one_says_so(
    sale: Sale, shopper: Shopper
) -> None:
    page = f"/tickets/e/{sale.event.slug}"
    await shopper.get(page)
    assert 'name="code"' not in shopper.html
    async with sale.services.db.write() as session:
        tier = await make_tier(
            session, sale.services, sale.event, "Backstage", price_cents=900, visibility="hidden"
        )
    await code(sale.services, sale.event.id, "KEY", kind="access", value=0, tiers=[tier.id])
    await shopper.get(page)
    assert 'name="code"' in shopper.html
    assert "Backstage" not in shopper.html
    await shopper.post(page, {"code": "nothing", "do": "code"}, on=page)
    assert "There is no such code for this event." in shopper.text
    await shopper.get(f"{page}?code=key")
    assert "Backstage" in shopper.text
    await shopper.post(page, {f"qty-{tier.id}": "1", "do": "hold"}, on=page)
    assert "This ticket is not on sale." in shopper.text
    await shopper.post(page, {f"qty-{tier.id}": "1", "code": "key", "do": "hold"}, on=page)
    assert "1 × Backstage" in shopper.text
    await shopper.get(f"{page}?change=1")
    assert "Backstage" in shopper.text
    assert 'value="KEY"' in shopper.html
