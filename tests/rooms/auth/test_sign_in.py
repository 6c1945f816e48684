"""Signing in: one mail with a link and a code, each of use once, neither guessable."""

import re
from collections.abc import AsyncIterator
from email.message import EmailMessage

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.auth import make_person
from tests.fixtures.jobs import run_jobs
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import PUBLIC_URL, make_settings

from handstamp.app import create_app
from handstamp.auth.finish_sign_in import TRIES_PER_ADDRESS, by_code, by_link
from handstamp.auth.login_codes import LIFE, TRIES
from handstamp.auth.models import LoginCode
from handstamp.auth.request_sign_in import MAILS_PER_ADDRESS, request_sign_in
from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.mail.models import Mail
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import BadInput, Gone, TooMany
from handstamp.plumbing.web import Services

IP = "192.0.2.7"


@pytest.fixture
def settings(database_url: str, smtp_server: SmtpServer) -> Settings:
    return make_settings(database_url, mail_url=smtp_server.url, open_registration=True)


def code_in(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(r"^\s+(\d{6})\s*$", body.get_content(), re.MULTILINE)
    assert found is not None
    return found[1]


def token_in(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(r"token=([0-9a-f]{64})", body.get_content())
    assert found is not None
    return found[1]


async def ask(services: Services, smtp: SmtpServer, email: str = "ada@example.org") -> EmailMessage:
    await request_sign_in(services, email, "/tickets/organizer/events", IP)
    await run_jobs(services)
    return smtp.messages[-1]


async def test_the_code_signs_in_once(services: Services, smtp_server: SmtpServer) -> None:
    message = await ask(services, smtp_server, "  Ada@Example.ORG ")
    code = code_in(message)
    done = await by_code(services, "ada@example.org", f"{code[:3]} {code[3:]}", IP)
    assert done.token.startswith("hs_session_")
    assert done.next_path == "/tickets/organizer/events"
    with pytest.raises(Gone):
        await by_code(services, "ada@example.org", code, IP)
    with pytest.raises(Gone):
        await by_link(services, token_in(message), IP)


async def test_the_link_signs_in_once(services: Services, smtp_server: SmtpServer) -> None:
    message = await ask(services, smtp_server)
    assert (await by_link(services, token_in(message), IP)).token
    with pytest.raises(Gone):
        await by_link(services, token_in(message), IP)


async def test_both_end_after_their_time(
    services: Services, smtp_server: SmtpServer, clock: FakeClock
) -> None:
    message = await ask(services, smtp_server)
    clock.advance(LIFE)
    with pytest.raises(Gone):
        await by_code(services, "ada@example.org", code_in(message), IP)
    with pytest.raises(Gone):
        await by_link(services, token_in(message), IP)


async def test_a_code_is_dead_after_a_few_wrong_tries(
    services: Services, smtp_server: SmtpServer
) -> None:
    code = code_in(await ask(services, smtp_server))
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _try in range(TRIES):
        with pytest.raises(Gone):
            await by_code(services, "ada@example.org", wrong, IP)
    with pytest.raises(Gone):
        await by_code(services, "ada@example.org", code, IP)


async def test_fresh_mails_do_not_give_endless_tries(
    services: Services, smtp_server: SmtpServer, clock: FakeClock
) -> None:
    refused = 0
    for _try in range(TRIES_PER_ADDRESS + 1):
        try:
            await by_code(services, "ada@example.org", "000000", f"192.0.2.{refused}")
        except Gone:
            refused += 1
        except TooMany:
            break
    assert refused == TRIES_PER_ADDRESS
    clock.advance(15 * MINUTE)
    with pytest.raises(Gone):
        await by_code(services, "ada@example.org", "000000", IP)


async def test_somebody_elses_code_is_of_no_use(
    services: Services, smtp_server: SmtpServer
) -> None:
    code = code_in(await ask(services, smtp_server, "eve@example.org"))
    await ask(services, smtp_server, "ada@example.org")
    with pytest.raises(Gone):
        await by_code(services, "ada@example.org", code, IP)


async def test_mails_to_one_address_are_limited(services: Services) -> None:
    for _mail in range(MAILS_PER_ADDRESS):
        await request_sign_in(services, "ada@example.org", "", IP)
    with pytest.raises(TooMany) as caught:
        await request_sign_in(services, "ADA@example.org", "", "198.51.100.1")
    assert 0 < int(caught.value.headers["Retry-After"]) <= 900


@pytest.mark.parametrize("email", ["", "ada", "ada@", "a b@example.org", "x" * 400 + "@a.org"])
async def test_what_is_no_address_is_refused(services: Services, email: str) -> None:
    with pytest.raises(BadInput):
        await request_sign_in(services, email, "", IP)


async def test_where_registration_is_closed_strangers_get_no_mail_and_no_hint(
    database_url: str, smtp_server: SmtpServer, services: Services
) -> None:
    services.settings = make_settings(database_url, mail_url=smtp_server.url)
    await make_person(services, "known@example.org")
    for address in ("known@example.org", "stranger@example.org"):
        assert await request_sign_in(services, address, "", IP) == address
    await run_jobs(services)
    assert smtp_server.recipients == [["known@example.org"]]


async def test_no_secret_is_stored(services: Services, smtp_server: SmtpServer) -> None:
    message = await ask(services, smtp_server)
    async with services.db.read() as session:
        login = (await session.execute(select(LoginCode))).scalar_one()
        mail = (await session.execute(select(Mail))).scalar_one()
    stored = f"{login.link_hash} {login.code_hash} {login.id} {mail.args_json}"
    assert code_in(message) not in mail.args_json
    assert token_in(message) not in stored


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(services.settings, services.clock, services=services)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


async def test_the_whole_way_through_the_api(
    services: Services, http: httpx2.AsyncClient, smtp_server: SmtpServer
) -> None:
    asked = await http.post("/api/tickets/auth/sign-in", json={"email": "ada@example.org"})
    assert asked.status_code == 202
    await run_jobs(services)
    code = code_in(smtp_server.messages[0])
    done = await http.post(
        "/api/tickets/auth/sign-in/code", json={"email": "ada@example.org", "code": code}
    )
    assert done.status_code == 200
    assert "HttpOnly" in done.headers["set-cookie"]
    assert (await http.get("/api/tickets/auth/me")).json()["email"] == "ada@example.org"
    made = await http.post(
        "/api/tickets/organizers",
        json={"name": "Moon Gallery", "code": "mgy"},
        headers={"Origin": PUBLIC_URL, "Idempotency-Key": "one"},
    )
    assert made.status_code == 201
    again = await http.post(
        "/api/tickets/organizers",
        json={"name": "Moon Gallery", "code": "mgy"},
        headers={"Origin": PUBLIC_URL, "Idempotency-Key": "one"},
    )
    assert again.status_code == 201
    assert again.json() == made.json()
    assert [o["code"] for o in (await http.get("/api/tickets/auth/me")).json()["organizers"]] == [
        "MGY"
    ]


async def test_opening_the_link_uses_nothing_up(
    services: Services, http: httpx2.AsyncClient, smtp_server: SmtpServer
) -> None:
    token = token_in(await ask(services, smtp_server))
    for _visit in range(3):
        await http.get(f"/tickets/sign-in/link?token={token}")
    async with services.db.read() as session:
        unused = select(func.count()).select_from(LoginCode).where(LoginCode.used_at.is_(None))
        assert (await session.execute(unused)).scalar_one() == 1
    done = await http.post("/api/tickets/auth/sign-in/link", json={"token": token})
    assert done.status_code == 200


async def test_closed_registration_makes_no_organizers(
    database_url: str, services: Services, http: httpx2.AsyncClient
) -> None:
    services.settings = make_settings(database_url)
    person = await make_person(services)
    body = {"name": "Moon Gallery", "code": "MGY"}
    refused = await http.post("/api/tickets/organizers", json=body, headers=person.headers)
    assert refused.status_code == 403
    admin = await make_person(services, "root@example.org", is_admin=True)
    made = await http.post("/api/tickets/organizers", json=body, headers=admin.headers)
    assert made.status_code == 201
    twice = await http.post("/api/tickets/organizers", json=body, headers=admin.headers)
    assert twice.status_code == 409
