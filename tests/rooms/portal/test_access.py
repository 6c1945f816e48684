"""Who sees which page: nobody is asked to sign in, other organizers find nothing."""

import httpx2
import pytest
from tests.factories.auth import make_owner, make_person
from tests.rooms.portal.conftest import Desk, Show

from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio

TAILS = (
    "",
    "/edit",
    "/tiers",
    "/tiers/new",
    "/lists",
    "/lists/new",
    "/lists/1",
    "/guests",
    "/import",
    "/exports",
    "/sheet",
    "/door",
    "/door/live",
    "/door/drill",
    "/door/drill/live",
    "/door/screen",
    "/door/screen/live",
    "/door/settings",
    "/devices",
    "/devices/pair",
    "/conflicts",
    "/scans",
    "/keys",
)


@pytest.mark.parametrize("tail", TAILS)
async def test_every_page_of_an_event_opens_for_its_organizer_alone(
    tail: str, desk: Desk, visitor: Desk, show: Show, services: Services
) -> None:
    assert (await desk.get(show.base + tail)).status == 200
    await visitor.get(show.base + tail)
    assert visitor.path.startswith("/tickets/sign-in?next=%2Ftickets%2Forganizer")
    stranger, _ = await make_owner(services, "eve@example.org")
    other = Desk(desk.http, stranger)
    assert (await other.get(show.base + tail)).status == 404
    assert show.event.title not in other.html


async def test_an_administrator_sees_every_event(
    desk: Desk, show: Show, services: Services
) -> None:
    admin = await make_person(services, "root@example.org", is_admin=True)
    assert show.event.title in (await Desk(desk.http, admin).get("/tickets/organizer")).text


async def test_a_ticket_of_another_event_is_not_shown(
    desk: Desk, show: Show, services: Services
) -> None:
    stranger, _ = await make_owner(services, "eve@example.org")
    other = Desk(desk.http, stranger)
    assert (await other.get(f"{show.base}/guests/{show.tickets[0].id}")).status == 404
    assert (await desk.get(f"{show.base}/guests/999999")).status == 404


async def test_a_form_without_its_token_changes_nothing(
    client: httpx2.AsyncClient, desk: Desk, show: Show
) -> None:
    assert desk.person
    path = f"{show.base}/status"
    answer = await client.post(path, data={"status": "archived"}, headers=desk.person.headers)
    assert answer.status_code == 403
    assert "Published" in (await desk.get(show.base)).text


async def test_pages_run_no_inline_script_and_are_not_framed(desk: Desk, show: Show) -> None:
    await desk.get(show.base)
    policy = desk.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in desk.html
    assert "onclick" not in desk.html
    assert desk.headers["cache-control"] == "no-store"


async def test_an_address_that_nobody_has_says_so_on_a_page(visitor: Desk) -> None:
    await visitor.get("/tickets/nowhere")
    assert visitor.status == 404
    assert "There is nothing at this address." in visitor.text


async def test_demo_mails_are_shown_only_in_the_demo(visitor: Desk) -> None:
    assert (await visitor.get("/tickets/demo/mail")).status == 404


async def test_styles_and_scripts_are_kept_by_browsers(client: httpx2.AsyncClient) -> None:
    for name in ("styles/page.css", "scripts/desk.js", "logo.svg"):
        answer = await client.get(f"/tickets/assets/{name}?v=1")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    answer = await client.get("/tickets/assets/tokens.css")
    assert "--accent" in answer.text
