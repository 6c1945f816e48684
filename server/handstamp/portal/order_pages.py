"""Pages about an event's orders: the list with its sums, one order, and what can be done to it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.models import Event
from handstamp.mail.find_mails import undelivered
from handstamp.orders.correct_email import correct_email
from handstamp.orders.correct_routes import checked
from handstamp.orders.count_sales import count_sales
from handstamp.orders.find_orders import items_of_orders, orders_of_event, owned_order
from handstamp.orders.models import Order
from handstamp.orders.resend_tickets import resend_tickets
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.money_text import money
from handstamp.plumbing.paging import link
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_refunds, require_user, services
from handstamp.portal import words
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.order_filters import again, asked_of, fields_of, wanted_of
from handstamp.portal.order_story import order_story
from handstamp.portal.pages import go, page, render
from handstamp.portal.refund_form import reason_and_note
from handstamp.refunds.find_refunds import disputed_among, failed_among
from handstamp.refunds.refund_many import MOST
from handstamp.refunds.refund_order import request_refund

PAGE = 50


@page
async def orders(request: Request) -> Response:
    """List an event's orders; what is looked for and the place stand in the address."""
    query, actor = request.query_params, require_user(request)
    asked = asked_of(query)
    wanted, problem = wanted_of(asked)
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "orders")
        after_id = query.get("after")
        after = await owned_order(session, actor, after_id) if after_id else None
        found = await orders_of_event(
            session,
            actor,
            event.id,
            wanted=wanted,
            after=after,
            limit=PAGE + 1,
        )
        shown = list(found[:PAGE])
        rows = await _rows(session, shown)
        sales = await count_sales(session, event.id)
        fields = await fields_of(session, actor, event, asked)
    return render(
        request,
        "orders.html",
        rows=rows,
        sales=sales,
        problem=problem,
        most=MOST,
        may_refund=services(request).settings.enable_refunds,
        tones=words.ORDER_TONES,
        to_file=path_of(event.id, f"/exports?{again(asked)}#orders"),
        first=link(request, after=None) if after_id else None,
        more=link(request, after=shown[-1].id) if len(found) > PAGE else None,
        **fields,
        **around,
    )


async def _rows(session: AsyncSession, shown: list[Order]) -> list[dict[str, Any]]:
    items = await items_of_orders(session, shown)
    disputed = await disputed_among(session, [order.id for order in shown])
    unrefunded = await failed_among(session, orders=[order.id for order in shown])
    lost = {mail.about for mail in await undelivered(session, [f"order:{o.id}" for o in shown])}
    return [
        {
            "order": order,
            "tickets": sum(item.qty for item in items[order.id]),
            "tiers": [f"{item.qty} × {item.tier_name}" for item in items[order.id]],
            "disputed": order.id in disputed,
            "refund_failed": order.id in unrefunded,
            "mail_lost": f"order:{order.id}" in lost,
        }
        for order in shown
    ]


@page
async def order(request: Request) -> Response:
    """Show one order: lines, buyer, payment, tickets, mails, and what happened to it."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "orders")
        found = await _order(session, request, event)
        story = await order_story(session, services(request), found)
    return render(
        request,
        "order.html",
        story=story,
        order=found,
        late=event.refund_until is not None and services(request).clock() >= event.refund_until,
        status_names=words.order_statuses(),
        origins=words.order_origins(),
        ways=words.ways_to_pay(),
        tones=words.ORDER_TONES,
        close_reasons=words.close_reasons(),
        ticket_statuses=words.ticket_statuses(),
        ticket_tones=words.TONES,
        refund_statuses=words.refund_statuses(),
        refund_tones=words.REFUND_TONES,
        refund_origins=words.refund_origins(),
        reasons=words.refund_reasons(),
        mail_kinds=words.mail_kinds(),
        **around,
    )


async def _order(session: AsyncSession, request: Request, event: Event) -> Order:
    found = await owned_order(session, require_user(request), request.path_params["order_id"])
    if found.event_id != event.id:
        raise NotFound(_("There is no such order in this event."))
    return found


@page
async def refund(request: Request) -> Response:
    """Give back all that is left of an order's payment."""
    actor, shared = require_user(request), services(request)
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        found = await _order(session, request, event)
        require_refunds(request)
        reason, note = reason_and_note(await request.form())
        asked = await request_refund(session, shared, actor, found.id, reason=reason, note=note)
    amount = money(asked.amount, asked.currency)
    said = _("%(amount)s is on its way back. The tickets turn red on every phone.")
    return go(request, path_of(event.id, f"/orders/{found.id}"), said % {"amount": amount})


@page
async def send_again(request: Request) -> Response:
    """Mail the order's tickets once more."""
    actor, shared = require_user(request), services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
        found = await _order(session, request, event)
    await resend_tickets(shared, actor, found.id)
    said = _("The tickets are mailed again to %(email)s.") % {"email": found.email}
    return go(request, path_of(event.id, f"/orders/{found.id}"), said)


@page
async def correct(request: Request) -> Response:
    """Give the order another address, and mail its tickets there."""
    actor, shared = require_user(request), services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
        found = await _order(session, request, event)
    sent = await request.form()
    email = checked(str(sent.get("email", ""))[:400])
    await correct_email(shared, actor, found.id, email, renew=sent.get("renew") == "y")
    said = _("The order now belongs to %(email)s. The old link opens nothing more.")
    return go(request, path_of(event.id, f"/orders/{found.id}"), said % {"email": email})


_ORDERS = "/organizer/events/{event_id}/orders"
routes = [
    Route(_ORDERS, orders),
    Route(_ORDERS + "/{order_id}", order),
    Route(_ORDERS + "/{order_id}/refund", refund, methods=["POST"]),
    Route(_ORDERS + "/{order_id}/resend", send_again, methods=["POST"]),
    Route(_ORDERS + "/{order_id}/email", correct, methods=["POST"]),
]
