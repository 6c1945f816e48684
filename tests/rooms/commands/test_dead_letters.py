"""Dead letters from the command line: seen, and tried again."""

import asyncio

import pytest
from sqlalchemy import select, update
from tests.fixtures.services import SECRET, make_settings
from typer.testing import CliRunner

from handstamp.cli import build
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import build_services


def handstamp(*arguments: str, code: int = 0) -> str:
    """Run a command in this process; fails when it ends with another exit code."""
    done = CliRunner().invoke(build(arguments), [*arguments])
    assert done.exit_code == code, done.output
    return done.output


async def bury(url: str, kinds: list[str]) -> list[int]:
    """Leave dead jobs in the database and return their ids."""
    services = build_services(make_settings(url))
    async with services.db.write() as session:
        for kind in kinds:
            await enqueue(session, kind, {})
    async with services.db.write() as session:
        await session.execute(update(Job).values(state="dead", attempt=20, error="KeyError"))
        found = list(await session.scalars(select(Job.id).order_by(Job.id)))
    await services.db.close()
    return found


async def states(url: str) -> list[str]:
    """Return the state of every job."""
    services = build_services(make_settings(url))
    async with services.db.read() as session:
        found = list(await session.scalars(select(Job.state).order_by(Job.id)))
    await services.db.close()
    return found


def test_dead_letters_are_listed_and_replayed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDSTAMP_DATABASE_URL", database_url)
    monkeypatch.setenv("HANDSTAMP_SECRET", SECRET)
    assert "no dead letter" in handstamp("webhooks", "list")
    first, _second, _third = asyncio.run(bury(database_url, ["a.job", "b.job", "c.job"]))
    listed = handstamp("webhooks", "list")
    assert f"{first} a.job: KeyError (20 tries, " in listed
    assert len(listed.splitlines()) == 3
    assert "Name ids" in handstamp("webhooks", "replay")
    assert asyncio.run(states(database_url)) == ["dead"] * 3
    assert "a.job: queued again" in handstamp("webhooks", "replay", str(first))
    assert asyncio.run(states(database_url)) == ["ready", "dead", "dead"]
    assert "no such dead letter" in handstamp("webhooks", "replay", str(first), code=1)
    assert len(handstamp("webhooks", "replay", "--all").splitlines()) == 2
    assert asyncio.run(states(database_url)) == ["ready"] * 3
