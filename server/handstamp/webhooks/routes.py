"""Where Stripe delivers its events, and what administrators see of those that failed."""

from typing import Any

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.described import described
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.web import require_admin, services
from handstamp.webhooks.find_dead_letters import DeadLetter, find_dead_letters
from handstamp.webhooks.replay_event import replay
from handstamp.webhooks.stripe_inbox import Endpoint, receive

_TAGS = ["webhooks"]


class Taken(BaseModel):
    """The event is stored; `fresh` is false when it had come before."""

    received: bool
    fresh: bool


class DeadLetterBody(BaseModel):
    """Something that was tried in vain; `since` in ms UTC."""

    id: str
    what: str
    about: str
    error: str
    attempts: int
    since: int


class DeadLetters(BaseModel):
    """What was given up, the latest first."""

    letters: list[DeadLetterBody]


@described(tag="webhooks", answer=Taken)
async def platform_events(request: Request) -> Response:
    """Take in an event of the platform's own account, signed with its endpoint's secret."""
    return await _take(request, "platform")


@described(tag="webhooks", answer=Taken)
async def connect_events(request: Request) -> Response:
    """Take in an event of a connected account, signed with the Connect endpoint's secret."""
    return await _take(request, "connect")


async def _take(request: Request, endpoint: Endpoint) -> Response:
    # No flag is asked: money that moved is noted even while nothing new is sold.
    signature = request.headers.get("stripe-signature", "")
    fresh = await receive(services(request), endpoint, await request.body(), signature)
    return JSONResponse({"received": True, "fresh": fresh})


@spec.validate(resp=answers(HTTP_200=DeadLetters), tags=_TAGS)
async def dead_letters(request: Request) -> Response:
    """Return what was given up: events and other background work."""
    require_admin(request)
    async with services(request).db.read() as session:
        found = await find_dead_letters(session)
    return JSONResponse({"letters": [_body(letter) for letter in found]})


@spec.validate(resp=answers(HTTP_200=DeadLetterBody), tags=_TAGS)
async def replay_one(request: Request) -> Response:
    """Try a dead letter again; the answer is what it was."""
    who = require_admin(request)
    letter_id = request.path_params["letter_id"]

    async def produce(session: AsyncSession) -> Response:
        return JSONResponse(_body(await replay(session, who, letter_id)))

    return await answer_once(request, who.id, produce)


def _body(letter: DeadLetter) -> dict[str, Any]:
    return DeadLetterBody.model_validate(letter, from_attributes=True).model_dump()


_LETTERS = "/api/tickets/admin/dead-letters"
routes: list[BaseRoute] = [
    Route("/api/tickets/webhooks/stripe", platform_events, methods=["POST"]),
    Route("/api/tickets/webhooks/stripe/connect", connect_events, methods=["POST"]),
    Route(_LETTERS, dead_letters, methods=["GET"]),
    Route(_LETTERS + "/{letter_id}/replay", replay_one, methods=["POST"]),
]
