"""Guests out of rows: what other systems call their columns, bad rows by line, own numbers."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.tickets.guest_columns import guess, means_gone
from handstamp.tickets.guest_rows import (
    MAX_COLUMNS,
    Reading,
    Row,
    Table,
    UnreadableFile,
    clean,
    column_letter,
    guarded,
    heading_label,
    make_table,
    read_guests,
)

EXPORTS = {
    "pretix": (
        "Order code,Position ID,Status,Email,Order date,Product,Variation,Price,Attendee name,"
        "Attendee name: Given name,Attendee name: Family name,Attendee email,Pseudonymization ID",
        "ABCDE,1,Paid,buyer@example.org,2026-01-01,Concert,Balcony,20.00,Ada Lovelace,Ada,"
        "Lovelace,ada@example.org,XYZ123",
    ),
    "eventbrite": (
        "Order #,Order Date,First Name,Last Name,Email,Quantity,Ticket Type,Attendee #,Barcode #,"
        "Attendee Status",
        "ABCDE,2026-01-01,Ada,Lovelace,ada@example.org,1,Concert – Balcony,99,XYZ123,Attending",
    ),
    "ticket tailor": (
        "Ticket code,Order ID,Ticket type,Full name,Buyer name,Buyer email,Status",
        "XYZ123,ABCDE,Concert – Balcony,Ada Lovelace,Bob,ada@example.org,valid",
    ),
    "hi.events": (
        "ID,First Name,Last Name,Email,Status,Is Checked In,Public ID,Ticket Name,Order ID",
        "7,Ada,Lovelace,ada@example.org,ACTIVE,No,XYZ123,Concert – Balcony,ABCDE",
    ),
    "tito": (
        "Number,Ticket,Ticket Full Name,Ticket First Name,Ticket Last Name,Ticket Email,"
        "Ticket Reference,Order Reference,Void Status",
        "1,Concert – Balcony,Ada Lovelace,Ada,Lovelace,ada@example.org,XYZ123,ABCDE,",
    ),
    "weezevent": (
        "Code barre,Nom,Prénom,E-mail,Tarif,Commande",
        "XYZ123,Lovelace,Ada,ada@example.org,Concert – Balcony,ABCDE",
    ),
    "plain": (
        "Name,E-Mail,Kategorie,Bestellnummer,Ticketnummer,Anzahl",
        "Ada Lovelace,ada@example.org,Concert – Balcony,ABCDE,XYZ123,1",
    ),
}


def table(*lines: str) -> Table:
    """Make a table of comma-separated lines."""
    return make_table([Row(at, line.split(",")) for at, line in enumerate(lines, 1)])


def read(*lines: str) -> Reading:
    """Read lines with guessed columns."""
    made = table(*lines)
    return read_guests(made, guess(made.headings, [row.cells for row in made.rows]))


@pytest.mark.parametrize("system", EXPORTS)
def test_the_export_of_every_known_system_is_understood_without_help(system: str) -> None:
    (guest,) = read(*EXPORTS[system]).guests
    assert (guest.name, guest.email) == ("Ada Lovelace", "ada@example.org")
    assert (guest.tier, guest.order) == ("Concert – Balcony", "ABCDE")
    assert (guest.external_id, guest.quantity) == ("XYZ123", 1)


def test_the_buyer_stands_in_where_the_guest_is_not_named() -> None:
    reading = read("Buyer name,Buyer email,Attendee name", "Bob,bob@example.org,", ",,Ada")
    assert [(guest.name, guest.email) for guest in reading.guests] == [
        ("Bob", "bob@example.org"),
        ("Ada", ""),
    ]


def test_bad_rows_are_told_by_line_and_good_ones_stay() -> None:
    reading = read(
        "Name,Email,Quantity,Ticket code",
        "Ada,ada@example.org,2,a",
        ",,1,b",
        "Bob,bob at example,1,c",
        "Cy,cy@example.org,many,d",
        "Di,di@example.org,501,e",
        "Ed\x00,ed@example.org,1,f",
        "Flo,flo@example.org,-1,g",
        "G" * 201 + ",g@example.org,1,h",
    )
    assert [guest.name for guest in reading.guests] == ["Ada"]
    assert [issue.line for issue in reading.bad] == [3, 4, 5, 6, 7, 8, 9]


def test_a_ticket_number_that_comes_twice_names_the_other_line() -> None:
    made = table("Name,Code", "Ada,x", "Bob,y", "Cy,x")
    reading = read_guests(made, {"name": 0, "external_id": 1})
    (issue,) = reading.bad
    assert (issue.line, issue.values["line"]) == (4, 2)


def test_refunded_cancelled_and_empty_rows_are_left_out_and_told() -> None:
    reading = read(
        "Name,Email,Status,Quantity",
        "Ada,ada@example.org,Paid,1",
        "Bob,bob@example.org,Canceled,1",
        "Cy,cy@example.org,Refunded/Canceled,1",
        "Di,di@example.org,Paid,0",
    )
    assert [guest.name for guest in reading.guests] == ["Ada"]
    assert [issue.line for issue in reading.left_out] == [3, 4, 5]
    assert not means_gone("Attending")


def test_rows_alike_become_tickets_of_their_own_with_steady_numbers() -> None:
    lines = ("Name,Email", "Ada,ada@example.org", "Ada,ada@example.org", "Bob,b@example.org")
    first, again = read(*lines), read(*lines)
    numbers = [guest.external_id for guest in first.guests]
    assert len(set(numbers)) == 3
    assert numbers == [guest.external_id for guest in again.guests]
    assert first.alike == 1


def test_a_number_that_repeats_is_not_taken_for_a_tickets_own() -> None:
    headings = ["Name", "Reference"]
    assert "external_id" not in guess(headings, [["Ada", "A1"], ["Bob", "A1"]])
    assert guess(headings, [["Ada", "A1"], ["Bob", "A2"]])["external_id"] == 1


def test_a_file_without_column_names_is_read_by_letter() -> None:
    made = table("Ada,ada@example.org", "Bob,bob@example.org")
    assert made.headings == ["", ""]
    assert len(made.rows) == 2
    assert heading_label(made.headings, 1) == "(B)"
    assert guess(made.headings, [row.cells for row in made.rows]) == {"email": 1}


def test_titles_above_the_column_names_are_told_and_left_out() -> None:
    made = table("Guests of tonight,,", ",,", "Name,Email,Tier", "Ada,ada@example.org,VIP")
    assert made.headings == ["Name", "Email", "Tier"]
    assert made.notes[0].values == {"row": 3}


def test_double_column_names_are_told_with_their_letters() -> None:
    made = table("Name,Email,name", "Ada,ada@example.org,Bob")
    assert made.notes[0].values == {"count": 2, "name": "Name", "letters": "A, C"}
    assert heading_label(made.headings, 2) == "name (C)"


def test_too_many_columns_are_refused() -> None:
    with pytest.raises(UnreadableFile):
        make_table([Row(1, ["x"] * (MAX_COLUMNS + 1))])


@pytest.mark.parametrize(("column", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ")])
def test_columns_are_lettered_as_in_a_sheet(column: int, letters: str) -> None:
    assert column_letter(column) == letters


@pytest.mark.parametrize("cell", ['="00123"', " 00123 ", "00123"])
def test_what_spreadsheets_wrap_around_numbers_is_taken_off(cell: str) -> None:
    assert clean([cell], 0) == "00123"
    assert clean([cell], 5) == ""


@given(st.text(string.printable, max_size=20))
def test_a_guarded_cell_is_no_formula_and_reads_as_before(text: str) -> None:
    shown = guarded(text)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
    if text == text.strip() and text[:1] in ("=", "+", "-", "@"):
        assert clean([shown], 0) == text


@given(st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=8))
def test_no_rows_at_all_break_the_reader(rows: list[list[str]]) -> None:
    try:
        made = make_table([Row(at, cells) for at, cells in enumerate(rows, 1)])
    except UnreadableFile:
        return
    reading = read_guests(made, guess(made.headings, [row.cells for row in made.rows]))
    told = [issue.line for issue in reading.bad + reading.left_out]
    lines = sorted([guest.line for guest in reading.guests] + told)
    assert lines == [row.line for row in made.rows]
