"""The API of an organizer's team: who is in it, taken in, given another role, let go."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.auth.change_team import remove_from_team
from handstamp.auth.find_team import team_of
from handstamp.auth.models import User
from handstamp.auth.team_mails import invite_to_team
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services

_TAGS = ["organizers"]


class PersonBody(BaseModel):
    """A person in a team; role owner, manager or support."""

    user_id: str
    email: str
    name: str
    role: str


class TeamBody(BaseModel):
    """A team, owners first."""

    people: list[PersonBody]


class RoleWish(BaseModel):
    """Who gets which role; whoever is new in the team is mailed."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=320)]
    role: Literal["owner", "manager", "support"]


class RoleGiven(BaseModel):
    """The role that somebody has now."""

    user_id: str
    role: str


def _organizer(request: Request) -> str:
    return str(request.path_params["organizer_id"])


@spec.validate(resp=answers(HTTP_200=TeamBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """List the people of one of your organizers."""
    who = require_user(request)
    async with services(request).db.read() as session:
        people = await team_of(session, who, _organizer(request))
    body = TeamBody(people=[PersonBody(**vars(one)) for one in people])
    return JSONResponse(body.model_dump())


@spec.validate(json=RoleWish, resp=answers(HTTP_200=RoleGiven), tags=_TAGS)
async def give(request: Request, json: RoleWish) -> Response:
    """Take somebody into a team, or give them another role; for owners."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        member = await invite_to_team(session, who, _organizer(request), json.email, json.role)
        return JSONResponse({"user_id": member.user_id, "role": member.role})

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def let_go(request: Request) -> Response:
    """Let somebody go from a team, at once; the last owner stays."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        user_id = str(request.path_params["user_id"])
        await remove_from_team(session, who, _organizer(request), user_id)  # asks for rights
        if not user_id.isprintable() or await session.get(User, user_id) is None:
            raise NotFound(_("There is no such person."))
        return Response(status_code=204)

    return await answer_once(request, f"user:{who.id}", produce)


_TEAM = "/api/tickets/organizers/{organizer_id}/team"
routes: list[BaseRoute] = [
    Route(_TEAM, show),
    Route(_TEAM, give, methods=["PUT"]),
    Route(f"{_TEAM}/{{user_id}}", let_go, methods=["DELETE"]),
]
