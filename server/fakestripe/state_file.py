"""What survives a kill: objects and idempotency keys in one SQLite file, or nowhere."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from fakestripe.spec import Obj

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
  account TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (account, id));
CREATE TABLE IF NOT EXISTS keys (
  account TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (account, key));
"""


class StateFile:
    """The file; without a path nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self._db: sqlite3.Connection | None = None
        self._keys: dict[tuple[str, str], Obj] = {}
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.executescript(_TABLES)

    def objects(self) -> Iterator[tuple[str, Obj]]:
        """Yield (account, object) in the order they came to be."""
        if self._db is not None:
            rows = self._db.execute("SELECT account, body FROM objects ORDER BY rowid")
            for account, body in rows:
                yield account, json.loads(body)

    def keys(self) -> Iterator[tuple[tuple[str, str], Obj]]:
        """Yield ((account, idempotency key), what is stored under it)."""
        if self._db is not None:
            for account, key, body in self._db.execute("SELECT account, key, body FROM keys"):
                yield (account, key), json.loads(body)

    def keep_key(self, account: str, key: str, stored: Obj) -> None:
        """Have a key written with the next save."""
        self._keys[account, key] = stored

    def save(self, changed: dict[tuple[str, str], Obj | None]) -> None:
        """Write changed objects (None: removed) and new keys in one transaction."""
        keys, self._keys = self._keys, {}
        if self._db is None or not (changed or keys):
            return
        self._db.execute("BEGIN IMMEDIATE")
        kept = {place: obj for place, obj in changed.items() if obj is not None}
        gone = [place for place, obj in changed.items() if obj is None]
        self._db.executemany("DELETE FROM objects WHERE account = ? AND id = ?", gone)
        for table, column, rows in (("objects", "id", kept), ("keys", "key", keys)):
            self._db.executemany(
                f"INSERT INTO {table} (account, {column}, body) VALUES (?, ?, ?) "  # noqa: S608
                f"ON CONFLICT (account, {column}) DO UPDATE SET body = excluded.body",
                [(*key, json.dumps(body)) for key, body in rows.items()],
            )
        self._db.execute("COMMIT")

    def clear(self) -> None:
        """Empty the file."""
        self._keys = {}
        if self._db is not None:
            self._db.executescript("DELETE FROM objects; DELETE FROM keys;")
