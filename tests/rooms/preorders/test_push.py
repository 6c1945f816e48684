"""Notices on delivery: a real push endpoint on loopback takes them and decrypts them."""

from collections.abc import Iterator
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, update
from tests.factories.auth import Person
from tests.factories.clubs import make_club_sale
from tests.factories.preorders import make_preorder
from tests.fixtures.jobs import run_jobs
from tests.fixtures.push_service import AUTH, PushService, push_service
from tests.fixtures.services import make_settings

from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.models import Job
from handstamp.plumbing.secrets import WrongSecret
from handstamp.plumbing.web import Services
from handstamp.preorders.models import PreOrder, PushSubscription
from handstamp.preorders.push import (
    JOB,
    MOST_DEVICES,
    queue_notices,
    subscribe,
    subscriptions_of,
    unsubscribe,
)
from handstamp.preorders.push_endpoint import NotAllowed, parsed, target_of
from handstamp.preorders.push_key import from_url_safe, point, push_key, url_safe

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings under which notices may go to this machine."""
    return make_settings(database_url, enable_preorders=True, push_to_loopback=True)


@pytest.fixture
def service() -> Iterator[PushService]:
    """A push service that listens."""
    with push_service() as push:
        yield push


async def subscribed(
    services: Services, person: Person, push: PushService, name: str = "phone"
) -> PushSubscription:
    """Have a person's browser told."""
    async with services.db.write() as session:
        return await subscribe(session, services, person.actor, f"{push.url}/{name}", **push.keys)


async def known(services: Services, person: Person) -> list[str]:
    """Return where a person's notices go."""
    async with services.db.read() as session:
        found = await subscriptions_of(session, person.actor.id)
    return sorted(one.endpoint.rpartition("/")[2] for one in found)


async def deliver(services: Services, preorder: PreOrder) -> None:
    """Do what the transaction does that brings the ticket."""
    async with services.db.write() as session:
        await queue_notices(session, preorder)


async def make_wish(services: Services) -> tuple[Person, PreOrder]:
    """Have a member pre-order."""
    _club, offer, _tiers = await make_club_sale(services)
    return await make_preorder(services, offer)


async def test_a_notice_reaches_the_browser_which_alone_reads_it(
    services: Services, service: PushService
) -> None:
    person, preorder = await make_wish(services)
    await subscribed(services, person, service)
    await deliver(services, preorder)
    await deliver(services, preorder)
    await run_jobs(services)
    assert len(service.came) == 1
    assert service.read() == {
        "title": "Your ticket is here",
        "body": "Paper Lanterns",
        "url": f"http://testserver/tickets/me/pre-orders/{preorder.id}",
    }
    headers, body = service.came[0]
    assert b"Paper Lanterns" not in body
    assert headers["content-encoding"] == "aes128gcm"
    assert int(headers["ttl"]) > 0
    token, _comma, key = headers["authorization"].removeprefix("vapid t=").partition(", k=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_url_safe(key))
    origin = service.url.rpartition("/")[0]
    claims = jwt.decode(
        token, public, algorithms=["ES256"], audience=origin, options={"verify_exp": False}
    )
    assert claims["sub"] == "mailto:tickets@localhost"
    assert claims["exp"] * 1_000 > services.clock()


async def test_a_browser_that_is_gone_is_forgotten(
    services: Services, service: PushService
) -> None:
    person, preorder = await make_wish(services)
    await subscribed(services, person, service)
    service.status = 410
    await deliver(services, preorder)
    await run_jobs(services)
    assert await known(services, person) == []


async def test_a_busy_service_is_asked_again_later(
    services: Services, service: PushService
) -> None:
    person, preorder = await make_wish(services)
    await subscribed(services, person, service)
    service.status = 503
    await deliver(services, preorder)
    await run_jobs(services)
    assert len(service.came) == 1
    service.status = 201
    async with services.db.write() as session:  # its pause is over
        await session.execute(update(Job).where(Job.kind == JOB).values(run_at=0))
    await run_jobs(services)
    assert len(service.came) == 2
    assert await known(services, person) == ["phone"]


async def test_the_oldest_of_very_many_browsers_goes(
    services: Services, service: PushService, clock: Any
) -> None:
    person, _preorder = await make_wish(services)
    for number in range(MOST_DEVICES + 1):
        clock.advance(1_000)
        await subscribed(services, person, service, f"{number:02d}")
    assert await known(services, person) == [f"{n:02d}" for n in range(1, MOST_DEVICES + 1)]


async def test_only_ones_own_browser_is_forgotten(services: Services, service: PushService) -> None:
    person, _preorder = await make_wish(services)
    await subscribed(services, person, service)
    other = Person(type(person.actor)(kind="user", id="user_other"), "")
    for who, left in ((other, ["phone"]), (person, [])):
        async with services.db.write() as session:
            await unsubscribe(session, who.actor, f"{service.url}/phone")
        assert await known(services, person) == left


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.org/x",
        "https://127.0.0.1/x",
        "https://10.0.0.8/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "https://localhost/x",
        "https://push.example.org:8443/x",
        "https://user:pw@push.example.org/x",
        "ftp://push.example.org/x",
        "https://push.example.org/\n",
        "https://push.example.org:port/x",
        "",
    ],
)
async def test_nothing_private_is_kept(services: Services, endpoint: str) -> None:
    services.settings = services.settings.model_copy(update={"push_to_loopback": False})
    person, _preorder = await make_wish(services)
    keys = {"p256dh": url_safe(point(ec.generate_private_key(ec.SECP256R1()))),
            "auth": url_safe(AUTH)}  # fmt: skip
    with pytest.raises(BadInput):
        async with services.db.write() as session:
            await subscribe(session, services, person.actor, endpoint, **keys)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [("", url_safe(AUTH)), (url_safe(b"\4" + bytes(64)), url_safe(AUTH)), ("&&&&", "AAAA"),
     (url_safe(point(ec.generate_private_key(ec.SECP256R1()))), url_safe(b"short"))],
    ids=["no key", "no point", "no base64", "short secret"],
)  # fmt: skip
async def test_keys_that_are_none_are_refused(services: Services, p256dh: str, auth: str) -> None:
    person, _preorder = await make_wish(services)
    with pytest.raises(BadInput):
        async with services.db.write() as session:
            await subscribe(
                session, services, person.actor, "https://push.example.org/x",
                p256dh=p256dh, auth=auth,
            )  # fmt: skip


async def test_a_name_that_leads_to_this_machine_is_not_followed() -> None:
    assert parsed("https://localhost.localdomain/x", loopback=False).hostname
    with pytest.raises((NotAllowed, OSError)):
        await target_of("https://localhost.localdomain/x", loopback=False)


async def test_the_key_is_kept_sealed_and_stays_the_same(services: Services) -> None:
    first = point(await push_key(services))
    services.rooms.clear()
    assert point(await push_key(services)) == first
    services.rooms.clear()
    services.settings = services.settings.model_copy(update={"secret": "another" * 8})
    with pytest.raises(WrongSecret):
        await push_key(services)


async def test_a_browser_subscribes_and_leaves_over_the_api(
    services: Services, service: PushService, client: httpx2.AsyncClient
) -> None:
    person, _preorder = await make_wish(services)
    here = "/api/tickets/me/push-subscriptions"
    key = (await client.get("/api/tickets/me/push-key", headers=person.headers)).json()["key"]
    assert from_url_safe(key) == point(await push_key(services))
    body = {"endpoint": f"{service.url}/api", "keys": service.keys}
    assert (await client.post(here, json=body)).status_code == 401
    assert (await client.post(here, json=body, headers=person.headers)).status_code == 204
    async with services.db.read() as session:
        kept = (await session.scalars(select(PushSubscription.user_id))).all()
    assert kept == [person.actor.id]
    gone = await client.request(
        "DELETE", here, json={"endpoint": body["endpoint"]}, headers=person.headers
    )
    assert gone.status_code == 204
    assert await known(services, person) == []
    worker = await client.get("/tickets/me/push-worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
