"""The drill board: which phones are ready for doors, and what the others need."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.checkin.drill_board import CHECKS, drill_board
from handstamp.plumbing.web import services
from handstamp.portal import drill_words
from handstamp.portal.event_frame import event_of, frame
from handstamp.portal.pages import fragment, page, render


async def _drill(request: Request) -> dict[str, Any]:
    now = services(request).clock()
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "drill")
        rows = await drill_board(session, event.id, now)
    return {
        **around,
        "rows": rows,
        "ready": sum(row.state == "ready" for row in rows),
        "points": CHECKS,
        "names": drill_words.point_names(),
        "states": drill_words.state_names(),
        "found": drill_words.found,
        "what_to_do": drill_words.what_to_do,
    }


@page
async def drill(request: Request) -> Response:
    """Show how every phone came out of its last drill."""
    return render(request, "drill.html", **await _drill(request))


@page
async def live(request: Request) -> Response:
    """Return the part of the drill board that changes."""
    return fragment(request, "drill_live.html", **await _drill(request))


_DRILL = "/organizer/events/{event_id}/door/drill"
routes = [Route(_DRILL, drill), Route(_DRILL + "/live", live)]
