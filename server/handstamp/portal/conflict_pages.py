"""Conflicts at the doors: every green light that should have been one, side by side."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.checkin.find_conflicts import ConflictRow, conflicts
from handstamp.checkin.resolve_conflict import resolve_conflict
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.paging import number_of
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal import words
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.pages import go, page, render


@page
async def show(request: Request) -> Response:
    """List conflicts, open ones first; by default only those that nobody has looked at."""
    query = request.query_params
    every = query.get("show") == "all"
    kind, search = query.get("kind", ""), query.get("q", "").strip()[:100]
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "conflicts")
        found = await conflicts(session, event.id, resolved=True)
    shown = [
        row
        for row in found
        if (every or row.resolved_at is None)
        and (not kind or row.kind == kind)
        and (not search or search.casefold() in _text(row))
    ]
    return render(
        request,
        "conflicts.html",
        rows=shown,
        any_rows=bool(found),
        every=every,
        chosen={"kind": kind, "q": search},
        kinds=words.conflict_kinds(),
        verdict_names=words.verdicts(),
        how_names=words.hows(),
        **around,
    )


def _text(row: ConflictRow) -> str:
    ticket = row.ticket
    parts = [ticket.holder_name, ticket.printed_id, ticket.order_ref] if ticket else []
    parts += [side.scan.device_name for side in row.sides]
    parts += [f"{side.scan.gate} {side.scan.operator}" for side in row.sides]
    return " ".join(parts).casefold()


@page
async def looked_at(request: Request) -> Response:
    """Note that somebody has looked at a conflict."""
    actor, shared = require_user(request), services(request)
    data = await request.form()
    serial, list_no = number_of(str(data.get("serial"))), number_of(str(data.get("list")))
    if not (serial and list_no):
        raise BadInput(_("That does not name a conflict."))
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        await resolve_conflict(session, shared, actor, event.id, serial=serial, list_no=list_no)
    return go(
        request,
        path_of(event.id, "/conflicts"),
        _("Marked as looked at. It opens again if another green light joins it."),
    )


_CONFLICTS = "/organizer/events/{event_id}/conflicts"
routes = [
    Route(_CONFLICTS, show),
    Route(_CONFLICTS + "/looked-at", looked_at, methods=["POST"]),
]
