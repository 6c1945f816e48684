"""What everybody may read: published events that are not over, and nothing else."""

import httpx2
import pytest
from tests.factories.events import make_event, make_tier

from handstamp.events.publish_event import publish_event
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.plumbing.web import SYSTEM, Services

pytestmark = pytest.mark.anyio


async def test_the_list_holds_published_events_that_are_not_over(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    assert "No events yet" in (await client.get("/tickets/events")).text
    async with services.db.write() as session:
        await make_event(session, services, title="Lantern Walk", city="Vancouver")
        await make_event(session, services, title="Hidden Draft", published=False)
        past = clock() - DAY
        await make_event(session, services, title="Long Ago", start_at=past, end_at=past + HOUR)
    answer = await client.get("/tickets/events")
    assert answer.status_code == 200
    assert "Lantern Walk" in answer.text
    assert "Hidden Draft" not in answer.text
    assert "Long Ago" not in answer.text


async def test_events_are_searched_by_title_place_and_city(
    client: httpx2.AsyncClient, services: Services
) -> None:
    async with services.db.write() as session:
        await make_event(session, services, title="Lantern Walk", city="Vancouver")
        await make_event(session, services, title="Ink Fair", city="Toronto")
    assert "Ink Fair" not in (await client.get("/tickets/events?q=LANTERN")).text
    assert "Lantern Walk" not in (await client.get("/tickets/events?city=Toronto")).text
    assert "No event fits that search." in (await client.get("/tickets/events?q=zzz")).text


async def test_an_event_shows_its_public_tiers_and_hides_the_others(
    client: httpx2.AsyncClient, services: Services
) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services, tiers=(), published=False, lists=())
        await make_tier(session, services, event, "Balcony", price_cents=1250)
        await make_tier(session, services, event, "Free seat")
        await make_tier(session, services, event, "Crew", visibility="hidden")
    page = f"/tickets/e/{event.slug}"
    assert (await client.get(page)).status_code == 404
    async with services.db.write() as session:
        await publish_event(session, services, SYSTEM, event.id, "published")
    answer = await client.get(page)
    assert answer.status_code == 200
    for said in ("Balcony", "CA$12.50", "Free seat", "Free"):
        assert said in answer.text
    assert "Crew" not in answer.text


async def test_a_hostile_title_stays_text(client: httpx2.AsyncClient, services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services, title="<script>alert(1)</script>")
    for page in ("/tickets/events", f"/tickets/e/{event.slug}"):
        answer = await client.get(page)
        assert "<script>alert" not in answer.text
        assert "&lt;script&gt;alert(1)" in answer.text


async def test_the_bare_address_leads_to_the_list(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/tickets")
    assert answer.headers["location"] == "/tickets/events"


async def test_while_ticketing_is_off_the_pages_say_so(
    client: httpx2.AsyncClient, services: Services
) -> None:
    services.settings = services.settings.model_copy(update={"enable_ticketing": False})
    for page in ("/tickets/events", "/tickets/e/anything"):
        answer = await client.get(page)
        assert answer.status_code == 503
        assert "Closed for now" in answer.text
