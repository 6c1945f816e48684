"""Public pages of organizers whom nobody knows yet are looked at, approved or hidden."""

import asyncio
from dataclasses import dataclass

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import Person, make_owner, make_person
from tests.factories.orders import make_buyer, make_sale
from tests.rooms.portal.conftest import Desk

from handstamp.audit.find_entries import entries_of
from handstamp.auth.models import Organizer
from handstamp.events.models import Event, EventReview, Tier
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import render_mail
from handstamp.moderation.decide_review import approve_page
from handstamp.orders.hold_tickets import hold
from handstamp.orders.start_checkout import BuyerDetails, start_checkout
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.web import Services
from handstamp.worker import MAILS

pytestmark = pytest.mark.anyio
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
QUEUE = "/api/tickets/admin/reviews"


@dataclass
class Site:
    """An organizer with an event on sale, and an administrator; both by their headers."""

    services: Services
    http: httpx2.AsyncClient
    owner: Person
    organizer: Organizer
    root: Person
    event: Event
    tiers: list[Tier]

    async def status(self, to: str) -> str:
        """Ask for a status as the organizer, and return the one it got."""
        path = f"/api/tickets/events/{self.event.id}/status"
        answer = await self.http.post(path, json={"status": to}, headers=self.owner.headers)
        return str(answer.json()["status"])

    async def edit(self, **change: str) -> None:
        """Change the page as its organizer."""
        path = f"/api/tickets/events/{self.event.id}"
        answer = await self.http.patch(path, json=change, headers=self.owner.headers)
        assert answer.status_code == 200, answer.text

    async def waiting(self) -> list[str]:
        """Return why the pages in the queue wait."""
        answer = await self.http.get(QUEUE, headers=self.root.headers)
        return [row["why"] for row in answer.json()["waiting"]]

    async def decide(self, act: str, **body: object) -> httpx2.Response:
        """Approve or hide the page as administrator."""
        path = f"{QUEUE}/{self.event.id}/{act}"
        return await self.http.post(path, json=body, headers=self.root.headers)

    async def seen(self) -> str:
        """Return what the texts are known by now."""
        answer = await self.http.get(f"{QUEUE}/{self.event.id}", headers=self.root.headers)
        return str(answer.json()["seen"])

    async def public(self) -> int:
        """Return what the public page is answered with."""
        return (await self.http.get(f"/tickets/e/{self.event.slug}")).status_code

    async def mails(self) -> list[Mail]:
        """Return the mails about the event, the oldest first."""
        query = select(Mail).where(Mail.about == f"event:{self.event.id}").order_by(Mail.created_at)
        async with self.services.db.read() as session:
            return list(await session.scalars(query))


@pytest.fixture
async def site(services: Services, client: httpx2.AsyncClient) -> Site:
    services.settings = services.settings.model_copy(update={"enable_checkout": True})
    owner, organizer = await make_owner(services)
    event, tiers = await make_sale(services, organizer_id=organizer.id)
    root = await make_person(services, "root@example.org", is_admin=True)
    made = Site(services, client, owner, organizer, root, event, tiers)
    assert await made.status("draft") == "draft"
    return made


async def test_a_new_page_is_public_at_once_and_looked_at_afterwards(site: Site) -> None:
    assert await site.waiting() == []
    assert await site.status("published") == "published"
    assert await site.public() == 200
    assert await site.waiting() == ["new"]
    assert (await site.decide("approve")).json()["status"] == "published"
    assert await site.waiting() == []
    assert await site.mails() == []
    await site.edit(code="XY")
    assert await site.waiting() == []
    await site.edit(summary="Now with fire")
    assert await site.waiting() == ["changed"]
    old = await site.seen()
    await site.edit(summary="Now without")
    changed = await site.decide("approve", seen=old)
    assert changed.status_code == 409
    assert await site.waiting() == ["changed"]
    assert (await site.decide("approve", seen=await site.seen(), trust=True)).status_code == 200
    await site.edit(summary="With fire again")
    assert await site.waiting() == []


async def test_a_hidden_page_is_not_public_and_not_sold_and_its_team_knows_why(
    site: Site,
) -> None:
    await site.status("published")
    buyer, wants = make_buyer(), {site.tiers[0].id: 1}
    held = await hold(site.services, buyer, site.event.id, wants)
    assert (await site.decide("hide", reason=" ")).status_code == 400
    assert (await site.decide("hide", reason="x" * 2_001)).status_code == 400
    for _ in range(2):
        hidden = await site.decide("hide", reason="It names a real person.")
        assert hidden.json()["status"] == "hidden"
    assert await site.public() == 404
    listed = await site.http.get("/api/tickets/events/public")
    assert listed.json()["events"] == []
    with pytest.raises(Problem):
        await hold(site.services, make_buyer("bob"), site.event.id, wants)
    details = BuyerDetails("bob@example.org", "Bob", terms=True)
    with pytest.raises(Problem):
        await start_checkout(site.services, held.id, details)
    told = await site.mails()
    assert [(one.kind, one.to_email) for one in told] == [("event_hidden", "ada@example.org")]
    written = await render_mail(site.services, MAILS, told[0])
    assert "It names a real person." in written.text
    assert "It names a real person." in written.html
    async with site.services.db.read() as session:
        acts = await entries_of(session, target_type="event", target_id=site.event.id)
    assert acts[0].action == "event.hidden"
    assert await site.status("published") == "review"
    assert await site.waiting() == ["again"]
    assert await site.public() == 404
    assert (await site.decide("approve")).json()["status"] == "published"
    assert await site.public() == 200
    assert [one.kind for one in await site.mails()] == ["event_hidden", "event_approved"]
    async with site.services.db.read() as session:
        review = await session.get_one(EventReview, site.event.id)
    assert (review.state, review.hidden_at, review.reason) == ("approved", None, "")


@ONE
async def test_where_approval_comes_first_nothing_is_public_before_it(site: Site) -> None:
    settings = site.services.settings
    site.services.settings = settings.model_copy(update={"review_events": "before"})
    assert await site.status("published") == "review"
    assert await site.status("published") == "review"
    assert await site.public() == 404
    assert await site.waiting() == ["new"]
    assert await site.status("draft") == "draft"
    assert await site.waiting() == []
    assert await site.status("published") == "review"
    assert (await site.decide("approve")).status_code == 200
    told = await site.mails()
    assert [one.kind for one in told] == ["event_approved"]
    assert "stands in the public list" in (await render_mail(site.services, MAILS, told[0])).text
    assert await site.status("draft") == "draft"
    assert await site.status("published") == "published"
    await site.status("draft")
    await site.edit(title="Something else")
    assert await site.status("published") == "review"


@ONE
async def test_nobody_gives_themselves_a_status_that_is_not_theirs(site: Site) -> None:
    path = f"/api/tickets/events/{site.event.id}/status"
    for status in ("review", "hidden"):
        answer = await site.http.post(path, json={"status": status}, headers=site.owner.headers)
        assert answer.status_code == 400
    desk = Desk(site.http, site.owner)
    here = f"/tickets/organizer/events/{site.event.id}"
    await desk.post(f"{here}/status", {"status": "hidden"}, on=here)
    assert desk.status == 409
    refused = await site.http.post(
        f"{QUEUE}/{site.event.id}/approve", json={}, headers=site.owner.headers
    )
    assert refused.status_code == 403
    assert (await site.decide("approve")).status_code == 404  # it is a draft, which nobody sees


async def test_two_administrators_and_an_edit_at_once_leave_one_decision(site: Site) -> None:
    await site.status("published")
    seen = await site.seen()

    async def approve() -> str:
        try:
            async with site.services.db.write() as session:
                await approve_page(
                    session, site.services, site.root.actor, site.event.id, seen=seen
                )
        except Problem as problem:
            return problem.code
        return "approved"

    done = await asyncio.gather(approve(), approve(), site.edit(summary="Changed meanwhile"))
    state = "changed" if "approved" in done else "new"
    assert await site.waiting() == [state]


@ONE
async def test_the_pages_of_moderation(site: Site) -> None:
    await site.status("published")
    root, desk = Desk(site.http, site.root), Desk(site.http, site.owner)
    assert (await desk.get("/tickets/admin/reviews")).status == 403
    await root.get("/tickets/admin/reviews")
    assert site.event.title in root.text
    here = f"/tickets/admin/reviews/{site.event.id}"
    await root.post(f"{here}/hide", {"reason": ""}, on=here)
    assert root.status == 422
    assert "Write a reason" in root.text
    await root.post(f"{here}/hide", {"reason": "Spam\nand more"}, on=here)
    assert "Hidden. Nobody finds it" in root.text
    overview = f"/tickets/organizer/events/{site.event.id}"
    await desk.get(overview)
    assert "Their reason: Spam" in desk.text
    await desk.post(f"{overview}/status", {"status": "published"})
    assert "an administrator looks at the page" in desk.text
    assert "Waiting for an administrator" in desk.text
    await root.get("/tickets/admin/reviews")
    assert "Was hidden, asks again" in root.text
    seen = await site.seen()
    await root.post(f"{here}/approve", {"seen": "0"}, on=here)
    assert "Look at it once more." in root.text
    await root.post(f"{here}/approve", {"seen": seen, "trust": "y"}, on=here)
    assert "Nothing waits" in root.text
    await root.get(here)
    assert "These texts were approved." in root.text
    await root.post(f"/tickets/admin/organizers/{site.organizer.id}/trust", on=here)
    assert "Their pages are looked at again." in root.text
    await desk.get(overview)
    assert "Published" in desk.text
