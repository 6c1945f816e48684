"""The guest list as CSV or XLSX: chosen columns, further ones handed in, made piece by piece."""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.find_events import owned_event, tiers_of
from handstamp.events.models import Event
from handstamp.kit import zones
from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.local_time import LAST_SHOWN
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets import store
from handstamp.tickets.guest_rows import N_, guarded
from handstamp.tickets.models import Ticket

if TYPE_CHECKING:
    import xlsxwriter

Cell = str | Decimal  # a number is one in a workbook too, with as many decimals as it has
Rows = Sequence[Sequence[Cell]]
PIECE = 1000
COLUMNS: Mapping[str, str] = {
    "printed_id": N_("Ticket code"),
    "name": N_("Name"),
    "email": N_("Email"),
    "tier": N_("Ticket type"),
    "order": N_("Order"),
    "note": N_("Note for the door"),
    "status": N_("Status"),
    "status_at": N_("Status since"),
    "external_id": N_("External ID"),
    "source": N_("Source"),
    "issued_at": N_("Issued"),
}
USUAL = ("printed_id", "name", "email", "tier", "order", "status")


@dataclass(frozen=True)
class MoreColumns:
    """Columns of a room above, for example what the door knows of a ticket.

    `cells` is asked for each piece of tickets, in the transaction that read them, and
    answers one row of texts for each ticket, as long as `headings`.
    """

    headings: Sequence[str]
    cells: Callable[[AsyncSession, Sequence[Ticket]], Awaitable[Sequence[Sequence[str]]]]


@dataclass(frozen=True)
class Export:
    """What to export: an event, columns by their keys, the names of its tiers, and more."""

    event: Event
    columns: Sequence[str]
    tiers: Mapping[str, str]
    more: MoreColumns | None = None


async def begin_export(
    session: AsyncSession,
    actor: Actor,
    event_id: str,
    *,
    columns: Sequence[str] = USUAL,
    more: MoreColumns | None = None,
) -> Export:
    """Check who exports what, and write it into the audit log.

    Raises:
        NotFound: the event is not the actor's.
        BadInput: a column is not known.
    """
    event = await owned_event(session, actor, event_id)
    chosen = chosen_columns(columns, COLUMNS, USUAL)
    tiers = {tier.id: tier.name for tier in await tiers_of(session, event.id, archived=True)}
    await record(
        session,
        actor,
        "guests.export",
        "event",
        event.id,
        organizer_id=event.organizer_id,
        meta={"columns": chosen},
    )
    return Export(event, chosen, tiers, more)


def chosen_columns(
    wanted: Sequence[str], known: Mapping[str, str], usual: Sequence[str]
) -> list[str]:
    """Return columns by their keys, each once; the usual ones where none is wanted.

    Raises:
        BadInput: a column is not known.
    """
    chosen = list(dict.fromkeys(wanted)) or list(usual)
    if not set(chosen) <= set(known):
        raise BadInput(
            _("One of the columns is not known. There are: %(names)s.")
            % {"names": ", ".join(known)},
            errors=[{"field": "columns", "message": "unknown"}],
        )
    return chosen


async def csv_pieces(services: Services, export: Export) -> AsyncIterator[bytes]:
    """Yield the list as CSV in UTF-8 with a byte order mark; no cell begins a formula."""
    async for piece in csv_file(_headings(export), _pieces(services, export)):
        yield piece


async def xlsx_pieces(services: Services, export: Export) -> AsyncIterator[bytes]:
    """Yield the list as a workbook in which every cell is text."""
    async for piece in xlsx_file(_headings(export), _pieces(services, export)):
        yield piece


async def csv_file(headings: Sequence[str], pieces: AsyncIterator[Rows]) -> AsyncIterator[bytes]:
    """Yield any table as CSV in UTF-8 with a byte order mark; no cell begins a formula."""
    yield b"\xef\xbb\xbf" + _csv([headings])
    async for rows in pieces:
        yield await asyncio.to_thread(_csv, rows)


async def xlsx_file(headings: Sequence[str], pieces: AsyncIterator[Rows]) -> AsyncIterator[bytes]:
    """Yield any table as a workbook in which every cell is text or a number, none a formula."""
    with tempfile.TemporaryFile() as file:
        book = await asyncio.to_thread(_open_book, file)
        at = await asyncio.to_thread(_write, book, 0, [headings])
        async for rows in pieces:
            at = await asyncio.to_thread(_write, book, at, rows)
        await asyncio.to_thread(book.close)
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, 1 << 16):
            yield piece


def file_name(event: Event, suffix: str) -> str:
    """Return the name under which a browser saves the list."""
    return f"{event.slug}-guests.{suffix}"


async def _pieces(services: Services, export: Export) -> AsyncIterator[list[list[str]]]:
    after = 0
    while True:
        async with services.db.read() as session:
            tickets = await store.page(session, export.event.id, after=after, limit=PIECE)
            more: Sequence[Sequence[str]] = [()] * len(tickets)
            if export.more is not None and tickets:
                more = await export.more.cells(session, tickets)
        if not tickets:
            return
        yield [
            [_cell(export, ticket, name) for name in export.columns] + list(further)
            for ticket, further in zip(tickets, more, strict=True)
        ]
        after = tickets[-1].id


def _headings(export: Export) -> list[str]:
    further = export.more.headings if export.more else ()
    return [_(COLUMNS[name]) for name in export.columns] + list(further)


def _cell(export: Export, ticket: Ticket, name: str) -> str:
    return _CELLS[name](export, ticket)


def local_text(at: Millis, zone: str) -> str:
    """Write an instant as the event's local time, year first, to the second.

    What a wrong clock claims may lie where no calendar goes: it is written as its milliseconds.
    """
    if at > LAST_SHOWN:
        return str(at)
    moment = datetime.fromtimestamp(at // 1000, UTC).astimezone(zones.zone(zone))
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _external(ticket: Ticket) -> str:
    own = ticket.external_id or ""
    return "" if own.startswith("row:") else own


_CELLS: Mapping[str, Callable[[Export, Ticket], str]] = {
    "printed_id": lambda _export, ticket: ticket.printed_id,
    "name": lambda _export, ticket: ticket.holder_name,
    "email": lambda _export, ticket: ticket.holder_email,
    "tier": lambda export, ticket: export.tiers[ticket.tier_id],
    "order": lambda _export, ticket: ticket.order_ref,
    "note": lambda _export, ticket: ticket.note,
    "status": lambda _export, ticket: ticket.status,
    "status_at": lambda export, ticket: local_text(ticket.status_at, export.event.time_zone),
    "external_id": lambda _export, ticket: _external(ticket),
    "source": lambda _export, ticket: ticket.source,
    "issued_at": lambda export, ticket: local_text(ticket.created_at, export.event.time_zone),
}


def _csv(rows: Rows) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(
        [guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return out.getvalue().encode()


def _open_book(file: IO[bytes]) -> "xlsxwriter.Workbook":
    import xlsxwriter  # noqa: PLC0415 (a server that writes none keeps its memory)

    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    book.add_worksheet().freeze_panes(1, 0)
    return book


def _write(book: "xlsxwriter.Workbook", at: int, rows: Rows) -> int:
    sheet = book.worksheets()[0]
    formats: dict[int, Any] = {}
    for row in rows:
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(at, column, cell)
                continue
            digits = -int(cell.as_tuple().exponent)
            if digits not in formats:
                formats[digits] = book.add_format({"num_format": f"{0:.{digits}f}"})
            sheet.write_number(at, column, float(cell), formats[digits])
        at += 1
    return at
