"""Refunding, cancelling, disputing and restoring a ticket: the door hears within seconds."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.announce import announce
from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets import rules, stock, store
from handstamp.tickets.find_tickets import owned_ticket
from handstamp.tickets.models import Ticket


async def change_status(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    ticket: Ticket,
    status: str,
    *,
    at: Millis | None = None,
) -> Ticket:
    """Give a ticket a status: valid, refunded, cancelled or disputed; return it as it is now.

    The status it has already changes nothing, so a repeated call is safe. `at`: the moment of the
    change, for several tickets that change together; now, unless it is given.

    Raises:
        NotFound: it is a ticket of somebody else's event.
        Conflict: a ticket of its present status cannot get that one.
    """
    await store.lock_ticket(session, ticket.id)
    ticket, event = await owned_ticket(session, actor, ticket.id)
    now = services.clock() if at is None else at
    values = {"status": status, "status_at": now, "updated_at": now}
    before = ticket.status
    changed = await store.change_ticket(session, ticket.id, values, statuses=rules.FROM[status])
    ticket, event = await owned_ticket(session, actor, ticket.id)
    if not changed:
        if ticket.status == status:
            return ticket
        raise Conflict(_(rules.WHY_NOT[status]))
    change = (status in rules.TAKING) - (before in rules.TAKING)
    if change:
        stock.later(session, [stock.Move(event.id, ticket.tier_id, issued=change)])
    await record(
        session,
        actor,
        f"ticket.{status}",
        "ticket",
        str(ticket.id),
        organizer_id=event.organizer_id,
        meta={"from": before},
    )
    announce(session, services, event.id)
    return ticket
