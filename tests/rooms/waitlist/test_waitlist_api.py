"""The API of waiting lists, and a worker that dies in the middle of its work."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import make_owner, make_person
from tests.rooms.waitlist.waiting_line import Line

from handstamp.auth.models import Organizer
from handstamp.tickets.stock import Count
from handstamp.waitlist import waitlist_mails
from handstamp.waitlist.links import secret_of
from handstamp.waitlist.models import Waiting

pytestmark = pytest.mark.anyio
API = "/api/tickets"


async def test_a_guest_joins_confirms_takes_and_leaves(
    client: httpx2.AsyncClient, line: Line
) -> None:
    here = f"{API}/events/{line.event.id}/waiting-list"
    wish = {"tier_id": line.tiers[0].id, "quantity": 2, "email": "grace@example.org"}
    key = {"Idempotency-Key": "join-once"}
    first = await client.post(here, json=wish, headers=key)
    again = await client.post(here, json=wish, headers=key)
    assert (first.status_code, first.json()) == (202, {"outcome": "confirm", "place": None})
    assert again.json() == first.json()
    async with line.services.db.read() as session:
        found = (await session.scalars(select(Waiting))).one()
    mine, secret = f"{API}/waiting/{found.id}", secret_of(line.services.settings, found)
    assert (await client.get(mine)).status_code == 404
    assert (await client.get(f"{mine}?key={secret}")).json()["status"] == "unconfirmed"
    assert (await client.post(f"{mine}/confirm?key={secret}")).json()["place"] == 1
    nothing = await client.post(f"{mine}/take?key={secret}", json={})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "offer_ended")
    await line.free()
    left = await client.get(f"{API}/events/{line.event.id}/availability")
    assert [tier["state"] for tier in left.json()["tiers"]] == ["sold_out", "on_sale"]
    await line.run()
    body = (await client.get(f"{mine}?key={secret}")).json()
    assert (body["status"], body["offer"]["quantity"]) == ("offered", 2)
    order = await client.post(f"{mine}/take?key={secret}", json={"quantity": 1})
    assert (order.status_code, order.json()["items"][0]["quantity"]) == (201, 1)
    told = await client.post(f"{mine}/leave?key={secret}")
    assert (told.status_code, told.json()["code"]) == (409, "ordered")
    await client.post(f"{API}/orders/{order.json()['id']}/cancel")
    assert (await client.post(f"{mine}/leave?key={secret}")).json()["status"] == "left"
    assert await line.taken() == Count()


async def test_an_organizer_runs_the_list(client: httpx2.AsyncClient, line: Line) -> None:
    async with line.services.db.read() as session:
        organizer = await session.get_one(Organizer, line.event.organizer_id)
    boss = await make_person(line.services, "boss@example.org", organizer=organizer)
    other, _theirs = await make_owner(line.services, "eve@example.org")
    ann, bob = await line.join("ann", 2), await line.join("bob")
    here = f"{API}/events/{line.event.id}/waiting-list"

    async def ask(method: str, path: str, **others: Any) -> httpx2.Response:
        return await client.request(method, path, headers=boss.headers, **others)

    assert (await client.get(here, headers=other.headers)).status_code == 404
    changed = await ask("PATCH", here, json={"offer_hours": 3, "auto": False})
    assert changed.json() == {
        "open": True, "auto": False, "members_first": False, "offer_hours": 3,
    }  # fmt: skip
    await line.free()
    front = await ask("POST", f"{API}/waiting/{bob.id}/front", json={"front": True})
    assert front.json()["place"] == 1
    offer = await ask("POST", f"{API}/waiting/{bob.id}/offer")
    assert (offer.status_code, offer.json()["by_hand"]) == (200, True)
    found = (await ask("GET", here)).json()
    assert found["counts"] == {"offered": 1, "waiting": 1}
    assert [one["email"] for one in found["waiting"]] == ["ann@example.org", "bob@example.org"]
    assert (await ask("DELETE", f"{API}/waiting/{bob.id}")).json()["status"] == "removed"
    assert await line.taken() == Count()
    assert await line.statuses([ann, bob]) == ["waiting", "removed"]


async def test_a_worker_that_dies_between_two_lines_leaves_nothing_half_done(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await line.join("ann"), await line.join("bob")]
    await line.free()
    queue, asked = waitlist_mails.queue_offer, []

    async def dies(*args: Any) -> None:
        asked.append(args)
        if len(asked) == 2:  # the first offer stands in the transaction, the second holds stock
            raise ConnectionError
        await queue(*args)

    monkeypatch.setattr(waitlist_mails, "queue_offer", dies)
    with pytest.raises(ConnectionError):
        await line.run()
    assert await line.statuses(people) == ["waiting", "waiting"]
    assert (await line.taken(), await line.offers()) == (Count(), [])
    assert await line.run() == 2
    assert await line.statuses(people) == ["offered", "offered"]
    assert await line.taken() == Count(held=2)
