"""Migrations make exactly the tables of the models, once, and grant what the role needs."""

import asyncio
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import ProgrammingError
from tests.fixtures import postgres
from tests.fixtures.databases import async_url

from handstamp.app import create_app
from handstamp.plumbing.config import Settings
from handstamp.plumbing.db import Base, Database
from handstamp.plumbing.migrate import (
    VERSION_TABLE,
    alembic_config,
    is_current,
    migrate,
    newest_revision,
)


def differences(connection: Connection) -> list[object]:
    assert create_app is not None  # its import has loaded every room's tables
    context = MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
    )
    return [
        found
        for found in compare_metadata(context, Base.metadata)
        if not (isinstance(found, tuple) and found[0] == "remove_table")
    ]


async def test_models_and_migrations_agree(database_url: str) -> None:
    """When this fails: HANDSTAMP_DATABASE_URL=… alembic revision --autogenerate -m "…"."""
    db = Database(database_url)
    async with db.writer.connect() as connection:
        assert await connection.run_sync(differences) == []
    assert await is_current(db)
    await db.close()


def test_the_newest_revision_is_the_one_that_alembic_would_come_to() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert newest_revision() == script.get_current_head()


def test_a_current_database_does_without_alembic(sqlite_url: str) -> None:
    """Its import would cost each start of the server and each command time and memory."""
    lines = (
        "import asyncio, sys",
        "from handstamp.plumbing.config import Settings",
        "from handstamp.plumbing.migrate import migrate",
        f"asyncio.run(migrate(Settings(database_url={sqlite_url!r})))",
        "print('alembic' in sys.modules)",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


async def test_every_table_has_our_prefix(database_url: str) -> None:
    assert [name for name in Base.metadata.tables if not name.startswith("tickets_")] == []


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    await migrate(Settings(database_url=database_url))
    db = Database(database_url)
    assert await is_current(db)
    await db.close()


async def test_an_empty_database_is_not_current(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'new' / 'empty.db'}"
    settings = Settings(database_url=url)
    (tmp_path / "new").mkdir()
    db = Database(url)
    assert not await is_current(db)
    await db.close()
    await migrate(settings)
    db = Database(url)
    assert await is_current(db)
    await db.close()


async def test_two_processes_may_migrate_at_once() -> None:
    name = f"t_{uuid.uuid4().hex}"
    postgres.execute("postgres", f"CREATE DATABASE {name}")
    settings = Settings(database_url=async_url(name))
    await asyncio.gather(migrate(settings), migrate(settings))
    db = Database(settings.database_url)
    assert await is_current(db)
    await db.close()
    postgres.execute("postgres", f"DROP DATABASE {name} WITH (FORCE)")


async def test_the_application_role_works_but_cannot_change_tables(postgres_url: str) -> None:
    role = f"app_{uuid.uuid4().hex[:8]}"
    postgres.execute("postgres", f"CREATE ROLE {role} LOGIN")
    await migrate(Settings(database_url=postgres_url, app_role=role))
    db = Database(postgres_url.replace(postgres.OWNER, role))
    async with db.write() as session:
        await session.execute(
            text("INSERT INTO tickets_users VALUES ('u', 'a@example.org', '', false, 1)")
        )
        await session.execute(text("DELETE FROM tickets_users"))
    assert await is_current(db)
    for forbidden in (
        "DROP TABLE tickets_users",
        "ALTER TABLE tickets_users ADD COLUMN x int",
        f"DELETE FROM {VERSION_TABLE}",
    ):
        with pytest.raises(ProgrammingError):
            async with db.write() as session:
                await session.execute(text(forbidden))
    await db.close()
    database = postgres_url.rsplit("/", 1)[1]
    postgres.execute(database, f"DROP OWNED BY {role}")
    postgres.execute("postgres", f"DROP ROLE {role}")


async def test_the_way_back_leaves_nothing_and_the_way_forth_works_again(database_url: str) -> None:
    def down(connection: Connection) -> list[str]:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        return [name for name in inspect(connection).get_table_names() if name != VERSION_TABLE]

    db = Database(database_url)
    async with db.writer.begin() as connection:
        assert await connection.run_sync(down) == []
    await db.close()
    await migrate(Settings(database_url=database_url))
    db = Database(database_url)
    assert await is_current(db)
    await db.close()
