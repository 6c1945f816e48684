"""Mails over real SMTP: sent once, tried again when that may help, buried when it cannot."""

import pytest
from sqlalchemy import select, update
from tests.fixtures.jobs import run_jobs
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import make_settings

from handstamp.auth.request_sign_in import request_sign_in
from handstamp.mail.demo_outbox import ROOM, demo_outbox
from handstamp.mail.models import Mail
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.models import Job
from handstamp.plumbing.texts import speaking
from handstamp.plumbing.web import Services
from handstamp.worker import MAILS


@pytest.fixture
def settings(database_url: str, smtp_server: SmtpServer) -> Settings:
    return make_settings(
        database_url,
        mail_url=smtp_server.url,
        open_registration=True,
        public_url="https://tickets.example.org",
    )


async def queue(services: Services, email: str = "ada@example.org") -> None:
    await request_sign_in(services, email, "", "192.0.2.1")


async def again_now(services: Services) -> int:
    async with services.db.write() as session:
        await session.execute(update(Job).where(Job.state == "ready").values(run_at=0))
    return await run_jobs(services)


async def outcome(services: Services) -> tuple[str, str, str | None]:
    async with services.db.read() as session:
        mail = (await session.execute(select(Mail))).scalar_one()
        state = (await session.execute(select(Job.state))).scalar_one()
    return mail.status, state, mail.error


async def test_a_mail_arrives_whole(services: Services, smtp_server: SmtpServer) -> None:
    await queue(services)
    await run_jobs(services)
    (message,) = smtp_server.messages
    async with services.db.read() as session:
        mail = (await session.execute(select(Mail))).scalar_one()
    assert message["Message-ID"] == f"<{mail.id}@tickets.example.org>"
    assert message["To"] == "ada@example.org"
    assert "sign-in code" in message["Subject"]
    assert message["Auto-Submitted"] == "auto-generated"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    assert await outcome(services) == ("sent", "done", None)
    assert mail.sent_at == services.clock()


@pytest.mark.parametrize("answer", ["451 try later", "421 closing"])
async def test_a_busy_server_is_asked_again_with_the_same_id(
    services: Services, smtp_server: SmtpServer, answer: str
) -> None:
    await queue(services)
    smtp_server.next_answers = [answer, answer]
    await run_jobs(services)
    await again_now(services)
    assert smtp_server.messages == []
    await again_now(services)
    assert len(smtp_server.messages) == 1
    assert (await outcome(services))[:2] == ("sent", "done")


async def test_three_tries_and_no_more(services: Services, smtp_server: SmtpServer) -> None:
    await queue(services)
    smtp_server.next_answers = ["451 later"] * 10
    for _try in range(5):
        await again_now(services)
    assert len(smtp_server.next_answers) == 7
    assert await outcome(services) == ("failed", "dead", "451")


async def test_a_refusal_for_good_is_not_tried_again(
    services: Services, smtp_server: SmtpServer
) -> None:
    await queue(services)
    smtp_server.next_answers = ["550 nobody ada@example.org here"]
    await run_jobs(services)
    await again_now(services)
    assert smtp_server.messages == []
    assert await outcome(services) == ("failed", "dead", "550")


async def test_a_server_that_is_away_is_asked_again(
    services: Services, smtp_server: SmtpServer, database_url: str
) -> None:
    await queue(services)
    services.settings = make_settings(
        database_url, mail_url="smtp://127.0.0.1:9", public_url="https://tickets.example.org"
    )
    await run_jobs(services)
    assert (await outcome(services))[:2] == ("queued", "ready")
    services.settings = make_settings(database_url, mail_url=smtp_server.url)
    await again_now(services)
    assert len(smtp_server.messages) == 1


async def test_a_mail_is_written_in_the_language_it_was_asked_for_in(
    services: Services, smtp_server: SmtpServer
) -> None:
    with speaking("qps"):
        await queue(services)
    await run_jobs(services)
    body = smtp_server.messages[0].get_body(("plain",))
    assert body is not None
    lines = [line.strip() for line in body.get_content().splitlines() if line.strip()]
    stray = [
        line
        for line in lines
        if not line.startswith(("⟦", "https://")) and not (line.isdigit() and len(line) == 6)
    ]
    assert stray == []


@pytest.mark.parametrize(
    ("provider", "headers"),
    [
        ({}, set()),
        ({"postmark_webhook": "a:b"}, {"X-PM-Metadata-mail", "X-PM-KeepID"}),
        ({"resend_webhook_secret": "whsec_x"}, {"Resend-Idempotency-Key"}),
    ],
)
async def test_a_provider_is_told_our_mail_s_id(
    services: Services,
    smtp_server: SmtpServer,
    database_url: str,
    provider: dict[str, str],
    headers: set[str],
) -> None:
    await queue(services)
    services.settings = make_settings(database_url, mail_url=smtp_server.url, **provider)
    await run_jobs(services)
    (message,) = smtp_server.messages
    told = {name for name in message if name.startswith(("X-", "Resend-"))} - {"X-Peer"}
    assert told == headers
    for name in headers - {"X-PM-KeepID"}:
        assert message["Message-ID"].startswith(f"<{message[name]}@")


async def test_what_is_no_address_fails_at_once(
    services: Services, smtp_server: SmtpServer
) -> None:
    await queue(services)
    async with services.db.write() as session:
        await session.execute(update(Mail).values(to_email="ada@example.org, eve@example.org"))
    await run_jobs(services)
    assert smtp_server.messages == []
    assert await outcome(services) == ("failed", "dead", "not an address")


async def test_the_demo_shows_mails_on_a_page(services: Services, database_url: str) -> None:
    services.settings = make_settings(database_url, demo=True, open_registration=True)
    services.rooms[ROOM] = MAILS
    await queue(services)
    await run_jobs(services)
    (shown,) = await demo_outbox(services)
    assert shown.to == "ada@example.org"
    assert "/tickets/sign-in/link?token=" in shown.text
    assert (await outcome(services))[0] == "sent"


async def test_outside_the_demo_there_is_no_such_page(services: Services) -> None:
    with pytest.raises(NotFound):
        await demo_outbox(services)


async def test_without_a_mail_server_mails_wait_and_then_fail(
    services: Services, database_url: str
) -> None:
    await queue(services)
    services.settings = make_settings(database_url)
    for _try in range(4):
        await again_now(services)
    assert await outcome(services) == ("failed", "dead", "HANDSTAMP_MAIL_URL is not set")
