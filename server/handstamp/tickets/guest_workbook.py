"""Tables out of XLSX workbooks, read by a bounded process of their own."""

import asyncio
import io
import json
import zipfile
from typing import Any

from handstamp.plumbing.children import ChildDied, child_of
from handstamp.tickets.guest_rows import (
    N_,
    Issue,
    Row,
    Table,
    UnreadableFile,
    column_letter,
    make_table,
)

MAX_MEMBERS = 1000
MAX_UNPACKED = 120 << 20
MAX_RATIO = 400
_WAIT_S = 60
_ERRORS = {
    "password": N_("This workbook is protected by a password. Save it without one."),
    "large": N_("This workbook is too long or too wide: 50,000 rows and 200 columns are read."),
    "broken": N_("This workbook is broken. Open it in a spreadsheet and save it again."),
    "empty": N_("There is nothing in this workbook."),
}


async def read_workbook(content: bytes) -> Table:
    """Read the first visible sheet that is not empty.

    Raises:
        UnreadableFile: it is no workbook, protected, broken, or unpacks to too much.
    """
    check_archive(content)
    answer = await _ask_child(content)
    if "error" in answer:
        raise UnreadableFile(_ERRORS[answer["error"]])
    return await asyncio.to_thread(_table, answer)


def check_archive(content: bytes) -> None:
    """Look at what a ZIP says it unpacks to, before anything is unpacked.

    Raises:
        UnreadableFile: it is broken, no workbook, or would unpack to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise UnreadableFile(_ERRORS["broken"]) from error
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise UnreadableFile(N_("This is no XLSX workbook. Save the list as XLSX or CSV."))
    unpacked = sum(member.file_size for member in members)
    bomb = unpacked > MAX_UNPACKED or any(
        member.file_size > 1 << 20 and member.file_size > MAX_RATIO * max(1, member.compress_size)
        for member in members
    )
    if bomb or len(members) > MAX_MEMBERS:
        raise UnreadableFile(N_("This workbook unpacks to more than is read here."))


async def _ask_child(content: bytes) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_WAIT_S), child_of("handstamp.tickets.workbook_child") as child:
            await child.send(content)
            _head, out = await child.answer()
    except TimeoutError as error:
        raise UnreadableFile(_ERRORS["large"]) from error
    except ChildDied as error:
        raise UnreadableFile(N_("This workbook unpacks to more than is read here.")) from error
    answer: dict[str, Any] = await asyncio.to_thread(json.loads, out)
    return answer


def _table(answer: dict[str, Any]) -> Table:
    rows = [Row(at + 1, cells) for at, cells in enumerate(answer["rows"])]
    table = make_table(rows, _notes(answer))
    for row, column, has_result in answer["formulas"]:
        if not has_result:
            table.bad.setdefault(
                row + 1,
                Issue(
                    N_("column %(column)s is a formula without a stored result"),
                    {"column": column_letter(column)},
                    row + 1,
                ),
            )
    return table


def _notes(answer: dict[str, Any]) -> list[Issue]:
    notes = []
    if answer["others"]:
        notes.append(Issue(N_("Only the sheet “%(sheet)s” was read."), {"sheet": answer["sheet"]}))
    results = sum(has_result for _row, _column, has_result in answer["formulas"])
    if results:
        notes.append(
            Issue(
                N_("%(count)d cells are formulas; the results stored with them were used."),
                {"count": results},
            )
        )
    if answer["merged"]:
        (row, column), _end = answer["merged"][0]
        notes.append(
            Issue(
                N_(
                    "%(count)d groups of cells are merged, the first at %(place)s. Only the first "
                    "cell of each has its text; the others are empty."
                ),
                {"count": len(answer["merged"]), "place": f"{column_letter(column)}{row + 1}"},
            )
        )
    return notes
