"""Files to take away: guests, orders and the scan log, columns chosen, as CSV or XLSX."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.audit.record import record
from handstamp.checkin.find_admissions import admissions_of
from handstamp.checkin.scan_log import EXPORT_PAGE, ScanRow, every_scan
from handstamp.events.models import Event
from handstamp.kit.ids import device_hex
from handstamp.orders import export_orders
from handstamp.orders.filter_orders import read_filter
from handstamp.plumbing.file_answer import CSV_TYPE, XLSX_TYPE, file_answer
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services, require_user, services
from handstamp.portal import words
from handstamp.portal.event_frame import event_of, frame, list_names
from handstamp.portal.order_filters import asked_of, fields_of
from handstamp.portal.pages import page, render
from handstamp.tickets.export_guests import (
    COLUMNS,
    USUAL,
    MoreColumns,
    begin_export,
    csv_file,
    csv_pieces,
    file_name,
    local_text,
    xlsx_file,
    xlsx_pieces,
)
from handstamp.tickets.models import Ticket

Cell = Callable[[ScanRow, Event, Mapping[int, str]], str]
SCAN_CELLS: Mapping[str, Cell] = {
    "time": lambda scan, event, _lists: local_text(scan.claimed_at, event.time_zone),
    "shown": lambda scan, _event, _lists: words.verdicts().get(scan.verdict, scan.verdict),
    "kind": lambda scan, _event, _lists: scan.kind,
    "ticket": lambda scan, _event, _lists: scan.printed_id,
    "name": lambda scan, _event, _lists: scan.holder_name,
    "list": lambda scan, _event, lists: lists.get(scan.list_no, ""),
    "device": lambda scan, _event, _lists: scan.device_name,
    "gate": lambda scan, _event, _lists: scan.gate,
    "operator": lambda scan, _event, _lists: scan.operator,
    "how": lambda scan, _event, _lists: words.hows().get(scan.how, scan.how),
    "count": lambda scan, _event, _lists: str(scan.count),
    "received": lambda scan, event, _lists: local_text(scan.stamp, event.time_zone),
    "proven": lambda scan, _event, _lists: _("yes") if scan.proven else _("no"),
    "list_version": lambda scan, _event, _lists: str(scan.cursor_seq),
    "list_age": lambda scan, _event, _lists: str(scan.list_age_s),
    "fact": lambda scan, _event, _lists: f"{device_hex(scan.device_id)}/{scan.number}",
    "marks": lambda scan, _event, _lists: " ".join(scan.flags),
    "note": lambda scan, _event, _lists: scan.note,
}
USUAL_SCANS = ("time", "shown", "ticket", "name", "list", "device", "gate", "operator", "received")


def scan_columns() -> dict[str, str]:
    """Name the columns of the scan log."""
    return {
        "time": _("Time on the phone"),
        "shown": _("Shown"),
        "kind": _("Admitted or refused"),
        "ticket": _("Ticket code"),
        "name": _("Name"),
        "list": _("Check-in list"),
        "device": _("Phone"),
        "gate": _("Gate"),
        "operator": _("Operator"),
        "how": _("How"),
        "count": _("Times in a row"),
        "received": _("Received"),
        "proven": _("Time proven"),
        "list_version": _("List version"),
        "list_age": _("List age in seconds"),
        "fact": _("Number in the phone's log"),
        "marks": _("Marks"),
        "note": _("Note"),
    }


@page
async def exports(request: Request) -> Response:
    """Show what can be exported, with columns to choose."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "exports")
        asked = asked_of(request.query_params)
        filters = await fields_of(session, require_user(request), event, asked)
    return render(
        request,
        "exports.html",
        guest_columns={name: _(label) for name, label in COLUMNS.items()},
        usual=USUAL,
        scan_columns=scan_columns(),
        usual_scans=USUAL_SCANS,
        order_columns={name: _(label) for name, label in export_orders.COLUMNS.items()},
        usual_orders=export_orders.USUAL,
        **filters,
        **around,
    )


@page
async def guest_file(request: Request) -> Response:
    """Send the guest list with the chosen columns."""
    actor, shared = require_user(request), services(request)
    data = await request.form()
    chosen = [str(name) for name in data.getlist("column")]
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        more = await _door_columns(session, event) if "admitted" in data else None
        columns = chosen or USUAL
        export = await begin_export(session, actor, event.id, columns=columns, more=more)
    if data.get("format") == "xlsx":
        name = file_name(event, "xlsx")
        return file_answer(xlsx_pieces(shared, export), name, XLSX_TYPE)
    return file_answer(csv_pieces(shared, export), file_name(event, "csv"), CSV_TYPE)


async def _door_columns(session: AsyncSession, event: Event) -> MoreColumns:
    names = await list_names(session, event.id)

    async def cells(reading: AsyncSession, tickets: Sequence[Ticket]) -> list[list[str]]:
        came = await admissions_of(reading, event.id, [ticket.serial for ticket in tickets])
        rows = []
        for ticket in tickets:
            at = {row.list_no: row.admitted_at for row in came.get(ticket.serial, [])}
            times = [at.get(number) for number in names]
            rows.append([local_text(time, event.time_zone) if time else "" for time in times])
        return rows

    return MoreColumns([_("Admitted: %(list)s") % {"list": name} for name in names.values()], cells)


@page
async def orders_file(request: Request) -> Response:
    """Send the orders that fit, with the chosen columns."""
    actor, shared = require_user(request), services(request)
    data = await request.form()
    chosen = [str(name) for name in data.getlist("column")] or export_orders.USUAL
    wanted = read_filter(asked_of(data))
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        export = await export_orders.begin_order_export(
            session, actor, event.id, columns=chosen, wanted=wanted
        )
    suffix, kind = ("xlsx", XLSX_TYPE) if data.get("format") == "xlsx" else ("csv", CSV_TYPE)
    pieces = export_orders.order_file(shared, export, suffix)
    return file_answer(pieces, export_orders.order_file_name(event, suffix), kind)


@page
async def scan_file(request: Request) -> Response:
    """Send the scan log with the chosen columns."""
    actor, shared = require_user(request), services(request)
    data = await request.form()
    chosen = [str(name) for name in data.getlist("column") if str(name) in SCAN_CELLS]
    columns = chosen or list(USUAL_SCANS)
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        lists = await list_names(session, event.id)
        await record(
            session,
            actor,
            "scans.export",
            "event",
            event.id,
            organizer_id=event.organizer_id,
            meta={"columns": columns},
        )
    headings = [scan_columns()[name] for name in columns]
    pieces = _scan_pieces(shared, event, columns, lists)
    if data.get("format") == "xlsx":
        return file_answer(xlsx_file(headings, pieces), f"{event.slug}-scans.xlsx", XLSX_TYPE)
    return file_answer(csv_file(headings, pieces), f"{event.slug}-scans.csv", CSV_TYPE)


async def _scan_pieces(
    shared: Services, event: Event, columns: Sequence[str], lists: Mapping[int, str]
) -> AsyncIterator[list[list[str]]]:
    rows: list[list[str]] = []
    async with shared.db.read() as session:
        async for scan in every_scan(session, event.id):
            rows.append([SCAN_CELLS[name](scan, event, lists) for name in columns])
            if len(rows) >= EXPORT_PAGE:
                yield rows
                rows = []
    if rows:
        yield rows


_EXPORTS = "/organizer/events/{event_id}/exports"
routes = [
    Route(_EXPORTS, exports),
    Route(_EXPORTS + "/guests", guest_file, methods=["POST"]),
    Route(_EXPORTS + "/orders", orders_file, methods=["POST"]),
    Route(_EXPORTS + "/scans", scan_file, methods=["POST"]),
]
