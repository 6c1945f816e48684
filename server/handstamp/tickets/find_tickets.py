"""Finding tickets of an event, and the text in their QR codes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import owned_event
from handstamp.events.models import Event
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets import store
from handstamp.tickets.issue_tickets import signature_of
from handstamp.tickets.models import SigningKey, Ticket
from handstamp.tickets.printed_id import serial_of
from handstamp.tickets.token import TokenBody, encode_token, token_digest

PAGE = 100


@dataclass
class TicketCounts:
    """How many tickets an event has: in all, by status, and by tier id and status."""

    total: int = 0
    by_status: dict[str, int] = field(default_factory=dict)
    by_tier: dict[str, dict[str, int]] = field(default_factory=dict)


async def owned_ticket(session: AsyncSession, actor: Actor, ticket_id: int) -> tuple[Ticket, Event]:
    """Return a ticket of an event that the actor runs, and the event.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    ticket = await store.ticket(session, ticket_id)
    if ticket is None:
        raise NotFound(_("There is no such ticket among yours."))
    try:
        return ticket, await owned_event(session, actor, ticket.event_id)
    except NotFound as error:
        raise NotFound(_("There is no such ticket among yours.")) from error


async def find_tickets(
    session: AsyncSession,
    event_id: str,
    *,
    words: str = "",
    status: str | None = None,
    tier_id: str | None = None,
    among: Select[int] | None = None,
    outside: Select[int] | None = None,
    after: int = 0,
    limit: int = PAGE,
) -> Sequence[Ticket]:
    """Return tickets in the order of issue; `after` is the last id of the page before.

    `words` is a printed id (checked by its letter) or a part of a name, e-mail, order or
    external id. `among` and `outside` are queries of serials to be in or not to be in.
    """
    return await store.page(
        session,
        event_id,
        words=words.strip(),
        serial=serial_of(words),
        status=status,
        tier_id=tier_id,
        among=among,
        outside=outside,
        after=after,
        limit=limit,
    )


async def count_tickets(session: AsyncSession, event_id: str) -> TicketCounts:
    """Count an event's tickets."""
    counts = TicketCounts()
    for tier_id, status, number in await store.counts(session, event_id):
        counts.total += number
        counts.by_status[status] = counts.by_status.get(status, 0) + number
        counts.by_tier.setdefault(tier_id, {})[status] = number
    return counts


async def count_by_event(session: AsyncSession, event_ids: Sequence[str]) -> dict[str, int]:
    """Count the tickets of each of a few events; an event without any is absent."""
    return await store.event_counts(session, event_ids)


async def tokens_of(
    session: AsyncSession, services: Services, event: Event, tickets: Sequence[Ticket]
) -> list[str]:
    """Return the 122 letters in the QR of each ticket; signatures are made anew, never stored.

    Raises:
        NotFound: a key that signed one of them is not here any more.
    """
    keys = list(reversed(await store.keys(session)))
    return [_token(services, keys, event, ticket) for ticket in tickets]


def token_text(body: TokenBody, signature: bytes) -> str:
    """Write a token whose signature is at hand; 122 letters."""
    return encode_token(body, lambda _message: signature)


async def token_of(session: AsyncSession, services: Services, event: Event, ticket: Ticket) -> str:
    """Return the 122 letters in the QR of one ticket."""
    return (await tokens_of(session, services, event, [ticket]))[0]


def _token(services: Services, keys: Sequence[SigningKey], event: Event, ticket: Ticket) -> str:
    body = TokenBody(ticket.key_id, event.number, ticket.serial, ticket.tier_no, ticket.epoch)
    for key in keys:
        if key.key_id != ticket.key_id:
            continue
        signature = signature_of(
            services,
            key,
            event,
            serial=ticket.serial,
            tier_no=ticket.tier_no,
            epoch=ticket.epoch,
        )
        if token_digest(signature) == ticket.token_digest:
            return token_text(body, signature)
    raise NotFound(_("The key that signed this ticket is not here any more."))
