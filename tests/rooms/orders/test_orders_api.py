"""The API of orders: who is known by what, what is answered again, and what nobody may do."""

import asyncio
import re
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette
from tests.factories.auth import make_person
from tests.factories.orders import make_paid_order
from tests.fixtures.services import PUBLIC_URL
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.orders.sale import Sale, open_sale

from handstamp.auth.models import Organizer
from handstamp.events.edit_tier import edit_tier
from handstamp.events.shapes import TierChange
from handstamp.kit.clock import FakeClock
from handstamp.orders.models import Order
from handstamp.orders.order_access import hash_of, link_for
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.stock import Count

API = "/api/tickets"
WHO = {"email": "Ada@Example.org", "name": "Ada Lovelace", "terms": True}


@pytest.fixture
async def sale(services: Services, clock: FakeClock, stripe_double: StripeDouble) -> Sale:
    """An event on sale."""
    return await open_sale(services, clock, stripe_double, capacity=50)


def browser(app: Starlette, address: str = "192.0.2.1") -> httpx2.AsyncClient:
    """Return a browser of its own, at some address."""
    transport = httpx2.ASGITransport(app=app, client=(address, 1))
    return httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL)


def wanted(sale: Sale, quantity: int = 2, **others: Any) -> dict[str, Any]:
    return {"tickets": [{"tier_id": sale.tiers[0].id, "quantity": quantity}], **others}


async def held(http: httpx2.AsyncClient, sale: Sale, quantity: int = 2) -> dict[str, Any]:
    answer = await http.post(f"{API}/events/{sale.event.id}/orders", json=wanted(sale, quantity))
    assert answer.status_code in (200, 201), answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_browser_buys_from_hold_to_tickets(client: httpx2.AsyncClient, sale: Sale) -> None:
    order = await held(client, sale)
    assert (order["status"], order["total"], order["items"][0]["quantity"]) == ("pending", 5_000, 2)
    assert order["expires_at"] - order["now"] == 15 * 60_000
    here = f"{API}/orders/{order['id']}"
    started = await client.post(f"{here}/checkout", json=WHO)
    assert started.json()["url"].startswith(sale.double.url)
    assert (await client.get(f"{here}/tickets")).json() == {"tickets": []}
    found = await sale.find(order["id"])
    await sale.pay(found)
    await sale.settle(found)
    assert (await client.get(here)).json()["status"] == "paid"
    tickets = (await client.get(f"{here}/tickets")).json()["tickets"]
    assert [len(ticket["code"]) for ticket in tickets] == [122, 122]
    assert (await client.post(f"{here}/resend")).status_code == 202
    refused = await client.post(f"{here}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "paid")


async def test_hold_and_page_in_one_request(client: httpx2.AsyncClient, sale: Sale) -> None:
    body = {"event_id": sale.event.id, **wanted(sale), **WHO}
    first = await client.post(f"{API}/checkout/session", json=body)
    assert first.status_code == 200, first.text
    again = await client.post(f"{API}/checkout/session", json=body)
    assert again.json() == first.json()
    assert (await sale.find(first.json()["order_id"])).email == "ada@example.org"


async def test_the_cookie_is_safe_and_only_its_hash_is_stored(
    client: httpx2.AsyncClient, sale: Sale
) -> None:
    answer = await client.post(f"{API}/events/{sale.event.id}/orders", json=wanted(sale))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("hs_buyer=hs_buyer_")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    value = client.cookies["hs_buyer"]
    order = await sale.find(answer.json()["id"])
    assert value not in order.buyer_key
    assert len(order.buyer_key) == 64
    again = await client.post(f"{API}/events/{sale.event.id}/orders", json=wanted(sale))
    assert (again.status_code, again.json()["id"]) == (200, order.id)
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize("forged", ["", "hs_buyer_x.y", "hs_buyer_" + "a" * 40, "é"])
async def test_a_forged_cookie_is_nobodys(app: Starlette, sale: Sale, forged: str) -> None:
    async with browser(app) as http:
        order = await held(http, sale)
        value = http.cookies["hs_buyer"]
        tampered = (value[:-1] + ("0" if value[-1] != "0" else "1"), forged)
    async with browser(app) as http:
        for cookie in tampered:
            headers = {b"Cookie": f"hs_buyer={cookie}".encode()}
            answer = await http.get(f"{API}/orders/{order['id']}", headers=headers)
            assert answer.status_code == 404


async def test_nobody_sees_or_touches_the_order_of_another(app: Starlette, sale: Sale) -> None:
    async with browser(app) as ada, browser(app) as eve:
        order = await held(ada, sale)
        await held(eve, sale, 1)
        here = f"{API}/orders/{order['id']}"
        for method, path, body in (
            ("GET", here, None),
            ("GET", f"{here}/tickets", None),
            ("POST", f"{here}/checkout", WHO),
            ("POST", f"{here}/cancel", None),
            ("POST", f"{here}/resend", None),
            ("GET", f"{here}?key=hs_order_{'0' * 40}", None),
            ("GET", f"{here}?key=", None),
        ):
            answer = await eve.request(method, path, json=body)
            assert answer.status_code == 404, path
            assert not [one for one in ("ada@", "lovelace") if one in answer.text.lower()]
        assert (await ada.get(here)).json()["status"] == "pending"


async def test_a_mailed_link_opens_its_order_and_no_other(
    client: httpx2.AsyncClient, sale: Sale
) -> None:
    mine = await make_paid_order(sale.services, sale.event, {sale.tiers[0].id: 1}, "ada")
    other = await make_paid_order(sale.services, sale.event, {sale.tiers[0].id: 1}, "bob")
    await sale.change(mine, access_hash="")
    key = link_for(sale.services, mine).partition("key=")[2]
    assert (await client.get(f"{API}/orders/{mine.id}?key={key}")).status_code == 404
    await sale.change(mine, access_hash=hash_of(key))
    assert (await client.get(f"{API}/orders/{mine.id}?key={key}")).status_code == 200
    assert (await client.get(f"{API}/orders/{other.id}?key={key}")).status_code == 404


async def test_a_signed_in_buyer_is_known_on_every_device(app: Starlette, sale: Sale) -> None:
    person = await make_person(sale.services, "ada@example.org")
    async with browser(app) as phone, browser(app) as desk:
        phone.headers.update(person.headers)
        desk.headers.update(person.headers)
        order = await held(phone, sale)
        assert (await held(desk, sale))["id"] == order["id"]
        found = await sale.find(order["id"])
        assert (found.buyer_key, found.email) == (f"user:{person.actor.id}", "ada@example.org")


async def test_who_signs_in_later_keeps_the_order_of_the_browser(
    client: httpx2.AsyncClient, sale: Sale
) -> None:
    order = await held(client, sale)
    person = await make_person(sale.services, "ada@example.org")
    client.headers.update(person.headers)
    assert (await client.get(f"{API}/orders/{order['id']}")).status_code == 200
    assert (await held(client, sale))["id"] == order["id"]


async def test_a_price_is_never_the_buyers_word(client: httpx2.AsyncClient, sale: Sale) -> None:
    here = f"{API}/events/{sale.event.id}/orders"
    bodies: list[dict[str, Any]] = [
        wanted(sale, total=1),
        {"tickets": [{"tier_id": sale.tiers[0].id, "quantity": 1, "unit_price": 1}]},
        {"tickets": [{"tier_id": sale.tiers[0].id, "quantity": -1}]},
        {"tickets": [{"tier_id": sale.tiers[0].id, "quantity": 0}]},
        {"tickets": [{"tier_id": sale.tiers[0].id, "quantity": 1.5}]},
        {"tickets": [{"tier_id": sale.tiers[0].id, "quantity": 201}]},
        {"tickets": []},
    ]
    for forged in bodies:
        assert (await client.post(here, json=forged)).status_code == 400, forged
    order = await held(client, sale)
    answer = await client.post(f"{API}/orders/{order['id']}/checkout", json={**WHO, "total": 1})
    assert answer.status_code == 400
    assert await sale.taken() == Count(2, 0)


async def test_a_key_gets_the_first_answer_again_and_no_other_request(
    client: httpx2.AsyncClient, sale: Sale
) -> None:
    here, key = f"{API}/events/{sale.event.id}/orders", {"Idempotency-Key": "one"}
    await held(client, sale, 1)
    first = await client.post(here, json=wanted(sale, 3), headers=key)
    assert first.status_code == 201
    again = await client.post(here, json=wanted(sale, 3), headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = await client.post(here, json=wanted(sale, 4), headers=key)
    assert other.status_code == 409
    assert await sale.taken() == Count(3, 0)
    started = f"{API}/orders/{first.json()['id']}/checkout"
    page = await client.post(started, json=WHO, headers={"Idempotency-Key": "two"})
    more = await client.post(started, json=WHO, headers={"Idempotency-Key": "two"})
    assert page.json() == more.json()
    assert more.headers["idempotent-replayed"] == "true"


async def test_a_refusal_is_not_kept_under_a_key(client: httpx2.AsyncClient, sale: Sale) -> None:
    order = await held(client, sale)
    here, key = f"{API}/orders/{order['id']}/checkout", {"Idempotency-Key": "pay"}
    await sale.double.fail("503", times=-1)
    assert (await client.post(here, json=WHO, headers=key)).status_code == 503
    await sale.double.heal()
    assert (await client.post(here, json=WHO, headers=key)).status_code == 200
    assert len(await sale.sessions()) == 1


async def test_the_same_key_at_the_same_moment_does_it_once(
    client: httpx2.AsyncClient, sale: Sale
) -> None:
    await held(client, sale, 1)
    here, key = f"{API}/events/{sale.event.id}/orders", {"Idempotency-Key": "both"}
    answers = await asyncio.gather(
        *(client.post(here, json=wanted(sale, 3), headers=key) for _ in range(4))
    )
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await sale.taken() == Count(3, 0)


async def test_availability_is_public_and_true(client: httpx2.AsyncClient, sale: Sale) -> None:
    await sale.buy(3)
    for number in range(4):
        await sale.hold(10, f"b{number}")
    for name in (sale.event.id, sale.event.slug):
        answer = await client.get(f"{API}/events/{name}/availability")
        assert answer.headers["cache-control"] == "public, max-age=2"
        body = answer.json()
        assert (body["sold"], body["remaining"], body["state"]) == (3, None, "on_sale")
        first, second = body["tiers"]
        assert (first["sold"], first["remaining"], first["can_buy"]) == (3, 7, 7)
        assert (first["state"], second["state"]) == ("few_left", "on_sale")
    assert (await client.get(f"{API}/events/evt_nowhere/availability")).status_code == 404


async def test_a_hidden_tier_is_not_told(client: httpx2.AsyncClient, sale: Sale) -> None:
    async with sale.services.db.write() as session:
        change = TierChange(visibility="hidden")
        services, event = sale.services, sale.event
        await edit_tier(session, services, SYSTEM, event.id, sale.tiers[1].id, change=change)
    body = (await client.get(f"{API}/events/{sale.event.id}/availability")).json()
    assert [tier["name"] for tier in body["tiers"]] == ["General"]


async def test_an_organizer_finds_the_orders_of_an_event(
    client: httpx2.AsyncClient, sale: Sale
) -> None:
    async with sale.services.db.read() as session:
        organizer = await session.get(Organizer, sale.event.organizer_id)
    owner = await make_person(sale.services, "owner@example.org", organizer=organizer)
    paid = [await sale.buy(1, f"b{number}") for number in range(3)]
    pending = await sale.hold(1, "later")
    client.headers.update(owner.headers)
    here = f"{API}/events/{sale.event.id}/orders"
    first = (await client.get(here, params={"limit": 3})).json()
    second = (await client.get(here, params={"limit": 3, "after": first["next"]})).json()
    found = [order["id"] for page in (first, second) for order in page["orders"]]
    assert sorted(found) == sorted([*(order.id for order in paid), pending.id])
    assert second["next"] is None
    named = (await client.get(here, params={"words": paid[1].number})).json()["orders"]
    assert [order["id"] for order in named] == [paid[1].id]
    waiting = (await client.get(here, params={"status": "pending"})).json()["orders"]
    assert [order["id"] for order in waiting] == [pending.id]
    assert (await client.get(here, params={"status": "nonsense"})).status_code == 400
    assert (await client.get(f"{API}/orders/{paid[0].id}")).json()["email"] == "ada@example.org"


async def test_checkout_off_takes_no_new_work_and_finishes_the_old(
    client: httpx2.AsyncClient, sale: Sale
) -> None:
    order = await held(client, sale)
    here = f"{API}/orders/{order['id']}"
    off = sale.services.settings.model_copy(update={"enable_checkout": False})
    client._transport.app.state.services.settings = off  # type: ignore[attr-defined]
    for path, body in (
        (f"{API}/events/{sale.event.id}/orders", wanted(sale)),
        (f"{here}/checkout", WHO),
        (f"{API}/checkout/session", {"event_id": sale.event.id, **wanted(sale), **WHO}),
    ):
        assert (await client.post(path, json=body)).status_code == 503
    assert (await client.get(here)).json()["status"] == "pending"
    assert (await client.post(f"{here}/cancel")).json()["status"] == "cancelled"


async def test_five_hundred_buyers_for_the_last_fifty_seats(app: Starlette, sale: Sale) -> None:
    async def buy(number: int) -> int:
        home = f"10.0.{number // 200}.{number % 200 + 1}"
        async with browser(app, home) as http:
            here = f"{API}/events/{sale.event.id}/orders"
            answer = await http.post(here, json=wanted(sale, 1 + number % 2))
        if answer.status_code == 201:
            return 1 + number % 2
        assert answer.json()["code"] == "sold_out", answer.text
        return 0

    got = await asyncio.gather(*(buy(number) for number in range(500)))
    assert sum(got) == (await sale.taken()).held == 50
    async with sale.services.db.read() as session:
        query = select(func.count()).where(Order.status == "pending")
        assert await session.scalar(query) == sum(1 for tickets in got if tickets)


async def test_figures_of_sales_are_there_without_anybody_in_them(
    client: httpx2.AsyncClient, sale: Sale
) -> None:
    await sale.buy(2)
    await sale.hold(1, "bob")
    text = (await client.get(f"{API}/metrics")).text
    for name in (
        "tickets_orders_created_total",
        "tickets_orders_paid_total",
        "tickets_orders_timed_out_total",
        "tickets_payment_failures_total",
        "tickets_orders_pending 1.0",
    ):
        assert name in text
    for somebody in ("ada", "bob"):
        assert not re.search(rf"\b{somebody}\b", text, re.IGNORECASE)
    health = (await client.get(f"{API}/health")).json()
    assert health["parts"]["stock"] == {"status": "ok", "detail": "1 events counted"}
