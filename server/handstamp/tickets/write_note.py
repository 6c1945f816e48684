"""Writing what a steward reads before admitting one guest: "wheelchair: side entrance" (R62)."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.announce import announce
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets import rules, store
from handstamp.tickets.find_tickets import owned_ticket
from handstamp.tickets.models import Ticket

LONGEST = 200


async def write_note(
    session: AsyncSession, services: Services, actor: Actor, ticket: Ticket, note: str
) -> Ticket:
    """Give a ticket its note for the door, or none; return it as it is now.

    The audit log says that there was a note, never what it said: notes speak of people.

    Raises:
        NotFound: it is a ticket of somebody else's event.
        BadInput: it is longer than 200 characters, or not one line of text.
        Conflict: the person's data was erased.
    """
    note = note.strip()
    if len(note) > LONGEST or not note.isprintable():
        message = _("A note is one line of 200 letters at most.")
        raise BadInput(message, errors=[{"field": "note", "message": message}])
    await store.lock_ticket(session, ticket.id)
    ticket, event = await owned_ticket(session, actor, ticket.id)
    if ticket.erased_at is not None:
        raise Conflict(_("This guest's data was erased. Nothing can be noted any more."))
    if ticket.note == note:
        return ticket
    values = {"note": note, "updated_at": services.clock()}
    await store.change_ticket(session, ticket.id, values, statuses=rules.STATUSES)
    action = "ticket.note" if note else "ticket.note_off"
    owner = event.organizer_id
    await record(session, actor, action, "ticket", str(ticket.id), organizer_id=owner)
    announce(session, services, event.id)
    ticket, _event = await owned_ticket(session, actor, ticket.id)
    return ticket
