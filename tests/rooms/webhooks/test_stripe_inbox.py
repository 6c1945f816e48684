"""Events come in once, signed, for the right endpoint; everything else stays outside."""

import json
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from stripe import WebhookSignature
from tests.fixtures.stripe_double import Delivery, StripeDouble

from handstamp.kit.clock import MINUTE, SECOND, FakeClock
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services
from handstamp.webhooks.models import StripeEvent
from handstamp.webhooks.stripe_inbox import JOB

PLATFORM = "/api/tickets/webhooks/stripe"
CONNECT = "/api/tickets/webhooks/stripe/connect"


def event(**others: Any) -> dict[str, Any]:
    """An event as Stripe writes one."""
    return {
        "id": "evt_1",
        "object": "event",
        "type": "account.updated",
        "api_version": "2026-10-28.endive",
        "created": 1_780_000_000,
        "livemode": False,
        "pending_webhooks": 1,
        "request": None,
        "data": {"object": {"id": "acct_1", "object": "account"}},
        **others,
    }


def signed(found: Any, secret: str, at: int) -> tuple[bytes, dict[str, str]]:
    """A body and the headers that prove it; `at` in seconds."""
    body = found if isinstance(found, str) else json.dumps(found)
    header = WebhookSignature.generate_signature_header(body, secret, at)
    return body.encode(), {"Stripe-Signature": header, "Content-Type": "application/json"}


async def send(client: httpx2.AsyncClient, path: str, delivery: Delivery) -> httpx2.Response:
    """Deliver as Stripe does."""
    return await client.post(path, content=delivery.body, headers=delivery.headers)


async def held(services: Services) -> tuple[int, int]:
    """How many events are stored, and how many jobs wait for them."""
    async with services.db.read() as session:
        events = select(func.count()).select_from(StripeEvent)
        jobs = select(func.count()).select_from(Job).where(Job.kind == JOB)
        return (
            (await session.execute(events)).scalar_one(),
            (await session.execute(jobs)).scalar_one(),
        )


async def test_an_event_of_the_double_is_stored_once_with_its_job(
    client: httpx2.AsyncClient, services: Services, stripe_double: StripeDouble
) -> None:
    account = await stripe_double.account()
    await stripe_double.take_webhooks()
    await stripe_double.onboard(account, "finish")
    (delivery,) = await stripe_double.take_webhooks()
    assert (delivery.endpoint, delivery.type) == ("connect", "account.updated")
    first = await send(client, CONNECT, delivery)
    assert (first.status_code, first.json()) == (200, {"received": True, "fresh": True})
    again = await send(client, CONNECT, delivery)
    assert (again.status_code, again.json()) == (200, {"received": True, "fresh": False})
    assert await held(services) == (1, 1)
    async with services.db.read() as session:
        stored = (await session.scalars(select(StripeEvent))).one()
    assert (stored.account, stored.object_id, stored.status) == (account, account, "new")
    assert json.loads(stored.payload)["id"] == delivery.event_id


async def test_events_are_kept_while_everything_is_switched_off(
    client: httpx2.AsyncClient, services: Services, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    off = {"enable_ticketing": False, "enable_checkout": False, "enable_payouts": False}
    services.settings = services.settings.model_copy(update=off)
    body, headers = signed(event(), stripe_double.platform_secret, clock() // SECOND)
    assert (await client.post(PLATFORM, content=body, headers=headers)).status_code == 200
    assert await held(services) == (1, 1)


@pytest.mark.parametrize(
    "case",
    ["no header", "forged", "changed", "old", "future", "other endpoint", "empty", "binary"],
)
async def test_what_is_not_signed_rightly_stays_outside(
    client: httpx2.AsyncClient,
    services: Services,
    stripe_double: StripeDouble,
    clock: FakeClock,
    case: str,
) -> None:
    now = clock() // SECOND
    secret = {"forged": "whsec_guessed", "other endpoint": stripe_double.connect_secret}
    age = {"old": -301, "future": 301}
    body, headers = signed(
        event(), secret.get(case, stripe_double.platform_secret), now + age.get(case, 0)
    )
    if case == "no header":
        del headers["Stripe-Signature"]
    if case == "changed":
        body = body.replace(b"evt_1", b"evt_2")
    if case == "empty":
        headers["Stripe-Signature"] = f"t={now},v1="
    if case == "binary":
        body = b"\xff\xfe" + body
    answer = await client.post(PLATFORM, content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_signature"
    assert await held(services) == (0, 0)


@pytest.mark.parametrize("header", ["t=,v1=a", "v1=a", "t=1", "t=1,v1=é", "t=x,v1=y", "," * 5000])
async def test_a_strange_header_is_a_bad_signature(
    client: httpx2.AsyncClient, services: Services, header: str
) -> None:
    headers = [(b"stripe-signature", header.encode("latin-1"))]
    answer = await client.post(PLATFORM, content=b"{}", headers=headers)
    assert answer.status_code == 400
    assert await held(services) == (0, 0)


@pytest.mark.parametrize("path", [PLATFORM, CONNECT])
async def test_without_a_secret_an_address_takes_nothing(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock, path: str
) -> None:
    unset = {"stripe_webhook_secret": "", "stripe_connect_webhook_secret": ""}
    services.settings = services.settings.model_copy(update=unset)
    body, headers = signed(event(), "", clock() // SECOND)
    assert (await client.post(path, content=body, headers=headers)).status_code == 503
    assert await held(services) == (0, 0)


@pytest.mark.parametrize(
    "found",
    [
        event(livemode=True),
        event(id="evt 1"),
        event(id="evt_\u0000"),
        event(id=["evt_1"]),
        event(type="a" * 300),
        event(created=-1),
        event(account={"id": "acct_1"}),
        {**event(), "object": "account"},
        ["event"],
        "not JSON",
        '"event"',
    ],
)
async def test_a_signed_body_that_is_no_event_of_ours_is_refused(
    client: httpx2.AsyncClient,
    services: Services,
    stripe_double: StripeDouble,
    clock: FakeClock,
    found: Any,
) -> None:
    body, headers = signed(found, stripe_double.platform_secret, clock() // SECOND)
    assert (await client.post(PLATFORM, content=body, headers=headers)).status_code == 400
    assert await held(services) == (0, 0)


async def test_an_event_of_another_version_or_without_its_object_is_kept_all_the_same(
    client: httpx2.AsyncClient, services: Services, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    for number, odd in enumerate(
        [event(api_version="2020-08-27"), event(api_version=None), event(data={"object": None})]
    ):
        found = {**odd, "id": f"evt_{number}", "type": "customer.created"}
        body, headers = signed(found, stripe_double.platform_secret, clock() // SECOND)
        assert (await client.post(PLATFORM, content=body, headers=headers)).status_code == 200
    assert await held(services) == (3, 3)


async def test_a_body_over_the_limit_is_refused_unread(
    client: httpx2.AsyncClient, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    found = event(data={"object": {"id": "x" * 300_000}})
    body, headers = signed(found, stripe_double.platform_secret, clock() // SECOND)
    assert (await client.post(PLATFORM, content=body, headers=headers)).status_code == 413


async def test_health_tells_how_stripe_stands(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock, stripe_double: StripeDouble
) -> None:
    async def stripe() -> dict[str, str]:
        found: dict[str, str] = (await client.get("/api/tickets/health")).json()["parts"]["stripe"]
        return found

    assert await stripe() == {"status": "ok", "detail": "last event never"}
    body, headers = signed(event(), stripe_double.platform_secret, clock() // SECOND)
    await client.post(PLATFORM, content=body, headers=headers)
    clock.advance(7 * MINUTE)
    assert (await stripe())["detail"] == "last event 7 minutes ago"
    told = services.settings
    services.settings = told.model_copy(update={"stripe_connect_webhook_secret": ""})
    assert "connect" in (await stripe())["detail"]
    services.settings = told.model_copy(update={"stripe_secret_key": ""})
    assert (await stripe())["status"] == "failing"
    services.settings = services.settings.model_copy(update={"enable_checkout": False})
    assert await stripe() == {"status": "ok", "detail": "not set up"}
