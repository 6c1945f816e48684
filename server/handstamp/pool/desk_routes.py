"""The API of the desk of tickets from elsewhere: what was assigned, and what is done about it."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.pool.reconcile import reconcile

_TAGS = ["ticket pool"]


class ReconcilingBody(BaseModel):
    """What was enqueued: runs of the matcher, and assignments to be handed over once more."""

    runs: int
    hand_overs: int


@spec.validate(resp=answers(HTTP_202=ReconcilingBody), tags=_TAGS)
async def reconcile_event(request: Request) -> Response:
    """Match an event's tickets again; where nothing has changed, nothing changes."""
    require_preorders(request)
    who, of = require_user(request), services(request)
    async with of.db.write(actor=f"{who.kind}:{who.id}") as session:
        found = await reconcile(session, who, str(request.path_params["event_id"]))
    told = ReconcilingBody(runs=found.runs, hand_overs=found.hand_overs)
    return JSONResponse(told.model_dump(), status_code=202)


routes: list[BaseRoute] = [
    Route(
        "/api/tickets/admin/events/{event_id}/reconcile",
        reconcile_event,
        methods=["POST"],
    ),
]
