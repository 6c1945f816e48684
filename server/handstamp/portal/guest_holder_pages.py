"""A guest's ticket gets another name, or another person."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.plumbing.errors import BadInput, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.event_frame import event_of, path_of
from handstamp.portal.guest_pages import guest_page
from handstamp.portal.pages import go, page
from handstamp.tickets.find_tickets import owned_ticket
from handstamp.transfers.transfer_ticket import checked, rename_owned, transfer_owned


@page
async def change_holder(request: Request) -> Response:
    """Change the name on a ticket, or pass it on and mail the new code."""
    actor, shared = require_user(request), services(request)
    sent, ticket_id = await request.form(), request.path_params["ticket_id"]
    name, email = str(sent.get("name", "")), str(sent.get("email", ""))
    to_another = sent.get("do") == "pass"
    try:
        async with shared.db.write(actor=actor.id) as session:
            event = await event_of(session, request)
            _found, owner = await owned_ticket(session, actor, ticket_id)
            if owner.id != event.id:
                raise NotFound(_("There is no such ticket in this event."))
            if to_another:
                person = checked(name, email)
                ticket = await transfer_owned(session, shared, actor, ticket_id, person)
            else:
                ticket = await rename_owned(session, shared, actor, ticket_id, name)
    except BadInput as error:
        typed = {"name": name, "email": email}
        said = str(error.errors[0]["message"]) if error.errors else error.detail
        return await guest_page(request, holder=typed, holder_error=said)
    said = _("The name is changed. The code stays as it is.")
    if to_another:
        said = _("Passed on. The new code is on its way by mail; the one before opens no door.")
    return go(request, path_of(event.id, f"/guests/{ticket.id}"), said)


routes = [
    Route(
        "/organizer/events/{event_id}/guests/{ticket_id:int}/holder",
        change_holder,
        methods=["POST"],
    ),
]
