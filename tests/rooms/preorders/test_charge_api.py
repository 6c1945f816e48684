"""The API of charge runs: plan, start with what was seen, progress, results, resend, confirm."""

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.auth import Person, make_person
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.portal.conftest import Desk
from tests.rooms.preorders.charge_club import ASKS, CHARGE_TIME, ChargeClub, open_club

from handstamp.auth.models import Organizer
from handstamp.kit.clock import FakeClock
from handstamp.mail.models import Mail
from handstamp.plumbing.web import Services
from handstamp.preorders.models import ChargeRun, PreOrder
from handstamp.refunds.refund_preorder import refund_preorder

pytestmark = pytest.mark.anyio


@pytest.fixture
async def club(
    services: Services, client: httpx2.AsyncClient, stripe_double: StripeDouble, clock: FakeClock
) -> ChargeClub:
    """A club that waits four hours for a bank's question."""
    return await open_club(services, client, stripe_double, clock, club={"recovery_hours": 4})


@pytest.fixture
async def owner(club: ChargeClub) -> Person:
    """Who runs the club."""
    async with club.services.db.read() as session:
        organizer = await session.get_one(Organizer, club.offer.club.organizer_id)
    return await make_person(club.services, "owner@example.org", organizer=organizer)


async def test_a_run_by_the_api_from_the_plan_to_its_results(
    club: ChargeClub, owner: Person, client: httpx2.AsyncClient
) -> None:
    await club.member()
    await club.member()
    await club.approve(club.wishes[0])
    runs = f"/api/tickets/admin/clubs/{club.offer.club.id}/charge-runs"
    seen = (await client.get(f"{runs}/plan", headers=owner.headers)).json()
    assert (seen["cards"], seen["totals"], seen["not_charged"]) == (1, {"GBP": 1_350}, 1)
    assert seen["due_at"] == CHARGE_TIME
    wanted = {"cards": seen["cards"], "totals": seen["totals"]}
    early = await client.post(runs, json=wanted, headers=owner.headers)
    assert (early.status_code, early.json()["code"]) == (409, "nothing_to_charge")
    club.clock.now = CHARGE_TIME
    await club.double.set_clock(CHARGE_TIME // 1000)
    stale = await client.post(runs, json={"cards": 2, "totals": {}}, headers=owner.headers)
    assert (stale.status_code, stale.json()["code"]) == (409, "plan_changed")
    begun = await client.post(runs, json=wanted, headers=owner.headers)
    assert begun.status_code == 201, begun.text
    run = begun.json()
    assert (run["state"], run["planned"], run["left"]) == ("running", 1, 1)
    path = f"/api/tickets/admin/charge-runs/{run['id']}"
    assert (await client.post(f"{path}/pause", headers=owner.headers)).json()["state"] == "paused"
    assert (await client.post(f"{path}/resume", headers=owner.headers)).status_code == 200
    await club.work()
    shown = (await client.get(path, headers=owner.headers)).json()
    assert (shown["state"], shown["counts"], shown["charged"]) == ("done", {"fulfilled": 1}, 1_350)
    listed = (await client.get(runs, headers=owner.headers)).json()["charge_runs"]
    assert [one["id"] for one in listed] == [run["id"]]
    over = await client.post(f"{path}/stop", headers=owner.headers)
    assert (over.status_code, over.json()["code"]) == (409, "run_done")


async def test_a_ticket_is_sent_again_but_not_for_ever(
    club: ChargeClub, owner: Person, client: httpx2.AsyncClient
) -> None:
    _mia, wish = await club.member()
    await club.approve()
    path = f"/api/tickets/admin/pre-orders/{wish.id}/resend"
    none = await client.post(path, headers=owner.headers)
    assert none.status_code == 409
    await club.run()
    answers = [(await client.post(path, headers=owner.headers)).status_code for _ in range(4)]
    assert answers == [201, 201, 201, 429]
    async with club.services.db.read() as session:
        resent = select(func.count()).where(Mail.kind == "preorder_resent")
        assert await session.scalar(resent) == 3
    stranger = await make_person(club.services, "eve@example.org")
    assert (await client.post(path, headers=stranger.headers)).status_code == 404


async def test_a_member_is_sent_to_their_bank_and_nobody_else_is(
    club: ChargeClub, client: httpx2.AsyncClient
) -> None:
    mia, wish = await club.member(ASKS)
    path = f"/api/tickets/me/pre-orders/{wish.id}/confirm"
    assert (await client.post(path, headers=mia.headers)).status_code == 409
    await club.approve()
    await club.run()
    told = await client.post(path, headers=mia.headers)
    assert told.json()["url"].startswith(f"{club.double.url}/3ds/")
    stranger = await make_person(club.services, "eve@example.org")
    assert (await client.post(path, headers=stranger.headers)).status_code == 404


async def test_an_organizer_gives_a_members_money_back(club: ChargeClub, owner: Person) -> None:
    _mia, wish = await club.member()
    await club.approve()
    await club.run()
    async with club.services.db.write() as session:
        made = await refund_preorder(session, club.services, owner.actor, wish.id, reason="asked")
        again = await refund_preorder(session, club.services, owner.actor, wish.id)
    assert again.id == made.id
    await club.work()
    assert await club.statuses() == ["refunded"]
    assert await club.tickets() == ["refunded"]
    assert await club.mails(wish) == ["received", "refunded"]
    await club.check()


async def test_a_run_of_two_currencies_tells_each_sum(
    club: ChargeClub, owner: Person, client: httpx2.AsyncClient
) -> None:
    await club.member()
    await club.member()
    await club.approve()
    run = await club.run()
    async with club.services.db.write() as session:
        (await session.get_one(PreOrder, club.wishes[1].id)).currency = "EUR"
        (await session.get_one(ChargeRun, run.id)).currency = ""
    path = f"/api/tickets/admin/charge-runs/{run.id}"
    shown = (await client.get(path, headers=owner.headers)).json()
    assert shown["charged_totals"] == {"EUR": 1_350, "GBP": 1_350}
    assert shown["counts"] == {"fulfilled": 2}
    desk = Desk(client, owner)
    await desk.get(f"/tickets/organizer/club/{club.offer.club.id}/charging")
    assert "€13.50 + £13.50" in desk.text
