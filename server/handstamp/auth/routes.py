"""The API of sign-in, sessions and organizers."""

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.auth.create_organizer import create_organizer, may_create_organizer
from handstamp.auth.find_organizers import organizers_of
from handstamp.auth.finish_sign_in import SignedIn, by_code, by_link
from handstamp.auth.request_sign_in import request_sign_in
from handstamp.auth.session_cookie import clear_session_cookie, set_session_cookie
from handstamp.auth.sign_out import sign_out, sign_out_everywhere
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.web import actor, require_user, services

_TAGS = ["sign-in"]


class SignInRequest(BaseModel):
    """Who wants to sign in, and where to go then (a path of this site)."""

    email: str = Field(max_length=320)
    next: str = Field(default="", max_length=500)


class CodeRequest(BaseModel):
    """The code of the mail."""

    email: str = Field(max_length=320)
    code: str = Field(max_length=20)


class LinkRequest(BaseModel):
    """The token of the mailed link."""

    token: str = Field(max_length=200)


class Accepted(BaseModel):
    """A mail is on its way, if that person may sign in here."""

    status: str


class Session(BaseModel):
    """A session; the cookie is set as well. Programs send `Authorization: Bearer <token>`."""

    token: str
    next: str


class OrganizerBody(BaseModel):
    """An organizer."""

    id: str
    name: str
    code: str


class Me(BaseModel):
    """Who is signed in."""

    id: str
    email: str
    admin: bool
    organizers: list[OrganizerBody]
    may_create_organizer: bool


class NewOrganizer(BaseModel):
    """An organizer to begin."""

    name: str = Field(max_length=200)
    code: str = Field(max_length=10)


@spec.validate(json=SignInRequest, resp=answers(HTTP_202=Accepted), tags=_TAGS)
async def ask(request: Request, json: SignInRequest) -> Response:
    """Mail a link and a 6-digit code. The answer is the same whether or not there is an account."""
    await request_sign_in(services(request), json.email, json.next, actor(request).ip)
    return JSONResponse({"status": "mailed"}, status_code=202)


@spec.validate(json=CodeRequest, resp=answers(HTTP_200=Session), tags=_TAGS)
async def finish_by_code(request: Request, json: CodeRequest) -> Response:
    """Sign in with the 6 digits."""
    done = await by_code(services(request), json.email, json.code, actor(request).ip)
    return _signed_in(request, done)


@spec.validate(json=LinkRequest, resp=answers(HTTP_200=Session), tags=_TAGS)
async def finish_by_link(request: Request, json: LinkRequest) -> Response:
    """Sign in with the token of the link."""
    return _signed_in(request, await by_link(services(request), json.token, actor(request).ip))


def _signed_in(request: Request, done: SignedIn) -> Response:
    answer = JSONResponse({"token": done.token, "next": done.next_path})
    set_session_cookie(answer, services(request).settings, done.token)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def leave(request: Request) -> Response:
    """End this session."""
    who = require_user(request)
    await sign_out(services(request), who, request.state.session_token)
    return _signed_out()


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def leave_everywhere(request: Request) -> Response:
    """End every session of this person, on every device."""
    await sign_out_everywhere(services(request), require_user(request))
    return _signed_out()


def _signed_out() -> Response:
    answer = Response(status_code=204)
    clear_session_cookie(answer)
    return answer


@spec.validate(resp=answers(HTTP_200=Me), tags=_TAGS)
async def me(request: Request) -> Response:
    """Tell who is signed in and which organizers they work for."""
    who = require_user(request)
    shared = services(request)
    async with shared.db.read() as session:
        found = await organizers_of(session, who)
    return JSONResponse(
        {
            "id": who.id,
            "email": who.email,
            "admin": who.kind == "admin",
            "organizers": [{"id": o.id, "name": o.name, "code": o.code} for o in found],
            "may_create_organizer": may_create_organizer(shared.settings, who),
        }
    )


@spec.validate(json=NewOrganizer, resp=answers(HTTP_201=OrganizerBody), tags=_TAGS)
async def new_organizer(request: Request, json: NewOrganizer) -> Response:
    """Begin a new organizer, owned by this person."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        settings = services(request).settings
        made = await create_organizer(session, settings, who, json.name, json.code)
        body = {"id": made.id, "name": made.name, "code": made.code}
        return JSONResponse(body, status_code=201)

    return await answer_once(request, f"user:{who.id}", produce)


routes: list[BaseRoute] = [
    Route("/api/tickets/auth/sign-in", ask, methods=["POST"]),
    Route("/api/tickets/auth/sign-in/code", finish_by_code, methods=["POST"]),
    Route("/api/tickets/auth/sign-in/link", finish_by_link, methods=["POST"]),
    Route("/api/tickets/auth/sign-out", leave, methods=["POST"]),
    Route("/api/tickets/auth/sign-out-everywhere", leave_everywhere, methods=["POST"]),
    Route("/api/tickets/auth/me", me),
    Route("/api/tickets/organizers", new_organizer, methods=["POST"]),
]
