"""What everybody may read: published events that are not over, and nothing else."""

import json
import re
from html import unescape

import httpx2
import pytest
from tests.factories.events import make_event, make_tier

from handstamp.events.publish_event import publish_event
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.plumbing.local_time import from_local
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.storefront.bills import days_of

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


async def test_many_events_come_page_by_page_without_gaps(
    client: httpx2.AsyncClient, services: Services
) -> None:
    now = services.clock()
    async with services.db.write() as session:
        for number in range(53):
            begins = now + DAY + number // 3 * HOUR  # several begin at once
            await make_event(
                session, services, title=f"Evening {number:02}", start_at=begins,
                end_at=begins + HOUR, lists=(), code="EV",
            )  # fmt: skip
    seen, page = [], "/tickets/events?q=evening"
    while page:
        html = (await client.get(page)).text
        seen += re.findall(r"Evening \d\d", html)
        found = re.search(r'href="([^"]+)">More events', html)
        page = unescape(found[1]) if found else ""
    assert sorted(seen) == [f"Evening {number:02}" for number in range(53)]
    assert "Back to the first" in html


async def test_events_are_found_by_city_and_day(
    client: httpx2.AsyncClient, services: Services
) -> None:
    now = services.clock()
    async with services.db.write() as session:
        for title, city, days in (("Soon", "Vancouver", 2), ("Far", "Victoria", 40)):
            start = now + days * DAY
            await make_event(
                session, services, title=title, city=city, start_at=start, end_at=start + HOUR
            )
    week = (await client.get("/tickets/events?when=week")).text
    assert "Soon" in week
    assert "Far" not in week
    city = (await client.get("/tickets/events?city=victoria")).text
    assert "Far" in city
    assert "Soon" not in city
    assert '<option value="Vancouver">' in city
    assert (await client.get("/tickets/events?when=nonsense")).status_code == 200
    assert (await client.get("/tickets/events?after=nothing")).status_code == 404


@pytest.mark.parametrize(
    ("when", "begins", "ends"),
    [
        ("today", "2026-05-28T00:00", "2026-05-29T00:00"),
        ("weekend", "2026-05-29T12:00", "2026-06-01T00:00"),
        ("week", "2026-05-28T00:00", "2026-06-04T00:00"),
        ("month", "2026-05-28T00:00", "2026-06-27T00:00"),
    ],
)
def test_days_are_the_readers_own(when: str, begins: str, ends: str) -> None:
    zone = "America/Vancouver"
    thursday = from_local("2026-05-28T13:00", zone)
    assert days_of(when, thursday, zone) == (from_local(begins, zone), from_local(ends, zone))
    assert days_of("", thursday, zone) is None


def test_a_weekend_that_has_begun_goes_on() -> None:
    sunday = from_local("2026-05-31T13:00", "UTC")
    begins, ends = days_of("weekend", sunday, "UTC") or (0, 0)
    assert begins == from_local("2026-05-31T00:00", "UTC")
    assert ends == from_local("2026-06-01T00:00", "UTC")


async def test_what_other_sites_read_of_an_event_is_true_and_harmless(
    client: httpx2.AsyncClient, services: Services
) -> None:
    async with services.db.write() as session:
        event = await make_event(
            session, services, title='</script><b>"Tea"', summary='A "quiet" evening',
            venue="The yard", city="Vancouver", cover_url="https://images.example/tea.jpg",
        )  # fmt: skip
    html = (await client.get(f"/tickets/e/{event.slug}")).text
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    assert data
    told = json.loads(data[1])
    assert told["name"] == '</script><b>"Tea"'
    assert told["location"]["name"] == "The yard"
    assert told["offers"][0]["price"] == "0.00"
    assert '<meta property="og:image" content="https://images.example/tea.jpg">' in html
    assert "A &#34;quiet&#34; evening" in html


async def test_the_list_says_from_what_price_and_when_sales_open(
    client: httpx2.AsyncClient, services: Services
) -> None:
    async with services.db.write() as session:
        event = await make_event(
            session, services, title="Cheap", tiers=(), lists=(), published=False
        )
        await make_tier(session, services, event, "Floor", price_cents=1_500)
        await make_tier(session, services, event, "Box", price_cents=9_000)
        await publish_event(session, services, SYSTEM, event.id, "published")
        later = await make_event(
            session, services, title="Later", tiers=(), lists=(), published=False
        )
        opens = services.clock() + 2 * HOUR
        await make_tier(session, services, later, "Floor", sales_start_at=opens)
        await publish_event(session, services, SYSTEM, later.id, "published")
    html = (await client.get("/tickets/events")).text
    assert "CA$15.00 – CA$90.00" in html
    assert "On sale from Thu, 28 May 2026" in html
