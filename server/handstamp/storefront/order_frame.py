"""Which order a buyer's page is about, whether this browser may see it, and what stands around."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from handstamp.auth.find_profile import Profile, profile_of
from handstamp.orders.buyers import Buyer, buyer_of
from handstamp.orders.find_orders import OrderView, order_for_buyer, order_view
from handstamp.orders.models import Order
from handstamp.orders.passed_on import passed_on
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import services
from handstamp.storefront import words
from handstamp.tickets.find_tickets import tokens_of
from handstamp.tickets.models import Ticket
from handstamp.tickets.qr_codes import qr_svg

KEPT_LINKS = 10
LONGEST_KEY = 80


@dataclass(frozen=True)
class Shown:
    """An order as its buyer sees it, with who sold it."""

    view: OrderView
    organizer: Profile
    buyer: Buyer

    @property
    def order(self) -> Order:
        """The order itself."""
        return self.view.order

    def values(self) -> dict[str, Any]:
        """Return what every template about an order shows."""
        return {
            "order": self.view.order,
            "event": self.view.event,
            "items": self.view.items,
            "organizer": self.organizer,
            "shown": shown_as(self.view),
        }


async def order_of(request: Request) -> Shown:
    """Return the order of the address, for whoever may see it.

    Raises:
        NotFound: there is none, or this browser may not see it; the two look alike.
    """
    order_id = request.path_params["order_id"]
    buyer = buyer_of(request)
    async with services(request).db.read() as session:
        order = await order_for_buyer(
            session, order_id, buyer=buyer, secret=_links(request).get(order_id, "")
        )
        return Shown(
            await order_view(session, order), await profile_of(session, order.organizer_id), buyer
        )


async def take_link(request: Request, key: str) -> None:
    """Keep the secret of a mailed link in this browser, so that no address need hold it.

    Raises:
        NotFound: it opens no order.
    """
    order_id = request.path_params["order_id"]
    async with services(request).db.read() as session:
        await order_for_buyer(session, order_id, secret=key[:LONGEST_KEY])
    others = [pair for pair in _links(request).items() if pair[0] != order_id]
    request.session["links"] = dict([*others, (order_id, key)][-KEPT_LINKS:])


def _links(request: Request) -> dict[str, str]:
    return dict(request.session.get("links", {}))


def shown_as(view: OrderView) -> str:
    """Return a word that changes when the page has something else to show."""
    order = view.order
    tickets = "".join(ticket.status[0] for ticket in view.tickets)
    return f"{order.status}-{order.checkout_state}-{order.payment_error}-{tickets}"


async def ticket_cards(request: Request, shown: Shown) -> list[dict[str, str]]:
    """Return what is shown of an order's tickets, each with its code as a picture.

    What was passed on has none: its code is somebody else's.
    """
    tickets: Sequence[Ticket] = shown.view.tickets
    theirs = [ticket for ticket in tickets if not passed_on(shown.order, ticket)]
    async with services(request).db.read() as session:
        codes = await tokens_of(session, services(request), shown.view.event, theirs)
    pictures = await asyncio.to_thread(lambda: [_picture(code) for code in codes])
    drawn = dict(zip((ticket.id for ticket in theirs), pictures, strict=True))
    tiers = {item.tier_id: item.tier_name for item in shown.view.items}
    return [_card(ticket, drawn.get(ticket.id, ""), tiers) for ticket in tickets]


def _picture(code: str) -> str:
    return qr_svg(code)


def _card(ticket: Ticket, picture: str, tiers: Mapping[str, str]) -> dict[str, str]:
    return {
        "id": str(ticket.id),
        "qr": picture,
        "holder": ticket.holder_name or _("No name"),
        "tier": tiers.get(ticket.tier_id, ""),
        "printed_id": ticket.printed_id,
        "void": words.ticket_statuses().get(ticket.status, ""),
    }
