"""The desk of the ticket pool without scripts, and how little support sees."""

import re
from dataclasses import dataclass

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.pool_members import (
    Served,
    assign_and_hand_over,
    make_offer_of_pool,
    make_paid,
    make_served,
)
from tests.fixtures.services import make_settings
from tests.rooms.portal.conftest import Desk
from tests.rooms.portal.test_texts import strays

from handstamp.auth.models import Member
from handstamp.clubs.find_clubs import Offered
from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services
from handstamp.pool.count_events import count
from handstamp.pool.models import Assignment, AssignmentLog, PoolEvent, PoolTicket
from handstamp.preorders.models import PreOrder

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a server with clubs."""
    return make_settings(database_url, enable_checkout=True, enable_preorders=True)


@dataclass
class Pool:
    """An event with two members served, one waiting, one spare variant; its people's browsers."""

    services: Services
    clock: FakeClock
    http: httpx2.AsyncClient
    offer: Offered
    served: list[Served]
    waiting: PreOrder
    owner: Desk

    @property
    def base(self) -> str:
        """The address of the event's pool."""
        return f"/tickets/organizer/events/{self.offer.event.id}/pool"

    @property
    def help(self) -> str:
        """The address of the event's support page."""
        return f"/tickets/support/events/{self.offer.event.id}"

    async def person(self, email: str, role: str) -> Desk:
        """Return the browser of somebody new in the organizer's team."""
        person = await make_person(self.services, email)
        organizer = self.offer.event.organizer_id
        async with self.services.db.write() as session:
            session.add(Member(user_id=person.actor.id, organizer_id=organizer, role=role))
        return Desk(self.http, person)

    async def holder(self, ticket_id: str) -> str | None:
        """Return who has a ticket, by pre-order."""
        async with self.services.db.read() as session:
            query = select(Assignment.demand_id).where(
                Assignment.ticket_id == ticket_id, Assignment.ended_at.is_(None)
            )
            return await session.scalar(query)


@pytest.fixture
async def pool(client: httpx2.AsyncClient, services: Services, clock: FakeClock) -> Pool:
    offer = await make_offer_of_pool(services)
    served = await make_served(services, 2, offer=offer)
    clock.advance(MINUTE)
    _person, waiting = await make_paid(services, offer)
    await assign_and_hand_over(services)
    found = Pool(services, clock, client, offer, served, waiting, Desk(client))
    found.owner = await found.person("harry@example.org", "owner")
    return found


async def test_the_overview_tells_how_it_stands(pool: Pool) -> None:
    desk = await pool.owner.get(pool.base)
    assert desk.status == 200
    assert "Pre-orders 3 Tickets 2 Have their ticket 66 %" in desk.text
    assert "1 too few" in desk.text
    assert "Waits for a ticket" in desk.text
    assert (await pool.owner.get(pool.base + "/live")).status == 200
    assert "1 too few" in pool.owner.text


async def test_filters_stand_in_the_address(pool: Pool) -> None:
    waiting = (await pool.owner.get(pool.base + "?status=waiting")).html
    assert pool.waiting.number in waiting or pool.waiting.email in waiting
    assert pool.served[0].preorder.email not in waiting
    number = pool.served[1].preorder.number
    one = (await pool.owner.get(f"{pool.base}?member={number}")).html
    assert pool.served[1].preorder.email in one
    assert pool.served[0].preorder.email not in one
    nothing = await pool.owner.get(pool.base + "?email=nobody%40example.net&tier=nothing")
    assert "Nothing found" in nothing.text
    await upload_rows(pool.services, pool.offer.event, ticket_rows(
        pool.offer.event.title, 3, first=50))  # fmt: skip
    free = await pool.owner.get(pool.base + "?status=free")
    assert "pool52@example.org" in free.text
    assert (await pool.owner.get(pool.base + "?status=whatever&after=nothing")).status == 200


async def test_why_and_what_happened_stand_with_each(pool: Pool) -> None:
    first = pool.served[0]
    desk = await pool.owner.get(f"{pool.base}/orders/{first.preorder.id}")
    assert "It was the oldest free ticket" in desk.text
    assert "Ticket handed over" in desk.text
    desk = await pool.owner.get(f"{pool.base}/orders/{pool.waiting.id}")
    assert "No ticket of General is free" in desk.text
    desk = await pool.owner.get(f"{pool.base}/tickets/{first.ticket.id}")
    assert first.ticket.email in desk.text
    desk = await pool.owner.get(f"{pool.base}/log")
    assert "Paid, waits for a ticket" in desk.text
    for tail in ("/orders/nothing", "/tickets/nothing"):
        assert (await pool.owner.get(pool.base + tail)).status == 404


async def test_several_are_mailed_again_after_a_question(pool: Pool) -> None:
    ids = [one.ticket.id for one in pool.served]
    desk = await pool.owner.post(f"{pool.base}/acts", {"do": "resend", "id": ids}, on=pool.base)
    assert "Mail 2 tickets again?" in desk.text
    sent = {"do": "resend", "id": ids, "sure": "2"}
    desk = await pool.owner.post(f"{pool.base}/acts", sent)
    assert "2 tickets are mailed again." in desk.text
    for _again in range(2):
        await pool.owner.post(f"{pool.base}/acts", sent)
    desk = await pool.owner.post(f"{pool.base}/acts", sent)
    assert "0 tickets are mailed again. Not possible: 2 mailed too often of late." in desk.text
    desk = await pool.owner.post(f"{pool.base}/acts", {"do": "resend", "id": "nothing"})
    assert "Choose at least one" in desk.text
    desk = await pool.owner.post(f"{pool.base}/acts", {"do": "nonsense", "id": ids})
    assert "Choose at least one" in desk.text


async def test_all_that_fit_a_search_are_marked_as_used(pool: Pool) -> None:
    everything = {"do": "used", "everything": "y"}
    desk = await pool.owner.post(f"{pool.base}/acts", everything, on=pool.base)
    assert "Mark 2 tickets as used?" in desk.text
    assert "1 of the chosen is left out" in desk.text
    desk = await pool.owner.post(f"{pool.base}/acts", {**everything, "sure": "2"})
    assert "2 tickets are marked as used." in desk.text
    async with pool.services.db.read() as session:
        states = set(await session.scalars(select(PoolTicket.status)))
    assert states == {"used"}
    desk = await pool.owner.get(f"{pool.base}/orders/{pool.served[0].preorder.id}")
    assert "Mark as used" not in desk.text
    assert "Ticket used" in desk.text


async def test_a_ticket_is_given_by_hand_and_taken_back_again(pool: Pool) -> None:
    ticket = pool.served[0].ticket.id
    board = f"{pool.base}/reassign?demand={pool.waiting.id}"
    desk = await pool.owner.get(board)
    assert f'value="{pool.waiting.id}" selected' in desk.html
    sent = {"ticket": ticket, "demand": pool.waiting.id}
    desk = await pool.owner.post(board, sent)
    assert "The member is told in a moment." in desk.text
    assert await pool.holder(ticket) == pool.waiting.id
    undo = re.search(r'action="([^"]+/undo)" data-undo="(\d+)"', desk.html)
    assert undo
    assert int(undo[2]) == 10_000
    desk = await pool.owner.post(undo[1])
    assert "Undone" in desk.text
    assert await pool.holder(ticket) == pool.served[0].preorder.id
    again = await pool.owner.post(board, {**sent, "demand": pool.served[0].preorder.id})
    assert "has this ticket already" in again.text
    none = await pool.owner.post(board, {"ticket": ticket})
    assert "Choose a ticket and a member." in none.text
    assert (await pool.owner.post(board, {**sent, "ticket": "x"}, on=board)).status == 404
    ticketed = await pool.owner.get(f"{pool.base}/reassign?ticket={ticket}")
    assert f'value="{ticket}" selected' in ticketed.html


async def test_a_used_ticket_is_given_to_nobody(pool: Pool) -> None:
    ticket = pool.served[0].ticket.id
    sure = {"do": "used", "id": ticket, "sure": "1"}
    await pool.owner.post(f"{pool.base}/acts", sure, on=pool.base)
    sent = {"ticket": ticket, "demand": pool.waiting.id}
    desk = await pool.owner.post(f"{pool.base}/reassign", sent, on=f"{pool.base}/reassign")
    assert "This ticket was used" in desk.text
    assert await pool.holder(ticket) == pool.served[0].preorder.id


async def test_the_way_for_other_variants_is_chosen(pool: Pool) -> None:
    desk = await pool.owner.post(f"{pool.base}/fallback", {"fallback": "any"}, on=pool.base)
    assert "Saved." in desk.text
    async with pool.services.db.read() as session:
        kept = await session.get_one(PoolEvent, pool.offer.event.id)
    assert kept.fallback == "any"
    desk = await pool.owner.post(f"{pool.base}/reconcile")
    assert "Everything is looked at again." in desk.text
    wrong = await pool.owner.post(f"{pool.base}/fallback", {"fallback": "x"}, on=pool.base)
    assert wrong.status == 400


async def test_an_export_guards_its_cells_and_holds_no_password(pool: Pool) -> None:
    async with pool.services.db.write() as session:
        first = await session.get_one(PoolTicket, pool.served[0].ticket.id)
        first.email = "=HYPERLINK(1)@example.org"
    await pool.owner.get(pool.base)
    desk = await pool.owner.post(f"{pool.base}/export", {"status": ""})
    assert desk.headers["content-type"].startswith("text/csv")
    assert "attachment" in desk.headers["content-disposition"]
    assert desk.html.startswith("\ufeffPre-order,Member,E-mail")
    assert ",'=HYPERLINK" in desk.html
    assert "secret-" not in desk.html
    assert "CODE-" not in desk.html


async def test_all_pools_are_seen_at_a_glance(pool: Pool) -> None:
    organizer = pool.offer.event.organizer_id
    async with pool.services.db.write() as session:
        await count(session, [pool.offer.event.id], pool.clock())
    desk = await pool.owner.get(f"/tickets/organizer/pool/{organizer}")
    assert pool.offer.event.title in desk.text
    desk = await pool.owner.get("/tickets/organizer/pool?q=nothing+like+it")
    assert "Nothing found" in desk.text
    desk = await pool.owner.get("/tickets/organizer/pool?show=open&at=9&after=evt")
    assert desk.status == 200


async def test_a_credential_is_shown_once_and_only_for_a_reason(pool: Pool) -> None:
    ticket = pool.served[0].ticket
    page = f"{pool.base}/tickets/{ticket.id}"
    desk = await pool.owner.post(f"{page}/reveal", {"reason": "  "}, on=page)
    assert "Say why you need to see it" in desk.text
    assert "secret-" not in desk.text
    desk = await pool.owner.post(f"{page}/reveal", {"reason": "member called"})
    assert "secret-00000" in desk.text
    assert desk.headers["cache-control"] == "no-store"
    desk = await pool.owner.get(page)
    assert "secret-" not in desk.text
    assert "member called" in desk.text


async def test_support_helps_and_sees_nothing_else(pool: Pool) -> None:
    support = await pool.person("sam@example.org", "support")
    assert support.person
    first = pool.served[0]
    event = pool.offer.event
    await support.get("/tickets/organizer")
    assert support.path == "/tickets/support/find"
    await support.get("/tickets/support")
    assert event.title in support.text
    await support.get(pool.help)
    assert first.preorder.email not in support.html
    assert first.ticket.email not in support.html
    found = await support.get(f"{pool.help}?email={first.preorder.email.upper()}")
    assert f"/orders/{first.preorder.id}" in found.html
    await support.get(f"/tickets/support?email={first.preorder.email.upper()}")
    assert f"{pool.help}/orders/{first.preorder.id}" in support.html
    await support.get(f"/tickets/support?email={first.preorder.email[:-1]}")
    assert "Nobody with exactly this address" in support.text
    page = f"{pool.help}/orders/{first.preorder.id}"
    await support.get(page)
    assert "It was the oldest free ticket" in support.text
    assert first.preorder.email not in support.html
    assert "192.0.2" not in support.html
    await support.post(f"{page}/resend")
    assert "The ticket is mailed again to" in support.text
    assert first.preorder.email not in support.html
    ticket = f"{pool.help}/tickets/{first.ticket.id}"
    await support.post(f"{ticket}/reveal", {"reason": ""}, on=ticket)
    assert "Say why" in support.text
    await support.post(f"{ticket}/reveal", {"reason": "cannot sign in"})
    assert "secret-00000" in support.text
    assert (await support.get(f"{pool.help}/log")).status == 200
    assert first.preorder.email not in support.html
    async with pool.services.db.read() as session:
        mine = AssignmentLog.actor_id == support.person.actor.id
        acts = list(await session.scalars(select(AssignmentLog.action).where(mine)))
    assert sorted(acts) == ["credential.read", "credential.resend"]


CLOSED = (
    "", "/log", "/reassign", "/live", "/upload", "?status=lost",
)  # fmt: skip


@pytest.mark.parametrize("tail", CLOSED)
async def test_support_opens_none_of_the_organizers_pages(pool: Pool, tail: str) -> None:
    support = await pool.person("sam@example.org", "support")
    assert (await support.get(pool.base + tail)).status == 404
    assert pool.offer.event.title not in support.text


async def test_a_stranger_finds_no_pool(pool: Pool) -> None:
    stranger = Desk(pool.http, await make_person(pool.services, "eve@example.org"))
    for path in (pool.base, pool.help, f"{pool.help}/log", "/tickets/support",
                 f"{pool.help}/orders/{pool.waiting.id}"):  # fmt: skip
        assert (await stranger.get(path)).status == 404


async def test_owners_change_the_team_on_its_page(pool: Pool) -> None:
    organizer, team = pool.offer.event.organizer_id, "/tickets/organizer/team"
    members = f"{team}/{organizer}/members"
    desk = await pool.owner.post(members, {"email": "sam@example.org", "role": "support"}, on=team)
    assert "sam@example.org is in the team: Support." in desk.text
    desk = await pool.owner.post(members, {"email": "nobody", "role": "support"})
    assert "does not look like an e-mail address" in desk.text
    person = await make_person(pool.services, "sam@example.org")
    desk = await pool.owner.post(f"{members}/{person.actor.id}/remove")
    assert "Removed." in desk.text
    assert "sam@example.org" not in desk.text
    manager = await pool.person("max@example.org", "manager")
    desk = await manager.get(team)
    assert "Add, or change the role" not in desk.text


OURS = frozenset(["pool", "Mia", "Has", "tickets", "csv", "London", "Thu", "Fri", "BST"])


async def test_every_string_is_translated(pool: Pool) -> None:
    first = pool.served[0]
    tails = ("", "?status=waiting", "?status=free", "/reassign", "/log",
             f"/orders/{first.preorder.id}", f"/tickets/{first.ticket.id}")  # fmt: skip
    support = ("", f"/orders/{first.preorder.id}", f"/tickets/{first.ticket.id}", "/log")
    paths = [*(pool.base + tail for tail in tails), *(pool.help + tail for tail in support),
             "/tickets/support", "/tickets/organizer/pool", "/tickets/organizer/team"]  # fmt: skip
    placed = [*(one.preorder.number for one in pool.served), pool.waiting.number]
    data = OURS | set(re.findall("[A-Za-z]{3,}", " ".join(placed)))
    found = {path: await strays(pool.owner, path) - data for path in paths}
    assert {path: left for path, left in found.items() if left} == {}
