"""Several orders of the list at once: refunded after a look, mailed again, taken away."""

import asyncio
import csv
import html
import io
import re
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update
from tests.factories.auth import make_owner
from tests.rooms.portal.conftest import Desk
from tests.rooms.refunds.shop import Shop

from handstamp.audit.models import AuditEntry
from handstamp.events.models import Event

pytestmark = pytest.mark.anyio


async def post(shop: Shop, tail: str, body: dict[str, Any], **headers: str) -> httpx2.Response:
    path = f"/api/tickets/events/{shop.event.id}/orders/{tail}"
    return await shop.http.post(path, json=body, headers={**shop.owner.headers, **headers})


def hidden(desk: Desk) -> dict[str, Any]:
    """Return what the question sends along with its answer."""
    found: dict[str, Any] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', desk.html):
        found.setdefault(name, []).append(html.unescape(value))
    found.pop("csrf_token", None)
    return found


async def test_several_orders_are_looked_at_and_given_back_once(shop: Shop) -> None:
    first, second, back = [await shop.buy(((1, 2000),)) for _ in range(3)]
    await shop.ask(back)
    chosen = [first.id, second.id, back.id]
    looked = await post(shop, "refund/preview", {"orders": chosen})
    assert looked.status_code == 200, looked.text
    by_id = {one["id"]: one for one in looked.json()["orders"]}
    assert looked.json()["totals"] == {"EUR": first.total + second.total}
    assert (by_id[first.id]["tickets"], by_id[first.id]["problem"]) == (1, "")
    assert "refunded already" in by_id[back.id]["problem"]
    wish = {
        "orders": [{"id": one, "expected": by_id[one]["amount"]} for one in (first.id, second.id)],
        "note": "Rain",
    }
    answers = await asyncio.gather(*(post(shop, "refund", wish) for _ in range(2)))
    assert [one.status_code for one in answers] == [202, 202]
    await shop.hear()
    for order in (first, second, back):
        assert await shop.now(order) == ("refunded", order.total)
        assert len(await shop.refunds(order)) == 1
        assert await shop.tickets(order) == ["refunded"]
    await shop.check_books()


async def test_what_changed_since_the_look_stays_and_stops_nothing_else(shop: Shop) -> None:
    first, second = [await shop.buy(((2, 2000),)) for _ in range(2)]
    wish = {"orders": [{"id": one.id, "expected": one.total} for one in (first, second)]}
    await shop.ask(first, amount=500)
    key = {"Idempotency-Key": "many-1"}
    answer = await post(shop, "refund", wish, **key)
    told = answer.json()
    assert [one["order_id"] for one in told["refunds"]] == [second.id]
    assert [one["order_id"] for one in told["refused"]] == [first.id]
    assert "meanwhile" in told["refused"][0]["problem"]
    assert (await post(shop, "refund", wish, **key)).json() == told
    await shop.hear()
    assert await shop.now(second) == ("refunded", second.total)
    assert await shop.now(first) == ("partially_refunded", 500)


async def test_after_the_deadline_a_note_is_wanted_and_strangers_find_nothing(shop: Shop) -> None:
    order = await shop.buy(((1, 2000),))
    eve, _organizer = await make_owner(shop.services, "eve@example.org")
    wish: dict[str, Any] = {"orders": [{"id": order.id}]}
    for tail, body in (
        ("refund", wish),
        ("refund/preview", {"orders": [order.id]}),
        ("resend", {"orders": [order.id]}),
    ):
        assert (await post(shop, tail, body, **eve.headers)).status_code == 404
    async with shop.services.db.write() as session:
        await session.execute(update(Event).values(refund_until=shop.services.clock()))
    assert (await post(shop, "refund", wish)).status_code == 409
    assert (await post(shop, "refund", {**wish, "override": True})).status_code == 400
    late = {**wish, "override": True, "note": "Ill"}
    assert (await post(shop, "refund", late)).status_code == 202
    twice = {"orders": [{"id": order.id}, {"id": order.id}]}
    assert (await post(shop, "refund", twice)).status_code == 400
    other = {"orders": [{"id": order.id}, {"id": "ord_of_nobody"}]}
    assert (await post(shop, "refund", other)).status_code == 404
    await shop.work()
    assert len(await shop.refunds(order)) == 1


async def test_chosen_on_the_page_asked_back_and_done(shop: Shop) -> None:
    first, second, third = [await shop.buy(((1, 2000),)) for _ in range(3)]
    desk = Desk(shop.http, shop.owner)
    here = f"/tickets/organizer/events/{shop.event.id}/orders"
    acts = f"{here}/chosen"
    await desk.post(acts, {"do": "refund"}, on=here)
    assert "Choose at least one order." in desk.text
    two = {"id": [first.id, second.id]}
    await desk.post(acts, {**two, "do": "refund"}, on=here)
    assert "Refund 2 orders?" in desk.text
    assert "€44.20" in desk.text
    assert await shop.refunds(first) == []
    seen = hidden(desk)
    await shop.ask(second, amount=100)
    await desk.post(acts, seen)
    assert "Something changed meanwhile" in desk.text
    assert "€43.20" in desk.text
    await desk.post(acts, {**hidden(desk), "note": "Rain"})
    assert desk.path == here
    assert "€43.20 of 2 orders is on its way back." in desk.text
    await shop.hear()
    assert [(await shop.now(one))[0] for one in (first, second, third)] == [
        "refunded", "refunded", "paid",
    ]  # fmt: skip


async def test_chosen_on_the_page_mailed_again_or_taken_away(shop: Shop) -> None:
    first, second = [await shop.buy(((1, 2000),)) for _ in range(2)]
    await shop.ask(second)
    await shop.hear()
    desk = Desk(shop.http, shop.owner)
    here = f"/tickets/organizer/events/{shop.event.id}/orders"
    everything = {"everything": "y", "do": "resend"}
    await desk.post(f"{here}/chosen", everything, on=here)
    assert "Mail the tickets of 2 orders again?" in desk.text
    await desk.post(f"{here}/chosen", hidden(desk))
    assert "The tickets of 1 order are mailed again." in desk.text
    assert "1 × This order has no tickets to send." in desk.text
    assert "tickets_resent" in await shop.mails(first)
    await desk.post(f"{here}/chosen", {"id": [second.id], "do": "export"}, on=here)
    rows = list(csv.reader(io.StringIO(desk.html)))
    assert [row[0] for row in rows[1:]] == [second.number]
    told = await post(shop, "resend", {"orders": [first.id, second.id]})
    assert told.json()["sent"] == [first.id]
    async with shop.services.db.read() as session:
        acts = list(await session.scalars(select(AuditEntry.action)))
    assert acts.count("order.resend") == 2
    assert acts.count("orders.export") == 1
