"""What is done with the orders that somebody has chosen in the list: asked back, then done."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.models import Event
from handstamp.orders import export_orders
from handstamp.orders.filter_orders import OrderFilter, read_filter
from handstamp.orders.find_orders import chosen_orders, orders_of_event
from handstamp.orders.models import Order
from handstamp.orders.resend_many import resend_many
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.file_answer import CSV_TYPE, file_answer
from handstamp.plumbing.money_text import money
from handstamp.plumbing.texts import _, ngettext
from handstamp.plumbing.web import require_refunds, require_user, services
from handstamp.portal import words
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.order_filters import again, asked_of
from handstamp.portal.pages import go, page, render
from handstamp.portal.refund_form import reason_and_note
from handstamp.refunds.refund_many import MOST, ManyLook, look_at_many, refund_many


@page
async def chosen(request: Request) -> Response:
    """Do one of the acts of the list with the orders that were chosen there."""
    sent = await request.form()
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        orders, more = await _picked(session, request, event, sent)
    if not orders:
        return go(request, _list(event, sent), _("Choose at least one order."), tone="warn")
    verb = str(sent.get("do", ""))
    if verb == "export":
        return await _export(request, event, orders)
    if verb == "refund":
        return await _refund(request, event, sent, orders, more=more)
    return await _resend(request, event, sent, orders, more=more)


async def _picked(
    session: AsyncSession, request: Request, event: Event, sent: FormData
) -> tuple[list[Order], bool]:
    """Return the orders with a tick, or the first that fit; and whether more of them fit."""
    actor = require_user(request)
    if sent.get("everything"):
        wanted = read_filter(asked_of(sent))
        found = await orders_of_event(session, actor, event.id, wanted=wanted, limit=MOST + 1)
        return list(found[:MOST]), len(found) > MOST
    ids = {str(one) for one in sent.getlist("id")[:MOST]}
    if not ids:
        return [], False
    _event, orders = await chosen_orders(session, actor, event.id, ids)
    return list(orders), False


def _list(event: Event, sent: FormData) -> str:
    query = again(asked_of(sent))
    return path_of(event.id, f"/orders?{query}" if query else "/orders")


async def _ask(
    request: Request,
    event: Event,
    sent: FormData,
    orders: list[Order],
    *,
    verb: str,
    more: bool,
    look: ManyLook | None = None,
    problem: str = "",
) -> Response:
    async with services(request).db.read() as session:
        around = await frame(session, event, "orders")
    return render(
        request,
        "orders_sure.html",
        status=422 if problem else 200,
        verb=verb,
        orders=orders,
        mark=_mark(orders),
        more=more,
        most=MOST,
        look=look,
        seen=_seen(look) if look else "",
        totals=[money(sum_, currency) for currency, sum_ in look.totals.items()] if look else [],
        back=_list(event, sent),
        filters=asked_of(sent),
        reasons=words.refund_reasons(),
        sent=sent,
        problem=problem,
        **around,
    )


def _mark(orders: list[Order]) -> str:
    """Return by what a form tells that these orders were looked at."""
    return str(len(orders))


async def _resend(
    request: Request, event: Event, sent: FormData, orders: list[Order], *, more: bool
) -> Response:
    if sent.get("sure") != _mark(orders):
        return await _ask(request, event, sent, orders, verb="resend", more=more)
    actor = require_user(request)
    done = await resend_many(services(request), actor, event.id, [one.id for one in orders])
    count = len(done.sent)
    told = ngettext(
        "The tickets of %(num)s order are mailed again.",
        "The tickets of %(num)s orders are mailed again.",
        count,
    ) % {"num": count}
    tone = "warn" if done.refused else "good"
    return go(request, _list(event, sent), _with_others(told, done.refused), tone=tone)


async def _refund(
    request: Request, event: Event, sent: FormData, orders: list[Order], *, more: bool
) -> Response:
    actor, of = require_user(request), services(request)
    require_refunds(request)
    async with of.db.read() as session:
        ids = [one.id for one in orders]
        look = await look_at_many(session, of, actor, event.id, ids)
    if sent.get("seen") != _seen(look) or not look.possible:
        said = _("Something changed meanwhile. Look at it again.") if sent.get("seen") else ""
        return await _ask(
            request, event, sent, orders, verb="refund", more=more, look=look, problem=said
        )
    reason, note = reason_and_note(sent)
    try:
        async with of.db.write(actor=actor.id) as session:
            done = await refund_many(
                session,
                of,
                actor,
                event.id,
                {one.order.id: one.amount for one in look.possible},
                reason=reason,
                note=note,
                override=sent.get("override") == "y",
            )
    except Problem as error:
        said = error.detail
        return await _ask(
            request, event, sent, orders, verb="refund", more=more, look=look, problem=said
        )
    sums: Counter[str] = Counter()
    for refund in done.refunds:
        sums[refund.currency] += refund.amount
    told = ngettext(
        "%(sum)s of %(num)s order is on its way back.",
        "%(sum)s of %(num)s orders is on its way back.",
        len(done.refunds),
    ) % {
        "num": len(done.refunds),
        "sum": ", ".join(money(amount, currency) for currency, amount in sums.items()),
    }
    tone = "warn" if done.refused else "good"
    return go(request, _list(event, sent), _with_others(told, done.refused), tone=tone)


def _seen(look: ManyLook) -> str:
    """Return by what a form tells that this is what somebody looked at."""
    return ",".join(f"{one.order.id}:{one.amount}" for one in look.possible)


def _with_others(told: str, refused: Mapping[str, str]) -> str:
    if not refused:
        return told
    counted = Counter(refused.values())
    others = " ".join(f"{number} × {why}" for why, number in sorted(counted.items()))
    return f"{told} {_('Not possible:')} {others}"


async def _export(request: Request, event: Event, orders: list[Order]) -> Response:
    actor, of = require_user(request), services(request)
    wanted = OrderFilter(ids=tuple(one.id for one in orders))
    async with of.db.write(actor=actor.id) as session:
        export = await export_orders.begin_order_export(session, actor, event.id, wanted=wanted)
    pieces = export_orders.order_file(of, export, "csv")
    return file_answer(pieces, export_orders.order_file_name(event, "csv"), CSV_TYPE)


routes = [
    Route("/organizer/events/{event_id}/orders/chosen", chosen, methods=["POST"]),
]
