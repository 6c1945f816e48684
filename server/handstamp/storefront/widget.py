"""The widget of other sites: its script, by version, and the one read that it makes."""

from pathlib import Path

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import services
from handstamp.plumbing.widget_script import LATEST, script_file
from handstamp.storefront.find_offers import Offer, offers_of_event, offers_of_organizer

_OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_READ = {**_OPEN, "Cache-Control": "public, max-age=30"}
_FRESH = "public, max-age=3600, stale-while-revalidate=86400, stale-if-error=604800"
_FOR_GOOD = "public, max-age=31536000, immutable"


class WidgetQuery(BaseModel):
    """Whose tickets: one event, by id or address, or the next ones of an organizer."""

    event: str = Field(default="", max_length=200)
    organizer: str = Field(default="", max_length=60)


class OfferBody(BaseModel):
    """What one link says. `path` follows this server's address; `buyable`: it is a button.

    `when`: day and time in words; `color` and `ink`: the organizer's, "#rrggbb", or ''.
    """

    event: str
    path: str
    title: str
    when: str
    label: str
    buyable: bool
    color: str
    ink: str


class OfferList(BaseModel):
    """The next event first; empty when nothing is sold, whatever the reason."""

    offers: list[OfferBody]


@spec.validate(query=WidgetQuery, resp=answers(HTTP_200=OfferList), tags=["widget"])
async def read(request: Request, query: WidgetQuery) -> Response:
    """Tell a page of another site what it may link to; for every origin, without cookies."""
    of = services(request)
    found: list[Offer] = []
    if of.settings.enable_ticketing and of.settings.enable_checkout:
        async with of.db.read() as session:
            if query.event:
                found = await offers_of_event(session, query.event, of.clock())
            elif query.organizer:
                found = await offers_of_organizer(session, query.organizer, of.clock())
    body = OfferList(offers=[OfferBody(**vars(offer)) for offer in found])
    return JSONResponse(body.model_dump(), headers=_READ)


async def script(request: Request) -> Response:
    """Serve a version of the script, which stays for good; the newest one, asked for each hour.

    Raises:
        NotFound: there is no such version.
    """
    version: int | None = request.path_params.get("version")
    file = script_file(LATEST if version is None else version)
    if file is None:
        raise NotFound(_("There is no such version of the widget."))
    return _answer(file, _FRESH if version is None else _FOR_GOOD)


def _answer(file: Path, kept: str) -> Response:
    headers = {**_OPEN, "Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, media_type="text/javascript", headers=headers)


routes: list[BaseRoute] = [
    Route("/tickets/widget.js", script, methods=["GET"]),
    Route("/tickets/widget/{version:int}.js", script, methods=["GET"]),
    Route("/api/tickets/widget", read, methods=["GET"]),
]
