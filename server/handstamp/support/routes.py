"""The API of support: one search over everything, and the story of what it found."""

from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.orders.resend_tickets import resend_tickets
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.idempotency import answer_once_outside
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_ticketing, require_user, services
from handstamp.support.find_anything import find_anything
from handstamp.support.found import Story
from handstamp.support.rules import LONGEST
from handstamp.support.timeline import helped_order, order_story, preorder_story, ticket_story

_TAGS = ["support"]
_FRESH = {"Cache-Control": "no-store"}


class SearchQuery(BaseModel):
    """A whole address, a number, a printed id, an id of Stripe's, or a part of a name."""

    q: Annotated[str, Field(max_length=LONGEST)]


class HitBody(BaseModel):
    """Something found; `title` is its event's or club's name, `at` ms UTC."""

    kind: str
    id: str
    number: str
    name: str
    email: str
    title: str
    status: str
    at: int
    time_zone: str
    organizer_id: str


class MailHitBody(BaseModel):
    """A mail to the address; `of` and `of_id`: what it is about."""

    id: str
    kind: str
    to_email: str
    status: str
    delivery: str
    at: int
    of: str
    of_id: str


class FoundBody(BaseModel):
    """At most 20 of each kind, the latest first; `more` names kinds of which there are more."""

    hits: list[HitBody]
    mails: list[MailHitBody]
    more: list[str]


class HeldBody(BaseModel):
    """A ticket."""

    id: int
    printed_id: str
    holder_name: str
    holder_email: str
    status: str


class MomentBody(BaseModel):
    """Something that happened at `at` (ms UTC); `kind`: payment, refund, dispute, mail, scan, act.

    Amounts are in minor units of `currency`.
    """

    at: int
    kind: str
    what: str
    by: str
    note: str
    amount: int | None
    currency: str


class StoryBody(BaseModel):
    """All that happened, the latest first. Addresses are masked for support."""

    kind: str
    id: str
    number: str
    name: str
    email: str
    status: str
    event_id: str
    created_at: int
    may_manage: bool
    resendable: bool
    total: int | None
    currency: str
    tickets: list[HeldBody]
    moments: list[MomentBody]


class Mailed(BaseModel):
    """The mail that is on its way."""

    mail: str


@spec.validate(query=SearchQuery, resp=answers(HTTP_200=FoundBody), tags=_TAGS)
async def search(request: Request, query: SearchQuery) -> Response:
    """Find orders, pre-orders, tickets, members and mails of the organizers that you help."""
    require_ticketing(request)
    who = require_user(request)
    async with services(request).db.read() as session:
        found = await find_anything(session, who, query.q)
    return JSONResponse(asdict(found), headers=_FRESH)


def _told(story: Story) -> Response:
    names = StoryBody.model_fields.keys() - {"event_id", "tickets", "moments"}
    body = StoryBody(
        event_id=story.event.id,
        tickets=[HeldBody(**asdict(one)) for one in story.tickets],
        moments=[MomentBody(**asdict(one)) for one in story.moments],
        **{name: getattr(story, name) for name in names},
    )
    return JSONResponse(body.model_dump(), headers=_FRESH)


@spec.validate(resp=answers(HTTP_200=StoryBody), tags=_TAGS)
async def of_order(request: Request) -> Response:
    """Tell all that happened to an order: payments, mails, scans, refunds, and who did what."""
    who = require_user(request)
    async with services(request).db.read() as session:
        return _told(await order_story(session, who, request.path_params["order_id"]))


@spec.validate(resp=answers(HTTP_200=StoryBody), tags=_TAGS)
async def of_preorder(request: Request) -> Response:
    """Tell all that happened to a pre-order."""
    who = require_user(request)
    async with services(request).db.read() as session:
        return _told(await preorder_story(session, who, request.path_params["preorder_id"]))


@spec.validate(resp=answers(HTTP_200=StoryBody), tags=_TAGS)
async def of_ticket(request: Request) -> Response:
    """Tell all that happened to one ticket."""
    who, typed = require_user(request), str(request.path_params["ticket_id"])
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise NotFound(_("There is nothing here that you may see."))
    async with services(request).db.read() as session:
        return _told(await ticket_story(session, who, int(typed)))


@spec.validate(resp=answers(HTTP_202=Mailed), tags=_TAGS)
async def resend(request: Request) -> Response:
    """Mail an order's tickets again, to the address it was bought with."""
    who, of = require_user(request), services(request)
    order_id = request.path_params["order_id"]
    async with of.db.read() as session:
        await helped_order(session, who, order_id)

    async def produce() -> Response:
        return JSONResponse({"mail": await resend_tickets(of, who, order_id)}, status_code=202)

    return await answer_once_outside(request, f"user:{who.id}", produce)


_SUPPORT = "/api/tickets/support"
routes: list[BaseRoute] = [
    Route(f"{_SUPPORT}/search", search),
    Route(f"{_SUPPORT}/orders/{{order_id}}", of_order),
    Route(f"{_SUPPORT}/orders/{{order_id}}/resend", resend, methods=["POST"]),
    Route(f"{_SUPPORT}/pre-orders/{{preorder_id}}", of_preorder),
    Route(f"{_SUPPORT}/tickets/{{ticket_id}}", of_ticket),
]
