"""Mails in the language of who gets them: as the browser asked, else as the organizer says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from gettext import NullTranslations

import httpx2
import pytest
from sqlalchemy import select, update
from tests.factories.auth import make_person
from tests.factories.clubs import make_club_sale
from tests.factories.orders import ADA, make_hold, make_sale
from tests.factories.papers import make_paid_order, make_profile
from tests.factories.preorders import make_preorder
from tests.fixtures.jobs import run_jobs
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import make_settings

from handstamp.auth.models import OrganizerProfile
from handstamp.auth.request_sign_in import request_sign_in
from handstamp.clubs.club_mails import PREPARERS as CLUB_MAILS
from handstamp.clubs.invite_members import invite_people
from handstamp.clubs.member_rows import Person
from handstamp.events.models import Event
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import Rendered, render_mail
from handstamp.orders import order_mails
from handstamp.orders.models import Order
from handstamp.orders.start_checkout import start_checkout
from handstamp.plumbing import texts
from handstamp.plumbing.config import Settings
from handstamp.plumbing.texts import catalogue, speaking
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders import preorder_mails
from handstamp.worker import MAILS

LANGUAGES = ("fr", "es", "de")
SAME = {"Total", "Ticket", "Name", "Subtotal"}  # words that a language shares with English


@pytest.fixture
def settings(database_url: str, smtp_server: SmtpServer) -> Settings:
    return make_settings(
        database_url, mail_url=smtp_server.url, public_url="https://tickets.example.org"
    )


class Strict(NullTranslations):
    """A catalogue that falls back to nothing: what it lacks fails the test."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._held = catalogue(language)

    def gettext(self, message: str) -> str:
        found = self._held.gettext(message)
        assert found != message or message in SAME, f"not translated: {message}"
        return found

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        found = self._held.ngettext(msgid1, msgid2, n)
        assert found not in (msgid1, msgid2), f"not translated: {msgid2}"
        return found


@pytest.fixture
def nothing_falls_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every text that is missing in a language fail."""
    strict = {language: Strict(language) for language in LANGUAGES}
    monkeypatch.setattr(
        texts, "catalogue", lambda language: strict.get(language) or catalogue("en")
    )
    yield


@contextmanager
def asking(language: str) -> Iterator[None]:
    """Be in a request whose page is English and whose browser asks for a language."""
    with speaking("en"):
        texts._asked.set(language)
        yield


async def rendered(services: Services, kinds: str = "") -> list[tuple[Mail, Rendered]]:
    async with services.db.read() as session:
        mails = list(await session.scalars(select(Mail).where(Mail.kind.startswith(kinds))))
    return [(mail, await render_mail(services, MAILS, mail)) for mail in mails]


@pytest.mark.usefixtures("nothing_falls_back")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_mail_of_an_order_is_whole_in_its_language(
    services: Services, language: str
) -> None:
    async with services.db.write() as session:
        order = await make_paid_order(session, services, language=language)
        await make_profile(session, services, order.organizer_id)
        await order_mails.queue_confirmation(session, order)
        await order_mails.queue_late(session, order)
        await order_mails.queue_refunded(session, order, 100)
        await order_mails.queue_reminder(session, order)
        await order_mails.queue_resent(session, order)
        for ends in (services.clock() + 60_000, services.clock()):
            pending = await make_paid_order(
                session, services, status="pending", placed_at=None, expires_at=ends
            )
            pending.language = language
            await session.flush()
            await order_mails.queue_payment_failed(session, pending)
        await session.execute(update(Event).values(status="published"))
    made = await rendered(services)
    assert len(made) == 7
    for mail, text in made:
        assert text.language == language, mail.kind
        assert f'<html lang="{language}" dir="ltr">' in text.html
        assert "Paper Lanterns" in text.subject


@pytest.mark.usefixtures("nothing_falls_back")
@pytest.mark.parametrize(
    ("language", "sentence", "until"),
    [
        ("fr", "Votre carte sera débitée mardi à 19:00", "dim. 31 mai 2026, 23:59"),
        ("es", "el martes a las 19:00 si se confirma", "dom, 31 may 2026, 23:59"),
        ("de", "Karte am Dienstag um 19:00 Uhr, wenn", "So., 31. Mai 2026, 23:59"),
    ],
)
async def test_a_pre_order_says_when_in_its_language(
    services: Services, language: str, sentence: str, until: str
) -> None:
    _club, offer, _tiers = await make_club_sale(services, prices={"General": 1_500})
    with asking(language):
        _mia, preorder = await make_preorder(services, offer)
    assert preorder.language == language
    async with services.db.write() as session:
        await preorder_mails.queue_not_allocated(session, preorder)
    made = {mail.kind: text for mail, text in await rendered(services, "preorder")}
    assert set(made) == {"preorder_placed", "preorder_not_allocated"}
    assert sentence in made["preorder_placed"].text
    assert until in made["preorder_placed"].text.replace("\u202f", " ")


async def test_who_asks_for_none_is_written_to_in_the_organizers_language(
    services: Services,
) -> None:
    event, tiers = await make_sale(services, prices={"General": 0})
    async with services.db.write() as session:
        await make_profile(session, services, event.organizer_id, language="es")
    languages = []
    for asked in ("", "de"):
        order = await make_hold(services, event, {tiers[0].id: 1})
        with asking(asked):
            await start_checkout(services, order.id, ADA)
        async with services.db.read() as session:
            languages.append((await session.get_one(Order, order.id)).language)
    assert languages == ["es", "de"]


async def test_an_invitation_speaks_as_the_club_does(services: Services) -> None:
    club, _offer, _tiers = await make_club_sale(services)
    async with services.db.write() as session:
        session.add(OrganizerProfile(organizer_id=club.organizer_id, language="fr", updated_at=0))
    with asking("de"):  # what the organizer's own browser asks for is not what others read
        async with services.db.write() as session:
            await invite_people(session, services, SYSTEM, club.id, [Person("mia@example.org")])
    async with services.db.read() as session:
        (mail,) = await session.scalars(select(Mail))
    text = await render_mail(services, CLUB_MAILS, mail)
    assert text.subject.startswith("Vous êtes invité")


async def test_a_sign_in_mail_follows_the_browser_and_its_page_does_not(
    client: httpx2.AsyncClient, services: Services, smtp_server: SmtpServer
) -> None:
    for email in ("ada@example.org", "nobody@example.org"):
        await make_person(services, email)
    await request_sign_in(services, "nobody@example.org", "", "10.0.0.1")
    asked = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
    answer = await client.post(
        "/api/tickets/auth/sign-in", json={"email": "ada@example.org"}, headers=asked
    )
    assert answer.status_code in (200, 202), answer.text
    page = await client.get("/tickets/sign-in", headers=asked)
    assert '<html lang="en"' in page.text
    await run_jobs(services)
    async with services.db.read() as session:
        args = [json.loads(one) for one in await session.scalars(select(Mail.args_json))]
    assert sorted(one["language"] for one in args) == ["de", "en"]
    sent: dict[str, EmailMessage] = {one["To"]: one for one in smtp_server.messages}
    assert sent["ada@example.org"]["Subject"].startswith("Ihr Anmeldecode für Handstamp: ")
    assert sent["ada@example.org"]["Content-Language"] == "de"
    assert sent["nobody@example.org"]["Content-Language"] == "en"
