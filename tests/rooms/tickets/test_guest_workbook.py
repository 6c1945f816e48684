"""Guest lists as workbooks: what is read, and the bombs that are not."""

import datetime
import io
import zipfile

import pytest
import xlsxwriter
from tests.factories.workbooks import make_raw_workbook, make_workbook

from handstamp.plumbing.errors import BadInput, TooLarge
from handstamp.tickets.guest_file import MAX_BYTES, read_guest_file

pytestmark = pytest.mark.anyio

HEADINGS = ["Name", "Email", "Quantity", "Born", "Member"]


async def test_numbers_dates_and_truths_become_text() -> None:
    ada: list[object] = ["Ada", "ada@example.org", 2, 3.5, True]
    table = await read_guest_file(make_workbook([HEADINGS, ada]))
    assert table.headings == HEADINGS
    assert table.rows[0].cells == ["Ada", "ada@example.org", "2", "3.5", "True"]
    assert table.rows[0].line == 2


async def test_a_date_is_written_year_first() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Name", "Date"])
        sheet.write(1, 0, "Ada")
        sheet.write_datetime(1, 1, datetime.datetime(2026, 5, 1))
    table = await read_guest_file(out.getvalue())
    assert table.rows[0].cells[1].startswith("2026-05-01")


async def test_a_formula_with_a_result_is_used_and_one_without_is_a_bad_row() -> None:
    with_result = '<c r="A2" t="str"><f>"A"&amp;"da"</f><v>Ada</v></c>'
    without = '<c r="A3"><f>B1</f></c><c r="B3" t="inlineStr"><is><t>b@example.org</t></is></c>'
    head = "".join(
        f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
        for place, text in (("A1", "Name"), ("B1", "Email"))
    )
    data = f'<row r="1">{head}</row><row r="2">{with_result}</row><row r="3">{without}</row>'
    table = await read_guest_file(make_raw_workbook(data))
    assert table.rows[0].cells[0] == "Ada"
    assert list(table.bad) == [3]
    assert table.bad[3].values == {"column": "A"}
    assert any("formulas" in note.text for note in table.notes)


async def test_merged_cells_and_other_sheets_are_told() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("Guests")
        sheet.merge_range("A1:B1", "Guests of tonight")
        sheet.write_row(1, 0, ["Name", "Email"])
        sheet.write_row(2, 0, ["Ada", "ada@example.org"])
        book.add_worksheet("Notes")
    table = await read_guest_file(out.getvalue())
    said = [note.text % dict(note.values) for note in table.notes]
    assert table.headings == ["Name", "Email"]
    assert any("A1" in text and "merged" in text for text in said)
    assert any("Guests" in text for text in said)
    assert any("row 2" in text for text in said)


async def test_an_empty_sheet_before_the_list_is_passed_over() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("Empty")
        book.add_worksheet("Guests").write_column(0, 0, ["Name", "Ada"])
    assert (await read_guest_file(out.getvalue())).rows[0].cells == ["Ada"]


FAR_CELL = (
    '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
)
SHARED = f"<si><t>{'x' * 1_000_000}</t></si>"
MANY_CELLS = "".join(
    f'<row r="{n}">' + "".join(f'<c r="{letter}{n}" t="s"><v>0</v></c>' for letter in "ABCDEFGHIJ")
    + "</row>" for n in range(1, 3001)
)  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(make_raw_workbook(FAR_CELL), id="a cell in the last row and column"),
        pytest.param(make_raw_workbook(MANY_CELLS, SHARED), id="a long text shared by many cells"),
        pytest.param(make_raw_workbook(" " * (10 << 20)), id="10 MB of spaces"),
        pytest.param(make_raw_workbook("", "<si><t>" + "x" * (10 << 20)), id="10 MB of one text"),
    ],
)
async def test_bombs_are_refused_and_the_server_lives_on(content: bytes) -> None:
    assert len(content) < MAX_BYTES
    with pytest.raises(BadInput):
        await read_guest_file(content)


def _zip(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        make_workbook([]),
        make_workbook([["Name"]]),
        make_workbook([["Name"], ["Ada"]])[:-200],
        b"PK\x03\x04" + bytes(100),
        _zip("readme.txt", b"hello"),
        _zip("xl/workbook.xml", b"<workbook"),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"%PDF-1.7 ...",
    ],
)
async def test_what_is_no_workbook_is_refused_in_plain_words(content: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        await read_guest_file(content)
    assert len(caught.value.detail) > 10
    assert "%(" not in caught.value.detail


async def test_more_than_5_mb_is_refused_unread() -> None:
    with pytest.raises(TooLarge):
        await read_guest_file(bytes(MAX_BYTES + 1))
