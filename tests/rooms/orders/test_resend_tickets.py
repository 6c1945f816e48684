"""Tickets sent again: to the same address, with the codes of now, and not without end."""

import pytest
from sqlalchemy import select
from tests.factories.papers import make_paid_order
from tests.fixtures.jobs import run_jobs
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import make_settings

from handstamp.audit.models import AuditEntry
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.orders.models import Order
from handstamp.orders.resend_tickets import PER_DAY, PER_HOUR, resend_tickets
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import Conflict, NotFound, TooMany
from handstamp.plumbing.web import SYSTEM, Services


@pytest.fixture
def settings(database_url: str, smtp_server: SmtpServer) -> Settings:
    return make_settings(database_url, mail_url=smtp_server.url)


async def bought(services: Services, **others: object) -> Order:
    async with services.db.write() as session:
        return await make_paid_order(session, services, **others)  # type: ignore[arg-type]


async def test_tickets_come_again(services: Services, smtp_server: SmtpServer) -> None:
    order = await bought(services)
    mail = await resend_tickets(services, SYSTEM, order.id)
    await run_jobs(services)
    (message,) = smtp_server.messages
    assert message["Subject"] == "Again: your 2 tickets for Paper Lanterns"
    assert smtp_server.recipients == [["ada@example.org"]]
    async with services.db.read() as session:
        noted = select(AuditEntry).where(AuditEntry.action == "order.resend")
        entry = (await session.execute(noted)).scalar_one()
    assert (entry.target_id, mail in (entry.meta_json or "")) == (order.id, True)


async def test_not_more_than_three_an_hour_and_ten_a_day(
    services: Services, clock: FakeClock
) -> None:
    order, another = await bought(services), await bought(services)
    clock.advance(DAY - clock() % DAY)
    sent = 0
    for _hour in range(6):
        for _try in range(PER_HOUR + 1):
            try:
                await resend_tickets(services, SYSTEM, order.id)
                sent += 1
            except TooMany:
                continue
        clock.advance(HOUR)
    assert sent == PER_DAY
    with pytest.raises(TooMany):
        for _try in range(PER_HOUR + 1):
            await resend_tickets(services, SYSTEM, another.id)


@pytest.mark.parametrize("status", ["pending", "expired", "refunded", "late_refunded"])
async def test_an_order_without_tickets_has_none_to_send(services: Services, status: str) -> None:
    order = await bought(services, status=status)
    with pytest.raises(Conflict):
        await resend_tickets(services, SYSTEM, order.id)


async def test_an_unknown_order_is_not_found(services: Services) -> None:
    with pytest.raises(NotFound):
        await resend_tickets(services, SYSTEM, "ord_nothing")
