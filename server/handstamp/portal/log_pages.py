"""Pages about the logs of devices: whether each holds, what may be missing, and files to keep."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.checkin.check_logs import check_stored_log
from handstamp.checkin.export_log import LOG_TYPE, file_name, log_pieces, open_log
from handstamp.checkin.find_log_state import LogState, log_states
from handstamp.checkin.log_file import b64, key_words
from handstamp.checkin.models import Device
from handstamp.checkin.pair_device import SERVER_KEY
from handstamp.kit.ids import device_of_hex
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.file_answer import file_answer
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.log_words import IssueView, issue_views
from handstamp.portal.pages import go, page, render


@dataclass(frozen=True)
class LogRow:
    """A device's log as the page shows it."""

    state: LogState
    issues: list[IssueView]


@page
async def logs(request: Request) -> Response:
    """List the logs of an event's devices, with everything odd about each and what to do."""
    shared = services(request)
    public, _private = await kept_key(shared, SERVER_KEY)
    async with shared.db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "devices")
        states = await log_states(session, event, shared.clock())
    rows = [LogRow(state, issue_views(state, shared.clock())) for state in states.values()]
    rows.sort(key=lambda row: not row.issues)
    return render(
        request, "logs.html", rows=rows, key=b64(public), key_words=key_words(public), **around
    )


@page
async def log_file(request: Request) -> Response:
    """Send a device's log as a file that anybody can verify."""
    actor, shared = require_user(request), services(request)
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        found = await open_log(session, actor, device_of_hex(request.path_params["device"]))
        device = _require_of(found, event.id)
    return file_answer(log_pieces(shared, device.id), file_name(device), LOG_TYPE)


@page
async def check(request: Request) -> Response:
    """Verify a device's stored log now."""
    shared = services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
        found = await session.get(Device, device_of_hex(request.path_params["device"]))
    device = _require_of(found, event.id)
    report = await check_stored_log(shared, device.id)
    if report.fault is None:
        said = _("The log of %(name)s holds: %(count)d entries, chained and signed.")
        told = said % {"name": device.name, "count": report.facts}
        return go(request, path_of(event.id, "/logs"), told)
    told = _("The log of %(name)s does not hold. See below.") % {"name": device.name}
    return go(request, path_of(event.id, "/logs"), told, tone="warn")


def _require_of(device: Device | None, event_id: str) -> Device:
    if device is None or device.event_id != event_id:
        raise NotFound(_("There is no such device among yours."))
    return device


_EVENT = "/organizer/events/{event_id}"
routes = [
    Route(_EVENT + "/logs", logs),
    Route(_EVENT + "/devices/{device}/log", log_file, methods=["POST"]),
    Route(_EVENT + "/devices/{device}/log/check", check, methods=["POST"]),
]
