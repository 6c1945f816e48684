"""The API of notices: the key that browsers ask for, and which of them may be told."""

from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.shapes import Shape
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.preorders.push import subscribe, unsubscribe
from handstamp.preorders.push_endpoint import LONGEST
from handstamp.preorders.push_key import point, push_key, url_safe

_TAGS = ["pre-orders"]
_FRESH = {"Cache-Control": "no-store"}
Endpoint = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Key = Annotated[str, Field(min_length=1, max_length=100)]


class PushKeys(Shape):
    """What a notice is encrypted with, base64url, as the browser gives it."""

    p256dh: Key
    auth: Key


class NewSubscription(Shape):
    """A browser that may be told, as `PushSubscription.toJSON()` writes it."""

    endpoint: Endpoint
    keys: PushKeys


class OldSubscription(Shape):
    """A browser that is told no more."""

    endpoint: Endpoint


class PushKeyBody(BaseModel):
    """The `applicationServerKey`, base64url."""

    key: str


@spec.validate(resp=answers(HTTP_200=PushKeyBody), tags=_TAGS)
async def show_key(request: Request) -> Response:
    """Tell the key by which browsers know who sends."""
    require_preorders(request)
    require_user(request)
    key = await push_key(services(request))
    return JSONResponse({"key": url_safe(point(key))}, headers=_FRESH)


@spec.validate(json=NewSubscription, resp=answers("HTTP_204"), tags=_TAGS)
async def add(request: Request, json: NewSubscription) -> Response:
    """Have this browser told when a ticket has come."""
    require_preorders(request)
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        await subscribe(
            session, of, who, json.endpoint, p256dh=json.keys.p256dh, auth=json.keys.auth
        )
        return Response(status_code=204)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(json=OldSubscription, resp=answers("HTTP_204"), tags=_TAGS)
async def remove(request: Request, json: OldSubscription) -> Response:
    """Have this browser told no more."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        await unsubscribe(session, who, json.endpoint)
        return Response(status_code=204)

    return await answer_once(request, f"user:{who.id}", produce)


routes: list[BaseRoute] = [
    Route("/api/tickets/me/push-key", show_key, methods=["GET"]),
    Route("/api/tickets/me/push-subscriptions", add, methods=["POST"]),
    Route("/api/tickets/me/push-subscriptions", remove, methods=["DELETE"]),
]
