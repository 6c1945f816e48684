"""Who may do what: every route of the application against everybody who can knock."""

import asyncio
import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete
from starlette.applications import Starlette
from tests.abuse.routes import ASKED, UPLOADS, bodies, every_route, filled, forms, is_page
from tests.abuse.world import World, dump

from handstamp.plumbing.models import RateCount

pytestmark = pytest.mark.anyio

CALLERS = (
    "nobody", "other", "organizer", "admin", "device", "revoked", "elsewhere", "key", "support",
)  # fmt: skip
TABLE = Path(__file__).with_name("who_may.txt")
USED_UP = {
    "DELETE /api/tickets/export-schedules/{schedule_id}": "schedule_id",
    "DELETE /api/tickets/events/{event_id}/tiers/{tier_id}": "tier_id",
    "DELETE /api/tickets/events/{event_id}/guest-imports/{import_id}": "import_id",
    "POST /api/tickets/events/{event_id}/guest-imports/{import_id}/commit": "import_id",
    "DELETE /api/tickets/admin/clubs/{club_id}/events/{event_id}": "club_id",
    "DELETE /api/tickets/admin/clubs/{club_id}/members/{member_id}": "member_id",
    "POST /api/tickets/admin/clubs/{club_id}/archive": "club_id",
    "DELETE /api/tickets/me/clubs/{club_id}": "club_id",
    "DELETE /api/tickets/me/pre-orders/{preorder_id}": "preorder_id",
    "POST /tickets/organizer/club/{club_id}/archive": "club_id",
    "POST /tickets/organizer/club/{club_id}/events/{event_id}/withdraw": "club_id",
    "POST /tickets/organizer/club/{club_id}/members/{member_id}/remove": "member_id",
    "POST /tickets/me/clubs/{club_id}/leave": "club_id",
    "POST /tickets/me/pre-orders/{preorder_id}/cancel": "preorder_id",
    "POST /api/tickets/devices/{device}/revoke": "device",
    "POST /api/tickets/devices/{device}/void": "device",
    "POST /api/tickets/orders/{order_id}/resend": "order_id",
    "POST /api/tickets/support/orders/{order_id}/resend": "order_id",
    "DELETE /api/tickets/waiting/{waiting_id}": "waiting_id",
    "POST /api/tickets/waiting/{waiting_id}/front": "waiting_id",
    "POST /api/tickets/waiting/{waiting_id}/offer": "waiting_id",
    "POST /tickets/organizer/events/{event_id}/waiting-list/{waiting_id}": "waiting_id",
    "POST /api/tickets/tickets/{ticket_id}/refund": "ticket_id",
    "POST /api/tickets/tickets/{ticket_id}/cancel": "ticket_id",
    "POST /api/tickets/tickets/{ticket_id}/dispute": "ticket_id",
    "POST /api/tickets/tickets/{ticket_id}/reissue": "ticket_id",
    "POST /api/tickets/tickets/{ticket_id}/transfer": "ticket_id",
    "PUT /api/tickets/tickets/{ticket_id}/name": "ticket_id",
    "POST /tickets/organizer/events/{event_id}/devices/{device}/revoke": "device",
    "POST /tickets/organizer/events/{event_id}/guests/{ticket_id:int}/reissue": "ticket_id",
    "POST /tickets/organizer/events/{event_id}/guests/{ticket_id:int}/holder": "ticket_id",
    "POST /tickets/organizer/events/{event_id}/guests/{ticket_id:int}/{act}": "ticket_id",
    "POST /tickets/organizer/events/{event_id}/tiers/{tier_id}/remove": "tier_id",
    "POST /tickets/organizer/events/{event_id}/import/{import_id}/commit": "import_id",
    "POST /tickets/organizer/events/{event_id}/import/{import_id}/discard": "import_id",
}
SIGN_IN_PAGES = ("/tickets/sign-in?", "/tickets/me/sign-in?")
REFUSED = ("401", "403", "404", "in")


def expected() -> dict[str, tuple[str, ...]]:
    """Read the table: a route, then what each caller is answered."""
    rows = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            method, path, *statuses = line.split()
            rows[f"{method} {path}"] = tuple(statuses)
    return rows


async def knock(world: World, app: Starlette, route: str, caller: str) -> str:
    """Make a right request to a route and return the status it was answered with."""
    method, path = route.split()
    ids = dict(world.ours.ids)
    owners = ("organizer",) if "/me/" in path else ("organizer", "admin")
    if route in USED_UP and caller in owners:
        ids[USED_UP[route]] = await world.fresh(USED_UP[route])
    if path.endswith("/sign-in"):
        await forget_rates(world)
    address = filled(path + ASKED.get(route, ""), ids)
    own = {"headers": await world.twin(caller)} if "sign-out" in path else {}
    if method == "WS":
        return await greet(app, address, world.callers[caller])
    if method == "POST" and is_page(path):
        files = {"file": ("g.csv", UPLOADS[route])} if route in UPLOADS else None
        sent = await world.submit(address, caller, forms(world.ours).get(path), files=files, **own)
        return told(sent)
    body: dict[str, Any] = {"content": UPLOADS.get(route)}
    if route in bodies(world.ours):
        body = {"json": bodies(world.ours)[route]}
    return told(await world.send(method, address, caller, **body, **own))


async def forget_rates(world: World) -> None:
    """Let everybody ask for sign-in mails, of which one network gets but a few."""
    async with world.services.db.write() as session:
        await session.execute(delete(RateCount))


def told(answer: httpx2.Response) -> str:
    """Return the status of an answer; "in" when it leads to the sign-in page."""
    leads_in = answer.headers.get("location", "").startswith(SIGN_IN_PAGES)
    return "in" if leads_in else str(answer.status_code)


async def greet(app: Starlette, path: str, headers: dict[str, str]) -> str:
    """Connect to the hints with a caller's credential, hang up, and return how it ended."""
    credential = headers.get("Authorization", "").removeprefix("Bearer ")
    greeting = json.dumps({"credential": credential})
    asked: list[dict[str, Any]] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": greeting},
    ]
    ended: list[str] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return asked.pop(0) if asked else {"type": "websocket.disconnect", "code": 1000}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.close":
            ended.append(str(message["code"]))

    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "ws",
        "query_string": b"",
        "headers": [],
        "subprotocols": [],
        "client": ("192.0.2.7", 1),
        "server": ("testserver", 80),
    }
    await app(scope, receive, send)
    return ended[0] if ended else "open"


async def test_every_route_has_a_row(app: Starlette) -> None:
    rows = expected()
    assert every_route(app) == set(rows)
    assert {route for route, row in rows.items() if len(row) != len(CALLERS)} == set()


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_everybody_is_answered_as_the_table_says(world: World, app: Starlette) -> None:
    asked = [
        (route, caller, status)
        for route, row in expected().items()
        for caller, status in zip(CALLERS, row, strict=True)
    ]
    before = await dump(world.services)
    refused = [ask for ask in asked if ask[2] in REFUSED]
    assert not (wrong := await _surprises(world, app, refused)), "\n".join(wrong)
    assert await dump(world.services) == before, "somebody who was refused changed something"
    assert await _surprises(world, app, [ask for ask in asked if ask[2] not in REFUSED]) == []


async def _surprises(world: World, app: Starlette, asked: list[tuple[str, str, str]]) -> list[str]:
    return [
        f"{route}: {caller} got {answered}, not {status}"
        for route, caller, status in asked
        if (answered := await knock(world, app, route, caller)) != status
    ]
