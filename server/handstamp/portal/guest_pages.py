"""Pages about guests: the list with its search, one ticket, and what can be done to it."""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.audit.find_entries import entries_of
from handstamp.checkin.find_admissions import admissions_of, admitted_serials
from handstamp.checkin.scan_log import scan_log
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.plumbing.errors import BadInput, NotFound
from handstamp.plumbing.paging import link, number_in
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services, require_user, services
from handstamp.portal import scan_words, words
from handstamp.portal.event_frame import event_of, frame, list_names, path_of
from handstamp.portal.pages import go, page, render
from handstamp.tickets.find_tickets import find_tickets, owned_ticket, token_of
from handstamp.tickets.models import Ticket
from handstamp.tickets.qr_codes import qr_svg
from handstamp.tickets.reissue_ticket import reissue
from handstamp.tickets.revoke_ticket import change_status
from handstamp.tickets.write_note import write_note

PAGE = 100
_STATUS_OF = {
    "refund": "refunded",
    "cancel": "cancelled",
    "dispute": "disputed",
    "restore": "valid",
}


@page
async def guests(request: Request) -> Response:
    """List an event's tickets; search, filters and place stand in the address."""
    query = request.query_params
    search = query.get("q", "").strip()[:100]
    status, tier, admitted = query.get("status", ""), query.get("tier", ""), query.get("in", "")
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "guests")
        tiers = await tiers_of(session, event.id, archived=True)
        found = await find_tickets(
            session,
            event.id,
            words=search,
            status=status if status in words.ticket_statuses() else None,
            tier_id=tier or None,
            among=admitted_serials(event.id) if admitted == "yes" else None,
            outside=admitted_serials(event.id) if admitted == "no" else None,
            after=number_in(request, "after"),
            limit=PAGE + 1,
        )
        shown = found[:PAGE]
        came = await admissions_of(session, event.id, [ticket.serial for ticket in shown])
        lists = await list_names(session, event.id)
    return render(
        request,
        "guests.html",
        tickets=shown,
        came=came,
        lists=lists,
        tiers=tiers,
        tier_names={found.id: found.name for found in tiers},
        chosen={"q": search, "status": status, "tier": tier, "in": admitted},
        filtered=any((search, status, tier, admitted)),
        status_names=words.ticket_statuses(),
        tones=words.TONES,
        first=link(request, after=None) if query.get("after") else None,
        more=link(request, after=shown[-1].id) if len(found) > PAGE else None,
        **around,
    )


@page
async def guest(request: Request) -> Response:
    """Show one ticket: its person, its QR code, where it was let in, what was done to it."""
    return await guest_page(request)


async def guest_page(
    request: Request,
    *,
    typed: str = "",
    wrong: str = "",
    holder: Mapping[str, str] | None = None,
    holder_error: str = "",
) -> Response:
    """Show one ticket, and what was wrong with a form on its page."""
    actor, shared = require_user(request), services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "guests")
        ticket = await _ticket(session, actor, event, request)
        tiers = {tier.id: tier.name for tier in await tiers_of(session, event.id, archived=True)}
        lists = await list_names(session, event.id)
        came = await admissions_of(session, event.id, [ticket.serial])
        scans = await scan_log(session, event.id, serial=ticket.serial, limit=50)
        acts = await entries_of(session, target_type="ticket", target_id=str(ticket.id))
        code = await token_of(session, shared, event, ticket)
    return render(
        request,
        "guest.html",
        ticket=ticket,
        tier_name=tiers.get(ticket.tier_id, ""),
        lists=lists,
        came=came.get(ticket.serial, []),
        scans=scans,
        acts=acts,
        qr=qr_svg(code),
        status_names=words.ticket_statuses(),
        shown=scan_words.shown,
        tones=words.TONES,
        status=422 if wrong or holder_error else 200,
        holder_typed=holder,
        holder_error=holder_error,
        note_typed=typed if wrong else ticket.note,
        note_error=wrong,
        **around,
    )


@page
async def write_one(request: Request) -> Response:
    """Write what a steward reads before admitting this guest."""
    note = str((await request.form()).get("note", ""))

    async def effect(
        session: AsyncSession, shared: Services, actor: Actor, ticket: Ticket
    ) -> Ticket:
        return await write_note(session, shared, actor, ticket, note)

    try:
        event, ticket, _before = await _act(request, effect)
    except BadInput as error:
        return await guest_page(request, typed=note, wrong=error.detail)
    said = (
        _("Saved. Phones show it from their next contact.") if ticket.note else _("Note removed.")
    )
    return go(request, path_of(event.id, f"/guests/{ticket.id}"), said)


async def _ticket(session: AsyncSession, actor: Actor, event: Event, request: Request) -> Ticket:
    ticket, owner = await owned_ticket(session, actor, request.path_params["ticket_id"])
    if owner.id != event.id:
        raise NotFound(_("There is no such ticket in this event."))
    return ticket


Effect = Callable[[AsyncSession, Services, Actor, Ticket], Awaitable[Ticket]]


async def _act(request: Request, effect: Effect) -> tuple[Event, Ticket, str]:
    actor, shared = require_user(request), services(request)
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        ticket = await _ticket(session, actor, event, request)
        before = ticket.status
        return event, await effect(session, shared, actor, ticket), before


@page
async def set_status(request: Request) -> Response:
    """Refund, cancel, dispute or restore a ticket; the notice offers the step back."""
    status = _STATUS_OF.get(request.path_params["act"])
    if status is None:
        raise NotFound(_("There is nothing at this address."))
    wanted: str = status

    async def effect(
        session: AsyncSession, shared: Services, actor: Actor, ticket: Ticket
    ) -> Ticket:
        return await change_status(session, shared, actor, ticket, wanted)

    event, ticket, before = await _act(request, effect)
    here = path_of(event.id, f"/guests/{ticket.id}")
    undo = None
    if status != "valid" and before == "valid":
        undo = (f"{here}/restore", _("Undo"))
    said = {
        "refunded": _("Refunded. Phones with a connection refuse it from now on."),
        "cancelled": _("Cancelled. Phones with a connection refuse it from now on."),
        "disputed": _("Disputed. Phones with a connection refuse it from now on."),
        "valid": _("Restored. The ticket is valid again."),
    }[status]
    return go(request, here, said, undo=undo)


@page
async def reissue_one(request: Request) -> Response:
    """Issue a ticket again: codes handed out before open no door any more."""

    event, ticket, _before = await _act(request, reissue)
    said = _("Issued again. The QR below is the only one that counts now.")
    return go(request, path_of(event.id, f"/guests/{ticket.id}"), said)


_GUESTS = "/organizer/events/{event_id}/guests"
routes = [
    Route(_GUESTS, guests),
    Route(_GUESTS + "/{ticket_id:int}", guest),
    Route(_GUESTS + "/{ticket_id:int}/note", write_one, methods=["POST"]),
    Route(_GUESTS + "/{ticket_id:int}/reissue", reissue_one, methods=["POST"]),
    Route(_GUESTS + "/{ticket_id:int}/{act}", set_status, methods=["POST"]),
]
