"""The API of orders: hold, pay, look, cancel; availability for everybody; orders of an event."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.discounts.rules import codes_in, opened_now
from handstamp.discounts.try_codes import try_codes
from handstamp.orders.availability import availability, public_event_by, without
from handstamp.orders.buyers import Buyer, buyer_of, set_cookie
from handstamp.orders.cancel_order import cancel as cancel_order
from handstamp.orders.filter_orders import read_filter
from handstamp.orders.find_orders import (
    items_of,
    items_of_orders,
    order_for_buyer,
    order_view,
    orders_of_event,
    owned_order,
)
from handstamp.orders.hold_book import Held
from handstamp.orders.hold_tickets import hold, hold_once
from handstamp.orders.models import Order
from handstamp.orders.passed_on import passed_on
from handstamp.orders.resend_tickets import resend_tickets
from handstamp.orders.shapes import (
    BoughtTickets,
    CodeQuery,
    Details,
    EventLeft,
    LinkQuery,
    NewOrder,
    NewSession,
    OrderBody,
    OrderPage,
    OrderQuery,
    Resent,
    SessionBody,
    order_body,
    ticket_body,
)
from handstamp.orders.start_checkout import StartedCheckout
from handstamp.orders.start_checkout import start_checkout as start
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import Forbidden
from handstamp.plumbing.idempotency import ProduceOutside, answer_once_outside, once_of
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import actor, is_foreign, require_checkout, require_user, services
from handstamp.tickets.find_tickets import tokens_of

_TAGS = ["orders"]
_FRESH = {"Cache-Control": "no-store"}
_SHARED = {"Cache-Control": "public, max-age=2"}


@spec.validate(json=NewOrder, resp=answers(HTTP_200=OrderBody, HTTP_201=OrderBody), tags=_TAGS)
async def hold_tickets(request: Request, json: NewOrder) -> Response:
    """Hold tickets of an event for a few minutes; the same selection again finds the same order.

    The buyer is who is signed in, else the browser, which is given a cookie.
    """
    require_checkout(request)
    of, buyer = services(request), buyer_of(request)
    now = of.clock()

    def tell(held: Held) -> Response:
        body = order_body(held.order, held.items, now)
        return JSONResponse(body, 200 if held.resumed else 201, headers=_FRESH)

    response = await hold_once(
        of,
        buyer,
        str(request.path_params["event_id"]),
        json.wants(),
        codes=json.codes(),
        once=await once_of(request, _scope(buyer)),
        tell=tell,
    )
    set_cookie(response, of.settings, buyer)
    return response


@spec.validate(query=LinkQuery, json=Details, resp=answers(HTTP_200=SessionBody), tags=_TAGS)
async def start_checkout(request: Request, query: LinkQuery, json: Details) -> Response:
    """Keep who buys, and open the payment page of a held order."""
    require_checkout(request)
    of, buyer = services(request), buyer_of(request)

    async def produce() -> Response:
        async with of.db.read() as session:
            order = await order_for_buyer(
                session, _order_id(request), buyer=buyer, secret=query.key
            )
        started = await start(of, order.id, json.details())
        return _started(order, started)

    return await _answer(request, buyer, produce)


@spec.validate(json=NewSession, resp=answers(HTTP_200=SessionBody), tags=_TAGS)
async def create_session(request: Request, json: NewSession) -> Response:
    """Hold tickets and open the payment page in one request."""
    require_checkout(request)
    of, buyer = services(request), buyer_of(request)

    async def produce() -> Response:
        order = await hold(of, buyer, json.event_id, json.wants(), codes=json.codes())
        return _started(order, await start(of, order.id, json.details()))

    return await _answer(request, buyer, produce)


@spec.validate(query=LinkQuery, resp=answers(HTTP_200=OrderBody), tags=_TAGS)
async def show(request: Request, query: LinkQuery) -> Response:
    """Show an order to its buyer, to who has its link, or to its organizer."""
    of = services(request)
    async with of.db.read() as session:
        order = await _seen(session, request, query.key)
        body = order_body(order, await items_of(session, order), of.clock())
    return JSONResponse(body, headers=_FRESH)


@spec.validate(query=LinkQuery, resp=answers(HTTP_200=BoughtTickets), tags=_TAGS)
async def show_tickets(request: Request, query: LinkQuery) -> Response:
    """Show the tickets of a paid order."""
    of = services(request)
    async with of.db.read() as session:
        order = await _seen(session, request, query.key)
        view = await order_view(session, order)
        mine = [ticket for ticket in view.tickets if not passed_on(order, ticket)]
        valid = [ticket for ticket in mine if ticket.status == "valid"]
        texts = await tokens_of(session, of, view.event, valid)
    codes = dict(zip((ticket.id for ticket in valid), texts, strict=True))
    told = [ticket_body(ticket, codes.get(ticket.id, "")) for ticket in view.tickets]
    return JSONResponse({"tickets": told}, headers=_FRESH)


@spec.validate(query=LinkQuery, resp=answers(HTTP_200=OrderBody), tags=_TAGS)
async def cancel(request: Request, query: LinkQuery) -> Response:
    """Give held tickets back; a paid order is refunded instead."""
    of, buyer = services(request), buyer_of(request)

    async def produce() -> Response:
        async with of.db.read() as session:
            order = await _seen(session, request, query.key)
        by = "buyer" if buyer.owns(order.buyer_key) or query.key else "organizer"
        order = await cancel_order(of, order.id, by)
        async with of.db.read() as session:
            body = order_body(order, await items_of(session, order), of.clock())
        return JSONResponse(body, headers=_FRESH)

    return await _answer(request, buyer, produce)


@spec.validate(query=LinkQuery, resp=answers(HTTP_202=Resent), tags=_TAGS)
async def resend(request: Request, query: LinkQuery) -> Response:
    """Send the tickets once more, to the address that they were bought with."""
    of, buyer = services(request), buyer_of(request)

    async def produce() -> Response:
        async with of.db.read() as session:
            order = await _seen(session, request, query.key)
        return JSONResponse({"mail": await resend_tickets(of, actor(request), order.id)}, 202)

    return await _answer(request, buyer, produce)


@spec.validate(query=CodeQuery, resp=answers(HTTP_200=EventLeft), tags=_TAGS)
async def show_availability(request: Request, query: CodeQuery) -> Response:
    """Tell what is left of a published event, by its id or its address.

    A code opens hidden tiers; one that does not count changes nothing.
    """
    of = services(request)
    async with of.db.read() as session:
        event = await public_event_by(session, str(request.path_params["event_id"]))
        found = await availability(session, event, of.clock(), hidden=True)
    hidden = {tier.id for tier in found.tiers if tier.visibility != "public"}
    typed = codes_in(query.code)
    if typed:
        known = await try_codes(of, event.id, typed, network=buyer_of(request).network)
        hidden -= opened_now(known.values(), hidden, of.clock())
    told = EventLeft.model_validate(without(event, found, hidden, of.clock())).model_dump()
    return JSONResponse(told, headers=_FRESH if typed else _SHARED)


@spec.validate(query=OrderQuery, resp=answers(HTTP_200=OrderPage), tags=_TAGS)
async def find(request: Request, query: OrderQuery) -> Response:
    """List the orders of one of your events."""
    who, of = require_user(request), services(request)
    wanted = read_filter(query.members())
    async with of.db.read() as session:
        after = await owned_order(session, who, query.after) if query.after else None
        found = await orders_of_event(
            session,
            who,
            str(request.path_params["event_id"]),
            wanted=wanted,
            after=after,
            limit=query.limit,
        )
        items = await items_of_orders(session, found)
    following = found[-1].id if len(found) == query.limit else None
    told = [order_body(order, items[order.id], of.clock()) for order in found]
    return JSONResponse({"orders": told, "next": following}, headers=_FRESH)


async def _seen(session: AsyncSession, request: Request, secret: str) -> Order:
    return await order_for_buyer(
        session,
        _order_id(request),
        buyer=buyer_of(request),
        actor=actor(request),
        secret=secret,
    )


async def _answer(request: Request, buyer: Buyer, produce: ProduceOutside) -> Response:
    if not buyer.new_cookie and is_foreign(request):
        raise Forbidden(_("This request did not come from a page of this server."))
    response = await answer_once_outside(request, _scope(buyer), produce)
    set_cookie(response, services(request).settings, buyer)
    return response


def _scope(buyer: Buyer) -> str:
    return f"buyer:{buyer.key}"


def _started(order: Order, started: StartedCheckout) -> Response:
    body = SessionBody(
        order_id=order.id,
        number=order.number,
        expires_at=order.expires_at,
        total=order.total,
        currency=order.currency,
        url=started.url,
        client_secret=started.client_secret,
        done=started.done,
    )
    return JSONResponse(body.model_dump(), headers=_FRESH)


def _order_id(request: Request) -> str:
    return str(request.path_params["order_id"])


_ORDER = "/api/tickets/orders/{order_id}"
_EVENT = "/api/tickets/events/{event_id}"

routes: list[BaseRoute] = [
    Route(f"{_EVENT}/availability", show_availability, methods=["GET"]),
    Route(f"{_EVENT}/orders", hold_tickets, methods=["POST"]),
    Route(f"{_EVENT}/orders", find, methods=["GET"]),
    Route("/api/tickets/checkout/session", create_session, methods=["POST"]),
    Route(_ORDER, show, methods=["GET"]),
    Route(f"{_ORDER}/tickets", show_tickets, methods=["GET"]),
    Route(f"{_ORDER}/checkout", start_checkout, methods=["POST"]),
    Route(f"{_ORDER}/cancel", cancel, methods=["POST"]),
    Route(f"{_ORDER}/resend", resend, methods=["POST"]),
]
