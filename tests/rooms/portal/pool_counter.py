"""An organizer's browser without scripts where tickets from elsewhere are uploaded."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.auth import make_person
from tests.factories.clubs import make_club_sale
from tests.factories.pool_members import make_paid
from tests.fixtures.services import make_settings
from tests.rooms.portal.conftest import Desk

from handstamp.auth.models import Member
from handstamp.clubs.find_clubs import Offered
from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services
from handstamp.pool.models import PoolTicket

EARLY, LATE = "Early bird", "Late entry"
_SELECT = re.compile(r'<select id="fix-(\d+)".*?</select>', re.S)
_CHOSEN = re.compile(r'<option value="([^"]*)" selected>(.*?)</option>')
_ASKED = re.compile(r'name="asked" value="([^"]*)"')
_FIGURE = re.compile(r"<dt>(.*?)</dt><dd>([\d\u202f]+)</dd>")


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a server with clubs."""
    return make_settings(database_url, enable_checkout=True, enable_preorders=True)


@dataclass
class Counter:
    """An organizer's browser at an event that three members have paid for."""

    services: Services
    desk: Desk
    offer: Offered

    @property
    def title(self) -> str:
        """The event's title."""
        return self.offer.event.title

    @property
    def path(self) -> str:
        """Where tickets of the event are uploaded."""
        return f"/tickets/organizer/events/{self.offer.event.id}/pool/upload"

    @property
    def whole(self) -> str:
        """Where tickets of any event of the organizer are uploaded."""
        return f"/tickets/organizer/pool/{self.offer.event.organizer_id}/upload"

    def row(self, variant: str = EARLY, number: int = 0, title: str = "") -> list[str]:
        """Return a row of a file."""
        return [title or self.title, variant, f"pool{number}@example.org", f"secret-{number}"]

    async def send(
        self, content: bytes, do: str = "check", *, path: str = "", name: str = "t.csv", **data: Any
    ) -> Desk:
        """Send a file, with what the page shown has to decide unless told otherwise."""
        asked = _ASKED.search(self.desk.html)
        sent = {"asked": unescape(asked[1])} if asked else {}
        sent |= {f"fix-{number}": value for number, value in self.chosen().items()}
        files = {"file": (name, content, "text/csv")}
        here = path or self.path
        form = {"do": do, **sent, **data}
        return await self.desk.post(here, form, on="" if asked else here, files=files)

    def chosen(self) -> dict[str, str]:
        """Return what is chosen in each choice of the page, by its number."""
        found = {}
        for box in _SELECT.finditer(self.desk.html):
            picked = _CHOSEN.search(box[0])
            found[box[1]] = picked[1] if picked else ""
        return found

    def figures(self) -> dict[str, int]:
        """Return the figures of the page by name."""
        return {name: int(text.replace("\u202f", "")) for name, text in
                _FIGURE.findall(self.desk.html)}  # fmt: skip

    async def stored(self) -> int:
        """Count the tickets in the pool."""
        async with self.services.db.read() as session:
            return await session.scalar(select(func.count()).select_from(PoolTicket)) or 0


@pytest.fixture
async def counter(client: httpx2.AsyncClient, services: Services, clock: FakeClock) -> Counter:
    """Two members have paid for the early entry, one for the late one."""
    club, offer, _tiers = await make_club_sale(
        services, prices={EARLY: 2_000, LATE: 1_500}, offer={"declared": 10}, currency="GBP"
    )
    for tier in (0, 0, 1):
        clock.advance(MINUTE)
        await make_paid(services, offer, tier=tier)
    person = await make_person(services, "harry@example.org")
    async with services.db.write() as session:
        own = Member(user_id=person.actor.id, organizer_id=club.organizer_id, role="owner")
        session.add(own)
    return Counter(services, Desk(client, person), offer)
