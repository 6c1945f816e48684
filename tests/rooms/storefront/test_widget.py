"""The widget's read and script: told to every site, and only what is on sale to everybody."""

from collections.abc import Sequence
from typing import Any

import httpx2
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.events import make_event, make_tier
from tests.rooms.orders.sale import Sale
from tests.rooms.storefront.conftest import Shopper

from handstamp.auth.models import OrganizerProfile
from handstamp.events.models import Event
from handstamp.events.publish_event import publish_event
from handstamp.kit.clock import DAY
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.plumbing.widget_script import LATEST, integrity

pytestmark = pytest.mark.anyio

RELEASED = {1: "sha384-UFofKhvUTNdfWkwIdlYHy8S37jvj8N/WsCem0rVw5PIkGEu6INiENY8obfGzDdMe"}
READ = "/api/tickets/widget"


async def offers(client: httpx2.AsyncClient, **query: str) -> Sequence[dict[str, Any]]:
    """Ask as the script does: without cookies, from another origin."""
    answer = await client.get(READ, params=query, headers={"Origin": "https://club.example"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=30"
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers
    found: Sequence[dict[str, Any]] = answer.json()["offers"]
    return found


def switch(services: Services, **flags: bool) -> None:
    """Switch something off on this server."""
    services.settings = services.settings.model_copy(update=flags)


async def publish(session: AsyncSession, services: Services, title: str, **tier: Any) -> Event:
    """Publish an event with one tier."""
    event = await make_event(session, services, title=title, published=False, tiers=(), lists=())
    await make_tier(session, services, event, "Dancer", **tier)
    return await publish_event(session, services, SYSTEM, event.id, "published")


async def test_an_event_on_sale_is_offered_by_its_address_and_by_its_id(
    client: httpx2.AsyncClient, sale: Sale
) -> None:
    (offer,) = await offers(client, event=sale.event.slug)
    assert (offer["label"], offer["buyable"]) == ("Buy tickets", True)
    assert offer["path"] == f"/tickets/e/{sale.event.slug}"
    assert (await client.get(offer["path"])).status_code == 200
    assert await offers(client, event=sale.event.id) == [offer]
    assert await offers(client, organizer=sale.event.organizer_id) == [offer]


@pytest.mark.parametrize("flag", ["enable_ticketing", "enable_checkout"])
async def test_nothing_is_offered_while_a_flag_is_off(
    client: httpx2.AsyncClient, sale: Sale, services: Services, flag: str
) -> None:
    switch(services, **{flag: False})
    assert await offers(client, event=sale.event.slug) == []
    assert (await client.get("/tickets/widget.js")).status_code == 200


async def test_nothing_is_offered_of_what_cannot_be_bought_by_all(
    client: httpx2.AsyncClient, sale: Sale, services: Services
) -> None:
    async with services.db.write() as session:
        draft = await make_event(session, services, published=False, title="Draft")
        crew = await publish(session, services, "Crew only", visibility="hidden")
        paid = await publish(session, services, "No account", price_cents=2_500)
    for event in (draft, crew, paid):
        assert await offers(client, event=event.slug) == [], event.title
    for name in ("nothing-like-it", "\x7f", "a" * 200):
        assert await offers(client, event=name) == []
    assert await offers(client) == []
    assert await offers(client, organizer="org_nothing") == []
    async with services.db.write() as session:
        for_members = update(Event).where(Event.id == sale.event.id).values(members_only=True)
        await session.execute(for_members)
    assert await offers(client, event=sale.event.slug) == []


async def test_what_is_sold_out_or_not_yet_on_sale_is_a_word_and_no_button(
    client: httpx2.AsyncClient, sale: Sale, services: Services, shopper: Shopper
) -> None:
    await shopper.hold(sale, 10, 10)
    (offer,) = await offers(client, event=sale.event.slug)
    assert (offer["label"], offer["buyable"]) == ("Sold out", False)
    async with services.db.write() as session:
        later = services.clock() + DAY // 2
        coming = await publish(session, services, "Stamp Ball", sales_start_at=later)
    (offer,) = await offers(client, event=coming.slug)
    assert offer["label"].startswith("On sale from ")
    assert not offer["buyable"]


async def test_an_organizers_offers_are_theirs_the_next_one_first_in_their_colour(
    client: httpx2.AsyncClient, sale: Sale, services: Services
) -> None:
    whose = sale.event.organizer_id
    async with services.db.write() as session:
        await make_event(session, services, title="Somebody else's")
        soon = sale.event.start_at - DAY // 4
        await make_event(
            session, services, organizer_id=whose, title="Before it", code="BI", start_at=soon
        )
        session.add(
            OrganizerProfile(organizer_id=whose, brand_color="#F4D58D", updated_at=services.clock())
        )
    found = await offers(client, organizer=whose)
    assert [offer["title"] for offer in found] == ["Before it", sale.event.title]
    assert {(offer["color"], offer["ink"]) for offer in found} == {("#f4d58d", "#17131f")}


async def test_a_question_that_is_too_long_is_refused(client: httpx2.AsyncClient) -> None:
    assert (await client.get(READ, params={"event": "x" * 201})).status_code == 400


async def test_the_script_is_served_to_every_site_and_a_version_for_good(
    client: httpx2.AsyncClient,
) -> None:
    newest = await client.get("/tickets/widget.js")
    pinned = await client.get(f"/tickets/widget/{LATEST}.js")
    assert newest.text == pinned.text
    for answer in (newest, pinned):
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "set-cookie" not in answer.headers
    assert "immutable" in pinned.headers["cache-control"]
    assert "max-age=3600" in newest.headers["cache-control"]
    for version in (0, LATEST + 1):
        assert (await client.get(f"/tickets/widget/{version}.js")).status_code == 404


def test_a_released_version_never_changes() -> None:
    assert {version: integrity(version) for version in range(1, LATEST + 1)} == RELEASED
