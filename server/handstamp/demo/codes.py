"""The demo's page of codes: one ticket of every kind that a door meets."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from handstamp.demo.seed_event import CANCELLED, DISPUTED, REFUNDED, REISSUED
from handstamp.demo.tonight import tonight
from handstamp.events.models import Event
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.pages import Pages
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services, require_ticketing, services
from handstamp.tickets.find_tickets import token_of, token_text
from handstamp.tickets.issue_tickets import signature_of
from handstamp.tickets.models import Ticket
from handstamp.tickets.qr_codes import qr_svg
from handstamp.tickets.signing_keys import current_key
from handstamp.tickets.token import TokenBody

_pages = Pages(__package__)


@dataclass(frozen=True)
class Code:
    """A card of the page: what it shows at the main door, whose it is, and its QR as SVG."""

    label: str
    name: str
    printed_id: str
    svg: str


async def codes(request: Request) -> Response:
    """Show the codes; only in the demo, for each of them opens its door.

    Raises:
        NotFound: this server is no demo, or its event is over.
    """
    require_ticketing(request)
    shared = services(request)
    if not shared.settings.demo:
        raise NotFound("There is nothing at this address.")
    async with shared.db.read() as session:
        event = await _event(session, shared, 0)
        cards = await _cards(session, shared, event)
    return _pages.answer(request, "codes.html", event=event, cards=cards)


async def _cards(session: AsyncSession, shared: Services, event: Event) -> list[Code]:
    tomorrow = await _event(session, shared, 1)
    tickets = await _tickets(session, event)
    admission, vip, late, coat = (
        [ticket for ticket in tickets if ticket.tier_no == tier] for tier in (1, 2, 3, 4)
    )
    changed = {*REFUNDED, *CANCELLED, *DISPUTED, *REISSUED}
    valid = [ticket for place, ticket in enumerate(admission[:20]) if place not in changed]
    reissued = admission[REISSUED[0]]
    shown = [
        *((_("valid"), ticket) for ticket in valid[:6]),
        (_("VIP: also the lounge and the cloakroom"), vip[0]),
        (_("VIP: also the lounge and the cloakroom"), vip[1]),
        (_("cloakroom only"), coat[0]),
        (_("late entry: from 23:59"), late[0]),
        (_("refunded"), admission[REFUNDED[0]]),
        (_("cancelled"), admission[CANCELLED[0]]),
        (_("disputed"), admission[DISPUTED[0]]),
        (_("re-issued: the new code"), reissued),
    ]
    cards = [
        _card(label, ticket, await token_of(session, shared, event, ticket))
        for label, ticket in shown
    ]
    old = await _earlier_code(session, shared, event, reissued)
    cards.append(_card(_("re-issued: the old code"), reissued, old))
    other = (await _tickets(session, tomorrow))[0]
    cards.append(
        _card(_("for tomorrow's event"), other, await token_of(session, shared, tomorrow, other))
    )
    cards.append(
        _card(_("forged"), valid[0], _forged(await token_of(session, shared, event, valid[0])))
    )
    return cards


async def _event(session: AsyncSession, shared: Services, days: int) -> Event:
    slug = f"demo-{tonight(shared.clock(), days).date}"
    found = (await session.execute(select(Event).where(Event.slug == slug))).scalar_one_or_none()
    if found is None:
        raise NotFound(_("The demo's event is over. Start the demo again for tonight's."))
    return found


async def _tickets(session: AsyncSession, event: Event) -> Sequence[Ticket]:
    wanted = select(Ticket).where(Ticket.event_id == event.id).order_by(Ticket.id)
    return (await session.execute(wanted)).scalars().all()


async def _earlier_code(
    session: AsyncSession, shared: Services, event: Event, ticket: Ticket
) -> str:
    key = await current_key(session, shared)
    epoch = ticket.epoch - 1
    body = TokenBody(key.key_id, event.number, ticket.serial, ticket.tier_no, epoch)
    signature = signature_of(
        shared, key, event, serial=ticket.serial, tier_no=ticket.tier_no, epoch=epoch
    )
    return token_text(body, signature)


def _forged(text: str) -> str:
    last = "0" if text[-1] != "0" else "2"
    return text[:-1] + last


def _card(label: str, ticket: Ticket, text: str) -> Code:
    return Code(label, ticket.holder_name, ticket.printed_id, qr_svg(text, title=label))


routes: list[BaseRoute] = [Route("/tickets/demo/codes", codes)]
