"""Guests read out of a table of text: who gets how many tickets of which tier, and bad rows."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from handstamp.tickets.guest_columns import folded, known_heading, looks_like_mail, means_gone

N_ = str  # marks text for the catalogues; it is translated where it is shown
MAX_ROWS = 50_000
MAX_COLUMNS = 200
MAX_TICKETS = 50_000
MAX_QUANTITY = 500
MAX_TEXT = 200
HEADER_WITHIN = 15
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Issue:
    """Something to tell about a file; `text` has %(names)s that `values` fill in.

    `line` is the line of a CSV or the row of a sheet, 0 when it is about the whole file.
    """

    text: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    line: int = 0


class UnreadableFile(ValueError):
    """A file out of which no table can be read; `issue` says why (a value `line`: where)."""

    def __init__(self, text: str, **values: str | int) -> None:
        super().__init__(text)
        self.issue = Issue(text, values, int(values.get("line", 0)))


@dataclass(frozen=True)
class Row:
    """One row of text and where it stands in the file."""

    line: int
    cells: list[str]


@dataclass
class Table:
    """Headings, the rows below them, what to tell about the file, and rows known to be bad."""

    headings: list[str]
    rows: list[Row]
    notes: list[Issue] = field(default_factory=list)
    bad: dict[int, Issue] = field(default_factory=dict)


@dataclass(frozen=True)
class Guest:
    """One good row; `external_id` is never empty, so that the same file imports once."""

    line: int
    name: str
    email: str
    order: str
    tier: str
    external_id: str
    quantity: int
    note: str = ""


@dataclass
class Reading:
    """Good rows, bad rows and rows left out on purpose, each by line."""

    guests: list[Guest] = field(default_factory=list)
    bad: list[Issue] = field(default_factory=list)
    left_out: list[Issue] = field(default_factory=list)
    alike: int = 0


def make_table(rows: Sequence[Row], notes: Sequence[Issue] = ()) -> Table:
    """Find the headings among the first rows and make a table of what follows.

    Raises:
        UnreadableFile: there is nothing in it, or it is too long or too wide.
    """
    filled = [row for row in rows if any(cell.strip() for cell in row.cells)]
    if not filled:
        raise UnreadableFile(N_("There is nothing in this file."))
    width = max(len(row.cells) for row in filled)
    if width > MAX_COLUMNS:
        raise UnreadableFile(
            N_("This file has %(count)d columns; at most %(most)d are read."),
            count=width,
            most=MAX_COLUMNS,
        )
    said = list(notes)
    at = _heading_at(filled)
    if at is None:
        said.append(Issue(N_("The first row is a guest, not column names. Columns go by letter.")))
        headings, below = [""] * width, filled
    else:
        headings, below = [*filled[at].cells, *[""] * width][:width], filled[at + 1 :]
        if at:
            said.append(
                Issue(
                    N_("Rows above the column names in row %(row)d were left out."),
                    {"row": filled[at].line},
                )
            )
    if len(below) > MAX_ROWS:
        raise UnreadableFile(
            N_("This file has %(count)d rows; at most %(most)d are read. Split it."),
            count=len(below),
            most=MAX_ROWS,
        )
    if not below:
        raise UnreadableFile(N_("There are column names in this file, but no rows below them."))
    said += _double_headings(headings)
    return Table([heading.strip() for heading in headings], below, said)


def heading_label(headings: Sequence[str], column: int) -> str:
    """Name a column for people: its heading, with its letter when that is empty or double."""
    heading = headings[column]
    if not heading:
        return f"({column_letter(column)})"
    double = sum(folded(other) == folded(heading) for other in headings) > 1
    return f"{heading} ({column_letter(column)})" if double else heading


def column_letter(column: int) -> str:
    """Return a column's letters as sheets show them: A, B, … Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def read_guests(table: Table, columns: Mapping[str, int]) -> Reading:
    """Read every row by the columns of its fields (from 0; see `guest_columns.FIELDS`)."""
    reading = Reading()
    seen: dict[str, int] = {}
    alike: Counter[str] = Counter()
    for row in table.rows:
        cells = {name: clean(row.cells, column) for name, column in columns.items()}
        issue = table.bad.get(row.line) or _bad_text(row, cells)
        if issue is None and means_gone(cells.get("status", "")):
            reading.left_out.append(
                Issue(N_("left out: its status is “%(status)s”"), {"status": cells["status"]},
                      row.line)
            )  # fmt: skip
            continue
        if issue is None:
            issue = _read_row(row.line, cells, reading, seen, alike)
        if issue is not None:
            reading.bad.append(Issue(issue.text, issue.values, row.line))
    reading.alike = sum(count - 1 for count in alike.values())
    return reading


def clean(cells: Sequence[str], column: int) -> str:
    """Return a cell without what spreadsheets put around it (spaces, ="…", a guarding ')."""
    text = cells[column].strip() if 0 <= column < len(cells) else ""
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1]
    if text.startswith("'") and text[1:2] in ("=", "+", "-", "@"):
        text = text[1:]
    return text.strip()


def guarded(text: str) -> str:
    """Put a ' before what a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _read_row(
    line: int,
    cells: Mapping[str, str],
    reading: Reading,
    seen: dict[str, int],
    alike: Counter[str],
) -> Issue | None:
    name, email = _person(cells)
    quantity = _quantity(cells.get("quantity", ""))
    if not name and not email:
        return Issue(N_("has neither a name nor an e-mail"))
    if email and not looks_like_mail(email):
        return Issue(N_("“%(email)s” is not an e-mail address"), {"email": email})
    if quantity is None:
        return Issue(
            N_("“%(quantity)s” is not a number of tickets from 1 to %(most)d"),
            {"quantity": cells["quantity"], "most": MAX_QUANTITY},
        )
    if quantity == 0:
        reading.left_out.append(Issue(N_("left out: its quantity is 0"), {}, line))
        return None
    tier = " – ".join(part for part in (cells.get("tier"), cells.get("variation")) if part)
    order = cells.get("order", "")
    external = cells.get("external_id", "")
    if external and external in seen:
        return Issue(
            N_("has the ticket number “%(number)s” of line %(line)d again"),
            {"number": external, "line": seen[external]},
        )
    seen[external] = line
    if not external:
        external = _own_id(alike, name, email, order, tier)
    note = cells.get("note", "")
    reading.guests.append(Guest(line, name, email, order, tier, external, quantity, note))
    return None


def _own_id(alike: Counter[str], *parts: str) -> str:
    text = "\x1f".join(folded(part) if "@" not in part else part.casefold() for part in parts)
    digest = hashlib.sha256(text.encode()).hexdigest()[:24]
    alike[digest] += 1
    return f"row:{digest}:{alike[digest]}"


def _person(cells: Mapping[str, str]) -> tuple[str, str]:
    name = cells.get("name") or _joined(cells, "first_name", "last_name")
    buyer = cells.get("buyer_name") or _joined(cells, "buyer_first_name", "buyer_last_name")
    return name or buyer, cells.get("email") or cells.get("buyer_email", "")


def _joined(cells: Mapping[str, str], *names: str) -> str:
    return " ".join(cells[name] for name in names if cells.get(name))


def _quantity(text: str) -> int | None:
    if not text:
        return 1
    whole = text.removesuffix(".0").removesuffix(",0")
    if not whole.isascii() or not whole.isdigit() or len(whole) > 6 or int(whole) > MAX_QUANTITY:
        return None
    return int(whole)


def _bad_text(row: Row, cells: Mapping[str, str]) -> Issue | None:
    for text in cells.values():
        if any(letter < " " or letter in "\x7f\ufffd" for letter in text):
            return Issue(N_("holds a character that cannot be read"))
        if len(text) > MAX_TEXT:
            return Issue(N_("holds a text longer than %(most)d characters"), {"most": MAX_TEXT})
    return None


def _heading_at(rows: Sequence[Row]) -> int | None:
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        cells = [cell.strip() for cell in row.cells]
        if any(looks_like_mail(cell) for cell in cells):
            break
        if sum(known_heading(cell) for cell in cells if cell) >= min(2, len(rows[at].cells)):
            return at
    first = [cell.strip() for cell in rows[0].cells]
    return None if any(looks_like_mail(cell) for cell in first) else 0


def _double_headings(headings: Sequence[str]) -> list[Issue]:
    places: dict[str, list[int]] = {}
    for column, heading in enumerate(headings):
        if heading.strip():
            places.setdefault(folded(heading), []).append(column)
    return [
        Issue(
            N_("%(count)d columns are called “%(name)s” (%(letters)s). Check which one is used."),
            {
                "count": len(columns),
                "name": headings[columns[0]].strip(),
                "letters": ", ".join(map(column_letter, columns)),
            },
        )
        for columns in places.values()
        if len(columns) > 1
    ]
