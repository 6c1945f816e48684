"""The API of a person's own data, and of erasing, for whoever runs this server."""

from typing import Any

from pydantic import BaseModel, Field, RootModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.shapes import Shape
from handstamp.kit.clock import HOUR
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.file_answer import file_answer
from handstamp.plumbing.limits import hit
from handstamp.plumbing.web import Actor, require_admin, require_user, services
from handstamp.privacy.erase_person import erase_person
from handstamp.privacy.export_person import Rooms, as_zip, export_own

_TAGS = ["privacy"]
_FRESH = {"Cache-Control": "no-store"}
EXPORTS_PER_HOUR = 10


class ExportBody(RootModel[dict[str, Any]]):
    """All that is kept of a person, by room; times in milliseconds UTC, amounts in minor units."""


class ErasePerson(Shape):
    """Whom to erase."""

    email: str = Field(min_length=3, max_length=320)


class ErasedBody(BaseModel):
    """How much was masked; `stripe` are ids of what Stripe still keeps of the person."""

    orders: int
    pre_orders: int
    events: int
    stripe: list[str]
    in_journal: bool


async def own_data(request: Request) -> Rooms:
    """Return all that is kept of whoever is signed in, not too often.

    Raises:
        Unauthenticated: nobody is signed in.
        TooMany: more than 10 within the hour.
    """
    who, of = require_user(request), services(request)
    await hit(of, f"export:{who.id}", limit=EXPORTS_PER_HOUR, window_ms=HOUR)
    async with of.db.write(actor=who.id) as session:
        return await export_own(session, of, who)


def zipped(told: Rooms) -> Response:
    """Return an export as a download."""
    return file_answer(as_zip(told), "my-data.zip", "application/zip")


@spec.validate(resp=answers(HTTP_200=ExportBody), tags=_TAGS)
async def export(request: Request) -> Response:
    """Return all that is kept of the signed-in person."""
    return JSONResponse(await own_data(request), headers=_FRESH)


async def export_zip(request: Request) -> Response:
    """Return the same as a ZIP of JSON files."""
    return zipped(await own_data(request))


@spec.validate(json=ErasePerson, resp=answers(HTTP_200=ErasedBody), tags=_TAGS)
async def erase(request: Request, json: ErasePerson) -> Response:
    """Erase a person everywhere; refused with the reasons while money of theirs is open."""
    who: Actor = require_admin(request)
    erased = await erase_person(services(request), who, json.email)
    return JSONResponse(
        {
            "orders": erased.orders,
            "pre_orders": erased.preorders,
            "events": erased.events,
            "stripe": erased.stripe,
            "in_journal": erased.in_journal,
        },
        headers=_FRESH,
    )


routes: list[BaseRoute] = [
    Route("/api/tickets/me/export", export, methods=["GET"]),
    Route("/api/tickets/me/export.zip", export_zip, methods=["GET"]),
    Route("/api/tickets/admin/people/erase", erase, methods=["POST"]),
]
