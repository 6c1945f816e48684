"""Exports that come by themselves: set up on a page, told of once by mail, fetched signed in."""

import asyncio
import csv
import io
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from sqlalchemy import delete, select
from tests.factories.auth import Person, make_owner
from tests.factories.orders import make_buyer
from tests.rooms.portal.conftest import Desk
from tests.rooms.portal.test_selling import base, event, settings

from handstamp.audit.models import AuditEntry
from handstamp.auth.models import Member, Organizer
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted, arguments
from handstamp.mail.render_mail import render_mail
from handstamp.orders.export_mails import KIND, PREPARERS, prepare
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import ExportRun, ExportSchedule
from handstamp.orders.run_schedules import JOB, KEEP, run_now, run_schedules
from handstamp.orders.schedule_exports import MOST, NewSchedule, add_schedule
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.jobs import Worker, enqueue
from handstamp.plumbing.web import Services

__all__ = ["event", "settings"]
pytestmark = pytest.mark.anyio
Owner = tuple[Person, Organizer]


def wish(owner: Owner, **others: Any) -> dict[str, Any]:
    return {"columns": ["number"], "hour": 7, "people": [owner[0].actor.id], **others}


async def add(client: httpx2.AsyncClient, event: Event, owner: Owner, **others: Any) -> str:
    """Set one up by the API and return its id."""
    path = f"/api/tickets/events/{event.id}/export-schedules"
    answer = await client.post(path, json=wish(owner, **others), headers=owner[0].headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def find(services: Services, schedule_id: str = "") -> ExportSchedule:
    async with services.db.read() as session:
        query = select(ExportSchedule)
        if schedule_id:
            query = query.where(ExportSchedule.id == schedule_id)
        return (await session.scalars(query)).one()


async def until_due(services: Services, clock: FakeClock, schedule_id: str = "") -> None:
    due = (await find(services, schedule_id)).due_at
    assert due is not None
    clock.advance(due - clock())


async def mails(services: Services) -> list[Mail]:
    async with services.db.read() as session:
        query = select(Mail).where(Mail.kind == KIND).order_by(Mail.created_at)
        return list(await session.scalars(query))


async def order(services: Services, event: Event, name: str) -> str:
    """Have somebody begin an order, and return its number."""
    async with services.db.read() as session:
        tiers = {tier.name: tier.id for tier in await tiers_of(session, event.id)}
    return (await hold(services, make_buyer(name), event.id, {tiers["Guest"]: 1})).number


async def numbers(desk: Desk, link: str) -> list[str]:
    """Return the orders in the file behind a mail's link."""
    path = urlsplit(link).path
    await desk.post(path, {"format": "csv"}, on=path)
    return [row[0] for row in csv.reader(io.StringIO(desk.html))][1:]


async def test_set_up_on_a_page_told_of_once_and_fetched_signed_in(
    desk: Desk, services: Services, clock: FakeClock, event: Event, owner: Owner
) -> None:
    here = base(event, "/exports/schedules")
    await desk.get(here)
    assert "Nothing comes by itself yet" in desk.text
    await desk.post(here, {"what": "orders", "hour": "7", "person": owner[0].actor.id})
    assert desk.status == 422
    assert "Choose at least one column" in desk.text
    sent = {"what": "orders", "orders-column": ["number", "status"], "weekday": "", "hour": "7"}
    await desk.post(here, {**sent, "person": owner[0].actor.id})
    assert "Every day, 07:00" in desk.text
    assert "Never yet" in desk.text
    assert await run_now(services) == 0
    first = await order(services, event, "ada")
    await until_due(services, clock)
    assert sum(await asyncio.gather(run_now(services), run_now(services))) == 1
    (mail,) = await mails(services)
    assert mail.to_email == owner[0].actor.email
    made = await render_mail(services, PREPARERS, mail)
    for text in (made.text, made.html):
        assert "1 order was begun until" in text
        assert first not in text
    values = (await prepare(services, arguments(mail))).values
    visitor = await Desk(desk.http).get(urlsplit(values["link"]).path)
    assert visitor.path.startswith("/tickets/sign-in")
    assert await numbers(desk, values["link"]) == [first]
    clock.advance(HOUR)
    second = await order(services, event, "bob")
    await until_due(services, clock)
    assert await run_now(services) == 1
    latest = await prepare(services, arguments((await mails(services))[-1]))
    assert await numbers(desk, latest.values["link"]) == [second]
    assert "to 1 person" in (await desk.get(here)).text


async def test_paused_it_rests_then_brings_what_it_missed_and_is_removed(
    desk: Desk, services: Services, clock: FakeClock, event: Event, owner: Owner
) -> None:
    found = await add(desk.http, event, owner, weekday=clock_day(clock, 2))
    here = base(event, "/exports/schedules")
    await desk.post(f"{here}/{found}", {"do": "pause"}, on=here)
    assert "Paused" in desk.text
    missed = await order(services, event, "ada")
    clock.advance(8 * DAY)
    assert await run_now(services) == 0
    path = f"/api/tickets/export-schedules/{found}"
    for _again in range(2):
        answer = await desk.http.patch(path, json={"paused": False}, headers=owner[0].headers)
        assert answer.json()["due_at"] > clock()
    await until_due(services, clock)
    assert await run_now(services) == 1
    (mail,) = await mails(services)
    told = await prepare(services, arguments(mail))
    link = told.values["link"]
    assert await numbers(desk, link) == [missed]
    assert "the event is over" in (await desk.get(here)).text
    await desk.post(f"{here}/{found}", {"do": "remove"}, on=here)
    assert "Nothing comes by itself yet" in desk.text
    assert (await desk.get(urlsplit(link).path)).status == 404
    with pytest.raises(NoLongerWanted):
        await prepare(services, arguments(mail))
    async with services.db.read() as session:
        acts = list(await session.scalars(select(AuditEntry.action)))
    assert {f"export.{one}" for one in ("schedule", "pause", "resume", "tell", "unschedule")} <= {
        *acts
    }


def clock_day(clock: FakeClock, ahead: int) -> int:
    """Return a weekday so many days ahead; the first of 1970 was a Thursday."""
    return (clock() // DAY + 3 + ahead) % 7


async def test_whom_the_team_lost_gets_no_mail_and_strangers_nothing(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock, event: Event, owner: Owner
) -> None:
    found = await add(client, event, owner, what="guests", columns=["name"])
    eve, _organizer = await make_owner(services, "eve@example.org")
    path = f"/api/tickets/events/{event.id}/export-schedules"
    for body in ({"people": [eve.actor.id]}, {"columns": ["total"], "what": "guests"}):
        answer = await client.post(path, json=wish(owner, **body), headers=owner[0].headers)
        assert answer.status_code == 400, body
    one = f"/api/tickets/export-schedules/{found}"
    assert (await client.get(path, headers=eve.headers)).status_code == 404
    assert (await client.delete(one, headers=eve.headers)).status_code == 404
    paused = await client.patch(one, json={"paused": True}, headers=eve.headers)
    assert paused.status_code == 404
    await until_due(services, clock)
    assert await run_now(services) == 1
    async with services.db.write() as session:
        await session.execute(delete(Member).where(Member.user_id == owner[0].actor.id))
    (mail,) = await mails(services)
    with pytest.raises(NoLongerWanted):
        await prepare(services, arguments(mail))
    await until_due(services, clock)
    assert await run_now(services) == 0
    rests = await find(services, found)
    assert (rests.due_at, rests.paused_for) == (None, "nobody")


async def test_two_at_once_do_not_make_one_too_many(
    services: Services, event: Event, owner: Owner
) -> None:
    wanted = NewSchedule("orders", ["number"], None, 7, [owner[0].actor.id])

    async def one_more() -> None:
        async with services.db.write() as session:
            await add_schedule(session, services, owner[0].actor, event.id, wanted)

    for _one in range(MOST - 1):
        await one_more()
    async with services.db.write() as session:
        await add_schedule(session, services, owner[0].actor, event.id, wanted)
        late = asyncio.create_task(one_more())
        await asyncio.wait({late}, timeout=0.5)
    with pytest.raises(Conflict, match=f"at most {MOST}"):
        await late
    async with services.db.read() as session:
        assert len((await session.scalars(select(ExportSchedule))).all()) == MOST


async def test_old_files_are_forgotten(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock, event: Event, owner: Owner
) -> None:
    await add(client, event, owner)
    await until_due(services, clock)
    await run_now(services)
    clock.advance(KEEP + DAY)
    await run_jobs_of(services)
    async with services.db.read() as session:
        kept = list(await session.scalars(select(ExportRun.created_at)))
    assert kept == [clock()]  # the one that was due by then


async def run_jobs_of(services: Services) -> None:
    """Run the scheduled job as the worker does."""

    async with services.db.write() as session:
        await enqueue(session, JOB, {})
    await Worker(services, {JOB: run_schedules}).drain()
