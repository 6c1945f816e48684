"""Random lives of a run with faults between any two lines, held to what must always be true.

Workers die (an exception between any two statements that matter), answers are lost after the
provider has done its work, webhooks come twice, late and in any order, two admins and two workers
do the same at once. Whatever happens: at most one charge for each pre-order, none without approval
and stock, stock never over-reserved, everybody in a final state with the right mail exactly once,
and the books equal to the provider's.
"""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.preorders import stored
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.preorders.charge_club import (
    ASKS,
    CHARGE_TIME,
    DECLINES,
    VISA,
    ChargeClub,
    open_club,
)

from handstamp.kit.clock import HOUR, MINUTE, FakeClock
from handstamp.mail.send_mail import JOB as SEND_MAIL
from handstamp.plumbing.jobs import Worker
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders import rules
from handstamp.preorders.approve_preorders import withdraw_approval
from handstamp.preorders.charge_run import Expected, pause_run, resume_run, start_run
from handstamp.preorders.plan_run import plan
from handstamp.preorders.recover_payment import link_to_confirm
from handstamp.preorders.watch_charges import sweep
from handstamp.worker import JOBS

pytestmark = pytest.mark.anyio
STEPS = 14
STOCK = 2
MAILS = {
    "fulfilled": ["received"],
    "failed": ["failed"],
    "not_allocated": ["not_allocated"],
    "refunded": ["refunded"],
}


class Killed(Exception):
    """The process dies here."""


@contextmanager
def dying(dice: random.Random, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a transaction die now and then: just before its commit, or just after."""
    commit = AsyncSession.commit

    async def deadly(self: AsyncSession) -> None:
        fate = dice.random()
        if fate < 0.08:
            raise Killed
        await commit(self)
        if fate > 0.92:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(AsyncSession, "commit", deadly)
        yield


class Story:
    """What happens at random, seeded; a step that cannot be now does nothing."""

    def __init__(self, club: ChargeClub, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.club, self.dice, self.monkeypatch = club, random.Random(seed), monkeypatch
        self.approved: set[str] = set()
        self.run_id = ""
        self.heard: list[str] = []

    async def step(self) -> str:
        """Do something, and return its name."""
        names = ["work", "work", "work", "two_workers", "two_admins", "webhooks", "lose_answers"]
        names += ("pause", "approve", "withdraw", "sweep", "confirm", "wait")
        name = self.dice.choice(names)
        await getattr(self, name)()
        return name

    async def work(self) -> None:
        """A worker that may die at any commit; its jobs come again."""
        with dying(self.dice, self.monkeypatch):
            await self._worker()
        await self._again()

    async def two_workers(self) -> None:
        with dying(self.dice, self.monkeypatch):
            await asyncio.gather(self._worker(), self._worker())
        await self._again()

    async def two_admins(self) -> None:
        """Both saw the plan, both begin."""
        services, club = self.club.services, self.club.offer.club
        async with services.db.read() as session:
            seen = await plan(session, club, services.clock())
        if not seen.count and not seen.not_charged:
            return

        async def begin() -> str:
            async with services.db.write() as session:
                expected = Expected(seen.count, seen.totals)
                return (await start_run(session, services, SYSTEM, club.id, expected)).id

        found = await asyncio.gather(begin(), begin(), return_exceptions=True)
        ids = {one for one in found if isinstance(one, str)}
        assert len(ids) <= 1, found
        self.run_id = ids.pop() if ids else self.run_id

    async def webhooks(self) -> None:
        """Some come, some twice, some of long ago."""
        for event_id in self.dice.sample(self.heard, min(3, len(self.heard))):
            await self.club.double.duplicate(event_id)
        for event in await self.club.double.take_webhooks("shuffled"):
            self.heard.append(event.event_id)
            await self.club.take(event)

    async def lose_answers(self) -> None:
        fault = self.dice.choice(("drop", "500_after", "429", "500", "503", "drop_before"))
        await self.club.double.fail(fault, path="/v1/payment_intents", method="POST", times=2)

    async def pause(self) -> None:
        if not self.run_id:
            return
        async with self.club.services.db.write() as session:
            act = self.dice.choice((pause_run, resume_run))
            try:
                await act(session, self.club.services, SYSTEM, self.run_id)
            except Exception as error:
                assert getattr(error, "code", "") == "run_done", error

    async def approve(self) -> None:
        chosen = self.dice.sample(self.club.wishes, 2)
        await self.club.approve(*chosen)

    async def withdraw(self) -> None:
        ids = [self.dice.choice(self.club.wishes).id]
        async with self.club.services.db.write() as session:
            event = self.club.offer.event.id
            await withdraw_approval(session, self.club.services, SYSTEM, event, ids)

    async def sweep(self) -> None:
        await sweep(self.club.services)

    async def confirm(self) -> None:
        for wish in self.club.wishes:
            now = await stored(self.club.services, wish)
            if now.status == "needs_action" and self.dice.random() < 0.7:
                await self._confirm(wish.id, now.payment_intent_id or "")

    async def _confirm(self, wish_id: str, intent: str) -> None:
        actor = next(p for p, one in self.people if one == wish_id).actor
        try:
            link = await link_to_confirm(self.club.services, actor, wish_id)
        except Exception as error:
            assert getattr(error, "code", "") in ("too_late", "no_answer", "nothing_to_confirm")
            return
        if link.startswith(self.club.double.url) and self.dice.random() < 0.8:
            await self.club.double.authenticate(intent, ok=self.dice.random() < 0.7)

    async def wait(self) -> None:
        minutes = self.dice.choice((1, 6, 90))
        self.club.clock.advance(minutes * MINUTE)
        await self.club.double.advance(minutes * 60)

    async def finish(self) -> None:
        """Let everything come to its end."""
        await self.club.double.heal()
        if not self.run_id:
            await self.two_admins()
        for _ in range(8):
            if self.run_id:
                async with self.club.services.db.write() as session:
                    try:
                        await resume_run(session, self.club.services, SYSTEM, self.run_id)
                    except Exception as error:
                        assert getattr(error, "code", "") == "run_done", error
            self.club.clock.advance(HOUR)
            await self.club.double.advance(3600)
            await sweep(self.club.services)
            await self.club.work()
            await self.webhooks()
            await self.club.work()
            await self.two_admins()

    async def _worker(self) -> None:
        async with asyncio.timeout(120):
            kinds = {kind: handler for kind, handler in JOBS.items() if kind != SEND_MAIL}
            try:
                await Worker(self.club.services, kinds).drain()
            except Killed:
                return

    async def _again(self) -> None:
        """Give back what dead workers held, and make due what waits, as time would."""
        async with self.club.services.db.write() as session:
            kept = update(Job).where(Job.kind != SEND_MAIL)
            await session.execute(
                kept.where(Job.state.in_(("running", "ready"))).values(
                    state="ready", owner=None, run_at=0, dedupe=None
                )
            )

    @property
    def people(self) -> list[tuple[Any, str]]:
        return self._people

    async def members(self) -> None:
        self._people = []
        for card in (VISA, DECLINES, ASKS, VISA, VISA):
            person, wish = await self.club.member(card)
            self._people.append((person, wish.id))

    async def check(self) -> None:
        """Hold what must be true at every moment."""
        charged = await self.club.charges()
        assert all(number == 1 for number in charged.values()), charged
        await self.club.check_stock(STOCK)


@pytest.fixture
async def club(
    services: Services, client: httpx2.AsyncClient, stripe_double: StripeDouble, clock: FakeClock
) -> ChargeClub:
    """A club with two tickets that waits two hours for a bank's question."""
    hours = {"recovery_hours": 2}
    return await open_club(services, client, stripe_double, clock, capacity=STOCK, club=hours)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_dies_nobody_is_charged_twice_and_all_are_told_once(
    club: ChargeClub, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    story = Story(club, seed, monkeypatch)
    await story.members()
    await club.approve()
    clock.now = CHARGE_TIME
    await club.double.set_clock(CHARGE_TIME // 1000)
    told = []
    try:
        for _ in range(STEPS):
            told.append(await story.step())
            await story.check()
        await story.finish()
        await _check_end(club)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {told}: {error}") from error


async def _check_end(club: ChargeClub) -> None:
    charged = await club.charges()
    for wish in club.wishes:
        now = await stored(club.services, wish)
        assert now.status in (*rules.CLOSED, "fulfilled"), now.status
        told = await club.mails(now)
        assert told.count("waiting") <= 1, told
        mails = [kind for kind in told if kind not in ("needs_action", "waiting")]
        assert mails == MAILS[now.status], (now.status, mails)
        assert (now.id in charged) == (now.status in ("fulfilled", "refunded"))
    assert await club.left_to_do() == []
    await club.check()
