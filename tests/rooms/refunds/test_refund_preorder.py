"""Pre-orders given back by hand: by the API and on the page, once; and when Stripe fails later."""

import asyncio

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import Person, make_person
from tests.factories.payments import selling_settings
from tests.factories.preorders import stored
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.portal.conftest import Desk
from tests.rooms.preorders.charge_club import DECLINES, ChargeClub, open_club

from handstamp.audit.models import AuditEntry
from handstamp.auth.models import Organizer
from handstamp.auth.sessions import start_session
from handstamp.kit.clock import FakeClock
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import render_mail
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Actor, Services
from handstamp.preorders.models import PreOrder
from handstamp.refunds.models import Refund
from handstamp.worker import MAILS

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble) -> Settings:
    """Settings of a server with clubs."""
    return selling_settings(database_url, stripe_double, enable_preorders=True)


@pytest.fixture(params=["direct", "destination"])
async def club(
    request: pytest.FixtureRequest,
    services: Services,
    client: httpx2.AsyncClient,
    stripe_double: StripeDouble,
    clock: FakeClock,
) -> ChargeClub:
    """A club with a member who has paid for a ticket, and one whose card was declined."""
    destination = request.param == "destination"
    made = await open_club(services, client, stripe_double, clock, destination=destination)
    await made.member()
    await made.member(DECLINES)
    await made.approve()
    await made.run()
    assert await made.statuses() == ["fulfilled", "failed"]
    return made


@pytest.fixture
async def owner(club: ChargeClub) -> Person:
    """Who runs the club."""
    async with club.services.db.read() as session:
        organizer = await session.get_one(Organizer, club.offer.club.organizer_id)
    return await make_person(club.services, "owner@example.org", organizer=organizer)


def api(wish: PreOrder) -> str:
    """Return the address of a pre-order in the API."""
    return f"/api/tickets/admin/pre-orders/{wish.id}"


def page(wish: PreOrder) -> str:
    """Return the address of a pre-order's page."""
    return f"/tickets/organizer/events/{wish.event_id}/pre-orders/{wish.id}"


async def status(club: ChargeClub) -> str:
    """Return how the pre-order stands that was paid."""
    return (await club.statuses())[0]


async def refunds(club: ChargeClub) -> list[Refund]:
    """Return every refund, the oldest first."""
    async with club.services.db.read() as session:
        return list(await session.scalars(select(Refund).order_by(Refund.created_at, Refund.id)))


async def acts(club: ChargeClub) -> list[str]:
    """Return what the log says of refunds and of refused money."""
    async with club.services.db.read() as session:
        found = await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))
    return [one for one in found if "refund" in one and not one.startswith("ticket.")]


async def fail_at_stripe(club: ChargeClub) -> None:
    """Have the last refund come back, as Stripe tells it days later."""
    last = (await refunds(club))[-1]
    assert last.stripe_refund_id
    await club.double.settle_refund(last.stripe_refund_id, "failed")
    await club.hear()


async def test_the_api_gives_back_once_whoever_asks_how_often(
    club: ChargeClub, owner: Person, client: httpx2.AsyncClient
) -> None:
    wish = club.wishes[0]
    shown = (await client.get(f"{api(wish)}/refunds", headers=owner.headers)).json()
    assert (shown["refundable"], shown["problem"], shown["refunds"]) == (1_350, "", [])
    wanted = {"reason": "requested_by_customer", "note": "Ill"}
    answers = await asyncio.gather(
        *(client.post(f"{api(wish)}/refund", json=wanted, headers=owner.headers) for _ in range(4))
    )
    assert {one.status_code for one in answers} == {202}
    assert len({one.json()["id"] for one in answers}) == 1
    body = answers[0].json()
    assert (body["preorder_id"], body["order_id"], body["amount"]) == (wish.id, None, 1_350)
    await asyncio.gather(club.work(), club.work())
    await club.hear()
    assert await status(club) == "refunded"
    assert await club.tickets() == ["refunded"]
    assert await club.mails(wish) == ["received", "refunded"]
    (refund,) = await refunds(club)
    assert (refund.note, refund.origin, refund.requested_by) == (
        "Ill",
        "organizer",
        f"user:{owner.actor.id}",
    )
    assert await acts(club) == ["refund.request", "preorder.refunded", "refund.succeeded"]
    again = await client.post(f"{api(wish)}/refund", json={}, headers=owner.headers)
    assert again.json()["id"] == body["id"]
    assert len(await club.double.objects("refund", account=club.charged)) == 1
    await club.check()


async def test_what_was_not_paid_cannot_be_given_back(
    club: ChargeClub, owner: Person, client: httpx2.AsyncClient
) -> None:
    paid, declined = club.wishes
    eve = (await make_person(club.services, "eve@example.org")).headers
    asked = await client.post(f"{api(declined)}/refund", json={}, headers=eve)
    looked = await client.get(f"{api(declined)}/refunds", headers=eve)
    assert (asked.status_code, looked.status_code) == (404, 404)
    none = await client.post(f"{api(declined)}/refund", json={}, headers=owner.headers)
    assert none.status_code == 409
    assert "Nothing was paid" in none.json()["detail"]
    odd = {"reason": "because", "note": ""}
    bad = await client.post(f"{api(paid)}/refund", json=odd, headers=owner.headers)
    assert bad.status_code == 400


async def test_the_page_asks_for_a_reason_and_tells_what_became_of_it(
    club: ChargeClub, owner: Person, client: httpx2.AsyncClient
) -> None:
    wish, desk = club.wishes[0], Desk(client, owner)
    await desk.get(page(wish))
    assert "Refund £13.50?" in desk.text
    await desk.post(f"{page(wish)}/refund", {"reason": "event_changed", "note": "Moved"})
    assert "£13.50 is on its way back." in desk.text
    assert "Refund £13.50?" not in desk.text
    await desk.post(f"{page(wish)}/refund", {"reason": "no such"})
    await club.hear()
    await desk.get(page(wish))
    for said in ("Given back", "The event has changed", "Moved", "Refund asked for"):
        assert said in desk.text
    (refund,) = await refunds(club)
    assert (refund.reason, refund.note) == ("event_changed", "Moved")


async def test_a_refund_that_fails_later_says_so_and_can_be_tried_again(
    club: ChargeClub, owner: Person, client: httpx2.AsyncClient
) -> None:
    wish, desk = club.wishes[0], Desk(client, owner)
    await desk.post(f"{page(wish)}/refund", {"reason": "duplicate"}, on=page(wish))
    await club.hear()
    assert await status(club) == "refunded"
    await fail_at_stripe(club)
    assert await status(club) == "refund_failed"
    assert await club.tickets() == ["refunded"]
    await club.check()
    await desk.get(page(wish))
    assert "A refund failed." in desk.text
    assert "Try the refund again" in desk.text
    wishes = page(wish).rpartition("/")[0]
    await desk.get(wishes)
    assert "1 refund failed: the money came back to you." in desk.text
    await desk.get(f"{wishes}?status=refund_failed")
    assert wish.email in desk.text
    shown = (await client.get(f"{api(wish)}/refunds", headers=owner.headers)).json()
    assert (shown["failed"], shown["refundable"]) == (True, 1_350)
    async with club.services.db.read() as session:
        told = await session.scalars(select(Mail).where(Mail.kind == "refund_not_arrived"))
        written = await render_mail(club.services, MAILS, told.one())
    assert "did not arrive" in written.text
    assert "valid again" not in written.text  # the ticket stays void

    club.clock.advance(1_000)
    await desk.post(f"{page(wish)}/refund", {"reason": "duplicate"}, on=page(wish))
    await club.hear("shuffled")
    assert await status(club) == "refunded"
    assert [one.status for one in await refunds(club)] == ["failed", "succeeded"]
    mails = ["received", "refunded", "refunded", "refund_not_arrived"]
    assert await club.mails(wish) == mails
    shown = (await client.get(f"{api(wish)}/refunds", headers=owner.headers)).json()
    assert (shown["failed"], shown["refundable"]) == (False, 0)
    await club.check()
    await fail_at_stripe(club)
    assert await status(club) == "refund_failed"
    await club.check()


async def test_a_refund_that_stripe_refuses_leaves_the_ticket_and_is_raised(
    club: ChargeClub, owner: Person, client: httpx2.AsyncClient
) -> None:
    wish, desk = club.wishes[0], Desk(client, owner)
    await desk.post(f"{page(wish)}/refund", {}, on=page(wish))
    async with club.services.db.write() as session:
        asked = await session.get_one(Refund, (await refunds(club))[0].id)
        asked.status, asked.failure = "failed", "charge_already_refunded"
    await club.work()
    assert await status(club) == "fulfilled"
    await desk.get(page(wish))
    assert "A refund failed." in desk.text
    await desk.get(page(wish).rpartition("/")[0])
    assert "refund failed" in desk.text


async def test_a_member_sees_that_the_money_did_not_come(
    club: ChargeClub, owner: Person, client: httpx2.AsyncClient
) -> None:
    wish = club.wishes[0]
    await client.post(f"{api(wish)}/refund", json={}, headers=owner.headers)
    await club.hear()
    await fail_at_stripe(club)
    async with club.services.db.write() as session:
        token = await start_session(session, wish.user_id)
    desk = Desk(client, Person(Actor(kind="user", id=wish.user_id), token))
    await desk.get(f"/tickets/me/pre-orders/{wish.id}")
    assert "Refund failed" in desk.text
    assert "The organizer knows and will try again." in desk.text
    assert (await stored(club.services, wish)).closed_at is not None
