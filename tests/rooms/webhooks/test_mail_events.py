"""What mail providers say of our mails: believed only with their secret, noted in any order."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from standardwebhooks import Webhook
from tests.fixtures.services import make_settings

from handstamp.mail.models import Mail
from handstamp.mail.send_mail import queue_mail
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services

POSTMARK = "/api/tickets/webhooks/mail/postmark"
RESEND = "/api/tickets/webhooks/mail/resend"
BASIC = "postmark:a long password"
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes....").decode()


@pytest.fixture
def settings(database_url: str) -> Settings:
    return make_settings(database_url, postmark_webhook=BASIC, resend_webhook_secret=SECRET)


@pytest.fixture
async def mail(services: Services) -> str:
    """The id of a mail of ours."""
    async with services.db.write() as session:
        return await queue_mail(session, "sign_in", "ada@example.org", {"login": "x"})


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def postmark(mail: str, kind: str, **others: Any) -> dict[str, Any]:
    return {"RecordType": kind, "MessageID": "b7bc2f4a", "Metadata": {"mail": mail}, **others}


def resend(mail: str, kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "created_at": "2026-11-22T23:41:12.126Z",
        "data": {"email_id": "56761188", "message_id": f"<{mail}@tickets.example.org>"},
    }


def signed(body: bytes, *, secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    when = at or datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", when, body.decode())
    stamp = str(int(when.timestamp()))
    return {"svix-id": "msg_1", "svix-timestamp": stamp, "svix-signature": signature}


async def delivery(services: Services, mail: str) -> str:
    async with services.db.read() as session:
        found = await session.execute(select(Mail.delivery).where(Mail.id == mail))
    return found.scalar_one()


async def tell_postmark(client: httpx2.AsyncClient, event: dict[str, Any]) -> Any:
    answer = await client.post(POSTMARK, json=event, headers=basic(BASIC))
    assert answer.status_code == 200
    return answer.json()["news"]


async def test_postmark_s_events_are_noted(
    services: Services, client: httpx2.AsyncClient, mail: str
) -> None:
    assert await tell_postmark(client, postmark(mail, "Delivery")) is True
    assert await delivery(services, mail) == "delivered"


async def test_what_is_known_to_be_later_is_never_taken_back(
    services: Services, client: httpx2.AsyncClient, mail: str
) -> None:
    bounce = postmark(mail, "Bounce", Type="HardBounce")
    assert [await tell_postmark(client, bounce) for _again in range(2)] == [True, False]
    assert await tell_postmark(client, postmark(mail, "Delivery")) is False
    assert await delivery(services, mail) == "bounced"
    assert await tell_postmark(client, postmark(mail, "SpamComplaint")) is True
    assert await tell_postmark(client, bounce) is False
    assert await delivery(services, mail) == "complained"


@pytest.mark.parametrize(
    "event",
    [
        postmark("mail_unknown", "Delivery"),
        postmark("not ours", "Delivery"),
        {"RecordType": "Delivery"},
        {"RecordType": "Delivery", "Metadata": ["mail"]},
        {"RecordType": "Open", "Metadata": {"mail": "mail_x"}},
        {"RecordType": {"a": 1}},
        {},
    ],
)
async def test_what_is_not_about_our_mails_is_taken_and_changes_nothing(
    client: httpx2.AsyncClient, event: dict[str, Any]
) -> None:
    assert await tell_postmark(client, event) is False


async def test_a_bounce_that_is_tried_again_is_no_bounce_yet(
    services: Services, client: httpx2.AsyncClient, mail: str
) -> None:
    assert await tell_postmark(client, postmark(mail, "Bounce", Type="Transient")) is False
    assert await delivery(services, mail) == ""


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("postmark:a wrong password"),
        basic("postmark"),
        basic(BASIC + "x"),
        {"Authorization": "Bearer " + base64.b64encode(BASIC.encode()).decode()},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic"},
        {"Authorization": "Basic ünicode".encode("latin-1").decode("latin-1")},
    ],
)
async def test_postmark_must_sign_in(
    services: Services, client: httpx2.AsyncClient, mail: str, headers: dict[str, str]
) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = await client.post(POSTMARK, json=postmark(mail, "Bounce"), headers=raw)
    assert answer.status_code == 401
    assert await delivery(services, mail) == ""


@pytest.mark.parametrize(
    ("kind", "noted"),
    [
        ("email.delivered", "delivered"),
        ("email.bounced", "bounced"),
        ("email.complained", "complained"),
        ("email.opened", ""),
    ],
)
async def test_resend_s_events_are_noted(
    services: Services, client: httpx2.AsyncClient, mail: str, kind: str, noted: str
) -> None:
    body = json.dumps(resend(mail, kind)).encode()
    answer = await client.post(RESEND, content=body, headers=signed(body))
    assert answer.status_code == 200
    assert await delivery(services, mail) == noted


@pytest.mark.parametrize(
    "data",
    [
        {"tags": [{"name": "mail", "value": "{mail}"}]},
        {"tags": {"mail": "{mail}"}},
        {"headers": [{"name": "Message-ID", "value": "<{mail}@tickets.example.org>"}]},
    ],
)
async def test_resend_may_name_our_mail_in_several_places(
    services: Services, client: httpx2.AsyncClient, mail: str, data: dict[str, Any]
) -> None:
    event = {"type": "email.bounced", "data": data}
    body = json.dumps(event).replace("{mail}", mail).encode()
    await client.post(RESEND, content=body, headers=signed(body))
    assert await delivery(services, mail) == "bounced"


async def test_resend_must_sign_what_it_says_and_lately(
    services: Services, client: httpx2.AsyncClient, mail: str
) -> None:
    body = json.dumps(resend(mail, "email.bounced")).encode()
    other = "whsec_" + base64.b64encode(b"another").decode()
    forged = [
        {},
        signed(body, secret=other),
        signed(body, at=datetime(2026, 1, 1, tzinfo=UTC)),
        signed(body, at=datetime(2099, 1, 1, tzinfo=UTC)),
        signed(body.replace(b"bounced", b"delivered")),
        {**signed(body), "svix-id": "msg_2"},
        {**signed(body), "svix-signature": "v1"},
        {**signed(body), "svix-signature": "v1,???"},
        {**signed(body), "svix-timestamp": "now"},
    ]
    for headers in forged:
        answer = await client.post(RESEND, content=body, headers=headers)
        assert answer.status_code == 401, headers
    assert await delivery(services, mail) == ""


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'"text"'])
async def test_what_is_no_event_is_refused(client: httpx2.AsyncClient, body: bytes) -> None:
    answer = await client.post(POSTMARK, content=body, headers=basic(BASIC))
    assert answer.status_code == 400


@pytest.mark.parametrize(("postmark_", "resend_"), [("", ""), ("nocolon", "whsec_")])
async def test_without_secrets_the_addresses_are_off(
    services: Services, client: httpx2.AsyncClient, database_url: str, postmark_: str, resend_: str
) -> None:
    services.settings = make_settings(
        database_url, postmark_webhook=postmark_, resend_webhook_secret=resend_
    )
    answer = await client.post(POSTMARK, json={}, headers=basic(":"))
    assert answer.status_code == 404
    body = b"{}"
    answer = await client.post(RESEND, content=body, headers=signed(body))
    assert answer.status_code in (401, 404)
