"""`handstamp restore`: a backup in the database's place, and the erasures since then repeated."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from handstamp.audit.record import record
from handstamp.commands.running import (
    COMMAND_LINE,
    read_settings,
    run_plainly,
    say,
    services_of,
    sqlite_file,
    stop,
)
from handstamp.plumbing import postgres_backup, sqlite_backup
from handstamp.plumbing.backup_errors import BackupFailed
from handstamp.plumbing.config import Settings
from handstamp.plumbing.db import Database
from handstamp.plumbing.holdings import holds_anything
from handstamp.plumbing.migrate import is_current, is_known_revision, migrate
from handstamp.plumbing.secrets import secret_fits
from handstamp.privacy.journal import BadJournal, add_to_journal, journal_path, read_journal
from handstamp.privacy.models import Erasure
from handstamp.privacy.repeat_erasures import repeat_erasures
from handstamp.privacy.write_journal import write_journal

_NO_JOURNAL = (
    "there is no journal of erasures at {path}: whoever was erased after this backup was made would"
    " be back. Give the newest one with --journal FILE; if there never was one, or it is lost for"
    " good, say so with --without-journal"
)


def restore_database(
    source: Annotated[Path, typer.Argument(help="A file that `handstamp backup` made.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Destroy what the database holds now.")
    ] = False,
    journal: Annotated[
        Path | None, typer.Option(help="A journal of erasures from elsewhere.")
    ] = None,
    without_journal: Annotated[
        bool, typer.Option("--without-journal", help="Nobody was erased, or nobody knows who.")
    ] = False,
) -> None:
    """Put a backup in the database's place; run it as the tables' owner, with all else stopped."""
    settings = read_settings()
    if not source.is_file():
        stop(f"there is no file {source}")
    run_plainly(_restore(settings, source, overwrite, journal, without_journal))


async def _restore(
    settings: Settings, source: Path, overwrite: bool, journal: Path | None, without: bool
) -> None:
    try:
        await _check_source(settings, source)
        known = await _look_around(settings, overwrite, journal, without)
        _remember(settings, known)
        await _put_in_place(settings, source)
    except (BackupFailed, BadJournal) as error:
        stop(f"{error}. Nothing was changed")
    await migrate(settings)
    say(f"restored from {source}")
    await _repeat(settings, known)


async def _check_source(settings: Settings, source: Path) -> None:
    start = await asyncio.to_thread(_start_of, source)
    sqlite = sqlite_file(settings) is not None
    if not start.startswith((sqlite_backup.MAGIC, postgres_backup.MAGIC)):
        raise BackupFailed(f"{source} is no backup")
    if start.startswith(sqlite_backup.MAGIC) != sqlite:
        names = ("SQLite", "PostgreSQL")
        made, here = names if not sqlite else names[::-1]
        raise BackupFailed(f"{source} was made from {made}, and this installation uses {here}")
    if sqlite:
        await asyncio.to_thread(sqlite_backup.check, source)
        revision = await asyncio.to_thread(sqlite_backup.revision_of, source)
    else:
        revision = await postgres_backup.revision_of(source)
    if not revision:
        raise BackupFailed(f"{source} is no backup of Handstamp's")
    if not is_known_revision(revision):
        raise BackupFailed(
            f"{source} was made by a newer version of Handstamp (tables {revision}). Install that"
        )


def _start_of(source: Path) -> bytes:
    with source.open("rb") as file:
        return file.read(16)


async def _look_around(
    settings: Settings, overwrite: bool, journal: Path | None, without: bool
) -> Mapping[str, int]:
    """Refuse to destroy anything unasked; return who was erased, from every place that knows."""
    sources = [await _noted(settings, overwrite), *_journals(settings, journal)]
    told = [source for source in sources if source is not None]
    if not told and not without:
        raise BackupFailed(_NO_JOURNAL.format(path=journal_path(settings)))
    known: dict[str, int] = {}
    for source in told:
        for hashed, at in source.items():
            known[hashed] = max(at, known.get(hashed, 0))
    return known


async def _noted(settings: Settings, overwrite: bool) -> dict[str, int] | None:
    """Return who was erased by the database that is to go; None when it is empty or too old."""
    if not _is_there(settings):
        return None
    db = Database(settings.database_url, pool_size=2)
    try:
        if not await holds_anything(db):
            return None
        if not overwrite:
            raise BackupFailed(
                "the database is not empty. Use --overwrite to destroy what it holds"
            )
        if not await is_current(db):
            return None
        async with db.read() as session:
            return {one.email_hash: one.erased_at for one in await session.scalars(select(Erasure))}
    finally:
        await db.close()


def _remember(settings: Settings, known: Mapping[str, int]) -> None:
    """Have the journal know them before the table that does is gone: this process may die."""
    path = journal_path(settings)
    try:
        if known:
            add_to_journal(settings, path, known)
    except OSError as error:
        raise BackupFailed(f"the journal {path} cannot be written: {error.strerror}") from error


def _is_there(settings: Settings) -> bool:
    database = sqlite_file(settings)
    return database is None or database.is_file()


def _journals(settings: Settings, other: Path | None) -> list[dict[str, int]]:
    own = journal_path(settings)
    return [
        _read(settings, file) for file in (own, other) if file and (file == other or own.exists())
    ]


def _read(settings: Settings, file: Path) -> dict[str, int]:
    try:
        return read_journal(settings, file)
    except OSError as error:
        raise BackupFailed(f"{file}: {error.strerror}") from error


async def _put_in_place(settings: Settings, source: Path) -> None:
    database = sqlite_file(settings)
    if database is not None:
        await asyncio.to_thread(sqlite_backup.copy_in, source, database)
    else:
        await postgres_backup.restore(settings.database_url, source)


async def _repeat(settings: Settings, known: Mapping[str, int]) -> None:
    async with services_of(settings) as services:
        done = await repeat_erasures(services, known)
        async with services.db.write(actor=COMMAND_LINE.id) as session:
            await record(session, COMMAND_LINE, "database.restore", "server", "")
        await write_journal(services)
        fits = await secret_fits(services)
    if done.erased:
        say(f"erased again: {done.erased} people who were erased after the backup was made")
    for reason in done.waiting.values():
        say(f"somebody who was erased is back for now: {reason} A running server tries hourly.")
    if not fits:
        stop("HANDSTAMP_SECRET is not the one this backup was made under: its keys stay sealed")
