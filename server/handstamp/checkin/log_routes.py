"""The logs of devices over HTTP: how each stands, and each as a file."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.checkin.export_log import LOG_TYPE, file_name, log_pieces, open_log
from handstamp.checkin.find_log_state import LogIssue, LogState, log_states
from handstamp.checkin.log_words import fault_words
from handstamp.checkin.organizer_routes import AnyBody
from handstamp.events.find_events import owned_event
from handstamp.kit.ids import device_hex, device_of_hex
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.file_answer import file_answer
from handstamp.plumbing.web import require_user, services

_TAGS = ["doors"]


@spec.validate(resp=answers(HTTP_200=AnyBody), tags=_TAGS)
async def list_logs(request: Request) -> Response:
    """Tell how the log of each device stands: its end, its branches, and what is odd about it."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        event = await owned_event(session, who, request.path_params["event_id"])
        states = await log_states(session, event, of.clock())
    return JSONResponse({"logs": [_state(state) for state in states.values()]})


@spec.validate(resp=answers("HTTP_200"), tags=_TAGS)
async def export_log(request: Request) -> Response:
    """Download a device's log as JSON lines that `handstamp verify-log` checks anywhere."""
    who, of = require_user(request), services(request)
    async with of.db.write(actor=f"user:{who.id}") as session:
        device = await open_log(session, who, device_of_hex(request.path_params["device"]))
    return file_answer(log_pieces(of, device.id), file_name(device), LOG_TYPE)


def _state(state: LogState) -> dict[str, object]:
    return {
        "device": device_hex(state.device.id),
        "kind": state.device.kind,
        "name": state.device.name,
        "head": state.head,
        "ends": list(state.ends),
        "checked_at": state.checked_at,
        "issues": [_issue(issue) for issue in state.issues],
    }


def _issue(issue: LogIssue) -> dict[str, object]:
    told = {"fault": fault_words(issue.fault)} if issue.fault else {}
    return issue._asdict() | {"fault": None} | told


routes: list[BaseRoute] = [
    Route("/api/tickets/events/{event_id}/logs", list_logs, methods=["GET"]),
    Route("/api/tickets/devices/{device}/log", export_log, methods=["GET"]),
]
