"""Tables out of text files: encodings and separators as spreadsheets and ticket systems use."""

import csv
import io
from collections.abc import Iterator

from handstamp.tickets.guest_rows import (
    HEADER_WITHIN,
    MAX_COLUMNS,
    MAX_ROWS,
    N_,
    Issue,
    Row,
    Table,
    UnreadableFile,
    make_table,
)

ENCODINGS = (
    "utf-8",
    "utf-16",
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "mac_roman",
    "cp932",
    "gb18030",
)
SEPARATORS = (",", ";", "\t", "|")
_NOT_LATIN = ["cp1251", "cp1253", "cp932", "gb18030"]
_SAMPLE = 65_536
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LONGEST_ROW = 100
_UNENDED = N_("A cell on line %(line)d is too long, or a quote there never ends.")


def read_text(content: bytes, encoding: str = "") -> Table:
    """Read a CSV or TSV; `encoding` overrides the guess.

    Raises:
        UnreadableFile: it is no such text, or too long, or a quote never ends.
    """
    text, used = decode(content, encoding)
    notes = []
    if used not in ("utf-8", "utf-8-sig"):
        notes.append(Issue(N_("The file was read as %(encoding)s."), {"encoding": used}))
    text, separator = _separator(text)
    return make_table(list(split_rows(text, separator)), notes)


def decode(content: bytes, wanted: str = "") -> tuple[str, str]:
    """Return the text of a file and its encoding; `wanted` overrides the guess.

    Raises:
        UnreadableFile: its bytes are no text in that encoding.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strictly(content, encoding), encoding
    if wanted:
        if wanted not in ENCODINGS:
            raise UnreadableFile(N_("That encoding is not known here."))
        return _strictly(content, wanted), wanted
    sample = content[:4096]
    if sample.count(b"\x00") * 3 > len(sample):
        encoding = "utf-16-be" if sample[:1] == b"\x00" else "utf-16-le"
        return _strictly(content, encoding), encoding
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _legacy(content)


def _legacy(content: bytes) -> tuple[str, str]:
    sample = content[:_SAMPLE]
    high = sum(byte > 127 for byte in sample)
    best = None
    if high * 4 > len(sample):  # hardly Latin letters; among Latin sets a guess is a gamble
        from charset_normalizer import from_bytes  # noqa: PLC0415 (few servers ever need it)

        best = from_bytes(sample, cp_isolation=_NOT_LATIN).best()
    for encoding in [*([best.encoding] if best else []), "cp1252", "latin-1"]:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(N_("The letters of this file cannot be read. Save it as UTF-8."))


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            N_("This file is not %(encoding)s all the way through. Save it as UTF-8."),
            encoding=encoding.upper(),
        ) from error


def _separator(text: str) -> tuple[str, str]:
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) <= 5:
        return "\n" + rest, first.strip()[4:] or "\t"
    lines = "\n".join(text.splitlines()[:20])
    widths = {separator: _width(lines, separator) for separator in SEPARATORS}
    return text, max(SEPARATORS, key=lambda separator: widths[separator])


def _width(lines: str, separator: str) -> int:
    try:
        rows = list(csv.reader(io.StringIO(lines, newline=""), delimiter=separator))
    except csv.Error:
        return 0
    widths = sorted(len(row) for row in rows if any(row))
    return widths[len(widths) // 2] if widths else 0


def split_rows(text: str, separator: str) -> Iterator[Row]:
    """Read row after row, each with the line it begins on.

    Raises:
        UnreadableFile: too many rows or cells, a cell too long, or a quote that never ends.
    """
    held: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            held.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=separator)
    begins, count, last = 1, 0, ""
    try:
        for cells in reader:
            count += any(cells)
            _check_size(cells, count, line=begins)
            if len(held) > _LONGEST_ROW:
                raise UnreadableFile(_UNENDED, line=begins)
            last = "".join(held)
            held.clear()
            yield Row(begins, cells)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFile(_UNENDED, line=begins) from error
    _check_ended(last, separator, line=reader.line_num - max(0, len(last.splitlines()) - 1))


def _check_size(cells: list[str], count: int, *, line: int) -> None:
    if len(cells) > MAX_COLUMNS:
        raise UnreadableFile(
            N_("Line %(line)d has %(count)d cells; at most %(most)d are read."),
            line=line,
            count=len(cells),
            most=MAX_COLUMNS,
        )
    if count > MAX_ROWS + HEADER_WITHIN + 1:
        raise UnreadableFile(N_("This file has more than %(most)d rows. Split it."), most=MAX_ROWS)


def _check_ended(last: str, separator: str, *, line: int) -> None:
    try:
        list(csv.reader(io.StringIO(last, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        if "end of data" in str(error):
            raise UnreadableFile(_UNENDED, line=line) from error
