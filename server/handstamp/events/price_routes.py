"""The API of what is added to an event's prices."""

from typing import Literal

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.find_events import owned_event
from handstamp.events.models import Event
from handstamp.events.set_prices import rates_of, set_prices
from handstamp.events.shapes import PricesChange
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.web import require_user, services

_TAGS = ["events"]


class TaxBody(BaseModel):
    """A named tax; `ppm` in millionths, `compound`: due on the taxes before it, too."""

    name: str
    ppm: int
    compound: bool


class PricesBody(BaseModel):
    """What is added to an event's prices; see the change of it."""

    fee_bp: int
    fee_fixed: int
    fee_payer: Literal["buyer", "organizer"]
    tax_mode: Literal["none", "rates", "stripe"]
    rates: list[TaxBody]


@spec.validate(resp=answers(HTTP_200=PricesBody), tags=_TAGS)
async def show_prices(request: Request) -> Response:
    """Show the fee and the taxes of one of your events."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        event = await owned_event(session, who, str(request.path_params["event_id"]))
        return await _told(session, event)


@spec.validate(json=PricesChange, resp=answers(HTTP_200=PricesBody), tags=_TAGS)
async def change_prices(request: Request, json: PricesChange) -> Response:
    """Change the fee, who pays it, or the taxes; the fee itself is for administrators."""
    who, of = require_user(request), services(request)
    async with of.db.write(actor=f"user:{who.id}") as session:
        event = await set_prices(session, of, who, str(request.path_params["event_id"]), json)
        return await _told(session, event)


async def _told(session: AsyncSession, event: Event) -> Response:
    rates = [TaxBody(**rate._asdict()) for rate in await rates_of(session, event.id)]
    values = {name: getattr(event, name) for name in PricesBody.model_fields if name != "rates"}
    body = PricesBody.model_validate({**values, "rates": rates})
    return JSONResponse(body.model_dump())


_PRICES = "/api/tickets/events/{event_id}/prices"
routes: list[BaseRoute] = [
    Route(_PRICES, show_prices, methods=["GET"]),
    Route(_PRICES, change_prices, methods=["PATCH"]),
]
