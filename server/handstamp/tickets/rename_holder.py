"""Give a ticket another name of its holder; its code stays as it is."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.announce import announce
from handstamp.events.models import Event
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets import store
from handstamp.tickets.models import Ticket

LONGEST = 120


async def rename_holder(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    ticket: Ticket,
    event: Event,
    *,
    name: str,
) -> Ticket:
    """Change the name on a valid ticket and return it; phones hear of it, the code stays.

    The caller has made sure that the actor may. The audit log says that it was, not to what.

    Raises:
        BadInput: it is no name.
        Conflict: the ticket is not valid, or its person was erased.
    """
    name = clean_name(name)
    if ticket.erased_at is not None:
        raise Conflict(_("This guest's data was erased. Nothing can be noted any more."))
    if ticket.holder_name == name:
        return ticket
    values = {"holder_name": name, "updated_at": services.clock()}
    if not await store.change_ticket(session, ticket.id, values, statuses=["valid"]):
        raise Conflict(_("Only a valid ticket can be given another name."))
    owner = event.organizer_id
    await record(session, actor, "ticket.rename", "ticket", str(ticket.id), organizer_id=owner)
    announce(session, services, event.id)
    fresh = await store.ticket(session, ticket.id)
    assert fresh is not None
    return fresh


def clean_name(text: str) -> str:
    """Return a name as it is stored: one line, no spaces around or doubled.

    Raises:
        BadInput: it is empty, too long, or not one line of text.
    """
    name = " ".join(text.split(" ")).strip()
    if not name or len(name) > LONGEST or not name.isprintable():
        message = _("Write the name: one line of 120 letters at most.")
        raise BadInput(message, errors=[{"field": "name", "message": message}])
    return " ".join(name.split())
