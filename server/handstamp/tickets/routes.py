"""The API of tickets: finding, issuing, changing, QR codes, exports, and the signing keys."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.find_events import owned_event, tier_of
from handstamp.events.shapes import MaybeLine
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.file_answer import CSV_TYPE, XLSX_TYPE, file_answer
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_admin, require_ticketing, require_user, services
from handstamp.tickets import guest_routes, note_routes
from handstamp.tickets.export_guests import (
    USUAL,
    begin_export,
    csv_pieces,
    file_name,
    xlsx_pieces,
)
from handstamp.tickets.find_tickets import PAGE, find_tickets, owned_ticket, token_of
from handstamp.tickets.guest_columns import looks_like_mail
from handstamp.tickets.issue_tickets import Holder, issue
from handstamp.tickets.models import SigningKey, Ticket
from handstamp.tickets.note_routes import ticket_id_of
from handstamp.tickets.qr_codes import qr_png, qr_svg
from handstamp.tickets.reissue_ticket import reissue
from handstamp.tickets.revoke_ticket import change_status
from handstamp.tickets.signing_keys import all_keys, rotate

_TAGS = ["tickets"]
_STATUS_OF = {
    "refund": "refunded",
    "cancel": "cancelled",
    "dispute": "disputed",
    "restore": "valid",
}


class TicketBody(BaseModel):
    """A ticket; times in ms UTC."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    event_id: str
    tier_id: str
    tier_no: int
    serial: int
    printed_id: str
    epoch: int
    status: str
    status_at: int
    holder_name: str
    holder_email: str
    order_ref: str
    note: str
    external_id: str | None
    source: str
    created_at: int
    updated_at: int


class TicketPage(BaseModel):
    """Tickets in the order of issue; `next` is the `after` of the following page."""

    tickets: list[TicketBody]
    next: int | None


class Issued(BaseModel):
    """The tickets just issued, in the order of their holders."""

    tickets: list[TicketBody]


class TicketQuery(BaseModel):
    """Which tickets; `words` is a printed id or a part of a name, e-mail or order."""

    words: str = Field(default="", max_length=100)
    status: Literal["valid", "refunded", "cancelled", "disputed"] | None = None
    tier: str | None = Field(default=None, max_length=60)
    after: Annotated[int, Field(ge=0, lt=2**53)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = PAGE


class HolderShape(BaseModel):
    """For whom a ticket is."""

    model_config = ConfigDict(extra="forbid")

    name: MaybeLine = ""
    email: MaybeLine = ""
    order: MaybeLine = ""
    external_id: MaybeLine | None = None
    note: MaybeLine = ""

    def holder(self) -> Holder:
        """Return it as issuing knows it.

        Raises:
            BadInput: the e-mail is none.
        """
        if self.email and not looks_like_mail(self.email):
            raise BadInput(_("One of the e-mails is no e-mail address."))
        external = self.external_id or None
        return Holder(self.name, self.email, self.order, external, note=self.note)


class NewTickets(BaseModel):
    """Tickets to issue in one tier."""

    model_config = ConfigDict(extra="forbid")

    tier_id: Annotated[str, Field(max_length=60)]
    holders: Annotated[list[HolderShape], Field(min_length=1, max_length=1000)]


class Reissue(BaseModel):
    """Whose the ticket becomes; absent leaves it with its holder."""

    model_config = ConfigDict(extra="forbid")

    holder: HolderShape | None = None


class QrQuery(BaseModel):
    """How to draw the code; `scale` is pixels to a module in a PNG."""

    format: Literal["svg", "png"] = "svg"
    scale: Annotated[int, Field(ge=1, le=40)] = 8


class ExportQuery(BaseModel):
    """The columns to export, with commas between."""

    columns: str = Field(default=",".join(USUAL), max_length=500)


class KeyBody(BaseModel):
    """A key that signs tickets; times in ms UTC, `active_at` null = in reserve."""

    key_id: int
    public: str
    published_at: int
    active_at: int | None
    retired_at: int | None
    compromised_at: int | None


class Keys(BaseModel):
    """Every signing key, oldest first."""

    keys: list[KeyBody]


class Rotation(BaseModel):
    """What to replace; `compromised` names a key id that somebody else may know."""

    model_config = ConfigDict(extra="forbid")

    compromised: Annotated[int, Field(ge=0, le=31)] | None = None


def ticket_body(ticket: Ticket) -> dict[str, Any]:
    """Return the ticket as the API tells it."""
    return TicketBody.model_validate(ticket).model_dump()


def _scope(request: Request) -> str:
    return f"user:{require_user(request).id}"


def _event_id(request: Request) -> str:
    return str(request.path_params["event_id"])


@spec.validate(query=TicketQuery, resp=answers(HTTP_200=TicketPage), tags=_TAGS)
async def find(request: Request, query: TicketQuery) -> Response:
    """List an event's tickets."""
    who = require_user(request)
    async with services(request).db.read() as session:
        event = await owned_event(session, who, _event_id(request))
        found = await find_tickets(
            session,
            event.id,
            words=query.words,
            status=query.status,
            tier_id=query.tier,
            after=query.after,
            limit=query.limit,
        )
    following = found[-1].id if len(found) == query.limit else None
    return JSONResponse({"tickets": [ticket_body(ticket) for ticket in found], "next": following})


@spec.validate(json=NewTickets, resp=answers(HTTP_201=Issued), tags=_TAGS)
async def create(request: Request, json: NewTickets) -> Response:
    """Issue tickets to people."""
    require_ticketing(request)
    who = require_user(request)
    holders = [holder.holder() for holder in json.holders]

    async def produce(session: AsyncSession) -> Response:
        event = await owned_event(session, who, _event_id(request))
        tier = await tier_of(session, event.id, json.tier_id)
        made = await issue(session, services(request), event, tier, holders, actor=who)
        return JSONResponse({"tickets": [ticket_body(ticket) for ticket in made]}, status_code=201)

    return await answer_once(request, _scope(request), produce)


@spec.validate(resp=answers(HTTP_200=TicketBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """Show one ticket."""
    who = require_user(request)
    async with services(request).db.read() as session:
        ticket, _event = await owned_ticket(session, who, ticket_id_of(request))
    return JSONResponse(ticket_body(ticket))


async def _give_status(request: Request, act: str) -> Response:
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        ticket, _event = await owned_ticket(session, who, ticket_id_of(request))
        ticket = await change_status(session, services(request), who, ticket, _STATUS_OF[act])
        return JSONResponse(ticket_body(ticket))

    return await answer_once(request, _scope(request), produce)


@spec.validate(resp=answers(HTTP_200=TicketBody), tags=_TAGS)
async def refund(request: Request) -> Response:
    """Mark a ticket as refunded; it opens no door from then on."""
    return await _give_status(request, "refund")


@spec.validate(resp=answers(HTTP_200=TicketBody), tags=_TAGS)
async def cancel(request: Request) -> Response:
    """Cancel a ticket; it opens no door from then on."""
    return await _give_status(request, "cancel")


@spec.validate(resp=answers(HTTP_200=TicketBody), tags=_TAGS)
async def dispute(request: Request) -> Response:
    """Mark a ticket as disputed; it opens no door until it is restored."""
    return await _give_status(request, "dispute")


@spec.validate(resp=answers(HTTP_200=TicketBody), tags=_TAGS)
async def restore(request: Request) -> Response:
    """Make a ticket valid again."""
    return await _give_status(request, "restore")


@spec.validate(json=Reissue, resp=answers(HTTP_200=TicketBody), tags=_TAGS)
async def issue_again(request: Request, json: Reissue) -> Response:
    """Issue a ticket again, to the same or another person; the code before is superseded."""
    require_ticketing(request)
    who = require_user(request)
    holder = json.holder.holder() if json.holder else None

    async def produce(session: AsyncSession) -> Response:
        ticket, _event = await owned_ticket(session, who, ticket_id_of(request))
        fresh = await reissue(session, services(request), who, ticket, holder=holder)
        return JSONResponse(ticket_body(fresh))

    return await answer_once(request, _scope(request), produce)


@spec.validate(query=QrQuery, resp=answers("HTTP_200"), tags=_TAGS)
async def qr_code(request: Request, query: QrQuery) -> Response:
    """Draw a ticket's code as SVG or PNG."""
    who = require_user(request)
    async with services(request).db.read() as session:
        ticket, event = await owned_ticket(session, who, ticket_id_of(request))
        text = await token_of(session, services(request), event, ticket)
    headers = {"Cache-Control": "private, no-store"}
    if query.format == "png":
        png = await asyncio.to_thread(qr_png, text, scale=query.scale)
        return Response(png, media_type="image/png", headers=headers)
    svg = await asyncio.to_thread(qr_svg, text, title=ticket.printed_id)
    return Response(svg, media_type="image/svg+xml", headers=headers)


@spec.validate(query=ExportQuery, resp=answers("HTTP_200"), tags=_TAGS)
async def export_csv(request: Request, query: ExportQuery) -> Response:
    """Export the guest list as CSV."""
    return await _export(request, query, "csv")


@spec.validate(query=ExportQuery, resp=answers("HTTP_200"), tags=_TAGS)
async def export_xlsx(request: Request, query: ExportQuery) -> Response:
    """Export the guest list as XLSX."""
    return await _export(request, query, "xlsx")


async def _export(request: Request, query: ExportQuery, suffix: str) -> Response:
    who = require_user(request)
    of = services(request)
    columns = [name.strip() for name in query.columns.split(",") if name.strip()]
    async with of.db.write(actor=_scope(request)) as session:
        export = await begin_export(session, who, _event_id(request), columns=columns)
    if suffix == "xlsx":
        return file_answer(xlsx_pieces(of, export), file_name(export.event, suffix), XLSX_TYPE)
    return file_answer(csv_pieces(of, export), file_name(export.event, suffix), CSV_TYPE)


def _keys_body(keys: Sequence[SigningKey]) -> dict[str, Any]:
    return {
        "keys": [
            {
                "key_id": key.key_id,
                "public": key.public.hex(),
                "published_at": key.published_at,
                "active_at": key.active_at,
                "retired_at": key.retired_at,
                "compromised_at": key.compromised_at,
            }
            for key in keys
        ]
    }


@spec.validate(resp=answers(HTTP_200=Keys), tags=_TAGS)
async def show_keys(request: Request) -> Response:
    """List the signing keys of this server (administrators)."""
    require_admin(request)
    async with services(request).db.read() as session:
        return JSONResponse(_keys_body(await all_keys(session)))


@spec.validate(json=Rotation, resp=answers(HTTP_200=Keys), tags=_TAGS)
async def rotate_keys(request: Request, json: Rotation) -> Response:
    """Replace the signing key, or tell that one may be known to others (administrators)."""
    who = require_admin(request)

    async def produce(session: AsyncSession) -> Response:
        keys = await rotate(session, services(request), who, compromised=json.compromised)
        return JSONResponse(_keys_body(keys))

    return await answer_once(request, _scope(request), produce)


_EVENT = "/api/tickets/events/{event_id}"
_TICKET = "/api/tickets/tickets/{ticket_id}"

routes: list[BaseRoute] = [
    Route(f"{_EVENT}/tickets", find, methods=["GET"]),
    Route(f"{_EVENT}/tickets", create, methods=["POST"]),
    Route(f"{_EVENT}/guests.csv", export_csv, methods=["GET"]),
    Route(f"{_EVENT}/guests.xlsx", export_xlsx, methods=["GET"]),
    *guest_routes.routes,
    Route(_TICKET, show, methods=["GET"]),
    Route(f"{_TICKET}/qrcode", qr_code, methods=["GET"]),
    Route(f"{_TICKET}/refund", refund, methods=["POST"]),
    Route(f"{_TICKET}/cancel", cancel, methods=["POST"]),
    Route(f"{_TICKET}/dispute", dispute, methods=["POST"]),
    Route(f"{_TICKET}/restore", restore, methods=["POST"]),
    Route(f"{_TICKET}/reissue", issue_again, methods=["POST"]),
    *note_routes.routes,
    Route("/api/tickets/admin/keys", show_keys, methods=["GET"]),
    Route("/api/tickets/admin/keys/rotate", rotate_keys, methods=["POST"]),
]
