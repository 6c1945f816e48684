"""The API of what looked odd about purchases, for administrators."""

from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.fraud.find_signals import (
    LONGEST_NOTE,
    PAGE,
    ShownSignal,
    forget_domain,
    known_domains,
    signals,
    watch_domain,
    watched_domains,
)
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.paging import place_of, place_text
from handstamp.plumbing.web import require_admin, services

_TAGS = ["fraud signals"]


class SignalQuery(BaseModel):
    """Which kind, and where the page before ended, as its `next` said."""

    kind: Annotated[str, Field(max_length=40)] = ""
    before: Annotated[str, Field(max_length=100)] = ""


class AboutBody(BaseModel):
    """An order that a signal is about."""

    id: str
    number: str
    status: str


class SignalBody(BaseModel):
    """Something odd, once a day: `n` is the most that was counted; times in ms UTC.

    `subject`: a hash of a network, an address or a card; an order's id; a domain's name.
    """

    id: str
    kind: str
    subject: str
    n: int
    first_at: int
    last_at: int
    orders: list[AboutBody]


class SignalsBody(BaseModel):
    """Signals, the latest first; `next`: the `before` of what follows."""

    signals: list[SignalBody]
    next: str | None


class DomainBody(BaseModel):
    """A domain that is watched."""

    domain: str
    note: str


class DomainsBody(BaseModel):
    """The domains that administrators added, and those that are watched always."""

    domains: list[DomainBody]
    known: list[str]


class NewDomain(BaseModel):
    """A domain to watch."""

    model_config = ConfigDict(extra="forbid")

    domain: Annotated[str, Field(max_length=200)]
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


def next_place(rows: list[ShownSignal]) -> str | None:
    """Return where the next page begins; None at the end."""
    return place_text(rows[PAGE - 1].last_at, rows[PAGE - 1].id) if len(rows) > PAGE else None


@spec.validate(query=SignalQuery, resp=answers(HTTP_200=SignalsBody), tags=_TAGS)
async def show(request: Request, query: SignalQuery) -> Response:
    """List what looked odd; nothing was decided by it."""
    who = require_admin(request)
    async with services(request).db.read() as session:
        rows = await signals(session, who, kind=query.kind, before=place_of(query.before))
    told = SignalsBody(
        signals=[SignalBody(**asdict(row)) for row in rows[:PAGE]], next=next_place(rows)
    )
    return JSONResponse(told.model_dump())


@spec.validate(resp=answers(HTTP_200=DomainsBody), tags=_TAGS)
async def domains(request: Request) -> Response:
    """List the domains whose addresses are pointed out."""
    who = require_admin(request)
    async with services(request).db.read() as session:
        rows = await watched_domains(session, who)
    shown = [DomainBody(domain=row.domain, note=row.note) for row in rows]
    return JSONResponse(DomainsBody(domains=shown, known=list(known_domains())).model_dump())


@spec.validate(json=NewDomain, resp=answers(HTTP_201=DomainBody), tags=_TAGS)
async def watch(request: Request, json: NewDomain) -> Response:
    """Have addresses of a domain, and of what lies below it, pointed out."""
    who = require_admin(request)

    async def produce(session: AsyncSession) -> Response:
        made = await watch_domain(session, services(request), who, json.domain, json.note)
        body = DomainBody(domain=made.domain, note=made.note)
        return JSONResponse(body.model_dump(), status_code=201)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def forget(request: Request) -> Response:
    """Watch a domain no longer."""
    who = require_admin(request)

    async def produce(session: AsyncSession) -> Response:
        await forget_domain(session, who, request.path_params["domain"])
        return Response(status_code=204)

    return await answer_once(request, f"user:{who.id}", produce)


_SIGNALS = "/api/tickets/admin/signals"
routes: list[BaseRoute] = [
    Route(_SIGNALS, show),
    Route(f"{_SIGNALS}/domains", domains),
    Route(f"{_SIGNALS}/domains", watch, methods=["POST"]),
    Route(f"{_SIGNALS}/domains/{{domain}}", forget, methods=["DELETE"]),
]
