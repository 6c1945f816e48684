"""Mails sent together: none is another's trouble, each is noted soon, none goes twice for that."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import make_settings

from handstamp.mail import deliver_mail
from handstamp.mail.deliver_mail import deliver_with
from handstamp.mail.models import Mail
from handstamp.mail.prepared import Kinds, NoLongerWanted, Prepared, Ready, arguments
from handstamp.mail.send_mail import JOB, NewMail, queue_mails
from handstamp.plumbing import job_queue
from handstamp.plumbing.config import Settings
from handstamp.plumbing.jobs import Worker, enqueue
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio
KIND = "sign_in"


@pytest.fixture
def settings(database_url: str, smtp_server: SmtpServer) -> Settings:
    return make_settings(database_url, mail_url=smtp_server.url)


class Shop:
    """A kind of mail that is read many at once; what is in `gone` is wanted no more."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.gone: set[int] = set()
        self.broken: set[int] = set()
        self.reads: list[list[int]] = []
        self.told: list[tuple[list[int], str]] = []
        self.trouble: list[Exception] = []

    async def prepare(self, services: Services, args: Mapping[str, Any]) -> Prepared:
        (ready,) = await self.gather(services, [args])
        return ready()

    async def gather(self, _services: Services, mails: Sequence[Mapping[str, Any]]) -> list[Ready]:
        numbers = [args["n"] for args in mails]
        self.reads.append(numbers)
        return [self._ready(n, n in self.gone) for n in numbers]

    def _ready(self, number: int, is_gone: bool) -> Ready:
        def make() -> Prepared:
            if is_gone:
                raise NoLongerWanted
            if number in self.broken:
                raise ValueError("cannot be opened")
            link = f"https://x.example/{number}"
            return Prepared({"code": "123456", "link": link, "minutes": 15})

        return make

    async def follow(
        self, _session: Any, mails: Mapping[str, Mapping[str, Any]], outcome: str
    ) -> None:
        if self.trouble:
            raise self.trouble.pop()
        self.told.append((sorted(args["n"] for args in mails.values()), outcome))

    async def queue(self, count: int) -> None:
        async with self.services.db.write() as session:
            mails = [NewMail(f"m{n}@example.org", {"n": n}, "", "en") for n in range(count)]
            await queue_mails(session, KIND, mails)

    def worker(self) -> Worker:
        kinds = Kinds({KIND: self.prepare}, {KIND: self.gather}, {KIND: self.follow})
        return Worker(self.services, {JOB: deliver_with(kinds)}, batch=100)

    async def outcomes(self) -> list[tuple[str, str]]:
        """Return each mail's and its job's state, in order."""
        async with self.services.db.read() as session:
            mails = {m.id: m for m in await session.scalars(select(Mail))}
            jobs = list(await session.scalars(select(Job).order_by(Job.id)))
        found = [mails[json.loads(job.args)["mail"]] for job in jobs]
        pairs = zip(found, jobs, strict=True)
        numbered = sorted((arguments(mail)["n"], mail.status, job.state) for mail, job in pairs)
        return [(status, state) for _number, status, state in numbered]


@pytest.fixture
def shop(services: Services) -> Shop:
    return Shop(services)


def sent_to(smtp: SmtpServer) -> list[int]:
    return sorted(int(message["To"][1:].split("@")[0]) for message in smtp.messages)


async def test_fifty_are_read_and_noted_together(
    shop: Shop, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver_mail, "NOTE_EVERY_S", 60.0)
    monkeypatch.setattr(deliver_mail, "FRESH_S", 60.0)
    await shop.queue(60)
    assert await shop.worker().drain() == 60
    assert sent_to(smtp_server) == list(range(60))
    assert [len(numbers) for numbers in shop.reads] == [50, 10]
    assert [(len(numbers), outcome) for numbers, outcome in shop.told] == [
        (50, "sent"),
        (10, "sent"),
    ]
    assert await shop.outcomes() == [("sent", "done")] * 60


async def test_one_s_trouble_is_no_other_s(shop: Shop, smtp_server: SmtpServer) -> None:
    async def refuse(message: EmailMessage) -> None:
        answer = {"m2@example.org": "550 nobody", "m3@example.org": "451 later"}.get(message["To"])
        smtp_server.next_answers += [answer] if answer else []

    shop.gone, shop.broken = {0}, {1}
    smtp_server.before = refuse
    await shop.queue(6)
    await shop.worker().drain()
    assert sent_to(smtp_server) == [4, 5]
    assert await shop.outcomes() == [
        ("dropped", "done"), ("queued", "ready"), ("failed", "dead"), ("queued", "ready"),
        ("sent", "done"), ("sent", "done"),
    ]  # fmt: skip
    assert sorted(shop.told) == [([0], "dropped"), ([2], "failed"), ([4, 5], "sent")]


async def test_a_mail_that_is_not_there_stops_no_other(shop: Shop, smtp_server: SmtpServer) -> None:
    await shop.queue(1)
    async with shop.services.db.write() as session:
        await enqueue(session, JOB, {"mail": "mail_of_nobody"})
    await shop.queue(1)
    assert await shop.worker().drain() == 3
    assert sent_to(smtp_server) == [0, 0]
    async with shop.services.db.read() as session:
        states = list(await session.scalars(select(Job.state).order_by(Job.id)))
    assert states == ["done", "dead", "done"]


async def test_what_cannot_be_noted_together_is_noted_one_by_one(
    shop: Shop, smtp_server: SmtpServer
) -> None:
    shop.trouble = [ValueError("of the third alone"), ValueError("of all")]
    await shop.queue(3)
    await shop.worker().drain()
    assert sent_to(smtp_server) == [0, 1, 2]
    states = await shop.outcomes()
    assert sorted(states) == [("queued", "ready"), ("sent", "done"), ("sent", "done")]


async def test_one_that_cannot_be_noted_breaks_no_other_off(
    shop: Shop, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver_mail, "NOTE_EVERY_S", 0.02)
    asked: list[str] = []
    answer = asyncio.Event()

    async def wait(message: EmailMessage) -> None:
        asked.append(message["To"])
        if message["To"] == "m0@example.org":
            await answer.wait()

    smtp_server.before = wait
    shop.trouble = [ValueError("of the second alone")]
    await shop.queue(2)
    task = asyncio.create_task(shop.worker().drain())
    async with asyncio.timeout(30):
        while shop.trouble:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    answer.set()
    await task
    assert sorted(asked) == ["m0@example.org", "m1@example.org"]
    assert await shop.outcomes() == [("sent", "done"), ("queued", "ready")]


async def test_a_slow_mail_does_not_keep_the_others_from_being_noted(
    shop: Shop, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver_mail, "NOTE_EVERY_S", 0.02)
    answer = asyncio.Event()

    async def wait(message: EmailMessage) -> None:
        if message["To"] == "m0@example.org":
            await answer.wait()

    smtp_server.before = wait
    await shop.queue(5)
    task = asyncio.create_task(shop.worker().drain())
    async with asyncio.timeout(30):
        while (await shop.outcomes()).count(("sent", "done")) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert (await shop.outcomes())[0] == ("queued", "running")
    answer.set()
    await task
    assert await shop.outcomes() == [("sent", "done")] * 5


async def test_what_waited_for_its_turn_is_read_again(
    shop: Shop, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver_mail, "LANES", 1)
    monkeypatch.setattr(deliver_mail, "FRESH_S", 0.0)

    async def take_back(_message: EmailMessage) -> None:
        shop.gone.add(2)

    smtp_server.before = take_back
    await shop.queue(3)
    await shop.worker().drain()
    assert sent_to(smtp_server) == [0, 1]
    assert (await shop.outcomes())[2] == ("dropped", "done")


async def test_a_worker_broken_off_notes_what_has_left(shop: Shop, smtp_server: SmtpServer) -> None:
    hanging = asyncio.Event()

    async def wait(message: EmailMessage) -> None:
        if message["To"] == "m3@example.org":
            hanging.set()
            await asyncio.sleep(60)

    smtp_server.before = wait
    await shop.queue(4)
    kinds = Kinds({KIND: shop.prepare})
    working = Worker(shop.services, {JOB: deliver_with(kinds)}, patience_s=0.05)
    task = asyncio.create_task(working.run())
    await asyncio.wait_for(hanging.wait(), 30)
    async with asyncio.timeout(30):
        while len(smtp_server.messages) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)  # until the client has read the answers
    working.stop()
    await asyncio.wait_for(task, 30)
    assert await shop.outcomes() == [("sent", "done")] * 3 + [("queued", "ready")]


async def test_a_mail_whose_job_was_given_away_is_left_to_the_other(
    shop: Shop, smtp_server: SmtpServer
) -> None:
    async def steal(_message: EmailMessage) -> None:
        smtp_server.before = None
        async with shop.services.db.write() as session:
            first = select(Job).order_by(Job.id).limit(1)
            (await session.scalars(first)).one().lease_until = 0
            await session.flush()
            assert await job_queue.sweep(session) == 1

    smtp_server.before = steal
    await shop.queue(3)
    assert await shop.worker().drain() == 4
    assert await shop.outcomes() == [("sent", "done")] * 3
    told = sorted(number for numbers, _outcome in shop.told for number in numbers)
    assert told == [0, 1, 2], "by the one that has the job"
