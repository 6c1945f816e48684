"""The page that gives back a part: asked, looked at, done once."""

import re

import pytest
from sqlalchemy import update
from tests.rooms.portal.conftest import Desk
from tests.rooms.refunds.shop import Shop
from tests.rooms.refunds.test_refund_parts import items

from handstamp.events.models import Event

pytestmark = pytest.mark.anyio


def hidden(html: str) -> dict[str, str]:
    """Return the hidden fields by which a form tells what was looked at."""
    return dict(re.findall(r'name="(seen_\w+)" value="([^"]*)"', html))


async def test_some_tickets_are_looked_at_then_refunded_once(shop: Shop) -> None:
    order = await shop.buy()
    floor = (await items(shop, order))[0]
    desk = Desk(shop.http, shop.owner)
    here = f"/tickets/organizer/events/{shop.event.id}/orders/{order.id}"
    await desk.get(here)
    assert "Refund a part" in desk.text
    wish = {"what": "lines", f"qty-{floor.id}": "1", "note": "Ill"}
    await desk.post(f"{here}/give-back", wish, on=f"{here}/give-back")
    assert desk.status == 200
    assert "€22.10" in desk.text
    assert "€2.00" in desk.text
    assert "This ticket turns red" in desk.text
    assert await shop.refunds(order) == []
    seen = hidden(desk.html)
    await desk.post(f"{here}/give-back", {**wish, **seen, f"qty-{floor.id}": "2"})
    assert "These 2 tickets turn red" in desk.text
    assert await shop.refunds(order) == []
    await desk.post(f"{here}/give-back", {**wish, **seen}, on=f"{here}/give-back")
    assert desk.path == here
    assert "is on its way back" in desk.text
    assert "of it fees €0.10, tax €2.00" in desk.text
    await desk.post(f"{here}/give-back", {**wish, **seen}, on=f"{here}/give-back")
    assert len(await shop.refunds(order)) == 1
    await shop.hear()
    assert await shop.tickets(order) == ["valid", "refunded", "valid"]
    await desk.get(here)
    assert "−€22.10" in desk.text
    assert "-€" not in desk.text


async def test_what_cannot_be_is_said_on_the_page(shop: Shop) -> None:
    order = await shop.buy()
    desk = Desk(shop.http, shop.owner)
    here = f"/tickets/organizer/events/{shop.event.id}/orders/{order.id}/give-back"
    for sent, said in (
        ({"what": "lines"}, "Choose at least one ticket."),
        ({"what": "lines", f"qty-{(await items(shop, order))[0].id}": "1²"}, "in digits"),
        ({"what": "amount", "amount": "much"}, "Write an amount in numbers"),
        ({"what": "amount", "amount": "0"}, "above zero"),
        ({"what": "amount", "amount": "9999"}, "Not so much is left"),
    ):
        await desk.post(here, sent, on=here)
        assert desk.status == 422, sent
        assert said in desk.text
    shop.services.settings = shop.services.settings.model_copy(update={"enable_refunds": False})
    await desk.post(here, {"what": "amount", "amount": "5"}, on=here)
    assert "switched off" in desk.text
    assert await shop.refunds(order) == []


async def test_after_the_deadline_the_page_wants_a_note(shop: Shop) -> None:
    order = await shop.buy()
    async with shop.services.db.write() as session:
        await session.execute(update(Event).values(refund_until=shop.services.clock()))
    desk = Desk(shop.http, shop.owner)
    here = f"/tickets/organizer/events/{shop.event.id}/orders/{order.id}"
    await desk.get(here)
    assert "Refund after the deadline" in desk.text
    page = f"{here}/give-back"
    await desk.post(page, {"what": "all"}, on=page)
    assert "deadline for refunds of this event is over" in desk.text
    await desk.post(page, {"what": "all", "override": "y"}, on=page)
    assert "Say in a note" in desk.text
    late = {"what": "all", "override": "y", "note": "A friend died"}
    await desk.post(page, late, on=page)
    await desk.post(page, {**late, **hidden(desk.html)})
    assert [one.note for one in await shop.refunds(order)] == ["A friend died"]
