"""Slots of scheduled jobs, in time zones and once in a cluster."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import select, update

from handstamp.kit.clock import DAY, HOUR, MINUTE
from handstamp.plumbing.jobs import Worker
from handstamp.plumbing.models import CronSlot, Job
from handstamp.plumbing.schedule import Cron
from handstamp.plumbing.web import Services


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def test_every_so_often() -> None:
    cron = Cron("sweep", "sweep", every=MINUTE)
    assert cron.last_slot(at("2026-11-21T10:00:59")) == at("2026-11-21T10:00:00")


def test_tuesday_evening_in_new_york_follows_the_season() -> None:
    cron = Cron("charge", "charge", at="19:00", weekday=1, zone="America/New_York")
    assert cron.last_slot(at("2026-07-15T12:00:00")) == at("2026-07-14T23:00:00")
    assert cron.last_slot(at("2026-12-02T00:00:00")) == at("2026-12-02T00:00:00")
    assert cron.last_slot(at("2026-12-01T23:59:59")) == at("2026-11-25T00:00:00")


def test_a_time_that_the_clocks_jump_over_still_comes_that_day() -> None:
    cron = Cron("night", "night", at="02:30", zone="Europe/Berlin")
    assert cron.last_slot(at("2026-03-29T12:00:00")) == at("2026-03-29T01:30:00")


def test_a_time_that_comes_twice_counts_once() -> None:
    cron = Cron("night", "night", at="02:30", zone="Europe/Berlin")
    first = at("2026-10-25T00:30:00")
    assert cron.last_slot(at("2026-10-25T01:45:00")) == first
    assert cron.last_slot(at("2026-10-25T20:00:00")) == first


async def jobs(services: Services) -> int:
    async with services.db.read() as session:
        return len((await session.execute(select(Job.id))).all())


async def test_a_slot_is_taken_once_by_all_workers(services: Services) -> None:
    cron = Cron("daily", "note", every=DAY, grace=DAY)
    workers = [Worker(services, {}, [cron]) for _ in range(4)]
    await asyncio.gather(*(one._run_crons() for one in workers))
    assert await jobs(services) == 1
    await workers[0]._run_crons()
    assert await jobs(services) == 1


async def test_the_last_missed_slot_is_caught_up_within_its_grace(services: Services) -> None:
    cron = Cron("daily", "note", every=DAY, grace=DAY)
    await Worker(services, {}, [cron])._run_crons()
    async with services.db.write() as session:
        await session.execute(update(CronSlot).values(slot=CronSlot.slot - 3 * DAY))
    await Worker(services, {}, [cron])._run_crons()
    assert await jobs(services) == 2


async def test_a_slot_older_than_its_grace_is_let_go(services: Services) -> None:
    every = 400 * DAY * 365
    await Worker(services, {}, [Cron("old", "note", every=every, grace=HOUR)])._run_crons()
    assert await jobs(services) == 0
