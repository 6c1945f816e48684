"""Buying for less, with other people's orders, from other sites, and back to other sites."""

from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from starlette.applications import Starlette
from tests.abuse.plain_words import fault
from tests.abuse.routes import every_route, filled
from tests.abuse.world import dump
from tests.factories.auth import make_owner
from tests.factories.payments import selling_settings
from tests.fixtures.jobs import run_jobs
from tests.fixtures.services import PUBLIC_URL
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.orders.sale import Sale, open_sale
from tests.rooms.storefront.conftest import GRACE, Shopper

from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.orders.models import Order
from handstamp.orders.order_access import link_for
from handstamp.payments.facts import NewCheckout
from handstamp.payments.gateway import gateway
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio

EVIL = "https://evil.example"
DETAILS = {"email": "grace@example.org", "name": "Grace Hopper", "terms": True}
CHEAPER: dict[str, Any] = {
    "unit_price": 1, "price": 1, "price_cents": 1, "amount": 1, "total": 1, "subtotal": 1,
    "discount": 2_499, "currency": "JPY", "application_fee": 0, "status": "paid", "fees": -1,
}  # fmt: skip


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble) -> Settings:
    """A server that sells through the double."""
    return selling_settings(database_url, stripe_double)


@pytest.fixture
async def sale(services: Services, clock: FakeClock, stripe_double: StripeDouble) -> Sale:
    """Two tiers on sale, at 25.00 and 40.00."""
    return await open_sale(services, clock, stripe_double)


def browser(app: Starlette) -> Shopper:
    """A browser with nothing in it, that is answered when the application crashes."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    return Shopper(httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL))


@pytest.fixture
async def shopper(app: Starlette) -> Shopper:
    """A buyer's browser."""
    return browser(app)


@pytest.fixture
async def stranger(app: Starlette) -> Shopper:
    """Somebody else's browser."""
    return browser(app)


def wanted(sale: Sale, qty: Any = 2, tier: int = 0, **others: Any) -> dict[str, Any]:
    """Return the body of a hold."""
    return {"tickets": [{"tier_id": sale.tiers[tier].id, "quantity": qty, **others}]}


async def test_no_member_of_a_body_makes_tickets_cheaper(sale: Sale, shopper: Shopper) -> None:
    path, found = f"/api/tickets/events/{sale.event.id}/orders", []
    before = await dump(sale.services)
    for name, value in CHEAPER.items():
        for body in ({**wanted(sale), name: value}, wanted(sale, **{name: value})):
            answer = await shopper.http.post(path, json=body)
            if answer.status_code != 400 or fault(answer):
                found.append(f"{name}: {answer.status_code} {fault(answer)}")
        body = {"event_id": sale.event.id, **wanted(sale), **DETAILS, name: value}
        answer = await shopper.http.post("/api/tickets/checkout/session", json=body)
        if answer.status_code != 400 or fault(answer):
            found.append(f"session {name}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(sale.services) == before


async def test_no_quantity_is_less_than_a_ticket_or_more_than_allowed(
    sale: Sale, shopper: Shopper
) -> None:
    path, found = f"/api/tickets/events/{sale.event.id}/orders", []
    before = await dump(sale.services)
    odd: tuple[Any, ...] = (0, -1, -(2**63), 0.5, 1e99, 2**70, None, "", "two", "1; DROP", [], {})
    for qty in odd:
        for tier in (0, 1):
            answer = await shopper.http.post(path, json=wanted(sale, qty, tier))
            if not 400 <= answer.status_code < 500 or fault(answer):
                found.append(f"{qty!r}: {answer.status_code} {fault(answer)}")
    once = wanted(sale, 6)["tickets"]
    mixed = [{"tier_id": sale.tiers[0].id, "quantity": 3}, {"tier_id": "tier_x", "quantity": 1}]
    for tickets in (once + once, mixed, [], once * 60):
        answer = await shopper.http.post(path, json={"tickets": tickets})
        if not 400 <= answer.status_code < 500 or fault(answer):
            found.append(f"{len(tickets)} lines: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(sale.services) == before


async def test_forms_cannot_make_tickets_cheaper_either(sale: Sale, shopper: Shopper) -> None:
    page, tier = f"/tickets/e/{sale.event.slug}", sale.tiers[0].id
    for qty in ("-1", "0.5", "１", "1e3", "9" * 400, "\x00", "two", "1 OR 1=1"):
        await shopper.post(page, {f"qty-{tier}": qty, "do": "hold"}, on=page)
        assert shopper.status < 500
        assert not shopper.path.startswith("/tickets/order/"), qty
    await shopper.post(
        page, {f"qty-{tier}": "2", "do": "hold", **{k: str(v) for k, v in CHEAPER.items()}}, on=page
    )
    order = await shopper.order(sale)
    assert (order.total, order.currency) == (5_000, "EUR")
    sent = {**GRACE, **{k: str(v) for k, v in CHEAPER.items()}, "order_id": "ord_other", "qty": "1"}
    await shopper.post(shopper.path, sent)
    charged = (await sale.sessions())[0]
    assert (charged["amount_total"], charged["currency"]) == (5_000, "eur")


async def test_tickets_of_another_event_cannot_be_had_at_this_one(
    sale: Sale, shopper: Shopper, clock: FakeClock, stripe_double: StripeDouble
) -> None:
    other = await open_sale(sale.services, clock, stripe_double, title="Cheap Night")
    body = {"tickets": [{"tier_id": other.tiers[0].id, "quantity": 1}]}
    answer = await shopper.http.post(f"/api/tickets/events/{sale.event.id}/orders", json=body)
    assert (answer.status_code, fault(answer)) == (409, "")


async def test_a_payment_on_another_account_or_of_another_sum_pays_for_nothing(
    sale: Sale, stripe_double: StripeDouble
) -> None:
    victim = await sale.hold(2)
    await sale.start(victim)
    thief = await stripe_double.account()
    for account, amount in ((thief, victim.total), (sale.account, 100), (thief, 100)):
        made = NewCheckout(
            order_id=victim.id, number=victim.number, account=account, charge_type="direct",
            destination="", currency="EUR", lines=[("Forged", amount, 1)], application_fee=0,
            email="eve@example.org", expires_at=sale.services.clock() + 31 * MINUTE,
            success_url=PUBLIC_URL, cancel_url=PUBLIC_URL,
        )  # fmt: skip
        opened = await gateway(sale.services).create_checkout(
            made, key=f"forged:{account}:{amount}"
        )
        await stripe_double.pay(opened.id)
    await deliver(sale, stripe_double)
    assert (await sale.find(victim)).status == "pending"
    assert await sale.tickets(victim) == []


async def deliver(sale: Sale, double: StripeDouble) -> None:
    """Hand Stripe's events in and work them off."""
    from handstamp.webhooks.stripe_inbox import receive

    for one in await double.take_webhooks():
        endpoint: Any = one.endpoint
        await receive(sale.services, endpoint, one.body, one.signature)
    await run_jobs(sale.services)


def requests_about(order_id: str, ticket_id: int) -> list[tuple[str, str]]:
    """Return every request that is about one order or its tickets."""
    api, page = f"/api/tickets/orders/{order_id}", f"/tickets/order/{order_id}"
    return [
        *(("GET", api + tail) for tail in ("", "/tickets", "/refunds")),
        *(("POST", api + tail) for tail in ("/checkout", "/cancel", "/resend", "/refund")),
        ("GET", f"/api/tickets/tickets/{ticket_id}/qrcode"),
        *(("GET", page + t) for t in ("", "/status", "/receipt", "/tickets.pdf", "/event.ics")),
        ("GET", page + "/cancel"),
    ]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_nobody_reaches_another_ones_order(
    sale: Sale, shopper: Shopper, stranger: Shopper
) -> None:
    page = await shopper.buy(sale, 1, 1)
    order = await sale.find(page.rpartition("/")[2].partition("?")[0])
    ticket = (await sale.tickets(order))[0]
    mine = await stranger.buy(sale, 1)
    assert mine != page
    other, _team = await make_owner(sale.services, "eve@example.org")
    before, found = await dump(sale.services), []
    for key in ("", *wrong_keys(sale, order, await sale.find(mine.rpartition("/")[2]))):
        for headers in ({}, other.headers):
            for method, path in requests_about(order.id, ticket.id):
                address = f"{path}?key={quote(key)}" if key else path
                sent = {"json": DETAILS if path.endswith("/checkout") else {}}
                body: dict[str, Any] = sent if method == "POST" else {}
                answer = await stranger.http.request(method, address, headers=headers, **body)
                bad = answer.status_code not in (400, 401, 403, 404) or fault(answer)
                if bad or "Grace" in answer.text or order.number in answer.text:
                    found.append(f"{method} {address}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(sale.services) == before


def wrong_keys(sale: Sale, order: Order, other: Order) -> list[str]:
    """Return secrets that are nearly right, or right for something else."""
    right = link_for(sale.services, order).partition("key=")[2]
    return [
        link_for(sale.services, other).partition("key=")[2],
        right[:-1],
        right.upper(),
        right + "0",
        order.access_hash,
        "hs_order_",
        "\x00",
    ]


async def test_forms_of_buyers_need_a_page_of_ours(
    sale: Sale, shopper: Shopper, app: Starlette
) -> None:
    await shopper.hold(sale, 1)
    order = await shopper.order(sale)
    ids = {"order_id": order.id, "slug": sale.event.slug, "event_id": sale.event.id}
    ids |= {"ticket_id": "none", "serial": "1"}
    before, tried, found = await dump(sale.services), 0, []
    for route in sorted(every_route(app)):
        method, path = route.split()
        if method != "POST" or not path.startswith(
            ("/tickets/order", "/tickets/e/", "/tickets/mine")
        ):
            continue
        tried += 1
        address = filled(path, ids)
        assert "{" not in address
        for token in ({}, {"csrf_token": "made.up"}):
            answer = await shopper.http.post(
                address, data={**GRACE, **token}, headers={"Origin": EVIL}
            )
            if answer.status_code != 403 or fault(answer):
                found.append(f"{address}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert tried >= 8
    assert await dump(sale.services) == before


async def test_the_api_takes_a_buyers_cookie_from_no_other_site(
    sale: Sale, shopper: Shopper
) -> None:
    await shopper.hold(sale, 1)
    order = await shopper.order(sale)
    before, found = await dump(sale.services), []
    for tail in ("/cancel", "/checkout", "/resend"):
        for headers in ({"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            path = f"/api/tickets/orders/{order.id}{tail}"
            answer = await shopper.http.post(path, json=DETAILS, headers=headers)
            if answer.status_code != 403 or fault(answer):
                found.append(f"{tail} {headers}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(sale.services) == before


async def test_stripe_is_told_to_send_buyers_back_to_us_alone(sale: Sale, shopper: Shopper) -> None:
    page = f"/tickets/e/{sale.event.slug}"
    shopper.http.headers.update(
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher", "Forwarded": "host=e.x"}
    )
    more = dict.fromkeys(("success_url", "cancel_url", "return_url", "next", "back"), EVIL)
    await shopper.post(page, {f"qty-{sale.tiers[0].id}": "1", "do": "hold", **more}, on=page)
    await shopper.post(f"{shopper.path}?success_url={quote(EVIL)}&next={quote(EVIL)}", GRACE | more)
    (opened,) = await sale.sessions()
    for name in ("success_url", "cancel_url"):
        assert opened[name].startswith(f"{PUBLIC_URL}/tickets/order/ord_"), opened[name]
    assert "evil" not in str(opened)


ELSEWHERE = (
    EVIL,
    "//evil.example",
    "/\\evil.example",
    "/tickets/order/../../../evil",
    "javascript:alert(1)",
    "/tickets/order//evil.example",
    "/tickets/mine@evil.example",
    "/tickets/order/\r\nSet-Cookie: a=b",
)


async def test_no_page_of_buyers_leads_to_another_site(sale: Sale, shopper: Shopper) -> None:
    page = await shopper.buy(sale, 1)
    for place in ELSEWHERE:
        for path in (f"{page}?key={quote(place)}", f"{page}?back={quote(place)}",
                     f"/tickets/mine?next={quote(place)}", f"/tickets/events?q={quote(place)}",
                     f"/tickets/checkout/{sale.event.id}/{quote(place, safe='')}"):  # fmt: skip
            answer = await shopper.http.get(path)
            away = answer.headers.get("location", "/tickets")
            assert away.startswith("/tickets"), (path, away)
            assert "evil" not in away.partition("?")[0], (path, away)
            assert fault(answer) == "", path
        await shopper.get("/tickets/mine")
        sent = {"email": "grace@example.org", "next": place}
        await shopper.post("/tickets/mine/sign-in", sent)
        assert shopper.path.startswith("/tickets/"), shopper.path
        assert "evil.example" not in shopper.html
