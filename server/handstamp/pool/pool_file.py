"""An uploaded file becomes rows of tickets from elsewhere, off the event loop."""

import asyncio

from handstamp.plumbing.errors import BadInput, TooLarge
from handstamp.plumbing.texts import _
from handstamp.pool.csv_rows import Sheet, read_rows
from handstamp.tickets.guest_file import says
from handstamp.tickets.guest_rows import N_, Issue, UnreadableFile
from handstamp.tickets.guest_text import decode, split_rows

MAX_BYTES = 5 << 20
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b")
_PLAIN_ENCODINGS = ("utf-8", "utf-8-sig")


async def read_pool_file(content: bytes) -> Sheet:
    """Read a CSV; nothing of it is kept.

    Raises:
        TooLarge: it is larger than 5 MB.
        BadInput: it cannot be read or is of another form; the detail says why and where.
    """
    if len(content) > MAX_BYTES:
        raise TooLarge(_("The file is larger than 5 MB. Split it."))
    try:
        return await asyncio.to_thread(_read, content)
    except UnreadableFile as error:
        raise BadInput(
            says(error.issue),
            code="UnreadableFile",
            errors=[{"field": "file", "line": error.issue.line, "message": says(error.issue)}],
        ) from error


def _read(content: bytes) -> Sheet:
    if content.startswith(_NOT_TEXT):
        raise UnreadableFile(N_("This file is no CSV. Save the list as CSV with commas."))
    text, encoding = decode(content)
    notes = []
    if encoding not in _PLAIN_ENCODINGS:
        notes.append(Issue(N_("The file was read as %(encoding)s."), {"encoding": encoding}))
    return read_rows(split_rows(text, ","), notes)
