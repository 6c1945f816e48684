"""Running a club without scripts: people, codes, offers, and deciding on pre-orders."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.auth import Person, make_owner, make_person
from tests.factories.clubs import make_club_sale, make_member
from tests.factories.events import make_event, make_tier
from tests.factories.preorders import make_preorder, stored
from tests.fixtures.services import make_settings
from tests.rooms.portal.conftest import Desk

from handstamp.auth.models import Member
from handstamp.clubs.find_clubs import Offered
from handstamp.clubs.models import Club, ClubEvent, ClubInvite, ClubMember
from handstamp.clubs.rules import week_after
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import DAY, HOUR, MINUTE, FakeClock
from handstamp.mail.models import Mail
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services
from handstamp.preorders.models import PreOrder

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a server with clubs."""
    return make_settings(database_url, enable_checkout=True, enable_preorders=True)


@dataclass
class Office:
    """A club with an event of this week, its organizer's browser, and what is stored."""

    services: Services
    clock: FakeClock
    desk: Desk
    club: Club
    offer: Offered
    tiers: Sequence[Tier]

    @property
    def event(self) -> Event:
        """What is offered."""
        return self.offer.event

    @property
    def base(self) -> str:
        """The address of the club's pages."""
        return f"/tickets/organizer/club/{self.club.id}"

    @property
    def wishes(self) -> str:
        """The address of the event's pre-orders."""
        return f"/tickets/organizer/events/{self.event.id}/pre-orders"

    async def place(self, count: int, tier: int = 0) -> list[PreOrder]:
        """Have so many fresh members pre-order, one after the other."""
        placed = []
        for _number in range(count):
            self.clock.advance(MINUTE)
            placed.append((await make_preorder(self.services, self.offer, tier=tier))[1])
        return placed

    async def statuses(self, placed: Sequence[PreOrder]) -> list[str]:
        """Return how pre-orders stand now."""
        return [(await stored(self.services, one)).status for one in placed]


async def open_office(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock, **sale: object
) -> Office:
    """Make a club, its offer, and somebody who runs it."""
    club, offer, tiers = await make_club_sale(services, currency="GBP", **sale)  # type: ignore[arg-type]
    person = await make_person(services, "harry@example.org")
    async with services.db.write() as session:
        session.add(Member(user_id=person.actor.id, organizer_id=club.organizer_id, role="owner"))
    return Office(services, clock, Desk(client, person), club, offer, tiers)


@pytest.fixture
async def office(client: httpx2.AsyncClient, services: Services, clock: FakeClock) -> Office:
    """A club whose event has two tickets of each tier."""
    return await open_office(client, services, clock, capacity=2)


async def test_a_club_is_begun_and_changed(
    client: httpx2.AsyncClient, services: Services, owner: tuple[Person, object]
) -> None:
    desk = Desk(client, owner[0])
    await desk.get("/tickets/organizer/clubs")
    assert "No club yet" in desk.text
    new = f"{desk.path}/new"
    form = {
        "name": "Harry's Club", "time_zone": "Europe/London", "discount": "12,5",
        "per_week": "1", "charge_weekday": "1", "charge_at": "19:00", "charge_start": "manual",
        "next_in_line": "y", "recovery_hours": "0",
    }  # fmt: skip
    for name, value, said in (
        ("name", "", "Give the club a name."),
        ("discount", "101", "Write a percentage from 0 to 100"),
        ("charge_at", "25:00", "Write a time of day"),
        ("per_week", "0", "Write a whole number from 1 to 20."),
    ):
        await desk.post(new, {**form, name: value}, on=new)
        assert (desk.status, said in desk.text) == (422, True)
    await desk.post(new, form, on=new)
    assert "The club is there." in desk.text
    async with services.db.read() as session:
        club = (await session.scalars(select(Club))).one()
    assert (club.discount_bp, club.charge_at, club.next_in_line) == (1_250, "19:00", True)
    edit = f"/tickets/organizer/club/{club.id}/edit"
    await desk.post(edit, {**form, "discount": "", "charge_start": "clock"}, on=edit)
    assert "Prices of what is pre-ordered already stay." in desk.text
    async with services.db.read() as session:
        club = (await session.scalars(select(Club))).one()
    assert (club.discount_bp, club.charge_start) == (0, "clock")


async def test_people_are_invited_one_by_one_and_by_file(office: Office) -> None:
    page = f"{office.base}/members"
    await office.desk.post(page, {"email": "nobody", "name": ""}, on=page)
    assert office.desk.status == 422
    await office.desk.post(page, {"email": "nia@example.org", "name": "Nia"}, on=page)
    assert "1 person is invited by mail." in office.desk.text
    rows = b"E-mail,Name\nnia@example.org,Nia\nnot an address,X\n,Y\n"
    await office.desk.post(f"{page}/file", files={"file": ("m.csv", rows)}, on=page)
    assert office.desk.status == 422
    assert "Line 3" in office.desk.text
    assert "Line 4" in office.desk.text
    rows = b"E-mail,Name\nnia@example.org,Nia\nnoa@example.org,Noa\n"
    await office.desk.post(f"{page}/file", files={"file": ("m.csv", rows)}, on=page)
    assert "1 person is invited by mail. 1 was in the club already." in office.desk.text
    await office.desk.get(f"{page}?q=noa")
    assert "noa@example.org" in office.desk.text
    assert "nia@example.org" not in office.desk.text
    async with office.services.db.read() as session:
        query = select(func.count()).where(Mail.kind == "club_invitation")
        assert await session.scalar(query) == 2


async def test_a_removal_is_undone(office: Office) -> None:
    _person, membership = await make_member(office.services, office.club)
    page = f"{office.base}/members"
    await office.desk.post(f"{page}/{membership.member.id}/remove", on=page)
    assert "mia@example.org is removed." in office.desk.text
    undo = f"{page}/{membership.member.id}/restore"
    assert f'action="{undo}"' in office.desk.html
    await office.desk.post(undo)
    assert "mia@example.org is back." in office.desk.text
    async with office.services.db.read() as session:
        member = await session.get_one(ClubMember, membership.member.id)
    assert (member.status, member.ended_at) == ("active", None)


async def test_a_code_is_shown_once_and_taken_back(office: Office) -> None:
    page = f"{office.base}/invites"
    await office.desk.post(page, {"note": "Fair", "most_uses": "5", "days": "7"}, on=page)
    code = re.search(r'id="fresh-code">([^<]+)<', office.desk.html)
    assert code
    await office.desk.get(page)
    assert code[1] not in office.desk.html
    assert "0 / 5" in office.desk.text
    async with office.services.db.read() as session:
        invite = (await session.scalars(select(ClubInvite))).one()
    await office.desk.post(f"{page}/{invite.id}/revoke")
    assert "The code lets nobody in any more." in office.desk.text
    assert "Taken back" in office.desk.text


async def test_an_event_is_offered_with_declared_tickets_and_taken_back(office: Office) -> None:
    start = office.clock() + 30 * DAY
    async with office.services.db.write() as session:
        event = await make_event(
            session,
            office.services,
            organizer_id=office.club.organizer_id,
            title="Second Night",
            published=False,
            currency="GBP",
            start_at=start,
            end_at=start + HOUR,
            tiers=(),
            lists=(),
        )
        tier = await make_tier(session, office.services, event, "Seat", price_cents=2_000)
    page = f"{office.base}/events"
    await office.desk.get(page)
    assert "Second Night" in office.desk.text
    new = f"{page}/new?event={event.id}"
    week = week_after(office.offer.terms.week)
    form = {
        "event": event.id, "week": week, "charge_mode": "prepaid", "stock": "declared",
        "allocation": "draw", "ticket_deadline_at": "", f"declared-{tier.id}": "20",
    }  # fmt: skip
    await office.desk.post(f"{page}/new", form, on=new)
    assert "The event is offered." in office.desk.text
    async with office.services.db.read() as session:
        terms = await session.get_one(ClubEvent, (office.club.id, event.id))
    assert (terms.week, terms.charge_mode, terms.stock) == (week, "prepaid", "declared")
    assert terms.draw_commitment
    await office.desk.get(f"{page}/{event.id}")
    assert terms.draw_commitment in office.desk.text
    assert 'value="20"' in office.desk.html
    late = {**form, "ticket_deadline_at": "2026-05-01T10:00"}
    await office.desk.post(f"{page}/{event.id}", late)
    assert (office.desk.status, "The deadline for tickets lies" in office.desk.text) == (422, True)
    await office.desk.post(f"{page}/{event.id}", {**form, "allocation": "first_come"})
    assert "The terms are saved." in office.desk.text
    await office.desk.post(f"{page}/{event.id}/withdraw")
    assert "Second Night is taken back." in office.desk.text


async def test_a_begun_week_lets_only_deadline_and_declared_change(office: Office) -> None:
    page = f"{office.base}/events/{office.event.id}"
    await office.desk.get(page)
    assert "The week has begun" in office.desk.text
    await office.desk.post(
        page,
        {
            "week": office.offer.terms.week, "charge_mode": "prepaid", "allocation": "draw",
            "stock": "native", "ticket_deadline_at": "2026-06-18T13:00",
        },
    )  # fmt: skip
    async with office.services.db.read() as session:
        terms = await session.get_one(ClubEvent, (office.club.id, office.event.id))
    assert (terms.charge_mode, terms.allocation) == ("stock_confirmed", "first_come")


async def test_pre_orders_are_listed_with_who_when_card_and_status(office: Office) -> None:
    placed = await office.place(2)
    await office.desk.get(office.wishes)
    for shown in (placed[0].email, "Visa •••• 4242", "Waiting for you", "£22.50"):
        assert shown in office.desk.text
    await office.desk.get(f"{office.wishes}?q={placed[1].email}")
    assert placed[1].email in office.desk.text
    assert placed[0].email not in office.desk.text
    await office.desk.get(f"{office.wishes}?status=approved")
    assert "No pre-order fits that search." in office.desk.text
    await office.desk.get(f"{office.wishes}/{placed[0].id}")
    assert placed[0].number in office.desk.text
    assert "Waiting for a decision" in office.desk.text


async def test_the_question_names_number_and_sum_before_anything_is_decided(
    office: Office,
) -> None:
    placed = await office.place(3)
    ids = [one.id for one in placed]
    chosen = {"do": "approve", "id": ids}
    await office.desk.post(f"{office.wishes}/decide", chosen, on=office.wishes)
    assert "Approve 3 pre-orders? Together £67.50" in office.desk.text
    assert await office.statuses(placed) == ["pending"] * 3
    await office.desk.post(f"{office.wishes}/decide", {**chosen, "sure": "1"})
    assert "Approve 3 pre-orders?" in office.desk.text
    await office.desk.post(f"{office.wishes}/decide", {**chosen, "sure": "6750"})
    assert "2 are approved. Not possible: 1 without a ticket left." in office.desk.text
    assert await office.statuses(placed) == ["approved", "approved", "pending"]
    assert "Together £45.00" not in office.desk.text
    await office.desk.get(office.wishes)
    assert "£45.00" in office.desk.text  # what will be charged


async def test_all_on_every_page_are_decided_by_their_filter(office: Office) -> None:
    placed = await office.place(3)
    everything = {"do": "deny", "everything": "y", "q": "", "status": "", "club": ""}
    await office.desk.post(f"{office.wishes}/decide", everything, on=office.wishes)
    assert "Deny 3 pre-orders?" in office.desk.text
    await office.desk.post(f"{office.wishes}/decide", {**everything, "sure": "6750"})
    assert "3 are denied and told that nothing was charged." in office.desk.text
    assert await office.statuses(placed) == ["denied"] * 3
    await office.desk.post(f"{office.wishes}/decide", everything)
    assert "Choose at least one that can be decided." in office.desk.text


async def test_an_approval_is_taken_back(office: Office) -> None:
    placed = await office.place(1)
    for verb, said in (("approve", "1 is approved."), ("withdraw", "1 waits for you again.")):
        chosen = {"do": verb, "id": placed[0].id, "sure": str(placed[0].total)}
        await office.desk.post(f"{office.wishes}/decide", chosen, on=office.wishes)
        assert said in office.desk.text
    assert await office.statuses(placed) == ["pending"]


async def test_by_rule_the_first_come_first(office: Office) -> None:
    placed = await office.place(3)
    await office.desk.get(office.wishes)
    assert "3 wait and there are tickets for 2 of them, together at most £45.00." in (
        office.desk.text
    )
    await office.desk.post(f"{office.wishes}/by-rule", {"club": office.club.id})
    assert "2 are approved. 1 waits: no ticket is left for it." in office.desk.text
    assert await office.statuses(placed) == ["approved", "approved", "pending"]


async def test_a_draw_is_promised_held_and_checked(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    office = await open_office(client, services, clock, capacity=2, offer={"allocation": "draw"})
    await office.place(4)
    await office.desk.get(office.wishes)
    assert office.offer.terms.draw_commitment in office.desk.text
    await office.desk.post(f"{office.wishes}/by-rule", {"club": office.club.id})
    assert "The draw can be held half an hour after the week is over" in office.desk.text
    clock.advance(office.offer.window.closes - clock() + HOUR)
    await office.desk.post(f"{office.wishes}/by-rule", {"club": office.club.id}, on=office.wishes)
    assert "2 are approved." in office.desk.text
    await office.desk.get(f"{office.wishes}/draw?club={office.club.id}")
    assert "the seed is the one promised" in office.desk.text
    assert office.offer.terms.draw_commitment in office.desk.text
    async with services.db.write() as session:
        rank = select(PreOrder).order_by(PreOrder.draw_rank.desc()).limit(2)
        last, other = (await session.scalars(rank)).all()
        last.draw_rank, other.draw_rank = other.draw_rank, last.draw_rank
    await office.desk.get(f"{office.wishes}/draw?club={office.club.id}")
    assert "Something is not as drawn" in office.desk.text
    assert "another place was drawn" in office.desk.text


async def test_nothing_of_it_is_anybody_elses(
    office: Office, client: httpx2.AsyncClient, services: Services
) -> None:
    placed = await office.place(1)
    stranger = Desk(client, (await make_owner(services, "eve@example.org"))[0])
    for page in (
        office.base, f"{office.base}/edit", f"{office.base}/members", f"{office.base}/invites",
        f"{office.base}/events", f"{office.base}/events/{office.event.id}", office.wishes,
        f"{office.wishes}/{placed[0].id}", f"{office.wishes}/draw?club={office.club.id}",
    ):  # fmt: skip
        await stranger.get(page)
        assert stranger.status == 404, page
    await stranger.get("/tickets/organizer/clubs")
    chosen = {"do": "approve", "id": placed[0].id, "sure": str(placed[0].total)}
    await stranger.post(f"{office.wishes}/decide", chosen)
    assert stranger.status == 404
    assert await office.statuses(placed) == ["pending"]


async def test_ending_a_club_is_told_and_its_pages_stay(office: Office) -> None:
    await office.desk.post(f"{office.base}/archive", on=f"{office.base}/edit")
    assert "Harry's Club has ended." in office.desk.text
    await office.desk.get(office.base)
    assert "This club has ended." in office.desk.text


async def test_switched_off_the_pages_say_so(office: Office) -> None:
    office.services.settings = office.services.settings.model_copy(
        update={"enable_preorders": False}
    )
    for page in (office.base, f"{office.base}/members", office.wishes):
        await office.desk.get(page)
        assert (office.desk.status, "switched off" in office.desk.text) == (503, True)
