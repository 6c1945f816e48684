"""The API of an event's disputes: what banks ask for, and how the others ended."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.find_events import owned_event
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.web import require_user, services
from handstamp.refunds.find_disputes import DisputeView, closed_disputes, open_disputes
from handstamp.refunds.routes import DisputeBody, dispute_body


class EventDispute(DisputeBody):
    """A dispute with the number of the order or pre-order, and how it stands.

    `stage`: asked (a bank's mere question), answer (evidence is wanted), decides (the bank's
    turn), then won, lost or dropped.
    """

    number: str
    stage: Literal["asked", "answer", "decides", "won", "lost", "dropped"]


class DisputeList(BaseModel):
    """Disputes of an event: those that no bank has decided by deadline, then the others."""

    open: list[EventDispute]
    closed: list[EventDispute]


def _told(views: Sequence[DisputeView]) -> list[dict[str, Any]]:
    return [
        {**dispute_body(one.dispute), "number": one.number, "stage": one.stage} for one in views
    ]


@spec.validate(resp=answers(HTTP_200=DisputeList), tags=["refunds"])
async def show(request: Request) -> Response:
    """List an event's disputes, the next deadline first."""
    who = require_user(request)
    async with services(request).db.read() as session:
        event = await owned_event(session, who, str(request.path_params["event_id"]))
        told = {
            "open": _told(await open_disputes(session, event.id)),
            "closed": _told(await closed_disputes(session, event.id)),
        }
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


routes: list[BaseRoute] = [
    Route("/api/tickets/events/{event_id}/disputes", show, methods=["GET"]),
]
