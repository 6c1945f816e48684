"""The public page of a cancelled event: there for whoever could buy, and never for the rest."""

import pytest
from sqlalchemy import update
from tests.factories.tickets import make_tickets
from tests.rooms.portal.conftest import Desk
from tests.rooms.refunds.shop import Shop

from handstamp.events.models import Event, EventReview
from handstamp.events.publish_event import publish_event
from handstamp.notices.cancel_event import cancel_event

pytestmark = pytest.mark.anyio


async def cancel(shop: Shop) -> None:
    """Cancel the shop's event as its owner."""
    async with shop.services.db.write() as session:
        await cancel_event(
            session, shop.services, shop.owner.actor, shop.event.id,
            typed=shop.event.title, message="Only for holders.",
        )  # fmt: skip


async def test_its_page_says_so_and_sells_nothing(shop: Shop) -> None:
    await shop.buy()
    page, visitor = f"/tickets/e/{shop.event.slug}", Desk(shop.http)
    await visitor.get(page)
    tier = f"qty-{shop.tiers[0].id}"
    form = visitor.html
    await cancel(shop)
    await visitor.get(page)
    assert visitor.status == 200
    assert "This event is cancelled." in visitor.text
    assert shop.event.title in visitor.text
    assert "What you paid goes back" in visitor.text
    assert "Only for holders." not in visitor.text
    visitor.html = form
    await visitor.post(page, {tier: "1", "do": "hold"})
    assert visitor.status == 409
    assert "This event is cancelled." in visitor.text
    assert shop.event.slug not in (await visitor.get("/tickets/events")).html


async def test_what_nobody_could_buy_is_not_told(shop: Shop) -> None:
    page, visitor = f"/tickets/e/{shop.event.slug}", Desk(shop.http)
    async with shop.services.db.write() as session:
        await publish_event(session, shop.services, shop.owner.actor, shop.event.id, "draft")
        await make_tickets(session, shop.services, shop.event, count=2)
    await cancel(shop)
    await visitor.get(page)
    assert visitor.status == 404
    assert shop.event.title not in visitor.text


async def test_what_an_administrator_had_hidden_stays_hidden(shop: Shop) -> None:
    await shop.buy()
    async with shop.services.db.write() as session:
        hidden = update(Event).where(Event.id == shop.event.id).values(status="hidden")
        await session.execute(hidden)
        now = shop.services.clock()
        session.add(
            EventReview(event_id=shop.event.id, state="hidden", entered_at=now, hidden_at=now)
        )
    await cancel(shop)
    visitor = await Desk(shop.http).get(f"/tickets/e/{shop.event.slug}")
    assert visitor.status == 404


async def test_the_desk_says_so_and_asks_for_nothing_more(shop: Shop) -> None:
    await shop.buy()
    desk, base = Desk(shop.http, shop.owner), f"/tickets/organizer/events/{shop.event.id}"
    for tail, shown in (
        ("", "On the way to an open door"),
        ("/sales", "Tickets left now"),
        ("/postpone", "Look at it"),
        ("/orders/by-hand", "Issue the tickets"),
        ("/orders", "Give or sell by hand"),
    ):
        await desk.get(base + tail)
        assert shown in desk.text, tail
    await cancel(shop)
    for tail in ("", "/sales", "/postpone", "/orders/by-hand"):
        await desk.get(base + tail)
        assert desk.status == 200
        assert desk.text.count("This event is cancelled.") == 1
        for gone in (
            "On the way to an open door", "This event cannot sell yet", "It is not published",
            "Tickets left now", " left ·", "Look at it", "Issue the tickets",
        ):  # fmt: skip
            assert gone not in desk.text, tail
    await desk.get(f"{base}/orders")
    assert "Give or sell by hand" not in desk.text
    for tail, form in (
        ("/postpone", {"start_at": "2099-05-01T19:00"}),
        ("/orders/by-hand", {"origin": "comp", "name": "Ada"}),
    ):
        await desk.post(base + tail, form, on="/tickets/organizer/settings")
        assert desk.status in (409, 422)
