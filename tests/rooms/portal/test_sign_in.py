"""Signing in on pages: the mailed link asks first, the code works once."""

import re

import pytest
from sqlalchemy import select
from tests.factories.auth import make_user
from tests.rooms.portal.conftest import Desk

from handstamp.mail.models import Mail
from handstamp.mail.render_mail import render_mail
from handstamp.plumbing.web import Services
from handstamp.worker import MAILS

pytestmark = pytest.mark.anyio


async def mailed(services: Services) -> str:
    """Return the text of the newest mail."""
    async with services.db.read() as session:
        mail = (await session.scalars(select(Mail).order_by(Mail.created_at.desc()))).first()
    assert mail
    return (await render_mail(services, MAILS, mail)).text


async def ask(desk: Desk, services: Services, start: str = "/tickets/sign-in") -> str:
    async with services.db.write() as session:
        await make_user(session)
    await desk.get(start)
    next_path = re.search(r'name="next" value="([^"]*)"', desk.html)
    assert next_path
    form = {"email": "Ada@Example.org", "next": next_path[1]}
    await desk.post("/tickets/sign-in", form)
    assert desk.path == "/tickets/sign-in/code"
    return await mailed(services)


async def test_the_code_signs_in_and_leads_on(visitor: Desk, services: Services) -> None:
    text = await ask(visitor, services, "/tickets/organizer/team")
    code = re.search(r"\b\d{6}\b", text)
    assert code
    await visitor.post("/tickets/sign-in/code", {"code": f"{code[0][:3]} {code[0][3:]}"})
    assert visitor.path == "/tickets/organizer/team"
    assert "Signed in as ada@example.org." in visitor.text


async def test_a_wrong_code_is_said_at_its_field(visitor: Desk, services: Services) -> None:
    await ask(visitor, services)
    await visitor.post("/tickets/sign-in/code", {"code": "000000"})
    assert visitor.status == 422
    assert "That code is wrong" in visitor.text
    assert 'aria-invalid="true"' in visitor.html


async def test_opening_the_link_uses_nothing_up(visitor: Desk, services: Services) -> None:
    text = await ask(visitor, services)
    link = re.search(r"https?://[^/]+(/tickets/sign-in/link\S+)", text)
    assert link
    for _ in range(3):
        await visitor.get(link[1])
        assert "only works when you press the button" in visitor.text
    await visitor.post(link[1])
    assert visitor.path.startswith("/tickets/organizer")
    await visitor.get("/tickets/organizer/team")
    await visitor.post("/tickets/sign-out")
    assert "You are signed out." in visitor.text
    await visitor.post(link[1], on=link[1])
    assert visitor.status == 410
    assert "was used or has expired" in visitor.text


async def test_where_to_go_on_is_never_another_site(visitor: Desk) -> None:
    await visitor.get("/tickets/sign-in?next=//evil.example/x")
    assert "evil.example" not in visitor.html


@pytest.mark.parametrize("email", ["", "nonsense", "a@b"])
async def test_what_is_no_address_is_refused_in_plain_words(visitor: Desk, email: str) -> None:
    await visitor.post("/tickets/sign-in", {"email": email}, on="/tickets/sign-in")
    assert visitor.status == 422
    assert "e-mail address" in visitor.text


async def test_somebody_without_an_organizer_is_told_what_to_do(
    visitor: Desk, services: Services
) -> None:
    text = await ask(visitor, services)
    code = re.search(r"\b\d{6}\b", text)
    assert code
    await visitor.post("/tickets/sign-in/code", {"code": code[0]})
    assert "Ask a colleague to add ada@example.org to the team" in visitor.text
