"""The API of moderation: the queue of public pages, and what administrators decide."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.models import Event
from handstamp.moderation.decide_review import LONGEST_REASON, approve_page, hide_page, set_trust
from handstamp.moderation.find_reviews import (
    PAGE,
    QueuedPage,
    hidden_pages,
    page_review,
    waiting_pages,
)
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.paging import place_of, place_text
from handstamp.plumbing.web import require_admin, services

_TAGS = ["moderation"]


class QueueQuery(BaseModel):
    """Where the page before ended, as its `next` said."""

    after: Annotated[str, Field(max_length=100)] = ""


class QueuedBody(BaseModel):
    """A page; `why` it waits: new, changed or again. `at`: since when, ms UTC."""

    event_id: str
    title: str
    status: str
    organizer_id: str
    organizer: str
    state: str
    why: str
    at: int
    reason: str


class QueueBody(BaseModel):
    """What waits, the longest first, and what is hidden; `next`: the `after` of what follows."""

    waiting: list[QueuedBody]
    hidden: list[QueuedBody]
    next: str | None


class ReviewBody(BaseModel):
    """A page as the public reads it; send `seen` with your decision."""

    event_id: str
    status: str
    organizer_id: str
    organizer: str
    trusted: bool
    state: str
    title: str
    summary: str
    description: str
    venue: str
    city: str
    province: str
    cover_url: str
    refund_policy: str
    tiers: list[str]
    seen: str


class Approval(BaseModel):
    """Yes to the texts that `seen` names; `trust`: to all of this organizer's from now on."""

    model_config = ConfigDict(extra="forbid")

    seen: Annotated[str, Field(max_length=64)] = ""
    trust: bool = False


class Hiding(BaseModel):
    """Why a page is hidden; its organizer is mailed this."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=LONGEST_REASON)]
    seen: Annotated[str, Field(max_length=64)] = ""


class Trust(BaseModel):
    """Whether nobody needs to look at an organizer's pages."""

    model_config = ConfigDict(extra="forbid")

    trusted: bool


class Decided(BaseModel):
    """The status of the event now."""

    event_id: str
    status: str


def next_place(rows: list[QueuedPage]) -> str | None:
    """Return the place where the next page of the queue begins; None at its end."""
    return place_text(rows[PAGE - 1].at, rows[PAGE - 1].event_id) if len(rows) > PAGE else None


@spec.validate(query=QueueQuery, resp=answers(HTTP_200=QueueBody), tags=_TAGS)
async def queue(request: Request, query: QueueQuery) -> Response:
    """List the public pages that wait for a look, and those that are hidden."""
    who = require_admin(request)
    async with services(request).db.read() as session:
        rows = await waiting_pages(session, who, after=place_of(query.after))
        hidden = await hidden_pages(session, who)
    body = QueueBody(
        waiting=[QueuedBody(**vars(row)) for row in rows[:PAGE]],
        hidden=[QueuedBody(**vars(row)) for row in hidden],
        next=next_place(rows),
    )
    return JSONResponse(body.model_dump())


@spec.validate(resp=answers(HTTP_200=ReviewBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """Show all that the public reads on a page."""
    who = require_admin(request)
    async with services(request).db.read() as session:
        found = await page_review(session, who, request.path_params["event_id"])
    texts = ("title", "summary", "description", "venue", "city", "province")
    body = ReviewBody(
        event_id=found.event.id,
        status=found.event.status,
        organizer_id=found.organizer.id,
        organizer=found.organizer.name,
        trusted=found.is_trusted,
        state=found.review.state if found.review else "",
        cover_url=found.event.cover_url,
        refund_policy=found.event.refund_policy,
        tiers=[tier.name for tier in found.tiers],
        seen=found.seen,
        **{name: getattr(found.event, name) for name in texts},
    )
    return JSONResponse(body.model_dump())


def _decided(event: Event) -> Response:
    return JSONResponse({"event_id": event.id, "status": event.status})


@spec.validate(json=Approval, resp=answers(HTTP_200=Decided), tags=_TAGS)
async def approve(request: Request, json: Approval) -> Response:
    """Approve a page: it is public, and its organizer is told when it was not."""
    who, event_id = require_admin(request), request.path_params["event_id"]

    async def produce(session: AsyncSession) -> Response:
        of, seen = services(request), json.seen
        asked = approve_page(session, of, who, event_id, seen=seen, trust=json.trust)
        return _decided(await asked)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(json=Hiding, resp=answers(HTTP_200=Decided), tags=_TAGS)
async def hide(request: Request, json: Hiding) -> Response:
    """Hide a page from the public and stop its sales; its organizer is mailed the reason."""
    who, event_id = require_admin(request), request.path_params["event_id"]

    async def produce(session: AsyncSession) -> Response:
        asked = {"seen": json.seen, "reason": json.reason}
        return _decided(await hide_page(session, services(request), who, event_id, **asked))

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(json=Trust, resp=answers(HTTP_200=Trust), tags=_TAGS)
async def trust(request: Request, json: Trust) -> Response:
    """Trust an organizer's pages from now on, or look at them again."""
    who, organizer_id = require_admin(request), request.path_params["organizer_id"]

    async def produce(session: AsyncSession) -> Response:
        await set_trust(session, services(request), who, organizer_id, trusted=json.trusted)
        return JSONResponse(json.model_dump())

    return await answer_once(request, f"user:{who.id}", produce)


_REVIEWS = "/api/tickets/admin/reviews"
routes: list[BaseRoute] = [
    Route(_REVIEWS, queue),
    Route(f"{_REVIEWS}/{{event_id}}", show),
    Route(f"{_REVIEWS}/{{event_id}}/approve", approve, methods=["POST"]),
    Route(f"{_REVIEWS}/{{event_id}}/hide", hide, methods=["POST"]),
    Route("/api/tickets/admin/organizers/{organizer_id}/trust", trust, methods=["PUT"]),
]
