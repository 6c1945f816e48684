"""An uploaded guest list becomes a table, off the event loop; what it is, its bytes tell."""

import asyncio

from handstamp.plumbing.errors import BadInput, TooLarge
from handstamp.plumbing.texts import _
from handstamp.tickets.guest_rows import N_, Issue, Table, UnreadableFile
from handstamp.tickets.guest_text import read_text
from handstamp.tickets.guest_workbook import read_workbook

MAX_BYTES = 5 << 20
_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NOT_TEXT = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"{\\rtf", b"Rar!")


async def read_guest_file(content: bytes, encoding: str = "") -> Table:
    """Read a CSV, TSV or XLSX.

    Raises:
        TooLarge: it is larger than 5 MB.
        BadInput: no table can be read out of it; the detail says why and where.
    """
    if len(content) > MAX_BYTES:
        raise TooLarge(_("The file is larger than 5 MB. Split it, or leave columns out."))
    try:
        if content.startswith(_ZIP):
            return await read_workbook(content)
        if content.startswith(_OLD_OFFICE):
            raise UnreadableFile(
                N_("This is an old or protected workbook. Save the list as XLSX or CSV.")
            )
        if content.startswith(_NOT_TEXT):
            raise UnreadableFile(N_("This file is no list. Save the list as XLSX or CSV."))
        return await asyncio.to_thread(read_text, content, encoding)
    except UnreadableFile as error:
        raise BadInput(
            says(error.issue),
            code="UnreadableFile",
            errors=[{"field": "file", "line": error.issue.line, "message": says(error.issue)}],
        ) from error


def says(issue: Issue) -> str:
    """Put an issue into the reader's words, without its line."""
    return _(issue.text) % dict(issue.values)
