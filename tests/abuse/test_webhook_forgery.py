"""Webhooks that Stripe did not send: forged, replayed, altered, of another endpoint, too large."""

import hashlib
import hmac
import json
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.abuse.plain_words import fault
from tests.fixtures.services import make_settings

from handstamp.kit.clock import SECOND, FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services
from handstamp.webhooks.models import StripeEvent

pytestmark = pytest.mark.anyio

PLATFORM, CONNECT = "whsec_of_the_platform", "whsec_of_connect"
INBOX = {
    PLATFORM: "/api/tickets/webhooks/stripe",
    CONNECT: "/api/tickets/webhooks/stripe/connect",
}
FIVE_MINUTES = 300


@pytest.fixture
def settings(database_url: str) -> Settings:
    """A server that sells, with a secret for each endpoint."""
    return make_settings(
        database_url,
        enable_checkout=True,
        stripe_secret_key="sk_test_abuse",
        stripe_webhook_secret=PLATFORM,
        stripe_connect_webhook_secret=CONNECT,
        stripe_api_url="http://127.0.0.1:9",
    )


def event(event_id: str = "evt_1", **others: Any) -> bytes:
    """Return an event's body."""
    found = {
        "id": event_id,
        "object": "event",
        "type": "checkout.session.completed",
        "api_version": "2026-10-28.endive",
        "created": 1_780_000_000,
        "livemode": False,
        "data": {"object": {"id": "cs_test_1", "object": "checkout.session", "metadata": {}}},
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        **others,
    }
    return json.dumps(found).encode()


def signature(body: bytes, secret: str, at: int, scheme: str = "v1") -> str:
    """Sign as Stripe does."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},{scheme}={digest}"


async def send(
    http: httpx2.AsyncClient, path: str, body: bytes, header: str | None
) -> httpx2.Response:
    """Deliver a webhook."""
    headers = {b"Content-Type": b"application/json"}
    if header is not None:
        headers[b"Stripe-Signature"] = header.encode()
    return await http.post(path, content=body, headers=headers)


async def stored(services: Services) -> int:
    """Count stored events, and the jobs that would work them off."""
    async with services.db.read() as session:
        events = await session.scalar(select(func.count()).select_from(StripeEvent))
        jobs = await session.scalar(select(func.count()).select_from(Job))
    assert events == jobs
    return int(events or 0)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_what_stripe_did_not_sign_is_refused_and_leaves_no_trace(
    http: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    now, body, found = clock() // SECOND, event(), []
    right = signature(body, PLATFORM, now)
    digest = right.rpartition("=")[2]
    bad: dict[str, str | None] = {
        "no header": None,
        "empty header": "",
        "words": "let me in",
        "no time": f"v1={digest}",
        "no signature": f"t={now}",
        "time of letters": f"t=now,v1={digest}",
        "time of a word too long": f"t={'9' * 4_000},v1={digest}",
        "another secret": signature(body, "whsec_other", now),
        "the empty secret": signature(body, "", now),
        "the other endpoint's secret": signature(body, CONNECT, now),
        "an old scheme": signature(body, PLATFORM, now, "v0"),
        "another body": signature(event("evt_2"), PLATFORM, now),
        "another time": f"t={now + 1},v1={digest}",
        "upper case": right.upper(),
        "cut short": right[:-1],
        "letters of other scripts": f"t={now},v1={'é' * 64}",
        "many wrong ones": f"t={now}," + ",".join(["v1=" + "0" * 64] * 500),
        "too old": signature(body, PLATFORM, now - FIVE_MINUTES - 1),
        "too new": signature(body, PLATFORM, now + FIVE_MINUTES + 1),
    }
    for name, header in bad.items():
        answer = await send(http, INBOX[PLATFORM], body, header)
        if answer.status_code != 400 or fault(answer):
            found.append(f"{name}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await stored(services) == 0


async def test_each_endpoint_opens_to_its_own_secret(
    http: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    now = clock() // SECOND
    for number, (secret, path) in enumerate(INBOX.items()):
        body = event(f"evt_{number}", **({"account": "acct_1"} if secret == CONNECT else {}))
        for other in INBOX:
            answer = await send(http, path, body, signature(body, other, now))
            assert answer.status_code == (200 if other == secret else 400), answer.text
    assert await stored(services) == 2


async def test_a_replayed_webhook_is_stored_once_and_ages(
    http: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    body = event()
    header = signature(body, PLATFORM, clock() // SECOND)
    first, again = [await send(http, INBOX[PLATFORM], body, header) for _ in range(2)]
    assert (first.status_code, again.status_code) == (200, 200)
    assert await stored(services) == 1
    clock.advance((FIVE_MINUTES + 1) * SECOND)
    late = await send(http, INBOX[PLATFORM], body, header)
    assert (late.status_code, fault(late)) == (400, "")
    assert await stored(services) == 1


async def test_one_right_signature_among_wrong_ones_is_enough(
    http: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    body, now = event(), clock() // SECOND
    right = signature(body, PLATFORM, now)
    header = f"t={now},v1={'0' * 64},{right.partition(',')[2]},v0={'0' * 64}"
    assert (await send(http, INBOX[PLATFORM], body, header)).status_code == 200
    assert await stored(services) == 1


async def test_a_server_without_a_secret_takes_nothing(
    http: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    body, now = event(), clock() // SECOND
    without = {"stripe_webhook_secret": "", "stripe_connect_webhook_secret": ""}
    services.settings = services.settings.model_copy(update=without)
    for path in INBOX.values():
        for header in (signature(body, "", now), signature(body, PLATFORM, now), None):
            answer = await send(http, path, body, header)
            assert (answer.status_code, fault(answer)) == (503, "")
    assert await stored(services) == 0


async def test_signed_nonsense_is_refused_in_plain_words(
    http: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    now, found = clock() // SECOND, []
    bodies = {
        "nothing": b"",
        "no JSON": b"<event/>",
        "no object": b"[]",
        "a number": b"1",
        "not an event": json.dumps({"object": "charge", "id": "ch_1"}).encode(),
        "broken text": b'{"object": "event", "id": "\xff"}',
        "half a letter": event("evt_\ud800x"),
        "a zero in the id": event("evt_\x00"),
        "an id of an essay": event("evt_" + "x" * 5_000),
        "no id": event(id=None),
        "time of the far future": event(created=2**62),
        "of the live mode": event(livemode=True),
        "an account that is none": event(account="acct_1'; DROP TABLE tickets_orders;--"),
        "a type that is none": event(type="<script>alert(1)</script>"),
        "deep": b'{"object":"event","data":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    }
    for name, body in bodies.items():
        answer = await send(http, INBOX[PLATFORM], body, signature(body, PLATFORM, now))
        if answer.status_code != 400 or fault(answer):
            found.append(f"{name}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await stored(services) == 0


async def test_odd_objects_inside_a_true_event_break_nothing(
    http: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    now, found = clock() // SECOND, []
    things: tuple[Any, ...] = ({}, None, [], "x", {"id": 7}, {"id": "\x00"}, {"id": "é" * 900})
    for number, thing in enumerate(things):
        for data in ({"object": thing}, thing):
            body = event(f"evt_{number}_{type(data).__name__}", data=data)
            answer = await send(http, INBOX[PLATFORM], body, signature(body, PLATFORM, now))
            if answer.status_code not in (200, 400) or fault(answer):
                found.append(f"{data!r:.60}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)


async def test_a_body_without_end_is_cut_off(http: httpx2.AsyncClient, services: Services) -> None:
    body = event(padding="x" * (2 << 20))
    answer = await send(http, INBOX[PLATFORM], body, signature(body, PLATFORM, 1_780_000_000))
    assert (answer.status_code, fault(answer)) == (413, "")
    assert await stored(services) == 0
