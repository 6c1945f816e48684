"""Pages on which an organizer gives tickets or sells them by hand, and takes them back."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.rules import limit_of
from handstamp.kit.ids import new_id
from handstamp.orders.find_orders import owned_order
from handstamp.orders.give_rules import GivenLine, Giving
from handstamp.orders.give_tickets import give_tickets, may_give_over
from handstamp.orders.models import Order
from handstamp.orders.take_back import take_back
from handstamp.plumbing.errors import BadInput, NotFound, Problem
from handstamp.plumbing.money_text import amount_text, read_amount
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal import words
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.pages import go, page, render
from handstamp.tickets.stock import WHOLE_EVENT, Count, counts

_ID = re.compile(r"ord_[0-9a-z]{20}", re.ASCII)


@page
async def give(request: Request) -> Response:
    """Ask for whom, how many and whether paid; then give them."""
    sent = await request.form() if request.method == "POST" else FormData()
    problem: Problem | None = None
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "orders")
        tiers = await tiers_of(session, event.id)
        taken = await counts(session, [event.id])
    if request.method == "POST":
        try:
            return await _give(request, event, tiers, sent)
        except Problem as error:
            problem = error
    return render(
        request,
        "give.html",
        status=422 if problem else 200,
        problem=problem,
        wrong=_by_field(problem),
        sent=sent,
        order_id=sent.get("order_id") or new_id("ord"),
        tiers=tiers,
        left={tier.id: _left(event, tier, taken) for tier in tiers},
        prices={tier.id: amount_text(tier.price_cents, event.currency) for tier in tiers},
        origins=words.order_origins(),
        ways=words.ways_to_pay(),
        may_give_over=may_give_over(require_user(request), event.organizer_id),
        **around,
    )


async def _give(request: Request, event: Event, tiers: Sequence[Tier], sent: FormData) -> Response:
    actor, shared = require_user(request), services(request)
    giving = _giving(event, tiers, sent)
    try:
        async with shared.db.write(actor=actor.id) as session:
            order = await give_tickets(session, shared, actor, event.id, giving)
    except IntegrityError:  # the same form at the same moment: it has made the order
        async with shared.db.read() as session:
            order = await owned_order(session, actor, giving.order_id)
    said = _("Done. The tickets are mailed to %(email)s.") % {"email": order.email}
    if not order.email:
        said = _("Done. Nothing is mailed: copy the link below, or print the tickets from it.")
    return go(request, path_of(event.id, f"/orders/{order.id}"), said)


def _giving(event: Event, tiers: Sequence[Tier], sent: FormData) -> Giving:
    def text(name: str) -> str:
        return str(sent.get(name, "")).strip()

    origin, order_id = text("origin"), text("order_id")
    if not _ID.fullmatch(order_id):
        raise BadInput(_("This form was used for something else. Open it again."))
    names = [" ".join(name.split()) for name in text("names").splitlines()]
    lines = []
    for tier in tiers:
        qty = _number(text(f"qty-{tier.id}"))
        if qty:
            price = _price(event, text(f"price-{tier.id}")) if origin == "manual" else None
            lines.append(GivenLine(tier.id, qty, price, tuple(names[:qty])))
            names = names[qty:]
    if any(names):
        raise _bad("names", _("There are more names than tickets."))
    return Giving(
        origin=origin,
        name=" ".join(text("name").split()),
        lines=tuple(lines),
        email=text("email"),
        paid_by=text("paid_by") if origin == "manual" else "",
        note=text("note"),
        over=text("over") == "y",
        order_id=order_id,
    )


def _number(typed: str) -> int:
    if typed and not re.fullmatch("[0-9]{1,4}", typed):
        raise _bad("lines", _("Write the number of tickets in digits."))
    return int(typed or 0)


def _price(event: Event, typed: str) -> int | None:
    try:
        return read_amount(typed, event.currency) if typed else None
    except ValueError as error:
        raise _bad("lines", str(error)) from error


def _bad(field: str, message: str) -> BadInput:
    return BadInput(message, errors=[{"field": field, "message": message}])


def _by_field(problem: Problem | None) -> dict[str, str]:
    """Return what is wrong by field; '' is the whole."""
    if problem is None:
        return {}
    named = {str(one["field"]): str(one["message"]) for one in reversed(problem.errors)}
    return named or {"": problem.detail}


def _left(event: Event, tier: Tier, taken: dict[tuple[str, str], Count]) -> int | None:
    """Return how many of a tier are left; None is without limit."""
    limits = [(tier.capacity, tier.id), (event.capacity, WHOLE_EVENT)]
    left = [
        max(0, limit - taken.get((event.id, name), Count()).taken)
        for capacity, name in limits
        if (limit := limit_of(event, capacity)) is not None
    ]
    return min(left, default=None)


@page
async def give_back(request: Request) -> Response:
    """Take an order by hand back."""
    actor, shared = require_user(request), services(request)
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        order = await _order(session, request, event)
        await take_back(session, shared, actor, order.id)
    said = _("Taken back. Phones with a connection refuse its tickets, and they are free again.")
    return go(request, path_of(event.id, f"/orders/{order.id}"), said)


async def _order(session: Any, request: Request, event: Event) -> Order:
    order = await owned_order(session, require_user(request), request.path_params["order_id"])
    if order.event_id != event.id:
        raise NotFound(_("There is no such order in this event."))
    return order


_ORDERS = "/organizer/events/{event_id}/orders"
routes = [
    Route(_ORDERS + "/by-hand", give, methods=["GET", "POST"]),
    Route(_ORDERS + "/{order_id}/take-back", give_back, methods=["POST"]),
]
