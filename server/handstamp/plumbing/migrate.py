"""Bring a database to this version's tables, once, however many processes try."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table, text
from sqlalchemy.engine import make_url

from handstamp.plumbing.config import Settings
from handstamp.plumbing.db import Database

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "tickets_schema_version"
_LOCK = 0x68616E64  # any number that every version of this program shares
_REVISION = re.compile(r"""^(down_)?revision\b[^=]*= ['"](\w+)['"]""", re.MULTILINE)


def migrations_folder() -> Path:
    """Return where the revisions lie: inside an installed package, else in the source tree."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "migrations"
    return inside if inside.exists() else package.parent.parent / "migrations"


def alembic_config() -> "Config":
    """Return Alembic's configuration without any file."""
    # A database that is current, nearly every start, does without Alembic's time and memory.
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    return config


async def migrate(settings: Settings) -> None:
    """Upgrade the database of `settings` to the newest revision; harmless when it is there.

    On PostgreSQL run it as the owner; the role named by `HANDSTAMP_APP_ROLE` then gets what
    the application needs and nothing that changes tables.
    """
    _make_folder(settings.database_url)
    db = Database(settings.database_url, pool_size=2)
    try:
        async with db.writer.begin() as connection:
            if not db.is_sqlite:
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            await connection.run_sync(_upgrade)
            if settings.app_role and not db.is_sqlite:
                await connection.run_sync(_grant, settings.app_role)
    finally:
        await db.close()


def newest_revision() -> str:
    """Return the revision that no other one follows."""
    made, followed = _revisions()
    (newest,) = made - followed
    return newest


def is_known_revision(revision: str) -> bool:
    """Tell whether this version can bring a database of that revision to its own."""
    return revision in _revisions()[0]


def _revisions() -> tuple[set[str], set[str]]:
    made: set[str] = set()
    followed: set[str] = set()
    for path in (migrations_folder() / "versions").glob("*.py"):
        for down, revision in _REVISION.findall(path.read_text()):
            (followed if down else made).add(revision)
    return made, followed


async def is_current(db: Database) -> bool:
    """Tell whether the database has this version's tables."""
    async with db.read() as session:
        connection = await session.connection()
        return await connection.run_sync(_revision) == newest_revision()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(select(table(VERSION_TABLE, column("version_num"))))
    return found


def _upgrade(connection: Connection) -> None:
    if _revision(connection) == newest_revision():
        return
    from alembic import command  # noqa: PLC0415

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _grant(connection: Connection, role: str) -> None:
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON {VERSION_TABLE} FROM {name}",
    ):
        connection.execute(text(statement))


def _make_folder(url: str) -> None:
    path = make_url(url)
    if path.get_backend_name() == "sqlite" and path.database not in (None, "", ":memory:"):
        Path(str(path.database)).parent.mkdir(parents=True, exist_ok=True)
