"""The whole scan log as a file: every decision of every device, denials too."""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.checkin.scan_log import ScanRow, every_scan
from handstamp.events.find_events import lists_of, owned_event
from handstamp.events.models import Event
from handstamp.kit.ids import device_hex
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets.export_guests import local_text
from handstamp.tickets.guest_rows import guarded

PIECE_ROWS = 500
N_ = str  # marks text for the catalogues; it is translated where it is written
HEADINGS = (
    N_("Received"),
    N_("Claimed time"),
    N_("Time that counts"),
    N_("Time proven"),
    N_("Decision"),
    N_("Verdict"),
    N_("Flags"),
    N_("Ticket"),
    N_("Name"),
    N_("List"),
    N_("List revision"),
    N_("How"),
    N_("Code was read"),
    N_("Gate"),
    N_("Operator"),
    N_("Device"),
    N_("Device id"),
    N_("Number in its log"),
    N_("Times repeated"),
    N_("List age in seconds"),
    N_("After the pairing ended"),
    N_("Note"),
)


async def open_export(
    session: AsyncSession, actor: Actor, event_id: str
) -> tuple[Event, Mapping[int, str]]:
    """Return the event and the names of its lists; the export is audited.

    Raises:
        NotFound: the event is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    names = {view.number: view.name for view in await lists_of(session, event.id, archived=True)}
    await record(session, actor, "scans.export", "event", event.id, organizer_id=event.organizer_id)
    return event, names


async def scans_csv(
    services: Services, event: Event, lists: Mapping[int, str]
) -> AsyncIterator[bytes]:
    """Yield the log as CSV in UTF-8 with a byte order mark; no cell begins a formula."""
    yield b"\xef\xbb\xbf" + _csv([[_(heading) for heading in HEADINGS]])
    async for rows in _pieces(services, event, lists):
        yield await asyncio.to_thread(_csv, rows)


async def scans_xlsx(
    services: Services, event: Event, lists: Mapping[int, str]
) -> AsyncIterator[bytes]:
    """Yield the log as a workbook in which every cell is text."""
    with tempfile.TemporaryFile() as file:
        import xlsxwriter  # noqa: PLC0415 (a server that writes none keeps its memory)

        book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False})
        sheet = book.add_worksheet("Scans")
        sheet.write_row(0, 0, [_(heading) for heading in HEADINGS])
        at = 1
        async for rows in _pieces(services, event, lists):
            for row in rows:
                for column, text in enumerate(row):
                    sheet.write_string(at, column, text)
                at += 1
        await asyncio.to_thread(book.close)
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, 1 << 16):
            yield piece


async def _pieces(
    services: Services, event: Event, lists: Mapping[int, str]
) -> AsyncIterator[list[list[str]]]:
    async with services.db.read() as session:
        rows: list[list[str]] = []
        async for scan in every_scan(session, event.id):
            rows.append(_cells(scan, event.time_zone, lists))
            if len(rows) == PIECE_ROWS:
                yield rows
                rows = []
        yield rows


def _cells(scan: ScanRow, zone: str, lists: Mapping[int, str]) -> list[str]:
    return [
        local_text(scan.stamp, zone),
        local_text(scan.claimed_at, zone),
        local_text(scan.at, zone),
        _yes(scan.proven),
        scan.kind,
        scan.verdict,
        " ".join(scan.flags),
        scan.printed_id,
        scan.holder_name,
        lists.get(scan.list_no, str(scan.list_no)),
        str(scan.rule_rev),
        scan.how,
        _yes(scan.scanned),
        scan.gate,
        scan.operator,
        scan.device_name,
        device_hex(scan.device_id),
        str(scan.number),
        str(scan.count),
        str(scan.list_age_s),
        _yes(scan.after_end),
        scan.note,
    ]


def _yes(value: bool) -> str:
    return _("yes") if value else _("no")


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [[guarded(cell) for cell in row] for row in rows]
    )
    return text.getvalue().encode("utf-8", "replace")
