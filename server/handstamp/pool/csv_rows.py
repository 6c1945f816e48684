"""Tickets from elsewhere as a file lists them: two formats with fixed headers, bad rows by line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from handstamp.tickets.guest_columns import folded, looks_like_mail
from handstamp.tickets.guest_rows import N_, Issue, Row, UnreadableFile, clean

MAX_ROWS = 10_000
MOST_LINES = 5 * MAX_ROWS  # with empty ones
MAX_TEXT = 200
PLAIN = ("Event", "Variant", "Email", "Password")
FORMATS = {PLAIN: "plain", (*PLAIN, "Code"): "with_code"}
_OTHER_SEPARATORS = (";", "\t", "|")


@dataclass(frozen=True)
class CsvRow:
    """One good row. `variant` and `code` may be ''; the password is as the file has it.

    Its repr leaves out what nobody may read in a log.
    """

    line: int
    event: str
    variant: str
    email: str
    password: str = field(repr=False)
    code: str = field(default="", repr=False)


@dataclass
class Sheet:
    """What a file holds: good rows, bad rows and rows that are there twice, each by line.

    `format`: plain or with_code. `count`: rows that are not empty. `notes`: about the whole file.
    """

    format: str
    count: int = 0
    rows: list[CsvRow] = field(default_factory=list)
    bad: list[Issue] = field(default_factory=list)
    doubles: list[Issue] = field(default_factory=list)
    notes: list[Issue] = field(default_factory=list)


def read_rows(rows: Iterable[Row], notes: Sequence[Issue] = ()) -> Sheet:
    """Read the rows of a file split at commas; the first that is not empty is the header.

    Event, variant and e-mail lose what spreadsheets put around a cell; a password or code
    loses only outer spaces and ="…". Empty rows do not count.

    Raises:
        UnreadableFile: there is nothing in it, its header is another, or it has too many rows,
            empty ones too.
    """
    filled = _filled(rows)
    header = next(filled, None)
    if header is None:
        raise UnreadableFile(N_("There is nothing in this file."))
    sheet = Sheet(_format_of(header), notes=list(notes))
    seen: dict[tuple[str, ...], int] = {}
    for row in filled:
        sheet.count += 1
        if sheet.count > MAX_ROWS:
            raise UnreadableFile(
                N_("This file has more than %(most)d rows. Split it."), most=MAX_ROWS
            )
        _take(sheet, row, header.cells, seen)
    if not sheet.count:
        raise UnreadableFile(N_("There is a header in this file, but no rows below it."))
    return sheet


def _filled(rows: Iterable[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number > MOST_LINES:
            raise UnreadableFile(N_("There are too many empty rows in this file."), line=row.line)
        if any(cell.strip() for cell in row.cells):
            yield row


def same_name(text: str) -> str:
    """Return what two spellings of one name have in common: no case, accents or signs."""
    return folded(text) or text.casefold().strip()


def _format_of(header: Row) -> str:
    known = FORMATS.get(tuple(header.cells))
    if known:
        return known
    for separator in _OTHER_SEPARATORS:
        if header.cells[0].replace('"', "").startswith(separator.join(PLAIN)):
            raise UnreadableFile(
                N_("The columns must be separated by commas. Save the file as CSV with commas."),
                line=header.line,
            )
    raise UnreadableFile(
        N_("The first row must be exactly “%(plain)s” or “%(with_code)s”."),
        line=header.line,
        plain=",".join(PLAIN),
        with_code=",".join((*PLAIN, "Code")),
    )


def _take(sheet: Sheet, row: Row, header: list[str], seen: dict[tuple[str, ...], int]) -> None:
    issue = _bad_shape(row, header) or _bad_text(row)
    if issue is None:
        read = _read(row)
        issue = _bad_values(read)
    if issue is not None:
        sheet.bad.append(Issue(issue.text, issue.values, row.line))
        return
    issue = _double(read, seen)
    if issue is not None:
        sheet.doubles.append(issue)
        return
    sheet.rows.append(read)


def _read(row: Row) -> CsvRow:
    event, variant, email = (clean(row.cells, column) for column in range(3))
    password, *code = (_exact(cell) for cell in row.cells[3:])
    return CsvRow(row.line, event, variant, email.lower(), password, code[0] if code else "")


def _exact(cell: str) -> str:
    text = cell.strip()
    return text[2:-1] if text.startswith('="') and text.endswith('"') and len(text) > 3 else text


def _bad_shape(row: Row, header: list[str]) -> Issue | None:
    if [cell.strip() for cell in row.cells] == header:
        return Issue(N_("is the header again"))
    if len(row.cells) != len(header):
        return Issue(
            N_("has %(count)d cells instead of %(wanted)d; a comma inside a cell needs quotes"),
            {"count": len(row.cells), "wanted": len(header)},
        )
    return None


def _bad_text(row: Row) -> Issue | None:
    for cell in row.cells:
        if any(letter < " " or letter in "\x7f\ufffd" for letter in cell.strip()):
            return Issue(N_("holds a character that cannot be read"))
        if len(cell) > MAX_TEXT:
            return Issue(N_("holds a text longer than %(most)d characters"), {"most": MAX_TEXT})
    return None


def _bad_values(row: CsvRow) -> Issue | None:
    if not row.event:
        return Issue(N_("names no event"))
    if not looks_like_mail(row.email):
        return Issue(N_("has no e-mail address in its third column"))
    if not row.password:
        return Issue(N_("has no password"))
    return None


def _double(row: CsvRow, seen: dict[tuple[str, ...], int]) -> Issue | None:
    event = same_name(row.event)
    first = seen.setdefault(("ticket", event, row.email, row.password), row.line)
    if first != row.line:
        return Issue(N_("is the ticket of line %(line)d again"), {"line": first}, row.line)
    if row.code:
        first = seen.setdefault(("code", event, row.code), row.line)
        if first != row.line:
            return Issue(N_("has the code of line %(line)d again"), {"line": first}, row.line)
    return None
