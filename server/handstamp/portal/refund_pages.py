"""The page that gives back a part of an order: chosen, looked at, then done."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.models import Event
from handstamp.orders.find_orders import items_of, owned_order
from handstamp.orders.models import Order
from handstamp.plumbing.errors import BadInput, NotFound, Problem
from handstamp.plumbing.money_text import money, read_amount
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_refunds, require_user, services
from handstamp.portal import words
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.pages import go, page, render
from handstamp.portal.refund_form import reason_and_note
from handstamp.refunds.find_refunds import refund_view
from handstamp.refunds.look_at_refund import Look, look_at_refund, tickets_left
from handstamp.refunds.plan_refund import Wish
from handstamp.refunds.refund_order import request_refund

MOST = 200


@page
async def give_back(request: Request) -> Response:
    """Ask what is to go back; show what that does; then do it."""
    sent = await request.form() if request.method == "POST" else FormData()
    wish, look, problem = Wish(), None, ""
    async with services(request).db.read() as session:
        event, order = await _found(session, request)
        around = await frame(session, event, "orders")
        money_view = await refund_view(session, order)
        items = await items_of(session, order)
        left = await tickets_left(session, order)
        if request.method == "POST":
            try:
                require_refunds(request)
                wish = _wish(sent, [item.id for item in items], order.currency)
                _reason, note = reason_and_note(sent)
                look = await look_at_refund(session, services(request), order, wish, note=note)
            except Problem as error:
                problem = error.detail
    if look is not None and _seen(sent, look):
        return await _do(request, event, order, wish, look, sent=sent)
    late = event.refund_until is not None and services(request).clock() >= event.refund_until
    return render(
        request,
        "refund.html",
        status=422 if problem else 200,
        problem=problem,
        look=look,
        sent=sent,
        order=order,
        items=items,
        left=left,
        money_view=money_view,
        late=late,
        reasons=words.refund_reasons(),
        here=path_of(event.id, f"/orders/{order.id}/give-back"),
        back=path_of(event.id, f"/orders/{order.id}"),
        **around,
    )


async def _found(session: AsyncSession, request: Request) -> tuple[Event, Order]:
    event = await event_of(session, request)
    order = await owned_order(session, require_user(request), request.path_params["order_id"])
    if order.event_id != event.id:
        raise NotFound(_("There is no such order in this event."))
    return event, order


def _wish(sent: FormData, items: list[str], currency: str) -> Wish:
    override = sent.get("override") == "y"
    what = sent.get("what")
    if what == "lines":
        return Wish(lines=_quantities(sent, items), override=override)
    if what == "amount":
        try:
            amount = read_amount(str(sent.get("amount", "")), currency)
        except ValueError as error:
            raise BadInput(str(error)) from error
        return Wish(amount=amount, override=override)
    return Wish(override=override)


def _quantities(sent: FormData, items: list[str]) -> dict[str, int]:
    found = {}
    for item in items:
        typed = str(sent.get(f"qty-{item}", "")).strip() or "0"
        if not (typed.isascii() and typed.isdigit() and len(typed) < 4 and int(typed) <= MOST):
            raise BadInput(_("Write the number of tickets in digits."))
        if int(typed):
            found[item] = int(typed)
    if not found:
        raise BadInput(_("Choose at least one ticket."))
    return found


def _seen(sent: FormData, look: Look) -> bool:
    """Tell whether what is sent is what was looked at: the same amount of the same rest."""
    seen = (sent.get("seen_amount"), sent.get("seen_left"), sent.get("seen_tickets"))
    return seen == (str(look.plan.amount), str(look.plan.left), look.mark)


async def _do(
    request: Request, event: Event, order: Order, wish: Wish, look: Look, *, sent: FormData
) -> Response:
    actor, shared = require_user(request), services(request)
    reason, note = reason_and_note(sent)
    decided = Wish(wish.lines, wish.amount, wish.override, look.plan.left)
    async with shared.db.write(actor=actor.id) as session:
        asked = await request_refund(
            session, shared, actor, order.id, reason=reason, note=note, wish=decided
        )
    said = _("%(amount)s is on its way back.") % {"amount": money(asked.amount, asked.currency)}
    return go(request, path_of(event.id, f"/orders/{order.id}"), said)


_ORDERS = "/organizer/events/{event_id}/orders"
routes = [
    Route(_ORDERS + "/{order_id}/give-back", give_back, methods=["GET", "POST"]),
]
