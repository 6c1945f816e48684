"""Files of tickets as spreadsheets and enemies write them: read, refused, or bad by line."""

import csv
import io
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories.pool import CODED, HEADER, pool_csv, ticket_rows

from handstamp.plumbing.errors import BadInput, TooLarge
from handstamp.pool.csv_rows import Sheet, read_rows
from handstamp.pool.pool_file import MAX_BYTES, read_pool_file
from handstamp.tickets.guest_file import says
from handstamp.tickets.guest_rows import UnreadableFile
from handstamp.tickets.guest_text import decode, split_rows

pytestmark = pytest.mark.anyio

ROW = "Gala,Early,a@example.org,pass"


def told(sheet: Sheet) -> tuple[dict[int, str], dict[int, str]]:
    """Return what is said of bad rows and of rows that are there twice, by line."""
    return (
        {issue.line: says(issue) for issue in sheet.bad},
        {issue.line: says(issue) for issue in sheet.doubles},
    )


READ = {
    "plain": f"{HEADER}\n{ROW}\n".encode(),
    "no line end after the last row": f"{HEADER}\n{ROW}".encode(),
    "windows": f"{HEADER}\r\n{ROW}\r\n".encode(),
    "old mac": f"{HEADER}\r{ROW}\r".encode(),
    "utf-8 with a mark": f"\ufeff{HEADER}\n{ROW}\n".encode(),
    "utf-16 with a mark": f"{HEADER}\n{ROW}\n".encode("utf-16"),
    "utf-16 big end first": b"\xfe\xff" + f"{HEADER}\n{ROW}\n".encode("utf-16-be"),
    "utf-16 without a mark": f"{HEADER}\n{ROW}\n".encode("utf-16-le"),
    "quotes": b'"Event","Variant","Email","Password"\n"Gala","Early","a@example.org","pass"\n',
    "empty rows around": f"\n\n{HEADER}\n\n,,,\n{ROW}\n , , ,\n".encode(),
    "spaces around": f"{HEADER}\n Gala , Early ,a@example.org , pass \n".encode(),
    "numbers as formulas": f'{HEADER}\n"=""Gala""",Early,A@Example.org,"=""pass"""\n'.encode(),
}


@pytest.mark.parametrize("name", READ)
async def test_files_as_spreadsheets_write_them_are_read(name: str) -> None:
    sheet = await read_pool_file(READ[name])
    (row,) = sheet.rows
    assert (row.event, row.variant, row.email, row.password, row.code) == (
        "Gala", "Early", "a@example.org", "pass", "",
    )  # fmt: skip
    assert (sheet.format, sheet.count, sheet.bad, sheet.doubles) == ("plain", 1, [], [])


REFUSED = {
    "empty": (b"", "nothing in this file"),
    "blank lines": (b"\n\n \n", "nothing in this file"),
    "only the header": (f"{HEADER}\n".encode(), "no rows below"),
    "NULs": (b"\x00" * 500, "cannot be|nothing in this file|not .* all the way|must be exactly"),
    "semicolons": (f"{HEADER}\n{ROW}\n".replace(",", ";").encode(), "separated by commas"),
    "tabs": (f"{HEADER}\n{ROW}\n".replace(",", "\t").encode("utf-16"), "separated by commas"),
    "bars": (f"{HEADER}\n{ROW}\n".replace(",", "|").encode(), "separated by commas"),
    "sep line": (f"sep=,\n{HEADER}\n{ROW}\n".encode(), "must be exactly"),
    "no header": (f"{ROW}\n".encode(), "must be exactly"),
    "another case": (f"{HEADER.lower()}\n{ROW}\n".encode(), "must be exactly"),
    "another order": (b"Variant,Event,Email,Password\nEarly,Gala,a@example.org,x\n", "exactly"),
    "one more column": (f"{HEADER},Note\n{ROW},x\n".encode(), "must be exactly"),
    "spaces in the header": (b"Event, Variant, Email, Password\n" + ROW.encode(), "exactly"),
    "a quote that never ends": (f'{HEADER}\nGala,Early,a@example.org,"pass\n'.encode(), "quote"),
    "a huge cell": (f"{HEADER}\nGala,Early,a@example.org,{'x' * 200_000}\n".encode(), "too long"),
    "very many cells": (f"{HEADER}\n{','.join('x' * 5_000)}\n".encode(), "cells"),
    "millions of empty rows": (f"{HEADER}\n".encode() + b"\n" * 4_000_000, "too many empty rows"),
    "a workbook": (b"PK\x03\x04" + b"\x00" * 100, "no CSV"),
    "a picture": (b"\x89PNG\r\n", "no CSV"),
    "broken utf-16": (f"{HEADER}\n{ROW}\n".encode("utf-16") + b"\x00\xd8", "UTF-16"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_files_of_another_form_are_refused_with_the_reason(name: str) -> None:
    content, reason = REFUSED[name]
    with pytest.raises(BadInput, match=reason) as refused:
        await read_pool_file(content)
    assert refused.value.code == "UnreadableFile"


@dataclass(frozen=True)
class Bad:
    """A row in line 2 (a good one follows), and what is said of it."""

    row: str
    said: str


BAD = {
    "a comma without quotes": Bad(f"{ROW},more", "has 5 cells instead of 4"),
    "too few cells": Bad("Gala,Early,a@example.org", "has 3 cells instead of 4"),
    "the header again": Bad(HEADER, "is the header again"),
    "a NUL": Bad("Gala,Early,a@example.org,pa\x00ss", "character that cannot be read"),
    "a line break": Bad('Gala,Early,a@example.org,"pa\nss"', "character that cannot be read"),
    "a lost letter": Bad("G\ufffdla,Early,a@example.org,pass", "character that cannot be read"),
    "no event": Bad(" ,Early,a@example.org,pass", "names no event"),
    "no e-mail": Bad("Gala,Early,,pass", "no e-mail address"),
    "no such e-mail": Bad("Gala,Early,nobody,pass", "no e-mail address"),
    "no password": Bad("Gala,Early,a@example.org, ", "has no password"),
    "a long cell": Bad(f"Gala,Early,a@example.org,{'x' * 201}", "longer than 200"),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_rows_are_told_by_line_and_reason(name: str) -> None:
    good = "Gala,Early,b@example.org,good"
    sheet = await read_pool_file(f"{HEADER}\n{BAD[name].row}\n{good}\n".encode())
    assert [row.email for row in sheet.rows] == ["b@example.org"]
    bad, doubles = told(sheet)
    assert list(bad) == [2]
    assert BAD[name].said in bad[2]
    assert (sheet.count, doubles) == (2, {})


async def test_reasons_repeat_nothing_that_may_be_a_password() -> None:
    rows = ["Gala,Early,Tr0ub4dor,a@example.org", "Gala,Early,a@example.org,Tr0ub4dor,x"]
    sheet = await read_pool_file("\n".join([HEADER, *rows]).encode())
    assert list(told(sheet)[0]) == [2, 3]
    assert "Tr0ub4dor" not in repr(sheet)
    assert "Tr0ub4dor" not in " ".join(told(sheet)[0].values())


async def test_a_row_that_is_there_twice_is_told_with_its_first_line() -> None:
    rows = [ROW, "GALA,Late,A@example.org,pass", "Gala,Early,a@example.org,Pass", ROW]
    sheet = await read_pool_file("\n".join([HEADER, *rows]).encode())
    assert [row.line for row in sheet.rows] == [2, 4]
    said = "is the ticket of line 2 again"
    assert told(sheet) == ({}, {3: said, 5: said})


async def test_codes_have_a_format_of_their_own_and_stand_once() -> None:
    rows = [
        f"{ROW},X-1",
        "Gala,Early,b@example.org,pass,X-1",
        "Gala,Early,c@example.org,pass,",
        "Other,Early,d@example.org,pass,X-1",
    ]
    sheet = await read_pool_file("\n".join([CODED, *rows]).encode())
    assert sheet.format == "with_code"
    assert [(row.line, row.code) for row in sheet.rows] == [(2, "X-1"), (4, ""), (5, "X-1")]
    assert told(sheet) == ({}, {3: "has the code of line 2 again"})


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+1", "-1", "'=x", "p,w", 'say "hi"', " ä ß"])
async def test_a_password_stays_as_it_is(cell: str) -> None:
    quoted = cell.replace('"', '""')
    sheet = await read_pool_file(f'{HEADER}\nGala,Early,a@example.org,"{quoted}"\n'.encode())
    assert [row.password for row in sheet.rows] == [cell.strip()]


async def test_letters_of_an_old_encoding_are_read_and_that_is_said() -> None:
    sheet = await read_pool_file(f"{HEADER}\nFête,Early,a@example.org,pass\n".encode("cp1252"))
    assert [row.event for row in sheet.rows] == ["Fête"]
    assert [says(issue) for issue in sheet.notes] == ["The file was read as cp1252."]


async def test_ten_thousand_rows_are_read_and_one_more_is_refused() -> None:
    sheet = await read_pool_file(pool_csv(ticket_rows("Gala", 10_000)))
    assert (sheet.count, len(sheet.rows)) == (10_000, 10_000)
    with pytest.raises(BadInput, match=r"more than 10,?000 rows"):
        await read_pool_file(pool_csv(ticket_rows("Gala", 10_001)))


async def test_bad_rows_and_doubles_count_among_the_ten_thousand() -> None:
    with pytest.raises(BadInput, match=r"more than 10,?000 rows"):
        await read_pool_file(pool_csv([["x"]] * 10_001))


async def test_five_megabytes_are_read_and_a_byte_more_is_refused() -> None:
    start = f"{HEADER}\n{ROW}\n".encode()
    blank = b" " * 99_999 + b"\n"
    filled = start + blank * ((MAX_BYTES - len(start)) // len(blank))
    sheet = await read_pool_file(filled + b" " * (MAX_BYTES - len(filled)))
    assert sheet.count == 1
    with pytest.raises(TooLarge):
        await read_pool_file(filled + b" " * (MAX_BYTES - len(filled) + 1))


CELLS = st.one_of(
    st.sampled_from(["", " ", "Gala", "a@example.org", "b@example.org", "pass", "Event", '="1"']),
    st.text(max_size=12),
)


@given(st.lists(st.lists(CELLS, max_size=6), max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_every_row_is_good_or_bad_or_double_and_no_table_breaks_the_reader(
    rows: list[list[str]], end: str
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end).writerows([HEADER.split(","), *rows])
    try:
        sheet = read_rows(split_rows(out.getvalue(), ","))
    except UnreadableFile as refused:
        assert says(refused.issue)
        return
    told = [*(row.line for row in sheet.rows), *(i.line for i in (*sheet.bad, *sheet.doubles))]
    assert len(told) == len(set(told)) == sheet.count
    for row in sheet.rows:
        assert row.password == row.password.strip() != ""
        assert row.email == row.email.lower()
    assert all(says(issue) for issue in (*sheet.bad, *sheet.doubles))


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    for start in (b"", f"{HEADER}\n".encode(), b"\xff\xfe", f"{HEADER}\n".encode("utf-16")):
        try:
            text, _encoding = decode(start + content)
            sheet = read_rows(split_rows(text, ","))
        except UnreadableFile as refused:
            assert says(refused.issue)
        else:
            assert sheet.count == len(sheet.rows) + len(sheet.bad) + len(sheet.doubles)
