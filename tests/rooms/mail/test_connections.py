"""Connections to the mail server are kept, replaced when the server ends them, and few."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from tests.fixtures.mail import SmtpServer

from handstamp.mail import connections
from handstamp.mail.transport import MailDelayed, MailRefused, SmtpTransport

pytestmark = pytest.mark.anyio


@pytest.fixture
async def transport(smtp_server: SmtpServer) -> AsyncIterator[SmtpTransport]:
    made = SmtpTransport(smtp_server.url)
    yield made
    await made.close()


def mail(number: int = 0, to: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Club <club@example.org>"
    message["To"] = to or f"m{number}@example.org"
    message["Message-ID"] = f"<{number}@example.org>"
    message.set_content("hello\n.\n..two\n")
    return message


async def test_mails_one_after_the_other_share_a_connection(
    smtp_server: SmtpServer, transport: SmtpTransport
) -> None:
    for number in range(5):
        await transport.send(mail(number))
    assert smtp_server.carried_by == [0] * 5
    assert [m["To"] for m in smtp_server.messages] == [f"m{n}@example.org" for n in range(5)]
    assert smtp_server.recipients == [[f"m{n}@example.org"] for n in range(5)]
    assert {m.get_content() for m in smtp_server.messages} == {"hello\r\n.\r\n..two\r\n"}


async def test_many_at_once_share_few(smtp_server: SmtpServer, transport: SmtpTransport) -> None:
    await asyncio.gather(*(transport.send(mail(number)) for number in range(40)))
    assert len({message["To"] for message in smtp_server.messages}) == 40
    assert 1 < len(smtp_server.lines) <= connections.MOST


async def test_a_connection_that_the_server_has_ended_is_replaced(
    smtp_server: SmtpServer, transport: SmtpTransport
) -> None:
    await transport.send(mail(1))
    smtp_server.hang_up()
    await transport.send(mail(2))
    assert [m["Message-ID"] for m in smtp_server.messages] == ["<1@example.org>", "<2@example.org>"]
    assert smtp_server.carried_by == [0, 1]


async def test_a_server_that_says_goodbye_to_the_next_mail_is_called_again(
    smtp_server: SmtpServer, transport: SmtpTransport
) -> None:
    await transport.send(mail(1))
    answers = ["421 enough for one call"]

    async def handle_mail(server: SMTP, session: Any, envelope: Any, sender: str, _o: Any) -> str:
        if answers:
            return answers.pop()
        envelope.mail_from = sender
        return "250 OK"

    smtp_server.lines[0]._handle_hooks["MAIL"] = handle_mail
    await transport.send(mail(2))
    assert answers == []
    assert smtp_server.carried_by == [0, 1]


async def test_a_new_connection_that_fails_is_not_replaced(
    smtp_server: SmtpServer, transport: SmtpTransport
) -> None:
    async def hang_up(_message: EmailMessage) -> None:
        smtp_server.hang_up()

    smtp_server.before = hang_up
    with pytest.raises(MailDelayed):
        await transport.send(mail())
    assert len(smtp_server.lines) == 1


async def test_what_may_have_been_taken_is_not_sent_again_at_once(
    smtp_server: SmtpServer, transport: SmtpTransport
) -> None:
    seen: list[str] = []

    async def hang_up(message: EmailMessage) -> None:
        seen.append(message["Message-ID"])
        smtp_server.hang_up()

    await transport.send(mail(1))
    smtp_server.before = hang_up
    with pytest.raises(MailDelayed):
        await transport.send(mail(2))
    assert seen == ["<2@example.org>"]


@pytest.mark.parametrize(
    ("answer", "error"), [("550 nobody", MailRefused), ("451 later", MailDelayed)]
)
async def test_after_a_refusal_the_connection_carries_the_next(
    smtp_server: SmtpServer, transport: SmtpTransport, answer: str, error: type[Exception]
) -> None:
    smtp_server.next_answers = [answer]
    with pytest.raises(error, match=answer[:3]):
        await transport.send(mail(1))
    await transport.send(mail(2))
    assert len(smtp_server.lines) == 1
    assert smtp_server.recipients == [["m2@example.org"]]


async def test_after_a_goodbye_another_connection_carries_the_next(
    smtp_server: SmtpServer, transport: SmtpTransport
) -> None:
    smtp_server.next_answers = ["421 closing"]
    with pytest.raises(MailDelayed):
        await transport.send(mail(1))
    await transport.send(mail(2))
    assert smtp_server.carried_by == [1]


async def test_a_connection_carries_so_many_and_no_more(
    smtp_server: SmtpServer, transport: SmtpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAILS_EACH", 2)
    for number in range(5):
        await transport.send(mail(number))
    assert smtp_server.carried_by == [0, 0, 1, 1, 2]


async def test_nobody_s_connection_is_closed_after_a_while(
    smtp_server: SmtpServer, transport: SmtpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_S", 0.01)
    await transport.send(mail())
    async with asyncio.timeout(20):
        while smtp_server.lines[0].transport is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await transport.send(mail())
    assert smtp_server.carried_by == [0, 1]


async def test_a_mail_broken_off_leaves_no_half_to_the_next(
    smtp_server: SmtpServer, transport: SmtpTransport
) -> None:
    async def wait(_message: EmailMessage) -> None:
        begun.set()
        await asyncio.sleep(60)

    begun = asyncio.Event()
    smtp_server.before = wait
    sending = asyncio.create_task(transport.send(mail(1)))
    await begun.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    smtp_server.before = None
    await transport.send(mail(2))
    assert smtp_server.carried_by == [1]


async def test_a_wrong_password_is_no_mail_s_fault(smtp_server: SmtpServer) -> None:
    def refuse(*_args: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    smtp_server.options = {"authenticator": refuse, "auth_require_tls": False}
    transport = SmtpTransport(smtp_server.url.replace("//", "//me:wrong@"))
    with pytest.raises(MailDelayed, match="535"):
        await transport.send(mail())
    await transport.close()


async def test_letters_beyond_ascii_need_a_server_that_takes_them(
    smtp_server: SmtpServer, transport: SmtpTransport
) -> None:
    with pytest.raises(MailRefused, match="SMTPUTF8"):
        await transport.send(mail(1, to="mią@example.org"))
    await transport.send(mail(2))
    assert len(smtp_server.lines) == 1
