"""Backup and restore at the command line, on both databases, with their real programs."""

import asyncio
import os
import shutil
import sqlite3
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from tests.factories.auth import make_person
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets
from tests.fixtures import postgres
from tests.fixtures.jobs import run_jobs
from tests.fixtures.services import SECRET, make_settings
from typer.testing import CliRunner, Result

from handstamp.auth.models import User
from handstamp.cli import build
from handstamp.commands import restore_database
from handstamp.plumbing.config import Settings
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.web import SYSTEM, Services, build_services
from handstamp.privacy.erase_person import erase_person
from handstamp.privacy.repeat_erasures import JOB
from handstamp.tickets.issue_tickets import Holder
from handstamp.tickets.models import Ticket

ADA, BOB = "ada@example.org", "bob@example.org"


def handstamp(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(build(arguments), [*arguments])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "World":
    """An installation with two people who hold tickets."""
    monkeypatch.setenv("HANDSTAMP_DATABASE_URL", database_url)
    monkeypatch.setenv("HANDSTAMP_SECRET", SECRET)
    monkeypatch.setenv("HANDSTAMP_ERASURE_JOURNAL", str(tmp_path / "journal"))
    made = World(database_url, tmp_path)
    made.do(made.fill)
    return made


class World:
    """The installation, reached only while no command runs."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.copy, self.journal = folder / "copy.backup", folder / "journal"

    def do(self, work: Callable[[Services], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            settings = make_settings(self.url, erasure_journal=str(self.journal))
            services = build_services(settings)
            try:
                return await work(services)
            finally:
                await services.db.close()

        return asyncio.run(main())

    async def fill(self, services: Services) -> None:
        for email in (ADA, BOB):
            await make_person(services, email)
        async with services.db.write() as session:
            event = await make_event(session, services, tiers=("General",))
            holders = [Holder(name=email[:3], email=email) for email in (ADA, BOB)]
            await make_tickets(session, services, event, holders=holders)

    def people(self) -> set[str]:
        """Return whom accounts and tickets name."""

        async def read(services: Services) -> set[str]:
            async with services.db.read() as session:
                users = {*await session.scalars(select(User.email))}
                holders = {*await session.scalars(select(Ticket.holder_email))}
            return (users | holders) & {ADA, BOB}

        found: set[str] = self.do(read)
        return found

    def erase(self, email: str) -> None:
        async def work(services: Services) -> None:
            await erase_person(services, SYSTEM, email)

        self.do(work)

    def ruin(self) -> None:
        async def work(services: Services) -> None:
            async with services.db.write() as session:
                await session.execute(text("DELETE FROM tickets_tickets"))

        self.do(work)


def test_what_was_backed_up_comes_back(world: World) -> None:
    handstamp("backup", str(world.copy))
    assert world.copy.stat().st_mode & 0o077 == 0
    world.ruin()
    said = handstamp("restore", str(world.copy), "--overwrite").output
    assert f"restored from {world.copy}" in said
    assert world.people() == {ADA, BOB}


def test_a_backup_overwrites_no_file(world: World) -> None:
    world.copy.write_text("precious")
    said = handstamp("backup", str(world.copy), code=1).output
    assert "is there already" in said
    assert world.copy.read_text() == "precious"


def test_a_restore_destroys_nothing_unasked(world: World) -> None:
    handstamp("backup", str(world.copy))
    world.erase(ADA)
    said = handstamp("restore", str(world.copy), code=1).output
    assert "not empty" in said
    assert "--overwrite" in said
    assert world.people() == {BOB}


def test_the_erased_stay_erased_after_an_older_backup(world: World) -> None:
    handstamp("backup", str(world.copy))
    world.erase(ADA)
    said = handstamp("restore", str(world.copy), "--overwrite").output
    assert "erased again: 1" in said
    assert world.people() == {BOB}


def test_the_journal_outlives_the_database(world: World) -> None:
    handstamp("backup", str(world.copy))
    world.erase(ADA)
    lose(world)
    handstamp("restore", str(world.copy))
    assert world.people() == {BOB}


def test_a_restore_without_a_journal_wants_that_said(world: World) -> None:
    handstamp("backup", str(world.copy))
    world.erase(ADA)
    lose(world)
    kept = world.journal.rename(world.folder / "kept")
    said = handstamp("restore", str(world.copy), code=1).output
    assert "no journal of erasures" in said
    assert "Nothing was changed" in said
    handstamp("restore", str(world.copy), "--without-journal")
    assert world.people() == {ADA, BOB}
    handstamp("restore", str(world.copy), "--overwrite", "--journal", str(kept))
    assert world.people() == {BOB}


def test_a_restore_that_dies_before_erasing_again_forgets_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    handstamp("backup", str(world.copy))
    world.erase(ADA)
    world.journal.unlink()

    def die(_settings: Settings, _known: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(restore_database, "_repeat", die)
        handstamp("restore", str(world.copy), "--overwrite", code=130)
    assert world.people() == {ADA, BOB}

    async def hourly(services: Services) -> None:
        async with services.db.write() as session:
            await enqueue(session, JOB, {})
        await run_jobs(services)

    world.do(hourly)
    assert world.people() == {BOB}


def test_nothing_is_restored_while_the_journal_cannot_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    handstamp("backup", str(world.copy))
    world.erase(ADA)
    (world.folder / "file").touch()
    monkeypatch.setenv("HANDSTAMP_ERASURE_JOURNAL", str(world.folder / "file" / "journal"))
    said = handstamp("restore", str(world.copy), "--overwrite", code=1).output
    assert "cannot be written" in said
    assert world.people() == {BOB}


def test_a_journal_of_another_secret_is_refused(world: World) -> None:
    handstamp("backup", str(world.copy))
    title, *rest = "handstamp erasures 1 0123456789abcdef\n".splitlines()
    world.journal.write_text("\n".join([title, *rest, ""]))
    said = handstamp("restore", str(world.copy), "--overwrite", code=1).output
    assert "another HANDSTAMP_SECRET" in said


def test_who_came_back_after_being_erased_is_left_alone(world: World) -> None:
    world.erase(ADA)

    async def again(services: Services) -> None:
        await make_person(services, ADA)

    world.do(again)
    handstamp("backup", str(world.copy))
    handstamp("restore", str(world.copy), "--overwrite")
    assert ADA in world.people()


def test_a_backup_of_a_newer_version_is_refused(world: World) -> None:
    async def age(services: Services) -> None:
        async with services.db.write() as session:
            await session.execute(text("UPDATE tickets_schema_version SET version_num = '9999'"))

    async def youth(services: Services) -> None:
        async with services.db.write() as session:
            await session.execute(text("UPDATE tickets_schema_version SET version_num = '0004'"))

    world.do(age)
    handstamp("backup", str(world.copy))
    world.do(youth)
    said = handstamp("restore", str(world.copy), "--overwrite", code=1).output
    assert "newer version" in said
    assert world.people() == {ADA, BOB}


@pytest.mark.parametrize("content", [b"", b"hello", b"SQLite format 3\0" + b"x" * 5000, b"PGDMPx"])
def test_what_is_no_backup_is_refused_in_plain_words(world: World, content: bytes) -> None:
    world.copy.write_bytes(content)
    done = handstamp("restore", str(world.copy), "--overwrite", code=1)
    assert "Nothing was changed" in done.output
    assert "Traceback" not in done.output
    assert world.people() == {ADA, BOB}


def test_a_cut_backup_changes_nothing(world: World) -> None:
    handstamp("backup", str(world.copy))
    whole = world.copy.read_bytes()
    world.copy.write_bytes(whole[: len(whole) * 2 // 3])
    handstamp("restore", str(world.copy), "--overwrite", code=1)
    assert world.people() == {ADA, BOB}


def test_a_database_in_use_is_not_replaced(world: World) -> None:
    handstamp("backup", str(world.copy))

    async def meanwhile(services: Services) -> None:
        async with services.db.read() as session:
            await session.execute(select(User.email))
            said = await asyncio.to_thread(
                handstamp, "restore", str(world.copy), "--overwrite", code=1
            )
            assert "in use" in said.output

    world.do(meanwhile)
    assert world.people() == {ADA, BOB}


def test_a_backup_is_made_while_somebody_writes(world: World) -> None:
    async def meanwhile(services: Services) -> None:
        async with services.db.write() as session:
            await session.execute(text("UPDATE tickets_users SET name = 'half'"))
            await asyncio.to_thread(handstamp, "backup", str(world.copy))

    world.do(meanwhile)
    handstamp("restore", str(world.copy), "--overwrite")

    async def names(services: Services) -> set[str]:
        async with services.db.read() as session:
            return {*await session.scalars(select(User.name))}

    assert "half" not in world.do(names)


def lose(world: World) -> None:
    """Leave an empty database, as a new machine has it."""
    address = make_url(world.url)
    if address.get_backend_name() == "sqlite":
        assert address.database
        for ending in ("", "-wal", "-shm"):
            Path(address.database + ending).unlink(missing_ok=True)
        sqlite3.connect(address.database).close()
        return

    async def work(services: Services) -> None:
        async with services.db.write() as session:
            await session.execute(text("DROP SCHEMA public CASCADE"))
            await session.execute(text("CREATE SCHEMA public"))

    world.do(work)


def test_another_secret_than_the_backups_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.do(lambda services: kept_key(services, "checkin"))
    handstamp("backup", str(world.copy))
    monkeypatch.setenv("HANDSTAMP_SECRET", "another secret that is long enough to be one")
    said = handstamp("restore", str(world.copy), "--overwrite", code=1).output
    assert "HANDSTAMP_SECRET is not the one" in said


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_application_backs_up_and_the_owner_restores(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = f"app_{uuid.uuid4().hex}"
    postgres.execute("postgres", f"CREATE ROLE {role} LOGIN")
    monkeypatch.setenv("HANDSTAMP_APP_ROLE", role)
    handstamp("migrate")
    as_app = world.url.replace(postgres.OWNER, role)
    monkeypatch.setenv("HANDSTAMP_DATABASE_URL", as_app)
    handstamp("backup", str(world.copy))
    said = handstamp("restore", str(world.copy), "--overwrite", code=1).output
    assert "must be owner" in said
    monkeypatch.setenv("HANDSTAMP_DATABASE_URL", world.url)
    handstamp("restore", str(world.copy), "--overwrite")
    assert World(as_app, world.folder).people() == {ADA, BOB}
    postgres.execute(world.url.rsplit("/", 1)[1], f"DROP OWNED BY {role}")
    postgres.execute("postgres", f"DROP ROLE {role}")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connections_of_another_role_are_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = f"app_{uuid.uuid4().hex}"
    postgres.execute("postgres", f"CREATE ROLE {role} LOGIN")
    monkeypatch.setenv("HANDSTAMP_APP_ROLE", role)
    handstamp("migrate")
    handstamp("backup", str(world.copy))
    monkeypatch.setenv("HANDSTAMP_DATABASE_URL", world.url.replace(postgres.OWNER, role))

    async def meanwhile(services: Services) -> None:
        async with services.db.read() as session:
            await session.execute(select(User.email))
            said = await asyncio.to_thread(
                handstamp, "restore", str(world.copy), "--overwrite", code=1
            )
            assert "in use" in said.output

    world.do(meanwhile)
    postgres.execute(world.url.rsplit("/", 1)[1], f"DROP OWNED BY {role}")
    postgres.execute("postgres", f"DROP ROLE {role}")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_password_stands_among_the_processes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = world.folder / "heard"
    shim = world.folder / "bin" / "pg_dump"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\necho "$@" > {heard}\nexec {shutil.which("pg_dump")} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
    secret = "s3cret:%5C"
    monkeypatch.setenv(
        "HANDSTAMP_DATABASE_URL",
        world.url.replace(f"{postgres.OWNER}@", f"{postgres.OWNER}:{secret}@"),
    )
    handstamp("backup", str(world.copy))
    assert "passfile" in heard.read_text()
    assert "s3cret" not in heard.read_text()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_missing_program_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(world.folder))
    said = handstamp("backup", str(world.copy), code=1).output
    assert "pg_dump is missing" in said
    assert not world.copy.exists()
