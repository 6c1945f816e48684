"""Guest lists as text: encodings, separators, quotes, and what is said of broken files."""

import pytest

from handstamp.tickets.guest_rows import UnreadableFile
from handstamp.tickets.guest_text import read_text

LIST = "Name;E-Mail;Ticketart\r\nJörg Müller;joerg@example.org;Abendkasse\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    table = read_text(LIST.encode(encoding))
    assert table.headings == ["Name", "E-Mail", "Ticketart"]
    assert table.rows[0].cells == ["Jörg Müller", "joerg@example.org", "Abendkasse"]


def test_utf_16_of_the_other_byte_order_is_read_without_its_mark() -> None:
    assert read_text(LIST.encode("utf-16-be")).rows[0].cells[0] == "Jörg Müller"


def test_cyrillic_from_before_unicode_is_recognised() -> None:
    rows = "".join(f"Александр Пушкин {n};Входной билет на вечер;{n}\r\n" for n in range(20))
    table = read_text(f"Имя гостя;Вид билета;Номер\r\n{rows}".encode("cp1251"))
    assert table.rows[0].cells[0] == "Александр Пушкин 0"


def test_a_wrong_guess_is_corrected_by_hand() -> None:
    polish = "Name,Email\nŻółć Łukasz,z@example.org\n".encode("cp1250")
    assert read_text(polish, "cp1250").rows[0].cells[0] == "Żółć Łukasz"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_usual_separator_is_found(separator: str) -> None:
    text = separator.join(["Name", "Email"]) + "\n" + separator.join(["Ada", "ada@example.org"])
    assert read_text(text.encode()).rows[0].cells == ["Ada", "ada@example.org"]


def test_commas_inside_quotes_do_not_mislead() -> None:
    text = 'Name;Email\n"Lovelace, Ada, of London";ada@example.org\n'
    assert read_text(text.encode()).rows[0].cells[0] == "Lovelace, Ada, of London"


def test_a_spreadsheets_own_separator_line_counts() -> None:
    table = read_text(b"sep=;\r\nName;Email\r\nAda, Countess;ada@example.org\r\n")
    assert table.headings == ["Name", "Email"]
    assert table.rows[0].line == 3


def test_lines_are_those_of_the_file_even_after_a_cell_of_two_lines() -> None:
    table = read_text(b'Name,Email\n\n"Ada\nLovelace",ada@example.org\nBob,bob@example.org\n')
    assert [row.line for row in table.rows] == [3, 5]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "nothing in this file"),
        (b"\n\n  ,\n", "nothing in this file"),
        (b"Name,Email\n", "no rows below"),
        (b'Name,Email\nAda,ada@example.org\n"Bob,bob@example.org\nCy,c@example.org\n', "line 3"),
        (b"Name,Email\n" + b"," * 500, "502 cells|501 cells"),
        (b"Name,Email\n" + b"x" * 200_000, "line 2"),
        (b"\xff\xfeN\x00a\x00m\x00e\x00\x00", "UTF-16"),
    ],
)
def test_what_cannot_be_read_is_said_in_plain_words(content: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read_text(content)
    issue = caught.value.issue
    assert any(part in issue.text % dict(issue.values) for part in says.split("|"))


def test_more_rows_than_the_limit_are_refused() -> None:
    text = "Name,Email\n" + "Ada,ada@example.org\n" * 50_001
    with pytest.raises(UnreadableFile) as caught:
        read_text(text.encode())
    assert "rows" in caught.value.issue.text
