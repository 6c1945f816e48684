"""The API of an organizer's profile, and its logo as everybody may load it."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.auth.clean_logo import MAX_BYTES, clean_logo
from handstamp.auth.find_profile import Profile, logo_of, owned_profile
from handstamp.auth.save_profile import save_logo, save_profile
from handstamp.auth.shapes import ProfileChange
from handstamp.kit.clock import HOUR
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.described import described
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.limits import hit
from handstamp.plumbing.mounted import public_path
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_organizer, require_ticketing, services

LOGOS_PER_HOUR = 60
_TAGS = ["organizers"]
_PICTURE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline; filename=logo",
    "Cache-Control": "public, max-age=86400",
}


class ProfileBody(BaseModel):
    """How an organizer appears to buyers; '' where nothing is said."""

    model_config = ConfigDict(from_attributes=True)

    organizer_id: str
    name: str
    legal_name: str
    legal_address: str
    tax_number: str
    contact_email: str
    website: str
    brand_color: str
    refund_policy: str
    language: str
    logo_path: str


def _body(request: Request, profile: Profile) -> dict[str, Any]:
    body = ProfileBody.model_validate(profile)
    if body.logo_path:
        body.logo_path = public_path(services(request).settings) + body.logo_path
    return body.model_dump()


def _organizer(request: Request) -> str:
    return str(request.path_params["organizer_id"])


@spec.validate(resp=answers(HTTP_200=ProfileBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """Show the profile of one of your organizers."""
    who = require_organizer(request, _organizer(request))
    async with services(request).db.read() as session:
        return JSONResponse(_body(request, await owned_profile(session, who, _organizer(request))))


@spec.validate(json=ProfileChange, resp=answers(HTTP_200=ProfileBody), tags=_TAGS)
async def save(request: Request, json: ProfileChange) -> Response:
    """Replace what the profile says; the logo stays."""
    who = require_organizer(request, _organizer(request))
    require_ticketing(request)

    async def produce(session: AsyncSession) -> Response:
        return JSONResponse(
            _body(request, await save_profile(session, who, _organizer(request), json))
        )

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=ProfileBody), tags=_TAGS)
async def put_logo(request: Request) -> Response:
    """Upload a logo: the body is a PNG or JPEG of at most 1 MB. It is drawn anew."""
    who = require_organizer(request, _organizer(request))
    require_ticketing(request)
    await hit(services(request), f"logo:{who.id}", limit=LOGOS_PER_HOUR, window_ms=HOUR)
    logo = await run_in_threadpool(clean_logo, await request.body())

    async def produce(session: AsyncSession) -> Response:
        return JSONResponse(
            _body(request, await save_logo(session, who, _organizer(request), logo))
        )

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=ProfileBody), tags=_TAGS)
async def delete_logo(request: Request) -> Response:
    """Take the logo away."""
    who = require_organizer(request, _organizer(request))

    async def produce(session: AsyncSession) -> Response:
        return JSONResponse(
            _body(request, await save_logo(session, who, _organizer(request), None))
        )

    return await answer_once(request, f"user:{who.id}", produce)


@described(tag="organizers", answer="image/png")
async def logo(request: Request) -> Response:
    """Serve an organizer's logo: a picture that this server drew, and nothing else."""
    require_ticketing(request)
    async with services(request).db.read() as session:
        content, media_type = await logo_of(session, _organizer(request))
    if not content:
        raise NotFound(_("There is no such picture."))
    return Response(content, media_type=media_type, headers=_PICTURE)


_ORGANIZER = "/api/tickets/organizers/{organizer_id}"
_UPLOADS = [Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BYTES + 1)]
routes: list[BaseRoute] = [
    Route(f"{_ORGANIZER}/profile", show, methods=["GET"]),
    Route(f"{_ORGANIZER}/profile", save, methods=["PUT"]),
    Route(f"{_ORGANIZER}/logo", logo, methods=["GET"]),
    Route(f"{_ORGANIZER}/logo", put_logo, methods=["PUT"], middleware=_UPLOADS),
    Route(f"{_ORGANIZER}/logo", delete_logo, methods=["DELETE"]),
]
