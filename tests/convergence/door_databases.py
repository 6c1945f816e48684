"""A database per example that can be copied while a world runs and put back: SQLite, PostgreSQL."""

import shutil
import sqlite3
import uuid
from pathlib import Path
from typing import Protocol

from tests.fixtures import postgres
from tests.fixtures.databases import async_url


class Databases(Protocol):
    """Where a world keeps its server's data; nothing may be connected during a call."""

    def fresh(self) -> str:
        """Return the address of a migrated, empty database."""
        ...

    def copy(self, url: str) -> str:
        """Return the address of a copy: a backup, or a backup put back."""
        ...

    def close(self) -> None:
        """Throw every database away."""
        ...


class SqliteFiles:
    """Files in a folder, copied from a migrated one."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._template = template
        self._folder = folder

    def fresh(self) -> str:
        """Copy the template."""
        path = self._folder / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(self._template, path)
        return f"sqlite+aiosqlite:///{path}"

    def copy(self, url: str) -> str:
        """Copy a database with whatever lies in its write-ahead log."""
        path = self._folder / f"{uuid.uuid4().hex}.db"
        with sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///")) as source:
            target = sqlite3.connect(path)
            source.backup(target)
            target.close()
        source.close()
        return f"sqlite+aiosqlite:///{path}"

    def close(self) -> None:
        """Delete the files."""
        for path in self._folder.glob("*.db*"):
            path.unlink()


class PostgresDatabases:
    """Databases of the run's cluster, made from a migrated template."""

    def __init__(self, template: str) -> None:
        self._template = template
        self._made: list[str] = []

    def fresh(self) -> str:
        """Copy the template."""
        return self._copy_of(self._template)

    def copy(self, url: str) -> str:
        """Copy a database."""
        return self._copy_of(url.rsplit("/", 1)[1])

    def _copy_of(self, source: str) -> str:
        name = f"w_{uuid.uuid4().hex}"
        postgres.execute("postgres", f"CREATE DATABASE {name} TEMPLATE {source}")
        self._made.append(name)
        return async_url(name)

    def close(self) -> None:
        """Drop what was made."""
        for name in self._made:
            postgres.execute("postgres", f"DROP DATABASE {name} WITH (FORCE)")
        self._made.clear()
