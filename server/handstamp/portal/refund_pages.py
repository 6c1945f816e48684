"""The page that gives back a part of an order: chosen, looked at, then done."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

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
from handstamp.refunds.look_at_refund import (
    Choosable,
    Look,
    choosable_tickets,
    look_at_refund,
    tickets_left,
)
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
        choosable = await choosable_tickets(session, order)
        if request.method == "POST":
            try:
                require_refunds(request)
                wish = _wish(sent, [item.id for item in items], choosable, order.currency)
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
        choosable=choosable,
        chosen_tickets=_named(sent),
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


def _wish(
    sent: FormData, items: list[str], choosable: Mapping[str, Sequence[Choosable]], currency: str
) -> Wish:
    override = sent.get("override") == "y"
    what = sent.get("what")
    if what == "lines":
        named = _named(sent)
        chosen = {
            item: {one.ticket.id for one in choosable.get(item, [])} & named for item in items
        }
        if named - set().union(*chosen.values()):
            raise BadInput(_("One of the chosen tickets is not there to be given back any more."))
        lines = _quantities(sent, items, {item: len(these) for item, these in chosen.items()})
        return Wish(lines=lines, override=override, tickets=frozenset(named))
    if what == "amount":
        try:
            amount = read_amount(str(sent.get("amount", "")), currency)
        except ValueError as error:
            raise BadInput(str(error)) from error
        return Wish(amount=amount, override=override)
    return Wish(override=override)


def _named(sent: FormData) -> set[int]:
    typed = [str(one) for one in sent.getlist("ticket")]
    return {int(one) for one in typed if one.isascii() and one.isdigit() and len(one) < 17}


def _quantities(sent: FormData, items: list[str], chosen: Mapping[str, int]) -> dict[str, int]:
    """Return how many tickets of each line; those that are chosen need not be counted, too."""
    found = {}
    for item in items:
        typed = str(sent.get(f"qty-{item}", "")).strip() or "0"
        if not (typed.isascii() and typed.isdigit() and len(typed) < 4 and int(typed) <= MOST):
            raise BadInput(_("Write the number of tickets in digits."))
        if 0 < int(typed) < chosen[item]:
            raise BadInput(_("More tickets are chosen than the number says. Change one of them."))
        if wanted := max(int(typed), chosen[item]):
            found[item] = wanted
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
    decided = replace(wish, expected=look.plan.left)
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
