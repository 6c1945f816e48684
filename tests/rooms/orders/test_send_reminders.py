"""Reminders: a day before, once an order, whoever runs the job and however often."""

import asyncio

import pytest
from sqlalchemy import select, update
from tests.factories.events import make_event
from tests.factories.papers import make_paid_order
from tests.fixtures.jobs import run_jobs
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import make_settings

from handstamp.events.models import Event
from handstamp.kit.clock import DAY, HOUR, MINUTE, FakeClock
from handstamp.mail.models import Mail
from handstamp.orders import send_reminders
from handstamp.orders.models import Order
from handstamp.orders.send_reminders import remind_now
from handstamp.plumbing.config import Settings
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.web import Services, build_services


@pytest.fixture
def settings(database_url: str, smtp_server: SmtpServer) -> Settings:
    return make_settings(database_url, mail_url=smtp_server.url)


async def sold(services: Services, **others: object) -> Order:
    """Sell an order for an event in three days."""
    now = services.clock()
    async with services.db.write() as session:
        event = await make_event(
            session, services, start_at=now + 3 * DAY, end_at=now + 3 * DAY + 5 * HOUR
        )
        return await make_paid_order(session, services, event=event, **others)  # type: ignore[arg-type]


async def kinds(services: Services) -> list[str]:
    async with services.db.read() as session:
        return list((await session.execute(select(Mail.kind))).scalars())


async def test_a_reminder_comes_a_day_before_and_no_earlier(
    services: Services, clock: FakeClock, smtp_server: SmtpServer
) -> None:
    await sold(services)
    clock.advance(2 * DAY - MINUTE)
    assert await remind_now(services) == 0
    clock.advance(MINUTE)
    assert await remind_now(services) == 1
    clock.advance(5 * MINUTE)
    assert await remind_now(services) == 0
    await run_jobs(services)
    (message,) = smtp_server.messages
    assert message["Subject"].startswith("Soon: Paper Lanterns")
    assert [part.get_content_type() for part in message.iter_attachments()][:2] == [
        "application/pdf",
        "text/calendar",
    ]


async def test_two_workers_send_one(
    services: Services, clock: FakeClock, settings: Settings
) -> None:
    for _order in range(5):
        await sold(services)
    clock.advance(2 * DAY + MINUTE)
    other = build_services(settings, clock)
    counted = await asyncio.gather(*(remind_now(one) for one in (services, other) * 3))
    await other.db.close()
    assert sum(counted) == 5
    assert await kinds(services) == ["event_reminder"] * 5


async def test_a_crash_before_the_commit_forgets_mark_and_mail_together(
    services: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sold(services)
    clock.advance(2 * DAY)

    async def dies(*_args: object) -> str:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(send_reminders, "queue_reminder", dies)
        with pytest.raises(RuntimeError):
            await remind_now(services)
    assert await kinds(services) == []
    assert await remind_now(services) == 1


async def test_more_than_a_piece_at_once(
    services: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_reminders, "PIECE", 2)
    for _order in range(5):
        await sold(services)
    clock.advance(2 * DAY)
    assert await remind_now(services) == 5


@pytest.mark.parametrize("status", ["pending", "expired", "refunded", "late_refunded"])
async def test_who_has_no_tickets_is_not_reminded(
    services: Services, clock: FakeClock, status: str
) -> None:
    await sold(services, status=status)
    clock.advance(2 * DAY)
    assert await remind_now(services) == 0


async def test_who_bought_on_the_last_day_is_not_reminded(
    services: Services, clock: FakeClock
) -> None:
    await sold(services, placed_at=services.clock() + 2 * DAY + HOUR)
    clock.advance(2 * DAY + 2 * HOUR)
    assert await remind_now(services) == 0


async def test_an_event_that_has_begun_or_is_withdrawn_is_not_announced(
    services: Services, clock: FakeClock, smtp_server: SmtpServer
) -> None:
    await sold(services)
    clock.advance(3 * DAY)
    assert await remind_now(services) == 0
    clock.advance(-HOUR)
    assert await remind_now(services) == 1
    withdrawn = update(Event).values(status="archived")
    async with services.db.write() as session:
        await session.execute(withdrawn)
    await run_jobs(services)  # the mail is written already, and not sent
    clock.advance(-2 * DAY)
    await sold(services)
    clock.advance(2 * DAY + HOUR)
    async with services.db.write() as session:
        await session.execute(withdrawn)
    assert await remind_now(services) == 0
    assert smtp_server.messages == []


async def test_the_scheduled_job_does_it(
    services: Services, clock: FakeClock, smtp_server: SmtpServer
) -> None:
    await sold(services)
    clock.advance(2 * DAY)
    async with services.db.write() as session:
        await enqueue(session, send_reminders.JOB, {"slot": 1})
        await enqueue(session, send_reminders.JOB, {"slot": 2})
    await run_jobs(services)
    assert len(smtp_server.messages) == 1
