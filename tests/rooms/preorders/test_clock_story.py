"""Lives of a week at its boundary minutes, over both nights on which the clocks change.

At each moment around the window's ends and the charge time, members place, change and cancel,
somebody decides, two processes look at the clock and two workers charge, all at once. The moments
are written in UTC here, so that nothing is proven by the rules that are tested.
"""

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import Person
from tests.factories.clubs import make_member
from tests.factories.preorders import make_card, stored, wish_of
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.preorders.charge_club import VISA, ChargeClub, open_club

from handstamp.kit.clock import DAY, HOUR, MINUTE, FakeClock
from handstamp.mail.send_mail import JOB as SEND_MAIL
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.jobs import Worker
from handstamp.plumbing.web import Services
from handstamp.preorders.change_preorder import cancel_preorder
from handstamp.preorders.models import ChargeRun, PreOrder
from handstamp.preorders.request_preorder import place
from handstamp.preorders.watch_charges import start_due
from handstamp.worker import JOBS

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Week:
    """A week of a club, and its three moments in UTC."""

    zone: str
    weekday: int
    at: str
    opens: str
    closes: str
    charge: str

    def moments(self) -> list[int]:
        """Return the moments to live through, in order; the charge hour may come twice."""
        opens, closes, charge = (millis(one) for one in (self.opens, self.closes, self.charge))
        window = [opens, opens + 1, closes - MINUTE, closes - 1, closes, closes + 1]
        before = [closes + MINUTE, charge - HOUR, charge - MINUTE, charge - 1]
        after = [charge, charge + 1, charge + 30 * MINUTE, charge + HOUR, charge + HOUR + 1]
        return [*window, *before, *after, charge + DAY]


WEEKS = {
    "back in the window": Week(
        "Europe/London", 1, "19:00", "2026-10-18T23:00", "2026-10-26T00:00", "2026-10-27T19:00"
    ),
    "forward in the window": Week(
        "Europe/London", 1, "19:00", "2027-03-22T00:00", "2027-03-28T23:00", "2027-03-30T18:00"
    ),
    "charged in the hour that comes twice": Week(
        "Europe/London", 6, "01:30", "2026-10-11T23:00", "2026-10-18T23:00", "2026-10-25T00:30"
    ),
    "charged in the hour that is skipped": Week(
        "Europe/London", 6, "01:30", "2027-03-15T00:00", "2027-03-22T00:00", "2027-03-28T01:30"
    ),
    "twice, west of Greenwich": Week(
        "America/New_York", 6, "01:30", "2026-10-19T04:00", "2026-10-26T04:00", "2026-11-01T05:30"
    ),
    "half an hour comes twice": Week(
        "Australia/Lord_Howe", 6, "01:45",
        "2027-03-21T13:00", "2027-03-28T13:00", "2027-04-03T14:45",
    ),
}  # fmt: skip


def millis(text: str) -> int:
    """Return an instant written in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000


class Story:
    """What happens at random, seeded, and what was allowed."""

    def __init__(self, club: ChargeClub, week: Week, seed: int) -> None:
        self.club, self.week, self.dice = club, week, random.Random(seed)
        self.waiting: list[tuple[Person, str]] = []
        self.owners: dict[str, Person] = {}

    async def begin(self) -> None:
        """Let people join whose cards are saved, one for each moment."""
        for number in range(len(self.week.moments())):
            club, services = self.club, self.club.services
            person, _m = await make_member(services, club.offer.club, f"w{number}@example.org")
            customer, method = await club.save_card(VISA)
            kept = await make_card(services, person, club.offer.club, method, customer_id=customer)
            self.waiting.append((person, kept.id))

    async def live(self, moment: int) -> None:
        """Do at one moment all that can be done, at once."""
        self.club.clock.now = moment
        await self.club.double.set_clock(moment // 1_000)
        is_open = millis(self.week.opens) <= moment < millis(self.week.closes)
        acts: list[Awaitable[Any]] = [self._place(is_open), self._cancel(is_open)]
        services = self.club.services
        acts += [self._approve(), start_due(services), start_due(services)]
        self.dice.shuffle(acts)
        await asyncio.gather(*acts)
        await asyncio.gather(self._work(), self._work())
        await self.club.hear("shuffled")

    async def _place(self, is_open: bool) -> None:
        person, card = self.waiting.pop()
        wish = wish_of(self.club.offer, card_id=card)
        placed = await tried(place(self.club.services, person.actor, wish))
        assert (placed is not None) == is_open
        if placed is not None:
            self.owners[placed.preorder.id] = person
            self.club.wishes.append(placed.preorder)

    async def _cancel(self, is_open: bool) -> None:
        known = [await stored(self.club.services, one) for one in self.club.wishes[:-1]]
        mine = [one for one in known if one.status in ("pending", "approved")]
        if not mine or self.dice.random() < 0.5:
            return
        chosen = self.dice.choice(mine)
        assert (await tried(self._give_up(chosen)) is not None) == is_open

    async def _give_up(self, chosen: PreOrder) -> PreOrder:
        services, actor = self.club.services, self.owners[chosen.id].actor
        async with services.db.write() as session:
            return await cancel_preorder(session, services, actor, chosen.id)

    async def _approve(self) -> None:
        chosen = [one for one in self.club.wishes if self.dice.random() < 0.6]
        if chosen:
            await self.club.approve(*chosen)

    async def _work(self) -> None:
        kinds = {kind: handler for kind, handler in JOBS.items() if kind != SEND_MAIL}
        await Worker(self.club.services, kinds).drain()

    async def check(self, moment: int) -> None:
        """Hold what must be true at every moment."""
        due = moment >= millis(self.week.charge)
        async with self.club.services.db.read() as session:
            slots = list(await session.scalars(select(ChargeRun.slot)))
            wishes = list(await session.scalars(select(PreOrder)))
        assert slots == ([millis(self.week.charge)] if due else [])
        charged = await self.club.charges()
        assert all(number == 1 for number in charged.values()), charged
        assert due or not charged
        assert set(charged) == {one.id for one in wishes if one.status == "fulfilled"}
        if due:
            assert {one.status for one in wishes} <= {"fulfilled", "cancelled", "not_allocated"}
        await self.club.check()


async def tried(act: Awaitable[Any]) -> Any:
    """Return what came of an act, None where the time for it is not now."""
    try:
        return await act
    except Problem as problem:
        assert problem.code in ("closed", "too_late", "not_offered"), problem
        return None


@pytest.mark.parametrize("name", list(WEEKS))
async def test_a_week_is_as_long_as_it_is_there_and_charged_once(
    services: Services,
    client: httpx2.AsyncClient,
    stripe_double: StripeDouble,
    clock: FakeClock,
    name: str,
) -> None:
    week = WEEKS[name]
    clock.now = millis(week.opens)
    await stripe_double.set_clock(clock.now // 1_000)
    terms = {
        "time_zone": week.zone,
        "charge_weekday": week.weekday,
        "charge_at": week.at,
        "charge_start": "clock",
    }
    club = await open_club(services, client, stripe_double, clock, club=terms)
    story = Story(club, week, len(name))
    await story.begin()
    for moment in week.moments():
        await story.live(moment)
        await story.check(moment)
    assert "fulfilled" in await club.statuses()
    assert await club.left_to_do() == []
