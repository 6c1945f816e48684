"""The link of a ticket's new holder: it opens that ticket alone, until it changes hands again."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.kit.signing import derive, keyed_hash, same
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket

PREFIX = "hs_ticket_"
_TOO_HIGH = 2**63


def secret_of(settings: Settings, ticket: Ticket) -> str:
    """Return the secret of a ticket under its epoch; the next epoch has another."""
    key = derive(settings.secret_bytes(), "ticket links")
    return PREFIX + keyed_hash(key, f"{ticket.event_id}\n{ticket.serial}\n{ticket.epoch}")[:40]


def link_for(services: Services, ticket: Ticket) -> str:
    """Return the address that opens a ticket without signing in; for its holder's mail alone."""
    of = services.settings
    return f"{of.public_url}/tickets/ticket/{ticket.id}?key={secret_of(of, ticket)}"


async def ticket_by_link(
    session: AsyncSession, services: Services, ticket_id: int, secret: str
) -> tuple[Ticket, Event]:
    """Return a ticket and its event to whoever has its link.

    Raises:
        NotFound: there is none that this secret opens; the two cases look alike.
    """
    ticket = await session.get(Ticket, ticket_id) if ticket_id < _TOO_HIGH else None
    if ticket is None or not secret or not same(secret, secret_of(services.settings, ticket)):
        raise NotFound(_("There is nothing here that you may see."))
    event = await session.get(Event, ticket.event_id)
    assert event is not None
    return ticket, event
