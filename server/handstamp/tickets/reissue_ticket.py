"""Issuing a ticket again under the next epoch: codes handed out before are superseded."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.announce import announce
from handstamp.events.find_events import tier_of
from handstamp.events.models import Event
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets import rules, stock, store
from handstamp.tickets.find_tickets import owned_ticket
from handstamp.tickets.issue_tickets import Holder, issue, signature_of
from handstamp.tickets.models import Ticket
from handstamp.tickets.signing_keys import current_key
from handstamp.tickets.token import token_digest


async def reissue(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    ticket: Ticket,
    *,
    holder: Holder | None = None,
) -> Ticket:
    """Raise a ticket's epoch, sign it anew and, if `holder` is given, make it theirs.

    After epoch 255 the ticket is cancelled and one with a new serial takes its place; that
    one is returned.

    Raises:
        NotFound: it is a ticket of somebody else's event.
        Conflict: it is not valid, was erased, or was re-issued by somebody else meanwhile.
    """
    expected = ticket.epoch
    ticket, event = await owned_ticket(session, actor, ticket.id)
    problem = rules.reissue_problem(ticket.status, erased=ticket.erased_at is not None)
    if problem:
        raise Conflict(_(problem))
    if ticket.epoch != expected:
        raise Conflict(_("This ticket was issued again a moment ago. Look at it again."))
    kept = Holder(ticket.holder_name, ticket.holder_email, ticket.order_ref, note=ticket.note)
    holder = kept if holder is None else replace(holder, external_id=None)
    epoch = rules.next_epoch(ticket.epoch)
    if epoch is None:
        return await _new_serial(session, services, actor, ticket, event=event, holder=holder)
    key = await current_key(session, services)
    signature = signature_of(
        services, key, event, serial=ticket.serial, tier_no=ticket.tier_no, epoch=epoch
    )
    values = {
        "epoch": epoch,
        "key_id": key.key_id,
        "token_digest": token_digest(signature),
        "holder_name": holder.name,
        "holder_email": holder.email,
        "order_ref": holder.order,
        "note": holder.note,
        "updated_at": services.clock(),
    }
    await _change(session, ticket, values)
    await record(
        session,
        actor,
        "ticket.reissue",
        "ticket",
        str(ticket.id),
        organizer_id=event.organizer_id,
        meta={"epoch": epoch},
    )
    announce(session, services, event.id)
    ticket, event = await owned_ticket(session, actor, ticket.id)
    return ticket


async def _new_serial(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    ticket: Ticket,
    *,
    event: Event,
    holder: Holder,
) -> Ticket:
    now = services.clock()
    values = {
        "status": "cancelled",
        "status_at": now,
        "updated_at": now,
        "external_id": None,
        "order_item_id": None,
        "place": None,
    }
    fresh_holder = replace(
        holder,
        external_id=ticket.external_id,
        order_id=ticket.order_id,
        order_item_id=ticket.order_item_id,
        place=ticket.place,
    )
    await _change(session, ticket, values)
    stock.later(session, [stock.Move(event.id, ticket.tier_id, issued=-1)])
    tier = await tier_of(session, event.id, ticket.tier_id)
    (fresh,) = await issue(
        session,
        services,
        event,
        tier,
        [fresh_holder],
        source=ticket.source,
        actor=actor,
    )
    return fresh


async def _change(session: AsyncSession, ticket: Ticket, values: dict[str, object]) -> None:
    changed = await store.change_ticket(
        session, ticket.id, values, statuses=["valid"], epoch=ticket.epoch
    )
    if not changed:
        raise Conflict(_("This ticket was changed a moment ago. Look at it again."))
