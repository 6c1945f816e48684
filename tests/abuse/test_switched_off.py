"""Ticketing or scanning off: pages hide, new work is refused, phones still hand in."""

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from tests.abuse.plain_words import fault
from tests.abuse.routes import bodies, every_route, filled, forms
from tests.abuse.world import World, dump

pytestmark = pytest.mark.anyio

NEW_DOOR_WORK = (
    "POST /api/tickets/checkin/pair",
    "GET /api/tickets/checkin/snapshot",
    "GET /api/tickets/checkin/snapshot/sealed",
    "POST /api/tickets/checkin/claim",
    "POST /api/tickets/checkin/claims",
    "POST /api/tickets/validate",
    "POST /api/tickets/events/{event_id}/pairing-codes",
    "POST /api/tickets/events/{event_id}/scanner-keys",
)
NEW_WORK = (
    *NEW_DOOR_WORK,
    "GET /api/tickets/events/public",
    "POST /api/tickets/events",
    "POST /api/tickets/events/{event_id}/status",
    "POST /api/tickets/events/{event_id}/tiers",
    "POST /api/tickets/events/{event_id}/discounts",
    "POST /api/tickets/events/{event_id}/cancel",
    "POST /api/tickets/events/{event_id}/duplicate",
    "POST /api/tickets/events/{event_id}/messages",
    "POST /api/tickets/events/{event_id}/postpone",
    "POST /api/tickets/events/{event_id}/waiting-list",
    "PATCH /api/tickets/events/{event_id}/waiting-list",
    "PATCH /api/tickets/events/{event_id}/capacity",
    "POST /api/tickets/events/{event_id}/capacity",
    "POST /api/tickets/waiting/{waiting_id}/confirm",
    "POST /api/tickets/waiting/{waiting_id}/offer",
    "POST /api/tickets/waiting/{waiting_id}/take",
    "POST /api/tickets/events/{event_id}/lists",
    "POST /api/tickets/events/{event_id}/tickets",
    "POST /api/tickets/events/{event_id}/guest-imports",
    "POST /api/tickets/events/{event_id}/guest-imports/{import_id}/commit",
    "POST /api/tickets/tickets/{ticket_id}/reissue",
    "POST /api/tickets/orders/{order_id}/refund",
    "POST /api/tickets/organizers/connect",
    "POST /api/tickets/events/{event_id}/orders",
    "POST /api/tickets/checkout/session",
    "POST /api/tickets/orders/{order_id}/checkout",
    "POST /api/tickets/admin/tickets/upload",
    "POST /api/tickets/admin/clubs",
    "PATCH /api/tickets/admin/clubs/{club_id}",
    "POST /api/tickets/admin/clubs/{club_id}/members",
    "POST /api/tickets/admin/clubs/{club_id}/members/import",
    "POST /api/tickets/admin/clubs/{club_id}/invites",
    "POST /api/tickets/admin/clubs/{club_id}/events",
    "POST /api/tickets/me/clubs/join",
    "POST /api/tickets/me/pre-orders",
    "PATCH /api/tickets/me/pre-orders/{preorder_id}",
    "POST /api/tickets/admin/clubs/{club_id}/charge-runs",
    "POST /api/tickets/admin/events/{event_id}/pre-orders/approve",
    "POST /api/tickets/admin/events/{event_id}/pre-orders/approve-up-to-stock",
)
STAY_OPEN = (  # what somebody has paid for, and what the law wants said
    "/tickets/assets",
    "/tickets/order/",
    "/tickets/ticket/",
    "/tickets/mine",
    "/tickets/waiting/",  # a place that somebody wants to leave
    "/tickets/me/",  # pre-orders that somebody has placed or paid
    "/tickets/terms",
    "/tickets/widget",  # other sites hold it: it offers nothing then, and breaks nothing
    "/tickets/privacy",
)
CALLERS = {"snapshot": "device", "validate": "key"}


async def refusals(world: World, routes: tuple[str, ...]) -> list[str]:
    """Return which of the routes did not refuse with 503 in plain words."""
    found = []
    for route in routes:
        method, path = route.split()
        caller = CALLERS.get(path.rsplit("/", maxsplit=1)[-1], "organizer")
        body = bodies(world.ours).get(route)
        others = {"json": body} if body is not None else {}
        answer = await world.send(method, filled(path, world.ours.ids), caller, **others)
        if answer.status_code != 503 or fault(answer):
            found.append(f"{route}: {answer.status_code} {fault(answer)}")
    return found


@pytest.fixture
async def off(world: World, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """The world after a switch was turned off."""
    world.ours.phone.scan(world.ours.tokens[1])
    settings = world.services.settings
    world.services.settings = settings.model_copy(update={request.param: False})
    yield world


@pytest.mark.parametrize("off", ["enable_ticketing", "enable_scanning"], indirect=True)
async def test_new_door_work_is_refused_and_facts_are_taken(off: World) -> None:
    before = await dump(off.services)
    assert not (found := await refusals(off, NEW_DOOR_WORK)), "\n".join(found)
    assert await dump(off.services) == before
    phone = off.ours.phone
    answer = await phone.post(phone.request([phone.log_from(1)]))
    assert answer.status_code == 200
    assert answer.json()["acks"][0]["to"] == len(phone.log)
    page = await off.send("GET", "/tickets/checkin/")
    assert (page.status_code, fault(page)) == (503, "")


@pytest.mark.parametrize("off", ["enable_ticketing"], indirect=True)
async def test_ticketing_off_refuses_all_new_work(off: World) -> None:
    before = await dump(off.services)
    assert not (found := await refusals(off, NEW_WORK)), "\n".join(found)
    assert await dump(off.services) == before


@pytest.mark.parametrize("off", ["enable_ticketing"], indirect=True)
async def test_ticketing_off_hides_every_page(off: World, app: Starlette) -> None:
    before, found = await dump(off.services), []
    for route in sorted(every_route(app)):
        method, path = route.split()
        if not path.startswith("/tickets") or path.startswith(STAY_OPEN):
            continue
        address = filled(path, off.ours.ids)
        if method == "POST":
            answer = await off.submit(address, "organizer", forms(off.ours).get(path))
        else:
            answer = await off.send(method, address, "organizer")
        if answer.status_code not in (307, 308, 503) or fault(answer):
            found.append(f"{route}: {answer.status_code} {fault(answer)}")
        assert off.ours.event.title not in answer.text
    assert not found, "\n".join(found)
    assert await dump(off.services) == before


@pytest.mark.parametrize("off", ["enable_scanning"], indirect=True)
async def test_scanning_off_leaves_the_organizers_pages(off: World) -> None:
    event = f"/tickets/organizer/events/{off.ours.event.id}"
    assert (await off.send("GET", event, "organizer")).status_code == 200
    for path in ("devices/pair", "keys"):
        answer = await off.submit(f"{event}/{path}", "organizer", {"name": "X", "role": "steward"})
        assert (answer.status_code, fault(answer)) == (503, "")
