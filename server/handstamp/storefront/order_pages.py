"""An order's page in every state, its tickets as pages and files, and its status for scripts."""

import re

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from handstamp.discounts.find_codes import texts_of
from handstamp.kit.clock import SECOND
from handstamp.mail.find_mails import undelivered
from handstamp.orders.buyers import set_cookie
from handstamp.orders.hold_book import codes_of
from handstamp.orders.hold_tickets import hold
from handstamp.orders.order_calendar import order_calendar
from handstamp.orders.order_mails import about
from handstamp.orders.order_papers import order_pdf
from handstamp.orders.order_receipt import receipt_of
from handstamp.orders.passed_on import passed_on
from handstamp.orders.resend_tickets import resend_tickets
from handstamp.orders.rules import CLOSED_UNPAID, PLACED
from handstamp.orders.settle_order import PAGE_MAY_BE_OPEN, settle_order
from handstamp.payments.gateway_errors import GatewayError
from handstamp.pdf.drawing_pool import DrawingFailed
from handstamp.plumbing.errors import Conflict, NotFound, TooMany
from handstamp.plumbing.file_answer import PDF_TYPE, file_answer
from handstamp.plumbing.limits import hit
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import actor, require_checkout, services
from handstamp.refunds.find_refunds import disputed_among, failed_among
from handstamp.storefront.checkout_pages import show_checkout, take_details
from handstamp.storefront.forms import FindForm
from handstamp.storefront.order_frame import Shown, order_of, shown_as, take_link, ticket_cards
from handstamp.storefront.order_told import told_bought, told_closed
from handstamp.storefront.pages import buyers_page, go, render
from handstamp.storefront.pass_pages import may_pass_on

ASK_EVERY = 3 * SECOND
_ID = re.compile(r"ord_\w{1,40}", re.ASCII)
_log = structlog.get_logger("handstamp.storefront")


@buyers_page
async def order(request: Request) -> Response:
    """Show an order to its buyer; take the details of one that waits for them."""
    key = request.query_params.get("key", "")
    try:
        if key:
            await take_link(request, key)
            return RedirectResponse(request.url.path, status_code=303)
        shown = await order_of(request)
    except NotFound:
        return await _elsewhere(request)
    if request.method == "POST":
        if shown.order.status == "pending":
            return await take_details(request, shown)
        return go(request, _path(shown))
    known = await _settle(request, shown)
    return await _show(request, await order_of(request), known=known)


async def _elsewhere(request: Request) -> Response:
    """Offer a mail with a link; the same whether or not there is such an order."""
    form = await FindForm.from_formdata(request)
    wanted = request.path_params["order_id"]
    return render(
        request,
        "order_elsewhere.html",
        status=404,
        form=form,
        next_path=f"/tickets/order/{wanted}" if _ID.fullmatch(wanted) else "/tickets/mine",
    )


async def _settle(request: Request, shown: Shown) -> bool:
    """Ask Stripe how the payment stands, not too often; tell whether it has just said so."""
    found = shown.order
    due = found.expires_at <= services(request).clock()
    if found.status != "pending" or not (due or found.checkout_state in PAGE_MAY_BE_OPEN):
        return True
    try:
        await hit(services(request), f"settle/{found.id}", limit=1, window_ms=ASK_EVERY)
        await settle_order(services(request), found.id)
    except TooMany:
        return False
    except GatewayError:
        _log.info("payment_not_confirmed_yet", order=found.id)
        return False
    return True


async def _show(request: Request, shown: Shown, *, known: bool) -> Response:
    found, view = shown.order, shown.view
    if found.status == "pending":
        returned = request.query_params.get("back") == "paid" and not known
        if found.checkout_state == "complete" or returned:
            return render(request, "order_confirming.html", **shown.values())
        return await show_checkout(request, shown)
    now = services(request).clock()
    async with services(request).db.read() as session:
        came_back = bool(await failed_among(session, orders=[found.id]))
        lost = await undelivered(session, [about(found.id)])
        disputed = await disputed_among(session, [found.id])
    if found.status in PLACED:
        return render(
            request,
            "order_paid.html",
            told=told_bought(view, now, disputed=bool(disputed)),
            tickets=await ticket_cards(request, shown),
            valid=any(
                ticket.status == "valid" and not passed_on(found, ticket) for ticket in view.tickets
            ),
            may_pass_on=may_pass_on(view.event, now),
            undelivered=bool(lost),
            came_back=came_back,
            over=now >= view.event.end_at,
            **shown.values(),
        )
    again = found.status in CLOSED_UNPAID and found.origin == "checkout" and now < view.event.end_at
    return render(
        request,
        "order_closed.html",
        told=told_closed(view),
        came_back=came_back,
        again_possible=again and services(request).settings.enable_checkout,
        **shown.values(),
    )


@buyers_page
async def status(request: Request) -> Response:
    """Tell a waiting page whether there is something else to show, and how much time is left."""
    shown = await order_of(request)
    known = await _settle(request, shown)
    shown = await order_of(request)
    found = shown.order
    left = max(0, found.expires_at - services(request).clock())
    pending = found.status == "pending"
    answer = JSONResponse(
        {
            "shown": shown_as(shown.view),
            "pending": pending,
            "unpaid": known and pending and found.checkout_state != "complete",
            "left_ms": left if pending else 0,
        }
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@buyers_page
async def again(request: Request) -> Response:
    """Hold the same tickets once more after the time ran out."""
    require_checkout(request)
    shown = await order_of(request)
    wants = {item.tier_id: item.qty for item in shown.view.items}
    if shown.order.status not in CLOSED_UNPAID:
        return go(request, _path(shown))
    try:
        async with services(request).db.read() as session:
            codes = await texts_of(session, codes_of(shown.order))
        held = await hold(services(request), shown.buyer, shown.view.event.id, wants, codes=codes)
    except (Conflict, TooMany) as problem:
        target = f"/tickets/e/{shown.view.event.slug}#tickets"
        return go(request, target, problem.detail, tone="bad")
    answer = RedirectResponse(f"/tickets/order/{held.id}", status_code=303)
    set_cookie(answer, services(request).settings, shown.buyer)
    return answer


@buyers_page
async def tickets_pdf(request: Request) -> Response:
    """Hand out the tickets as one PDF."""
    shown = await order_of(request)
    try:
        drawn = await order_pdf(services(request), shown.order.id)
    except DrawingFailed:
        return go(
            request,
            _path(shown),
            _("The PDF cannot be made just now. The codes on this page open the door too."),
            tone="warn",
        )
    return file_answer(drawn.content, f"{shown.order.number}.pdf", PDF_TYPE)


@buyers_page
async def calendar(request: Request) -> Response:
    """Hand out the event as an entry for the buyer's calendar."""
    shown = await _bought(request)
    found, event = shown.order, shown.view.event
    content = order_calendar(services(request).settings, event, found.id, found.number)
    return file_answer(content, f"{found.number}.ics", "text/calendar; charset=utf-8")


@buyers_page
async def resend(request: Request) -> Response:
    """Mail the tickets once more."""
    shown = await _bought(request)
    try:
        await resend_tickets(services(request), actor(request), shown.order.id)
    except (TooMany, Conflict) as problem:
        return go(request, _path(shown), problem.detail, tone="warn")
    said = _("We have mailed your tickets to %(address)s.") % {"address": shown.order.email}
    return go(request, _path(shown), said)


@buyers_page
async def receipt(request: Request) -> Response:
    """Show the receipt, to be printed or kept."""
    shown = await _bought(request)
    found, zone = shown.order, shown.view.event.time_zone
    made = receipt_of(found, shown.view.items, shown.organizer, zone)
    return render(request, "receipt.html", receipt=made, **shown.values())


async def _bought(request: Request) -> Shown:
    shown = await order_of(request)
    if shown.order.status not in PLACED:
        raise Conflict(_("This order has no tickets."))
    return shown


def _path(shown: Shown) -> str:
    return f"/tickets/order/{shown.order.id}"


routes = [
    Route("/order/{order_id}", order, methods=["GET", "POST"]),
    Route("/order/{order_id}/status", status),
    Route("/order/{order_id}/again", again, methods=["POST"]),
    Route("/order/{order_id}/tickets.pdf", tickets_pdf),
    Route("/order/{order_id}/event.ics", calendar),
    Route("/order/{order_id}/resend", resend, methods=["POST"]),
    Route("/order/{order_id}/receipt", receipt),
]
