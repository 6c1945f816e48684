"""`handstamp backup`: a consistent copy of the database, made while everything runs."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from handstamp.commands.running import (
    NO_DATABASE,
    read_settings,
    run_plainly,
    say,
    sqlite_file,
    stop,
)
from handstamp.plumbing import postgres_backup, sqlite_backup
from handstamp.plumbing.backup_errors import BackupFailed
from handstamp.plumbing.config import Settings
from handstamp.privacy.journal import journal_path


def backup_database(
    target: Annotated[Path, typer.Argument(help="The file to make; it must not exist yet.")],
) -> None:
    """Copy the database into one file. The secret is not in it: keep HANDSTAMP_SECRET apart."""
    settings = read_settings()
    if target.exists():
        stop(f"{target} is there already; choose another name")
    if not target.parent.is_dir():
        stop(f"there is no folder {target.parent}")
    database = sqlite_file(settings)
    if database is not None and not database.is_file():
        stop(f"there is no database {database} yet. Run: handstamp migrate", NO_DATABASE)
    run_plainly(_copy(settings, database, target))
    say(f"written to {target}")
    journal = journal_path(settings)
    if journal.exists():
        say(f"Keep the newest {journal} with your backups, too: it knows who was erased since.")


async def _copy(settings: Settings, database: Path | None, target: Path) -> None:
    try:
        if database is None:
            await postgres_backup.dump(settings.database_url, target)
        else:
            await asyncio.to_thread(sqlite_backup.copy_out, database, target)
    except BackupFailed as error:
        stop(str(error))
