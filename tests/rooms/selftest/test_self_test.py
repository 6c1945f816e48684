"""The self-test walks from Stripe's page to the light at the door, and leaves nothing behind."""

from typing import Any

import pytest
from sqlalchemy import func, select
from tests.factories.auth import make_person
from tests.fixtures.jobs import run_jobs
from tests.fixtures.mail import SmtpServer
from tests.rooms.portal.conftest import Desk
from tests.rooms.selftest.conftest import House

from handstamp.checkin.models import Device
from handstamp.events.models import Event
from handstamp.kit.clock import FakeClock
from handstamp.orders.check_stock import stock_differences
from handstamp.orders.models import Order
from handstamp.plumbing.errors import Conflict
from handstamp.selftest import begin, run_self_test, walk
from handstamp.selftest.models import SelfTest
from handstamp.selftest.steps import STEPS, Step
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TESTS = "/api/tickets/admin/self-tests"
TAKE = run_self_test._take
MAKING = ("event", "hold", "page", "payment", "ticket", "door", "refund", "clean")


async def begun(house: House) -> str:
    async with house.services.db.write() as session:
        actor = house.root.actor
        made = await begin.begin_self_test(session, house.services, actor, by_job=False)
        return made.id


async def walked(house: House) -> dict[str, Step]:
    steps = await run_self_test.run_self_test(house.services, await begun(house), pause=house.pause)
    assert tuple(step.step for step in steps) == STEPS
    return {step.step: step for step in steps}


async def left_behind(house: House) -> dict[str, Any]:
    async with house.services.db.read() as session:
        events = (await session.scalars(select(Event))).all()
        keys = select(func.count()).where(Device.revoked_at.is_(None), Device.kind == "api")
        orders = await session.scalars(select(Order.status))
        return {
            "events": [event.status for event in events],
            "keys": await session.scalar(keys),
            "orders": list(orders),
            "stock": await stock_differences(session, [event.id for event in events]),
        }


CLEAN = {"events": ["archived"], "keys": 0, "orders": ["refunded"], "stock": []}


async def test_everything_is_green_and_put_away(house: House, smtp_server: SmtpServer) -> None:
    steps = await walked(house)
    assert {step.state for step in steps.values()} == {"green"}, steps
    assert steps["door"].note == "valid, already_used"
    assert steps["refund"].note == "refunded"
    assert await left_behind(house) == CLEAN
    assert {one["To"] for one in smtp_server.messages} == {"root@example.org"}
    async with house.services.db.read() as session:
        tickets = set(await session.scalars(select(Ticket.status)))
    assert tickets == {"refunded"}
    listed = await house.http.get("/api/tickets/events/public")
    assert listed.json()["events"] == []


@ONE
@pytest.mark.parametrize("kind", ["express"])
async def test_destination_charges_are_walked_as_well(house: House) -> None:
    assert {step.state for step in (await walked(house)).values()} == {"green"}
    assert await left_behind(house) == CLEAN


@ONE
async def test_a_server_that_stripe_does_not_reach_is_red_there_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "LOOKS", 3)
    house.deaf = True
    steps = await walked(house)
    red = {name for name, step in steps.items() if step.state == "red"}
    assert red == {"webhook"}
    assert "it never came" in steps["webhook"].note
    assert await left_behind(house) == CLEAN


@ONE
async def test_without_a_worker_the_rest_is_told_and_the_money_owed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "LOOKS", 2)
    house.idle = True
    steps = await walked(house)
    red = {name for name, step in steps.items() if step.state == "red"}
    assert red == {"webhook", "mail", "refund"}
    assert "it waits" in steps["mail"].note
    house.idle = False
    await house.pause()
    await house.pause()
    assert await left_behind(house) == CLEAN


@ONE
async def test_what_fails_in_the_middle_skips_the_rest_and_is_put_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "handstamp.payments.stripe_gateway.TEST_CARD", "pm_card_visa_chargeDeclined"
    )
    steps = await walked(house)
    assert steps["payment"].state == "red"
    assert {steps[name].state for name in ("webhook", "ticket", "door")} == {"skipped"}
    assert steps["clean"].state == "green"
    assert await left_behind(house) == {**CLEAN, "orders": ["cancelled"]}


class Killed(BaseException):
    pass


@ONE
async def test_whatever_step_a_run_dies_after_the_next_puts_away_what_it_made(
    house: House, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for died_after in MAKING:

        async def take(of: walk.Walk, name: str, last: str = died_after) -> Step:
            step = await TAKE(of, name)
            if name == last:
                raise Killed  # before the step is written down
            return step

        with monkeypatch.context() as patched:
            patched.setattr(run_self_test, "_take", take)
            with pytest.raises(Killed):
                await walked(house)
        clock.advance(begin.BROKEN_OFF)
        await house.double.advance(begin.BROKEN_OFF // 1_000)
    assert {step.state for step in (await walked(house)).values()} == {"green"}
    for _until_it_is_quiet in range(3):
        await house.pause()
    left = await left_behind(house)
    assert left["events"] == ["archived"] * (len(MAKING) + 1)
    assert (left["keys"], left["stock"]) == (0, [])
    assert {*left["orders"]} <= {"refunded", "cancelled", "late_refunded"}


@ONE
async def test_a_run_that_was_broken_off_is_put_away_by_the_next(
    house: House, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(_self: walk.Walk) -> str:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(walk.Walk, "door", die)
        with pytest.raises(Killed):
            await walked(house)
    assert (await left_behind(house))["events"] == ["testing"]
    with pytest.raises(Conflict, match="at work"):
        await begun(house)
    clock.advance(begin.BROKEN_OFF)
    await house.double.advance(begin.BROKEN_OFF // 1_000)
    assert {step.state for step in (await walked(house)).values()} == {"green"}
    await house.pause()
    left = await left_behind(house)
    assert (left["events"], left["orders"]) == (["archived"] * 2, ["refunded"] * 2)


@ONE
async def test_a_run_that_cannot_be_paid_back_now_stops_no_other(
    house: House, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_args: object, **_wanted: object) -> None:
        raise Conflict("Not now.")

    with monkeypatch.context() as patched:
        for place in ("walk", "put_away"):
            patched.setattr(f"handstamp.selftest.{place}.refund_order", refuse)
        steps = await walked(house)
        assert {name for name, step in steps.items() if step.state == "red"} == {"refund", "clean"}
        stuck = {"events": ["archived"], "keys": 0, "orders": ["paid"], "stock": []}
        assert await left_behind(house) == stuck
        clock.advance(begin.BROKEN_OFF)
        await house.double.advance(begin.BROKEN_OFF // 1_000)
        steps = await walked(house)
        assert {name for name, step in steps.items() if step.state == "red"} == {"refund", "clean"}
    clock.advance(begin.BROKEN_OFF)
    await house.double.advance(begin.BROKEN_OFF // 1_000)
    assert {step.state for step in (await walked(house)).values()} == {"green"}
    await house.pause()
    left = await left_behind(house)
    assert (left["events"], left["orders"]) == (["archived"] * 3, ["refunded"] * 3)


@ONE
async def test_live_keys_are_refused(house: House) -> None:
    of = house.services
    for key in ("sk_live_1", "rk_live_1", ""):
        of.settings = of.settings.model_copy(update={"stripe_secret_key": key})
        answer = await house.http.post(TESTS, json={}, headers=house.root.headers)
        assert answer.status_code == 409
        assert "test keys alone" in answer.json()["detail"]
        desk = Desk(house.http, house.root)
        await desk.get("/tickets/admin/self-test")
        assert "It cannot run here" in desk.text
    async with of.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(SelfTest)) == 0


@ONE
async def test_administrators_begin_it_and_read_each_step(house: House) -> None:
    of, here = house.services, "/tickets/admin/self-test"
    other = Desk(house.http, await make_person(of, "eve@example.org"))
    assert (await other.get(here)).status == 403
    desk = Desk(house.http, house.root)
    assert (await desk.get(f"{here}/live")).status == 200
    await desk.get(here)
    assert "Not run yet" in desk.text
    of.settings = of.settings.model_copy(update={"stripe_connect_webhook_secret": ""})
    await desk.post(here, {"seller": house.organizer.id})
    assert "Begun." in desk.text
    assert "At work" in desk.text
    await desk.post(here, {"seller": house.organizer.id})
    assert "A self-test is at work." in desk.text
    await desk.post(here, {"seller": "org_nothing"})
    assert "no such organizer" in desk.text
    await run_jobs(of)
    await desk.get(here)
    assert "Does not work" in desk.text
    assert "STRIPE_CONNECT_WEBHOOK_SECRET" in desk.text
    assert "Not tried" in desk.text
    assert "Does not work" in (await desk.get(f"{here}/live")).text
    told = (await house.http.get(TESTS, headers=house.root.headers)).json()["tests"]
    assert [one["state"] for one in told] == ["red"]
    one = await house.http.get(f"{TESTS}/{told[0]['id']}", headers=house.root.headers)
    assert one.json()["steps"][0]["state"] == "red"
    begun_again = await house.http.post(TESTS, json={}, headers=house.root.headers)
    assert begun_again.status_code == 202
    assert begun_again.json()["state"] == "running"
