"""A server that sells through the double, with a mail server, and an organizer that can sell."""

from dataclasses import dataclass

import httpx2
import pytest
from tests.factories.auth import Person, make_person, make_team
from tests.factories.payments import connect_account, selling_settings
from tests.fixtures.jobs import run_jobs
from tests.fixtures.mail import SmtpServer
from tests.fixtures.stripe_double import StripeDouble

from handstamp.auth.models import Organizer
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services


@dataclass
class House:
    """An administrator, an organizer with a test account, and the world's part of a run."""

    services: Services
    http: httpx2.AsyncClient
    double: StripeDouble
    root: Person
    organizer: Organizer
    deaf: bool = False
    idle: bool = False

    async def pause(self) -> None:
        """Let Stripe's events come in, and the worker do what waits."""
        for one in await self.double.take_webhooks():
            tail = "/connect" if one.endpoint == "connect" else ""
            if not self.deaf:
                path = f"/api/tickets/webhooks/stripe{tail}"
                answer = await self.http.post(path, content=one.body, headers=one.headers)
                assert answer.status_code == 200, answer.text
        if not self.idle:
            await run_jobs(self.services)


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble, smtp_server: SmtpServer) -> Settings:
    """Settings of a server that sells through the double and mails for real."""
    made = selling_settings(database_url, stripe_double)
    return made.model_copy(update={"mail_url": smtp_server.url})


@pytest.fixture
def kind() -> str:
    """The kind of the organizer's account."""
    return "standard"


@pytest.fixture
async def house(
    kind: str, services: Services, client: httpx2.AsyncClient, stripe_double: StripeDouble
) -> House:
    """An administrator's house in which an organizer can sell."""
    organizer = await make_team(services)
    await connect_account(services, stripe_double, organizer, kind=kind)
    root = await make_person(services, "root@example.org", is_admin=True)
    await stripe_double.take_webhooks()
    return House(services, client, stripe_double, root, organizer)
