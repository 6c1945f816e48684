"""Copies of a SQLite database, made while it runs and put back while nothing does.

Blocking: call these in a thread or from a command.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from handstamp.plumbing.backup_errors import BackupFailed
from handstamp.plumbing.migrate import VERSION_TABLE

MAGIC = b"SQLite format 3\0"
_PAGES = 2_000  # a writer waits for no more than this
_WAIT_S = 15.0


def copy_out(database: Path, target: Path) -> None:
    """Write a consistent copy of a database that may be in use, and check it.

    Raises:
        BackupFailed: it could not be read, or what was written is damaged.
    """
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        with _opened(database, mode="ro") as source, _opened(part) as copy:
            source.backup(copy, pages=_PAGES, sleep=0.01)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        check(part)
        _to_disk(part)
        part.rename(target)
        _to_disk(target.parent)
    finally:
        part.unlink(missing_ok=True)


def check(file: Path) -> None:
    """Read the whole of a copy.

    Raises:
        BackupFailed: it is damaged.
    """
    with _opened(file, mode="ro") as copy:
        found = [row[0] for row in copy.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise BackupFailed(f"{file} is damaged: {found[0]}")


def revision_of(file: Path) -> str:
    """Return which tables a copy has; '' when it is no copy of Handstamp's.

    Raises:
        BackupFailed: it cannot be read.
    """
    with _opened(file, mode="ro") as copy:
        there = copy.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", (VERSION_TABLE,)
        ).fetchone()[0]
        # The name is a constant of ours; a table cannot be a parameter.
        row = there and copy.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
    return str(row[0]) if row else ""


def copy_in(file: Path, database: Path) -> None:
    """Put a copy in a database's place, as one transaction: all of it or nothing.

    Raises:
        BackupFailed: the database is in use, or the copy cannot be read.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    with _opened(file, mode="ro") as copy, _opened(database) as target:
        try:
            target.execute("PRAGMA busy_timeout = 1000")
            target.execute("PRAGMA locking_mode = EXCLUSIVE")
            target.execute("BEGIN EXCLUSIVE")
            target.execute("ROLLBACK")  # the lock stays
        except sqlite3.OperationalError as error:
            raise BackupFailed(
                f"{database} is in use. Stop the server and its workers first"
            ) from error
        copy.backup(target)


@contextmanager
def _opened(path: Path, mode: str = "rwc") -> Iterator[sqlite3.Connection]:
    address = f"{path.resolve().as_uri()}?mode={mode}"
    try:
        with closing(
            sqlite3.connect(address, uri=True, timeout=_WAIT_S, isolation_level=None)
        ) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise BackupFailed(f"{path} cannot be read: {error}") from error


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
