"""Reads one workbook in a process of its own, whose memory and time are bounded.

A workbook of a few kB can unpack to anything: a cell in the last row and column, a long text
that a million cells share. Whatever it does, it does it here, and the server lives on.
The request is the file, the answer (the frames of `plumbing/child.py`) has JSON behind it.
"""

import datetime
import io
import json
import posixpath
import re
import zipfile
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

from handstamp.plumbing.child import begin, end_with_parent, read_frame, write_answer

MEMORY = 768 << 20
SECONDS = 30
MAX_ROWS = 50_020
MAX_COLUMNS = 201
MAX_LETTERS = 20_000_000
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def main() -> None:
    """Read the workbook and answer."""
    requests, answers = begin(memory=MEMORY, seconds=SECONDS)
    content = read_frame(requests)
    if content is not None:
        end_with_parent(requests)
        write_answer(answers, {}, json.dumps(read(content)).encode())


def read(content: bytes) -> dict[str, Any]:
    """Return the first visible sheet that is not empty, as text.

    {"sheet", "others", "rows": [[text]], "formulas": [[row, column, has a result]],
    "merged": [[[row, column], [row, column]]]} or {"error": word}; rows and columns from 0.
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        visible = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and str(sheet.visible).endswith(".Visible")
        ]
        for name in visible:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_height > 0:
                if sheet.total_height > MAX_ROWS or sheet.total_width > MAX_COLUMNS:
                    return {"error": "large"}
                rows = _texts(sheet.to_python(skip_empty_area=False))
                return {
                    "sheet": name,
                    "others": [other for other in visible if other != name],
                    "rows": rows,
                    "formulas": _formulas(content, name),
                    "merged": (sheet.merged_cell_ranges or [])[:1000],
                }
    except PasswordError:
        return {"error": "password"}
    except OverflowError:
        return {"error": "large"}
    except (CalamineError, ElementTree.ParseError, KeyError, zipfile.BadZipFile):
        return {"error": "broken"}
    return {"error": "empty"}


def _texts(rows: list[list[Any]]) -> list[list[str]]:
    letters = 0
    texts = []
    for row in rows:
        cells = [_text(cell) for cell in row]
        letters += sum(map(len, cells))
        if letters > MAX_LETTERS:
            raise OverflowError
        texts.append(cells)
    return texts


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


def _formulas(content: bytes, sheet: str) -> list[tuple[int, int, bool]]:
    found: list[tuple[int, int, bool]] = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        raw = archive.read(_sheet_path(archive, sheet))
    if b"<f" not in raw and b":f" not in raw:
        return found
    for _event, cell in ElementTree.iterparse(io.BytesIO(raw)):  # noqa: S314 (bounded process)
        if cell.tag == f"{_MAIN}c":
            place = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", cell.get("r", ""))
            if cell.find(f"{_MAIN}f") is not None and place:
                value = cell.find(f"{_MAIN}v")
                has_result = value is not None and bool(value.text)
                found.append((int(place[2]) - 1, _column(place[1]), has_result))
            cell.clear()
    return found[:MAX_ROWS]


def _sheet_path(archive: zipfile.ZipFile, sheet: str) -> str:
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for found in book.iter(f"{_MAIN}sheet"):
        if found.get("name") == sheet:
            return posixpath.normpath(posixpath.join("xl", targets[found.get(_RELATION)])).lstrip(
                "/"
            )
    raise KeyError(sheet)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


if __name__ == "__main__":
    main()
