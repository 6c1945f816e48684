"""An organizer connects Stripe: one account, fresh links, the state as Stripe has it now."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import Person, make_owner, make_person, make_team
from tests.factories.orders import make_account
from tests.factories.payments import connect_account
from tests.fixtures.jobs import run_jobs
from tests.fixtures.statements import statements
from tests.fixtures.stripe_double import StripeDouble

from handstamp.auth.models import Member, Organizer
from handstamp.kit.clock import FakeClock
from handstamp.payments.connect_organizer import come_back, start
from handstamp.payments.models import PaymentAccount
from handstamp.payments.payment_accounts import (
    account_of,
    requirements_of,
    selling_account,
    state_of,
    why_not_selling,
)
from handstamp.payments.refresh_account import refresh_account
from handstamp.plumbing.errors import Conflict, SwitchedOff
from handstamp.plumbing.web import Services

CONNECT, ME = "/api/tickets/organizers/connect", "/api/tickets/organizers/me"
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
async def owner(services: Services) -> tuple[Person, Organizer]:
    """Somebody with an organizer that is not connected."""
    return await make_owner(services)


async def payments(client: httpx2.AsyncClient, person: Person) -> dict[str, object]:
    """What the API says of the one organizer's account."""
    answer = await client.get(ME, headers=person.headers)
    assert answer.status_code == 200
    (mine,) = answer.json()["organizers"]
    found: dict[str, object] = mine["payments"]
    return found


async def unfinished(double: StripeDouble) -> list[dict[str, Any]]:
    """Return the accounts that the platform has made and nobody has finished."""
    return [one for one in await double.objects("account") if not one["details_submitted"]]


async def test_onboarding_from_the_first_click_to_selling(
    client: httpx2.AsyncClient,
    services: Services,
    stripe_double: StripeDouble,
    owner: tuple[Person, Organizer],
) -> None:
    person, organizer = owner
    before = await payments(client, person)
    assert (before["state"], before["may_sell"]) == ("none", False)
    body = {"organizer_id": organizer.id}
    answer = await client.post(CONNECT, json=body, headers=person.headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["url"].startswith(f"{stripe_double.url}/setup/acct_")
    assert answer.headers["cache-control"] == "no-store"
    again = await client.post(CONNECT, json=body, headers=person.headers)
    assert again.json()["url"] != answer.json()["url"]
    (made,) = await unfinished(stripe_double)
    await stripe_double.onboard(made["id"], "unfinished")
    back = await come_back(services, person.actor, organizer.id)
    assert back is not None
    assert state_of(back) == "unfinished"
    async with services.db.read() as session:
        with pytest.raises(Conflict, match="not finished"):
            await selling_account(session, organizer.id)
    await stripe_double.onboard(made["id"], "missing")
    back = await come_back(services, person.actor, organizer.id)
    assert back is not None
    assert state_of(back) == "asked"
    assert requirements_of(back)
    assert all(" " in words for words in requirements_of(back))
    await stripe_double.onboard(made["id"], "finish")
    await come_back(services, person.actor, organizer.id)
    async with services.db.read() as session:
        account = await selling_account(session, organizer.id)
    assert (account.stripe_account_id, account.charge_type) == (made["id"], "direct")
    after = await payments(client, person)
    assert (after["state"], after["may_sell"], after["reason"]) == ("ready", True, "")
    assert after["requirements"] == []


async def test_express_is_a_setting_and_means_destination_charges(
    services: Services, stripe_double: StripeDouble, owner: tuple[Person, Organizer]
) -> None:
    person, organizer = owner
    services.settings = services.settings.model_copy(update={"stripe_accounts": "express"})
    await start(services, person.actor, organizer.id)
    async with services.db.read() as session:
        account = await account_of(session, organizer.id)
    assert account is not None
    assert (account.kind, account.charge_type) == ("express", "destination")
    made = await stripe_double.object(account.stripe_account_id)
    assert set(made["capabilities"]) == {"card_payments", "transfers"}


async def test_two_people_who_click_at_once_get_one_account(
    client: httpx2.AsyncClient,
    services: Services,
    stripe_double: StripeDouble,
    owner: tuple[Person, Organizer],
) -> None:
    person, organizer = owner
    colleague = await make_person(services, "grace@example.org", organizer=organizer)
    body = {"organizer_id": organizer.id}
    answers = await asyncio.gather(
        *(client.post(CONNECT, json=body, headers=who.headers) for who in (person, colleague) * 3)
    )
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert any(answer.status_code == 200 for answer in answers)
    assert (await client.post(CONNECT, json=body, headers=person.headers)).status_code == 200
    assert len(await unfinished(stripe_double)) == 1
    async with services.db.read() as session:
        assert len((await session.scalars(select(PaymentAccount))).all()) == 1


@pytest.mark.parametrize("how", ["drop", "503"])
async def test_a_lost_answer_leaves_no_second_account(
    services: Services, stripe_double: StripeDouble, owner: tuple[Person, Organizer], how: str
) -> None:
    person, organizer = owner
    await stripe_double.fail(how, path="/v1/accounts", method="POST", times=-1)
    with pytest.raises(SwitchedOff):
        await start(services, person.actor, organizer.id)
    await stripe_double.heal()
    await start(services, person.actor, organizer.id)
    assert len(await unfinished(stripe_double)) == 1


async def test_an_older_answer_never_overwrites_a_newer_one(
    services: Services,
    stripe_double: StripeDouble,
    clock: FakeClock,
    owner: tuple[Person, Organizer],
) -> None:
    _person, organizer = owner
    account = await connect_account(services, stripe_double, organizer)
    clock.advance(-1000)  # this question was asked before the one that is stored
    await stripe_double.onboard(account, "missing")
    await refresh_account(services, account)
    async with services.db.read() as session:
        stored = await account_of(session, organizer.id)
    assert stored is not None and stored.charges_enabled
    clock.advance(2000)
    await refresh_account(services, account)
    async with services.db.read() as session:
        stored = await account_of(session, organizer.id)
    assert stored is not None and not stored.charges_enabled


async def test_one_who_left_may_come_back_with_another_account(
    services: Services, stripe_double: StripeDouble, owner: tuple[Person, Organizer]
) -> None:
    person, organizer = owner
    first = await connect_account(services, stripe_double, organizer)
    await stripe_double.deauthorize(first)
    await refresh_account(services, first)
    async with services.db.read() as session:
        account = await account_of(session, organizer.id)
    assert "disconnected" in why_not_selling(account)
    started = await start(services, person.actor, organizer.id)
    assert started.account != first
    await stripe_double.onboard(started.account, "finish")
    await run_jobs(services)
    async with services.db.read() as session:
        assert (await selling_account(session, organizer.id)).stripe_account_id == started.account


async def test_the_flag_closes_new_onboarding_and_strangers_see_nothing(
    client: httpx2.AsyncClient,
    services: Services,
    stripe_double: StripeDouble,
    owner: tuple[Person, Organizer],
) -> None:
    person, organizer = owner
    body = {"organizer_id": organizer.id}
    stranger, _theirs = await make_owner(services, "eve@example.org")
    assert (await client.post(CONNECT, json=body)).status_code == 401
    answer = await client.post(CONNECT, json=body, headers=stranger.headers)
    assert answer.status_code == 404
    services.settings = services.settings.model_copy(update={"enable_payouts": False})
    answer = await client.post(CONNECT, json=body, headers=person.headers)
    assert answer.status_code == 503
    assert await unfinished(stripe_double) == []


async def test_many_organizers_are_told_in_as_many_queries_as_one(
    client: httpx2.AsyncClient, services: Services, owner: tuple[Person, Organizer]
) -> None:
    person, first = owner
    await client.get(ME, headers=person.headers)
    with statements() as of_one:
        assert len((await client.get(ME, headers=person.headers)).json()["organizers"]) == 1
    teams = [await make_team(services, f"Club {number:02d}") for number in range(12)]
    async with services.db.write() as session:
        for number, team in enumerate(teams):
            session.add(Member(user_id=person.actor.id, organizer_id=team.id, role="owner"))
            if number % 2:
                await make_account(session, services, team.id)
    with statements() as of_all:
        told = (await client.get(ME, headers=person.headers)).json()["organizers"]
    assert len(of_all) == len(of_one)
    assert {one["id"]: one["profile"]["name"] for one in told} == {
        **{team.id: team.name for team in teams},
        first.id: first.name,
    }
    states = {one["name"]: one["payments"]["state"] for one in told}
    assert [states[team.name] for team in teams] == ["none", "ready"] * 6
