"""A ticket goes to another person: a raised epoch, the new code mailed, who had it told."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.rules import clean_email
from handstamp.checkin.find_admissions import admissions_of
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, HOUR
from handstamp.mail.addresses import is_erased
from handstamp.mail.send_mail import queue_mail
from handstamp.orders.models import Order
from handstamp.orders.passed_on import passed_on
from handstamp.plumbing import limits
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.texts import _, language, speaking
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.tickets.find_tickets import owned_ticket
from handstamp.tickets.issue_tickets import Holder
from handstamp.tickets.models import Ticket
from handstamp.tickets.reissue_ticket import reissue
from handstamp.tickets.rename_holder import clean_name, rename_holder
from handstamp.transfers import rules

PER_HOUR, PER_DAY = 12, 40
RECEIVED, PASSED_ON = "ticket_received", "ticket_passed_on"


@dataclass(frozen=True)
class Person:
    """Who gets a ticket; `checked` makes one."""

    name: str
    email: str


def checked(name: str, email: str) -> Person:
    """Return a person as they are stored.

    Raises:
        BadInput: the name or the address is none.
    """
    try:
        return Person(clean_name(name), clean_email(email))
    except ValueError as error:
        message = _("That does not look like an e-mail address.")
        raise BadInput(message, errors=[{"field": "email", "message": message}]) from error


async def transfer_owned(
    session: AsyncSession, services: Services, actor: Actor, ticket_id: int, person: Person
) -> Ticket:
    """Give a ticket of one's event to a person and mail it there; return it as it is now.

    Raises:
        NotFound: it is a ticket of somebody else's event.
        Conflict: it is not valid, was used, or its event is over.
    """
    await _lock(session, ticket_id)
    ticket, event = await owned_ticket(session, actor, ticket_id)
    order = await _order_of(session, ticket)
    await _check(session, services, ticket, event, by_buyer=False)
    return await _hand_over(session, services, actor, ticket, event, order=order, person=person)


async def transfer_bought(
    services: Services, actor: Actor, order_id: str, ticket_id: int, person: Person
) -> Ticket:
    """Give a ticket of an order to a person; the same once more changes and mails nothing.

    The caller has made sure that the order is the actor's. Opens transactions of its own.

    Raises:
        NotFound: the order has no such ticket.
        Conflict: it is with somebody else already, or may not change hands (any more).
        TooMany: too many tickets of the order changed hands or names.
    """
    await _limit(services, order_id)
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        ticket, event, order = await _bought(session, order_id, ticket_id)
        if passed_on(order, ticket):
            if (ticket.holder_email, ticket.holder_name) == (person.email, person.name):
                return ticket
            raise Conflict(_("This ticket was passed on. Only the organizer can change it now."))
        if person.email.lower() == order.email.lower():
            raise Conflict(_("That is your own address. Change the name instead."))
        await _check(session, services, ticket, event, by_buyer=True)
        return await _hand_over(session, services, actor, ticket, event, order=order, person=person)


async def rename_bought(
    services: Services, actor: Actor, order_id: str, ticket_id: int, name: str
) -> Ticket:
    """Change the name on a ticket of an order; its code stays. As `transfer_bought` otherwise."""
    name = clean_name(name)
    await _limit(services, order_id)
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        ticket, event, order = await _bought(session, order_id, ticket_id)
        if passed_on(order, ticket):
            raise Conflict(_("This ticket was passed on. Only the organizer can change it now."))
        await _check(session, services, ticket, event, by_buyer=True)
        return await rename_holder(session, services, actor, ticket, event, name=name)


async def rename_owned(
    session: AsyncSession, services: Services, actor: Actor, ticket_id: int, name: str
) -> Ticket:
    """Change the name on a ticket of one's event; its code stays.

    Raises:
        NotFound: it is a ticket of somebody else's event.
        BadInput: it is no name.
        Conflict: the ticket is not valid, or its person was erased.
    """
    name = clean_name(name)
    await _lock(session, ticket_id)
    ticket, event = await owned_ticket(session, actor, ticket_id)
    return await rename_holder(session, services, actor, ticket, event, name=name)


async def _limit(services: Services, order_id: str) -> None:
    await limits.hit(services, f"transfer:{order_id}", limit=PER_HOUR, window_ms=HOUR)
    await limits.hit(services, f"transfer:{order_id}", limit=PER_DAY, window_ms=DAY)


async def _lock(session: AsyncSession, ticket_id: int) -> Ticket | None:
    query = select(Ticket).where(Ticket.id == ticket_id).with_for_update(key_share=True)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def _order_of(session: AsyncSession, ticket: Ticket) -> Order | None:
    if ticket.code_digest is not None:
        raise Conflict(_("A code from elsewhere admits this ticket's holder. It stays with them."))
    order = await session.get(Order, ticket.order_id) if ticket.order_id else None
    if ticket.order_id and order is None:
        raise Conflict(_("A ticket of a club's pre-order stays with its member."))
    return order


async def _bought(
    session: AsyncSession, order_id: str, ticket_id: int
) -> tuple[Ticket, Event, Order]:
    ticket = await _lock(session, ticket_id)
    order = await session.get(Order, order_id)
    if order is None or ticket is None or ticket.order_id != order.id:
        raise NotFound(_("There is no such ticket in this order."))
    event = await session.get(Event, ticket.event_id)
    assert event is not None
    if ticket.code_digest is not None or event.status != "published":
        raise Conflict(_("Tickets of this event cannot be passed on or renamed now."))
    return ticket, event, order


async def _check(
    session: AsyncSession, services: Services, ticket: Ticket, event: Event, *, by_buyer: bool
) -> None:
    told = await admissions_of(session, event.id, [ticket.serial])
    problem = rules.problem(
        ticket.status,
        now=services.clock(),
        start_at=event.start_at,
        end_at=event.end_at,
        used=any(row.admitted_at is not None for row in told.get(ticket.serial, [])),
        by_buyer=by_buyer,
    )
    if problem:
        raise Conflict(_(problem))


async def _hand_over(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    ticket: Ticket,
    event: Event,
    *,
    order: Order | None,
    person: Person,
) -> Ticket:
    """Re-issue under the next epoch; the order's number and the note for the door do not go along.

    The number would let a steward admit the new holder together with the buyer's group.
    """
    before = ticket.holder_email or (order.email if order else "")
    may = actor.may_manage(event.organizer_id)
    holder = Holder(person.name, person.email)
    fresh = await reissue(session, services, actor if may else SYSTEM, ticket, holder=holder)
    await record(
        session, actor, "ticket.transfer", "ticket", str(fresh.id),
        organizer_id=event.organizer_id, meta={"epoch": fresh.epoch},
    )  # fmt: skip
    with speaking(order.language if order else language()):
        await _tell(session, fresh, order, before=before, to=person.email)
    return fresh


async def _tell(
    session: AsyncSession, ticket: Ticket, order: Order | None, *, before: str, to: str
) -> None:
    args = {"ticket": ticket.id, "epoch": ticket.epoch}
    await queue_mail(session, RECEIVED, to, args, about=about(ticket.id))
    if before and before.lower() != to.lower() and not is_erased(before):
        theirs = order is not None and before.lower() == order.email.lower()
        found_by = f"order:{order.id}" if order and theirs else about(ticket.id)
        await queue_mail(session, PASSED_ON, before, args, about=found_by)


def about(ticket_id: int) -> str:
    """Return what the mails about one ticket are found by."""
    return f"ticket:{ticket_id}"
