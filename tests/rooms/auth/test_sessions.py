"""Sessions: revocable rows, and writes with our cookie only from our own pages."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.factories.auth import make_owner, make_person
from tests.fixtures.services import PUBLIC_URL

from handstamp.app import create_app
from handstamp.auth.sessions import COOKIE, LIFE, find_actor
from handstamp.auth.sign_out import sign_out, sign_out_everywhere
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.plumbing.web import NOBODY, Services

ME = "/api/tickets/auth/me"
OUT = "/api/tickets/auth/sign-out"


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(services.settings, services.clock, services=services)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


async def test_a_session_knows_person_and_teams(services: Services) -> None:
    person, organizer = await make_owner(services)
    found = await find_actor(services, person.token, "192.0.2.9")
    assert found.kind == "user"
    assert found.may_manage(organizer.id)
    assert not found.may_manage("org_another")
    assert await find_actor(services, person.token + "x", "") is NOBODY


async def test_signing_out_ends_one_session_or_all(services: Services) -> None:
    first, second = await make_person(services), await make_person(services)
    other = await make_person(services, "eve@example.org")
    await sign_out(services, first.actor, first.token)
    assert await find_actor(services, first.token, "") is NOBODY
    assert (await find_actor(services, second.token, "")).id == first.actor.id
    await sign_out_everywhere(services, second.actor)
    assert await find_actor(services, second.token, "") is NOBODY
    assert (await find_actor(services, other.token, "")).kind == "user"


async def test_a_session_lives_on_while_it_is_used(services: Services, clock: FakeClock) -> None:
    person = await make_person(services)
    for _day in range(3):
        clock.advance(LIFE - DAY)
        assert await find_actor(services, person.token, "") is not NOBODY
    clock.advance(LIFE + HOUR)
    assert await find_actor(services, person.token, "") is NOBODY


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": PUBLIC_URL}, 204),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": PUBLIC_URL + ".evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
    ],
)
async def test_a_cookie_writes_only_from_our_own_pages(
    services: Services, http: httpx2.AsyncClient, headers: dict[str, str], status: int
) -> None:
    person = await make_person(services)
    http.cookies.set(COOKIE, person.token)
    assert (await http.get(ME)).status_code == 200
    answer = await http.post(OUT, headers=headers)
    assert answer.status_code == status
    void = await find_actor(services, person.token, "") is NOBODY
    assert void == (status == 204)


async def test_a_bearer_needs_no_origin(services: Services, http: httpx2.AsyncClient) -> None:
    person = await make_person(services)
    assert (await http.post(OUT, headers=person.headers)).status_code == 204


async def test_without_a_session_one_is_nobody(http: httpx2.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer hs_session_wrong"}, {"Cookie": f"{COOKIE}=x"}):
        answer = await http.get(ME, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
