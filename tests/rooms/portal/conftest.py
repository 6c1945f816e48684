"""A desk: a signed-in browser without scripts, on the organizer's pages."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx2
import pytest
from tests.factories.auth import Person, make_owner
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens

from handstamp.auth.models import Organizer
from handstamp.events.models import Event
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_TAG = re.compile(r"<(script|style|svg|title)\b.*?</\1>|<[^>]+>", re.S)


def words(html: str) -> str:
    """Return what a person reads on a page, with single spaces."""
    return " ".join(unescape(_TAG.sub(" ", html)).split())


@dataclass
class Desk:
    """Somebody's browser: follows redirects, and sends forms with the token of their page."""

    http: httpx2.AsyncClient
    person: Person | None = None
    path: str = ""
    html: str = ""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What a person reads on the page shown."""
        return words(self.html)

    async def get(self, path: str) -> "Desk":
        """Open a page."""
        return await self._take(await self.http.get(path, headers=self._own()))

    async def post(
        self, path: str, data: dict[str, Any] | None = None, *, on: str = "", **others: Any
    ) -> "Desk":
        """Send a form that stands on the page `on` (the page shown when it is empty)."""
        if on:
            await self.get(on)
        found = _TOKEN.search(self.html)
        assert found, f"no form on {self.path}: {self.text[:300]}"
        sent = {"csrf_token": found[1], **(data or {})}
        answer = await self.http.post(path, data=sent, headers=self._own(), **others)
        return await self._take(answer)

    def _own(self) -> dict[str, str]:
        return self.person.headers if self.person else {}

    async def _take(self, answer: httpx2.Response) -> "Desk":
        while answer.has_redirect_location:
            self.path = answer.headers["location"]
            answer = await self.http.get(self.path, headers=self._own())
        self.path = str(answer.url.raw_path.decode())
        self.html, self.status = answer.text, answer.status_code
        self.headers = dict(answer.headers)
        return self


@dataclass
class Show:
    """An organizer's event with two tiers, two lists, six guests and their codes."""

    event: Event
    organizer: Organizer
    tickets: list[Ticket]
    tokens: list[str]

    @property
    def base(self) -> str:
        """The address of the event's pages."""
        return f"/tickets/organizer/events/{self.event.id}"


@pytest.fixture
async def owner(services: Services) -> tuple[Person, Organizer]:
    """Somebody who runs an organizer."""
    return await make_owner(services)


@pytest.fixture
async def desk(client: httpx2.AsyncClient, owner: tuple[Person, Organizer]) -> Desk:
    """The organizer's browser."""
    return Desk(client, owner[0])


@pytest.fixture
async def visitor(client: httpx2.AsyncClient) -> Desk:
    """A browser in which nobody is signed in."""
    return Desk(client)


@pytest.fixture
async def show(services: Services, owner: tuple[Person, Organizer]) -> Show:
    """The organizer's event."""
    async with services.db.write() as session:
        event = await make_event(
            session,
            services,
            organizer_id=owner[1].id,
            tiers=("General", "VIP"),
            lists=("Main door", "VIP lounge"),
        )
        tickets = await make_tickets(session, services, event, count=6)
        tokens = await make_tokens(session, services, event, tickets)
    return Show(event, owner[1], tickets, tokens)
