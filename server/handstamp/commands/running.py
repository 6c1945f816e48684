"""How every command runs: settings, services, progress, and errors in plain words.

Exit codes: 0 done; 1 refused, the message says why; 2 wrong use or settings; 3 the database
cannot be reached or is of another version; 130 stopped by the keyboard.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from handstamp.payments.gateway import close_gateway
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.logs import configure_logs
from handstamp.plumbing.migrate import is_current
from handstamp.plumbing.web import Actor, Services, build_services

REFUSED, MISUSED, NO_DATABASE, STOPPED = 1, 2, 3, 130
COMMAND_LINE = Actor(kind="system", id="command line")

Result = TypeVar("Result")
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def stop(message: str, code: int = REFUSED) -> NoReturn:
    """End the command with a message on standard error."""
    err.print(f"handstamp: {message}", markup=False)
    raise typer.Exit(code)


def read_settings(**changes: Any) -> Settings:
    """Return the settings of the environment, with `changes` over them.

    Raises:
        typer.Exit: a setting cannot be understood; its name was printed.
    """
    try:
        settings = Settings(**changes)
        settings.secret_bytes()
        make_url(settings.database_url)
    except ValidationError as error:
        for fault in error.errors():
            name = ".".join(str(part) for part in fault["loc"])
            err.print(f"setting {name}: {fault['msg']}", markup=False)
        stop("the settings cannot be used; docs/environment.md describes each", MISUSED)
    except ArgumentError:
        stop("HANDSTAMP_DATABASE_URL is no database's address", MISUSED)
    except ValueError as error:
        stop(f"{error}. Make one with: openssl rand -hex 32", MISUSED)
    configure_logs(settings.log_level)
    return settings


@asynccontextmanager
async def services_of(settings: Settings) -> AsyncIterator[Services]:
    """Open what a command needs of the running installation, and close it again.

    Raises:
        typer.Exit: the database has not this version's tables.
    """
    _require_file(settings)
    services = build_services(settings)
    try:
        if not await is_current(services.db):
            stop("the database is not of this version. Run: handstamp migrate", NO_DATABASE)
        await services.signals.start()
        try:
            yield services
        finally:
            await services.signals.stop()
            await close_gateway(services)
    finally:
        await services.db.close()


def sqlite_file(settings: Settings) -> Path | None:
    """Return where a SQLite database lies; None when the database is PostgreSQL."""
    url = make_url(settings.database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _require_file(settings: Settings) -> None:
    database = sqlite_file(settings)
    if database is not None and not database.is_file():
        stop(f"there is no database {database} yet. Run: handstamp migrate", NO_DATABASE)


def run(work: Callable[[Services], Coroutine[Any, Any, None]]) -> None:
    """Run a command's work with the services of the environment's settings."""

    async def main() -> None:
        async with services_of(read_settings()) as services:
            await work(services)

    run_plainly(main())


def run_plainly(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine and return its result; a problem becomes one sentence and an exit code."""
    try:
        return asyncio.run(work)
    except Problem as problem:
        for fault in problem.errors:
            err.print("  " + ", ".join(f"{key}: {fault[key]}" for key in fault), markup=False)
        stop(problem.detail)
    except (DBAPIError, PoolTimeout) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        stop(f"the database cannot be used: {reason}", NO_DATABASE)
    except OSError as error:
        stop(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
    except KeyboardInterrupt:
        stop("stopped", STOPPED)


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show how far a long piece of work is; yields a function told how many more are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda more: bar.advance(task, more)


def say(text: str) -> None:
    """Print one line of a command's answer on standard output."""
    sys.stdout.write(text + "\n")
