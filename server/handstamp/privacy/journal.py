"""The journal: a file beside the database that knows who was erased, by keyed hashes.

A backup is older than the erasures after it; the journal is not. Lines are only ever added:
`<hash> <when>`, milliseconds UTC, below a first line that names the secret they were made under.
"""

import fcntl
import os
import re
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import make_url

from handstamp.kit.clock import Millis
from handstamp.plumbing.config import Settings
from handstamp.privacy.hash_email import secret_mark

_TITLE = "handstamp erasures 1"
_LINE = re.compile(r"([0-9a-f]{64}) ([0-9]{1,15})")


class BadJournal(Exception):
    """The file is no journal, or was written under another secret; the text says which."""


def journal_path(settings: Settings) -> Path:
    """Return where the journal lies: as the settings say, or beside the SQLite file."""
    if settings.erasure_journal:
        return Path(settings.erasure_journal)
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(f"{url.database}.erasures")
    return Path("var/handstamp.erasures")


def read_journal(settings: Settings, path: Path) -> dict[str, Millis]:
    """Return hashes with the time of the latest erasure.

    Raises:
        FileNotFoundError: there is none.
        BadJournal: it cannot be used.
    """
    return _read(settings, path.read_text(encoding="ascii", errors="replace"), path)


def add_to_journal(settings: Settings, path: Path, known: Mapping[str, Millis]) -> None:
    """Add what the journal does not know yet, to the disk itself.

    Raises:
        BadJournal: what is there is no journal of this installation.
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "r+", encoding="ascii", errors="replace") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        there = _read(settings, text, path) if text else {}
        fresh = {key: at for key, at in sorted(known.items()) if there.get(key, -1) < at}
        if not text:
            file.write(f"{_TITLE} {secret_mark(settings)}\n")
        elif not text.endswith("\n"):
            file.write("\n")  # the line before was cut off when a machine died
        file.writelines(f"{key} {at}\n" for key, at in fresh.items())
        file.flush()
        os.fsync(file.fileno())


def _read(settings: Settings, text: str, path: Path) -> dict[str, Millis]:
    title, *lines = text.split("\n")
    if not title.startswith(f"{_TITLE} "):
        raise BadJournal(f"{path} is no journal of erasures")
    if title != f"{_TITLE} {secret_mark(settings)}":
        raise BadJournal(f"{path} was written under another HANDSTAMP_SECRET")
    found: dict[str, Millis] = {}
    for line in lines:
        entry = _LINE.fullmatch(line)
        if entry is not None:
            found[entry[1]] = max(int(entry[2]), found.get(entry[1], 0))
        elif not (line == "" or re.fullmatch(r"[0-9a-f]{1,64}( [0-9]{0,15})?", line)):
            raise BadJournal(f"{path} has a line that is no erasure")
    return found
