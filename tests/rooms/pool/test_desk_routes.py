"""The API of the desk: listing, giving by hand and back, the way for other variants, export."""

import httpx2
import pytest
from tests.factories.auth import Person, make_owner, make_person
from tests.factories.events import make_event
from tests.factories.pool_rows import Stand, make_stand
from tests.fixtures.services import make_settings

from handstamp.auth.change_team import set_role
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio

ROOT = "/api/tickets/admin"


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a server with clubs."""
    return make_settings(database_url, enable_preorders=True)


@pytest.fixture
async def owner(services: Services) -> Person:
    return (await make_owner(services))[0]


@pytest.fixture
async def event(services: Services, owner: Person) -> Event:
    async with services.db.write() as session:
        organizer = next(iter(owner.actor.organizers))
        return await make_event(session, services, organizer_id=organizer, tiers=("Early",))


@pytest.fixture
async def stand(services: Services, event: Event) -> Stand:
    """Three pre-orders, of which two have a ticket; no ticket is left."""
    async with services.db.write() as session:
        (tier,) = await tiers_of(session, event.id)
        return await make_stand(session, services, event, tier, demands=3, tickets=2)


async def test_assignments_are_listed_page_by_page(
    client: httpx2.AsyncClient, owner: Person, event: Event, stand: Stand
) -> None:
    path = f"{ROOT}/tickets/assignments"
    asked = {"eventId": event.id, "limit": "2"}
    first = (await client.get(path, params=asked, headers=owner.headers)).json()
    assert [one["pre_order_id"] for one in first["assignments"]] == stand.demands[:2]
    assert first["assignments"][0]["ticket_email"] == "account0@tickets.example"
    assert first["next"] == stand.demands[1]
    more = {**asked, "after": first["next"]}
    second = (await client.get(path, params=more, headers=owner.headers)).json()
    assert [one["state"] for one in second["assignments"]] == ["waiting"]
    assert second["next"] is None
    used = {"eventId": event.id, "status": "void"}
    assert (await client.get(path, params=used, headers=owner.headers)).json() == {
        "assignments": [], "next": None,
    }  # fmt: skip
    for wrong in ({}, {"eventId": ""}, {"eventId": event.id, "status": "x"}):
        answer = await client.get(path, params=wrong, headers=owner.headers)
        assert answer.status_code == 400


async def test_support_lists_masked_and_does_nothing_else(
    client: httpx2.AsyncClient, services: Services, owner: Person, event: Event, stand: Stand
) -> None:
    helper = await make_person(services, "sam@example.org")
    async with services.db.write() as session:
        organizer = event.organizer_id
        await set_role(session, owner.actor, organizer, "sam@example.org", "support")
    asked = {"eventId": event.id}
    path = f"{ROOT}/tickets/assignments"
    listed = await client.get(path, params=asked, headers=helper.headers)
    assert {one["email"] for one in listed.json()["assignments"]} == {"m•••@example.org"}
    wish = {"pre_order_id": stand.demands[2]}
    refused = [
        await client.get(f"{path}/export", params=asked, headers=helper.headers),
        await client.get(f"{ROOT}/events/{event.id}/pool", headers=helper.headers),
        await client.put(
            f"{ROOT}/events/{event.id}/pool", json={"fallback": "any"}, headers=helper.headers
        ),
        await client.post(f"{ROOT}/events/{event.id}/reconcile", headers=helper.headers),
        await client.post(
            f"{ROOT}/tickets/{stand.tickets[0]}/reassign", json=wish, headers=helper.headers
        ),
        await client.post(f"{ROOT}/tickets/{stand.tickets[0]}/used", headers=helper.headers),
    ]
    assert [answer.status_code for answer in refused] == [404] * 6


async def test_a_ticket_is_given_and_taken_back(
    client: httpx2.AsyncClient, owner: Person, event: Event, stand: Stand
) -> None:
    ticket, last = stand.tickets[0], stand.demands[2]
    path = f"{ROOT}/tickets/{ticket}/reassign"
    answer = await client.post(path, json={"pre_order_id": last}, headers=owner.headers)
    assert answer.status_code == 200, answer.text
    given = answer.json()

    async def holder() -> str | None:
        asked = {"eventId": event.id, "email": "account0@"}
        path = f"{ROOT}/tickets/assignments"
        listed = (await client.get(path, params=asked, headers=owner.headers)).json()
        return str(listed["assignments"][0]["pre_order_id"])

    assert await holder() == last
    back = f"{ROOT}/tickets/assignments/{given['assignment_id']}/undo"
    assert (await client.post(back, headers=owner.headers)).status_code == 204
    assert await holder() == stand.demands[0]
    wrong = await client.post(path, json={"pre_order_id": "nothing"}, headers=owner.headers)
    assert wrong.status_code == 404


@pytest.mark.usefixtures("stand")
async def test_the_pool_is_told_and_its_fallback_set(
    client: httpx2.AsyncClient, owner: Person, event: Event
) -> None:
    path = f"{ROOT}/events/{event.id}/pool"
    answer = await client.put(path, json={"fallback": "closest"}, headers=owner.headers)
    assert answer.status_code == 200, answer.text
    told = (await client.get(path, headers=owner.headers)).json()
    whole = {"ordered": 3, "uploaded": 2, "assigned": 2, "waiting": 1, "free": 0, "used": 0}
    assert told["whole"] == whole
    assert (told["fallback"], told["fulfilled"], told["lost"]) == ("closest", 66, 0)
    assert list(told["variants"].values()) == [whole]


@pytest.mark.usefixtures("stand")
async def test_an_export_is_a_file(client: httpx2.AsyncClient, owner: Person, event: Event) -> None:
    asked = {"eventId": event.id, "status": "waiting"}
    path = f"{ROOT}/tickets/assignments/export"
    answer = await client.get(path, params=asked, headers=owner.headers)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.count("\r\n") == 2
    assert "member2@example.org" in answer.text
