"""Copies of a PostgreSQL database by its own programs: pg_dump, pg_restore and psql."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from handstamp.plumbing.backup_errors import BackupFailed
from handstamp.plumbing.db import Database
from handstamp.plumbing.migrate import VERSION_TABLE

MAGIC = b"PGDMP"
_DROP = r"""
DO $drop$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT tablename FROM pg_tables
      WHERE schemaname = 'public' AND tablename LIKE 'tickets\_%' LOOP
    EXECUTE format('DROP TABLE public.%I CASCADE', one.tablename);
  END LOOP;
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'tickets\_%' LOOP
    EXECUTE 'DROP FUNCTION ' || one.name || ' CASCADE';
  END LOOP;
END
$drop$;
"""
_QUIET = ("--no-owner", "--no-privileges")


async def dump(url: str, target: Path) -> None:
    """Write a consistent copy of a database that may be in use, and read its contents back.

    Raises:
        BackupFailed: a program is missing, or says why it failed.
    """
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        with _address(url) as address:
            await _run("pg_dump", "--format=custom", *_QUIET, f"--file={part}", address)
        if not await revision_of(part):
            raise BackupFailed("the database has no tables of Handstamp's")
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


async def revision_of(file: Path) -> str:
    """Return which tables a copy has; '' when it is no copy of Handstamp's.

    Raises:
        BackupFailed: it cannot be read.
    """
    only = ("--data-only", f"--table={VERSION_TABLE}", "--file=-")
    script = await _run("pg_restore", *only, str(file))
    found = re.search(rf"^COPY \S*{VERSION_TABLE} .*;\n(\w+)\n", script, re.MULTILINE)
    return found[1] if found else ""


async def restore(url: str, file: Path) -> None:
    """Put a copy in a database's place, as one transaction: all of it or nothing.

    Raises:
        BackupFailed: somebody uses the database, or a program says why it failed.
    """
    await _require_quiet(url)
    with tempfile.TemporaryDirectory() as folder, _address(url) as address:
        script = Path(folder, "restore.sql")
        await _run("pg_restore", *_QUIET, f"--file={script}", str(file))
        once = ("--single-transaction", "--set=ON_ERROR_STOP=1", "--quiet", "--no-psqlrc")
        what = (f"--command={_DROP}", f"--file={script}", "--output=/dev/null")
        await _run("psql", *once, *what, address)


async def _require_quiet(url: str) -> None:
    db = Database(url, pool_size=1)
    others = text(  # of another role's connection the kind is hidden; only clients have a role
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
        " AND coalesce(backend_type, 'client backend') = 'client backend'"
    )
    try:
        async with db.read() as session:
            count = (await session.execute(others)).scalar_one()
    finally:
        await db.close()
    if count:
        raise BackupFailed(
            f"the database is in use by {count} connections. Stop the server and its workers first"
        )


@contextmanager
def _address(url: str) -> Iterator[str]:
    """Yield libpq's address; the password is in a file: others see what programs are told."""
    parts = make_url(url)
    plain = URL.create(
        "postgresql",
        username=parts.username,
        host=parts.host,
        port=parts.port,
        database=parts.database,
        query=parts.query,
    )
    if not parts.password:
        yield f"--dbname={plain.render_as_string()}"
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pgpass")
        file.touch(mode=0o600)
        escaped = re.sub(r"([:\\\\])", r"\\\1", str(parts.password))
        file.write_text(f"*:*:*:*:{escaped}\n")
        known = plain.update_query_dict({"passfile": str(file)})
        yield f"--dbname={known.render_as_string()}"


async def _run(program: str, *arguments: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(f"{program} is missing. Install PostgreSQL's client programs")
    process = await asyncio.create_subprocess_exec(
        path,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, said = await process.communicate()
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines() or ["it gave no reason"]
        raise BackupFailed(f"{program}: {_reason(lines)}")
    return out.decode(errors="replace")


def _reason(lines: list[str]) -> str:
    errors = [line for line in lines if "error" in line.lower()] or lines
    return re.sub(r"^\S*(pg_dump|pg_restore|psql): ", "", errors[0])
