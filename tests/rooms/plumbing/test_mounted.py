"""The whole application inside another ASGI site, whose own pages stand beside it."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx2
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tests.factories.auth import Person, make_owner
from tests.factories.checkin import pair_phone
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets
from tests.fixtures.services import PUBLIC_URL
from tests.rooms.portal.conftest import Desk

from handstamp.app import create_app
from handstamp.events.models import Event
from handstamp.kit.clock import FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.mounted import place
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio
_LINKS = re.compile(r'(?:href|src|action|formaction|data-[\w-]+)="(/[^"]*)"')
MOST_PAGES = 30


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: where the application stands is no question of storage."""
    return sqlite_url


async def _home(request: Request) -> Response:
    request.session["visits"] = request.session.get("visits", 0) + 1
    request.state.actor = "the site's own"
    return PlainTextResponse(f"visit {request.session['visits']}")


async def _not_ours(request: Request) -> Response:
    return JSONResponse({"path": request.url.path}, 404)


def _beside(app: ASGIApp) -> list[BaseRoute]:
    return [Mount("/api/tickets", app), Mount("/tickets", app)]


def _last(app: ASGIApp) -> list[BaseRoute]:
    return [Mount("", app)]


def _below(app: ASGIApp) -> list[BaseRoute]:
    return [Mount("/club", app)]


def _deep(app: ASGIApp) -> list[BaseRoute]:
    inner = Starlette(routes=_beside(app))
    return [Mount("/fr/club", inner)]


def _taken_off(app: ASGIApp) -> list[BaseRoute]:
    """Do as servers do that leave the mount out of the path."""

    async def handed_on(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix("/club")
        await app({**scope, "path": path, "root_path": "/club"}, receive, send)

    return [Mount("/club", handed_on)]


WAYS: dict[str, tuple[Callable[[ASGIApp], list[BaseRoute]], str]] = {
    "beside": (_beside, ""),
    "last": (_last, ""),
    "below": (_below, "/club"),
    "deep": (_deep, "/fr/club"),
    "taken off": (_taken_off, "/club"),
}


@dataclass
class Site:
    """A site with a page and a session of its own; `before` is where the application stands."""

    app: Starlette
    before: str
    services: Services
    http: httpx2.AsyncClient
    owner: Person
    event: Event


@pytest.fixture(params=["beside", "below"])
async def site(
    request: pytest.FixtureRequest, services: Services, app: Starlette
) -> AsyncIterator[Site]:
    """The site, and an event of somebody's on it."""
    routes, before = WAYS[request.param]
    own: list[BaseRoute] = [Route("/", _home), *routes(app), Route("/{path:path}", _not_ours)]
    signed = Middleware(SessionMiddleware, secret_key="the site's")
    outer = Starlette(routes=own, middleware=[signed])
    owner, organizer = await make_owner(services)
    async with services.db.write() as session:
        event = await make_event(session, services, organizer_id=organizer.id)
        await make_tickets(session, services, event, count=2)
    transport = httpx2.ASGITransport(app=outer)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
        yield Site(outer, before, services, http, owner, event)


@pytest.mark.parametrize("site", ["below"], indirect=True)
async def test_every_link_of_every_page_leads_somewhere(site: Site) -> None:
    base = f"{site.before}/tickets"
    event = f"{base}/organizer/events/{site.event.id}"
    todo = [f"{base}/events", f"{base}/organizer", event, f"{base}/mine", f"{base}/checkin/"]
    seen, dead = set(todo), []
    for path in todo:
        answer = await site.http.get(path, headers=site.owner.headers, follow_redirects=True)
        if answer.status_code != 200:
            dead.append(f"{path}: {answer.status_code}")
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        assert answer.headers["content-length"] == str(len(answer.content))
        for link in map(unescape, _LINKS.findall(answer.text)):
            if not link.startswith((f"{base}/", f"{site.before}/api/tickets/")):
                dead.append(f"{path} has {link}")
            elif link not in seen and len(todo) < MOST_PAGES and _is_read(answer.text, link):
                seen.add(link)
                todo.append(link)
    assert dead == []
    assert len(todo) == MOST_PAGES


def _is_read(html: str, link: str) -> bool:
    """Tell whether a link is one that browsers follow by GET."""
    return f'href="{link}"' in html or f'src="{link}"' in html


@pytest.mark.parametrize("site", list(WAYS), indirect=True)
async def test_forms_come_back_to_the_site_and_cookies_stay_where_they_belong(site: Site) -> None:
    desk = Desk(site.http, site.owner)
    page = f"{site.before}/tickets/organizer/events/{site.event.id}"
    await desk.post(f"{page}/status", {"status": "draft"}, on=page)
    assert (desk.path, desk.status) == (page, 200)
    assert "Draft" in desk.text
    paths = {cookie.name: cookie.path for cookie in site.http.cookies.jar}
    assert paths == {"hs_page": f"{site.before}/tickets"}


async def test_signing_in_leads_to_the_page_that_was_asked_for(site: Site) -> None:
    page = f"{site.before}/tickets/organizer/events/{site.event.id}"
    answer = await site.http.get(page)
    assert answer.headers["location"].startswith(f"{site.before}/tickets/sign-in?next=")
    visitor = Desk(site.http)
    await visitor.get(page)
    assert "Sign in" in visitor.text
    (wanted,) = re.findall(r'name="next" value="([^"]*)"', visitor.html)
    assert wanted == page.removeprefix(site.before)
    sent = {"email": site.owner.actor.email, "next": wanted}
    await visitor.post(f"{site.before}/tickets/sign-in", sent)
    assert visitor.status == 200
    assert visitor.path.startswith(f"{site.before}/tickets/sign-in/code")


async def test_the_api_and_its_cookies_work(site: Site) -> None:
    api = f"{site.before}/api/tickets"
    assert (await site.http.get(f"{api}/events/public")).status_code == 200
    me = await site.http.get(f"{api}/auth/me", headers=site.owner.headers)
    assert me.json()["id"] == site.owner.actor.id
    site.http.cookies.set("hs_session", site.owner.token)
    assert (await site.http.get(f"{api}/auth/me")).status_code == 200
    assert (await site.http.post(f"{api}/auth/sign-out")).status_code == 403
    own = await site.http.post(f"{api}/auth/sign-out", headers={"Origin": PUBLIC_URL})
    assert own.status_code == 204
    nothing = await site.http.get(f"{api}/nothing-like-it")
    assert nothing.status_code == 404


async def test_the_site_and_the_application_cannot_reach_into_each_other(site: Site) -> None:
    assert (await site.http.get("/")).text == "visit 1"
    desk = Desk(site.http, site.owner)
    page = f"{site.before}/tickets/organizer/events/{site.event.id}"
    await desk.post(f"{page}/status", {"status": "draft"}, on=page)
    assert desk.status == 200
    assert (await site.http.get("/")).text == "visit 2"
    elsewhere = await site.http.get("/about")
    assert elsewhere.json() == {"path": "/about"}
    assert elsewhere.status_code == 404


async def test_a_phone_pairs_syncs_and_hears_through_the_site(site: Site) -> None:
    transport = httpx2.ASGITransport(app=site.app)
    address = PUBLIC_URL + site.before
    async with httpx2.AsyncClient(transport=transport, base_url=address) as http:
        phone = await pair_phone(http, site.services, site.event)
        await phone.sync()
        app = await http.get("/tickets/checkin")
        assert app.headers["location"] == f"{site.before}/tickets/checkin/"
        worker = await http.get("/tickets/checkin/sw.js")
        assert worker.headers["content-type"].startswith("text/javascript")
        manifest = (await http.get("/tickets/checkin/manifest.webmanifest")).json()
        assert (manifest["scope"], manifest["start_url"]) == ("./", "./")
    said = await _hear(site.app, f"{site.before}/api/tickets/checkin/live", phone.credential)
    assert said[0]["type"] == "websocket.accept"
    assert "seq" in json.loads(said[1]["text"])


async def _hear(app: ASGIApp, path: str, credential: str) -> list[Message]:
    """Connect to the hints as a browser does, and return what was said until the first hint."""
    said: list[Message] = []
    heard = asyncio.Event()
    asked: list[Message] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": json.dumps({"credential": credential})},
    ]

    async def receive() -> Message:
        if asked:
            return asked.pop(0)
        await heard.wait()
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Message) -> None:
        said.append(message)
        if message["type"] in ("websocket.send", "websocket.close"):
            heard.set()

    scope: dict[str, Any] = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "root_path": "",
        "scheme": "ws", "query_string": b"", "headers": [(b"host", b"testserver")],
        "subprotocols": [], "client": ("192.0.2.7", 1), "server": ("testserver", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    return said


async def test_a_public_address_with_a_path_is_enough_behind_a_proxy(
    settings: Settings, clock: FakeClock
) -> None:
    behind = settings.model_copy(update={"public_url": f"{PUBLIC_URL}/club"})
    app = create_app(behind, clock)

    @asynccontextmanager
    async def lifespan(_site: Starlette) -> AsyncIterator[None]:
        async with app.router.lifespan_context(app):
            yield

    whole = Starlette(routes=[Mount("", app)], lifespan=lifespan)
    transport = httpx2.ASGITransport(app=whole)
    async with (
        whole.router.lifespan_context(whole),
        httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http,
    ):
        for path in ("/tickets/events", "/club/tickets/events"):
            answer = await http.get(path)
            assert answer.status_code == 200
            assert 'href="/club/tickets/mine"' in answer.text
        answer = await http.get("/tickets/checkin")
        assert answer.headers["location"] == "/club/tickets/checkin/"


async def test_addresses_in_json_begin_where_the_application_is_mounted(
    settings: Settings, clock: FakeClock
) -> None:
    app = create_app(settings.model_copy(update={"public_url": f"{PUBLIC_URL}/club"}), clock)

    @asynccontextmanager
    async def lifespan(_site: Starlette) -> AsyncIterator[None]:
        async with app.router.lifespan_context(app):
            yield

    site = Starlette(routes=[Mount("/club", app)], lifespan=lifespan)
    transport = httpx2.ASGITransport(app=site)
    async with (
        site.router.lifespan_context(site),
        httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http,
    ):
        owner, organizer = await make_owner(app.state.services)
        drawn = io.BytesIO()
        Image.new("RGB", (40, 20), "#4a2fae").save(drawn, "PNG")
        address = f"/club/api/tickets/organizers/{organizer.id}"
        for method, tail, content in (("PUT", "logo", drawn.getvalue()), ("GET", "profile", None)):
            told = await http.request(
                method, f"{address}/{tail}", headers=owner.headers, content=content
            )
            assert told.status_code == 200, told.text
            assert (await http.get(told.json()["logo_path"])).status_code == 200
        page = await http.get(f"/club/tickets/organizer/settings/{organizer.id}",
                              headers=owner.headers)  # fmt: skip
        assert f'src="{address}/logo?v=' in page.text
        (server,) = (await http.get("/club/api/tickets/openapi.json")).json()["servers"]
        asked = f"{server['url']}/api/tickets/organizers/{organizer.id}/profile"
        assert (await http.get(asked, headers=owner.headers)).status_code == 200


@pytest.mark.parametrize(
    ("root", "path", "found"),
    [
        ("", "/tickets/events", ("", "/tickets/events")),
        ("/tickets", "/tickets/events", ("", "/tickets/events")),
        ("/tickets", "/events", ("", "/tickets/events")),
        ("/tickets", "/tickets", ("", "/tickets")),
        ("/tickets", "", ("", "/tickets")),
        ("/api/tickets", "/api/tickets/health", ("", "/api/tickets/health")),
        ("/api/tickets", "/health", ("", "/api/tickets/health")),
        ("/club", "/club/tickets/events", ("/club", "/tickets/events")),
        ("/club/", "/club/tickets/events", ("/club", "/tickets/events")),
        ("/club", "/tickets/events", ("/club", "/tickets/events")),
        ("/club/tickets", "/club/tickets/events", ("/club", "/tickets/events")),
        ("/club", "/clubs", ("/club", "/clubs")),
        ("/club", "/club", ("/club", "/club")),
    ],
)
def test_where_the_application_stands(root: str, path: str, found: tuple[str, str]) -> None:
    assert place({"root_path": root, "path": path}) == found
