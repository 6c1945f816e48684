"""Ids of others, and ids that are none: in addresses, in bodies, in queries."""

from typing import Any

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from tests.abuse.plain_words import fault
from tests.abuse.routes import bodies, every_route, filled, forms, is_page
from tests.abuse.world import World, dump

from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio

OTHERS = ("tier_id", "ticket_id", "import_id", "device", "discount_id")
HOSTILE = (
    "-1",
    "9" * 16,
    "9" * 400,
    "f" * 40,
    "１２",
    "null",
    "a%00b",
    "%ff%fe",
    "%2e%2e%2fadmin",
    "' OR 1=1 --",
    "x" * 5_000,
    "%ed%a0%80",
)
FOR_POSTGRES = ("9" * 16, "f" * 40, "a%00b", "%ed%a0%80")


async def ask(world: World, method: str, path: str, address: str) -> Any:
    """Send a right body or form to an address, as the other organizer."""
    if method == "POST" and is_page(path):
        return await world.submit(address, "other", forms(world.theirs).get(path))
    body = bodies(world.theirs).get(f"{method} {path}")
    others = {"json": body} if body is not None else {"content": b""}
    return await world.send(method, address, "other", **others)


def held_in(world: World) -> set[str]:
    """Return what only the first organizer may ever see."""
    return {world.ours.event.title, world.ours.tickets[0].holder_name, world.ours.event.id}


async def test_an_id_of_another_organizer_is_no_id(world: World, app: Starlette) -> None:
    before = await dump(world.services)
    found = []
    for route in sorted(every_route(app)):
        method, path = route.split()
        names = [name for name in OTHERS if f"{{{name}" in path]
        for name in names:
            ids = {**world.theirs.ids, name: world.ours.ids[name]}
            answer = await ask(world, method, path, filled(path, ids))
            if answer.status_code != 404 or fault(answer):
                found.append(f"{route} {name}: {answer.status_code} {fault(answer)}")
            if any(secret in answer.text for secret in held_in(world)):
                found.append(f"{route} {name} tells of the other's")
    assert not found, "\n".join(found)
    assert await dump(world.services) == before


async def test_an_id_of_another_organizer_in_a_body_or_query_is_no_id(world: World) -> None:
    ours, theirs = world.ours, world.theirs
    event = filled("/api/tickets/events/{event_id}", theirs.ids)
    tier, holders = ours.ids["tier_id"], [{"name": "Eve"}]
    draft = bodies(theirs)["POST /api/tickets/events"]
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/api/tickets/events", {**draft, "organizer_id": ours.organizer.id}),
        ("POST", f"{event}/tickets", {"tier_id": tier, "holders": holders}),
        ("GET", f"/api/tickets/events?after={ours.event.id}", None),
        ("GET", f"/api/tickets/events?organizer={ours.organizer.id}", None),
        ("GET", f"{event}/tickets?tier={tier}", None),
        ("GET", f"{event}/tickets?words={ours.tickets[0].printed_id}", None),
        ("GET", f"/tickets/organizer?after={ours.event.id}", None),
        ("GET", filled("/tickets/organizer/events/{event_id}/guests", theirs.ids)
         + f"?tier={tier}&after=1", None),
    ]  # fmt: skip
    before = await dump(world.services)
    for method, path, body in asked:
        answer = await world.send(method, path, "other", json=body)
        assert fault(answer) == "", path
        assert answer.status_code in (200, 404), path
        text = answer.text.replace(ours.event.id, "") if ours.event.id in path else answer.text
        assert not any(secret in text for secret in held_in(world)), path
    assert await dump(world.services) == before


async def test_another_organizers_tier_is_no_target_of_an_import(world: World) -> None:
    here = filled("/api/tickets/events/{event_id}/guest-imports/{import_id}", world.theirs.ids)
    tier = world.ours.ids["tier_id"]
    for choice in ({"tier_id": tier}, {"tiers": {"General": tier}}):
        await world.send("PUT", here, "other", json=choice)
        await world.send("POST", f"{here}/commit", "other")
    async with world.services.db.read() as session:
        held = select(Ticket.tier_id).where(Ticket.event_id == world.theirs.event.id)
        assert tier not in set((await session.execute(held)).scalars())


async def test_a_phone_sees_and_changes_only_its_own_event(world: World) -> None:
    ours, theirs = world.ours.phone, world.theirs.phone
    stolen = ours.log_from(1)
    mixed = await theirs.post({**theirs.request([stolen]), "cursor": ours.copy.cursor})
    assert mixed.status_code == 200
    assert mixed.json()["reset"] is True
    token = world.ours.tokens[1]
    key = {"Authorization": f"Bearer {world.theirs.key}"}
    answer = await world.send("POST", "/api/tickets/validate", json={"token": token}, headers=key)
    assert (answer.json()["verdict"], answer.json()["ticket"]) == ("wrong_event", None)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_what_is_no_id_is_refused_in_plain_words(world: World, app: Starlette) -> None:
    before = await dump(world.services)
    found = []
    for route in sorted(every_route(app)):
        method, path = route.split()
        for name in {name for name in world.theirs.ids if f"{{{name}" in path}:
            for bad in HOSTILE if world.services.db.is_sqlite else FOR_POSTGRES:
                if name == "act" and method == "POST":
                    continue
                ids = {**world.theirs.ids, name: bad}
                answer = await ask(world, method, path, filled(path, ids))
                if fault(answer) or answer.status_code < 300:
                    found.append(f"{route} {name}={bad[:20]}: {answer.status_code} {fault(answer)}")
    assert not found, "\n".join(found)
    assert await dump(world.services) == before
