"""My tickets: a mailed link opens all that was bought with an address."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from handstamp.auth.find_profile import profile_of
from handstamp.auth.request_sign_in import request_sign_in
from handstamp.auth.rules import safe_next
from handstamp.auth.session_cookie import clear_session_cookie
from handstamp.auth.sign_out import sign_out
from handstamp.events.find_events import events_by_id
from handstamp.orders.buyers import buyer_of
from handstamp.orders.consents import consents_of, withdraw_consent
from handstamp.orders.find_orders import (
    items_of_orders,
    orders_of_email,
    pending_order,
)
from handstamp.orders.models import Order
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import actor, require_ticketing, require_user, services
from handstamp.storefront import words
from handstamp.storefront.forms import FindForm
from handstamp.storefront.pages import MINE, buyers_page, go, render
from handstamp.transfers.find_given import given_to, has_tickets
from handstamp.transfers.holder_link import link_for

MOST = 200
_WITH_TICKETS = ("paid", "partially_refunded")


@buyers_page
async def mine(request: Request) -> Response:
    """List the orders of the signed-in address, or ask for an address."""
    who, now = actor(request), services(request).clock()
    async with services(request).db.read() as session:
        waiting = await pending_order(session, buyer_of(request), now)
        if who.kind == "nobody":
            return await _ask(request, waiting)
        bought = await orders_of_email(session, who.email, limit=MOST)
        rows = await _rows(session, [*([waiting] if waiting else []), *bought])
        given = await given_to(session, who.email)
        consents = [
            {"organizer_id": one.organizer_id, "name": await _name(session, one.organizer_id)}
            for one in await consents_of(session, who.email)
        ]
    coming = [row for row in rows if row["event"].end_at > now]
    coming.sort(key=lambda row: (row["order"].status != "pending", row["event"].start_at))
    return render(
        request,
        "mine.html",
        coming=coming,
        past=[row for row in rows if row["event"].end_at <= now],
        consents=consents,
        given=[
            {"ticket": ticket, "event": event, "link": link_for(services(request), ticket)}
            for ticket, event in given
            if event.end_at > now
        ],
    )


async def _ask(request: Request, waiting: Order | None) -> Response:
    require_ticketing(request)
    form = await FindForm.from_formdata(request)
    return render(request, "mine_sign_in.html", form=form, next_path=MINE, waiting=waiting)


async def _rows(session: AsyncSession, orders: Sequence[Order]) -> list[dict[str, Any]]:
    events = await events_by_id(session, {order.event_id for order in orders})
    items = await items_of_orders(session, orders)
    names = words.order_statuses()
    return [
        {
            "order": order,
            "event": events[order.event_id],
            "count": sum(item.qty for item in items[order.id]),
            "status": names[order.status][0],
            "tone": names[order.status][1],
            "has_tickets": order.status in _WITH_TICKETS,
        }
        for order in orders
    ]


async def _name(session: AsyncSession, organizer_id: str) -> str:
    return (await profile_of(session, organizer_id)).name


@buyers_page
async def ask_for_link(request: Request) -> Response:
    """Mail a link to an address that has orders; whether it has any is never told."""
    require_ticketing(request)
    form = await FindForm.from_formdata(request)
    wanted = str((await request.form()).get("next", ""))
    next_path = safe_next(wanted) if wanted.startswith(("/tickets/order/", MINE)) else MINE
    if await form.validate():
        try:
            address = await request_sign_in(
                services(request), form.email.data, next_path, actor(request).ip, known=has_tickets
            )
        except Problem as problem:
            form.take(problem)
        else:
            request.session["sign_in"] = {"email": address, "next": next_path}
            return RedirectResponse("/tickets/sign-in/code", status_code=303)
    return render(
        request, "mine_sign_in.html", status=422, form=form, next_path=next_path, waiting=None
    )


@buyers_page
async def withdraw(request: Request) -> Response:
    """Take back the consent to an organizer's mails."""
    who = require_user(request)
    organizer = str((await request.form()).get("organizer", ""))
    async with services(request).db.write(actor=who.id) as session:
        await withdraw_consent(session, who, organizer)
    return go(request, MINE, _("Done: they may not write to you about other events any more."))


@buyers_page
async def leave(request: Request) -> Response:
    """End this session; the browser forgets which orders it may open by link, too."""
    who = actor(request)
    if who.kind != "nobody":
        await sign_out(services(request), who, request.state.session_token)
    request.session.clear()
    answer = go(request, MINE, _("You are signed out."))
    clear_session_cookie(answer)
    return answer


routes = [
    Route("/mine", mine),
    Route("/mine/sign-in", ask_for_link, methods=["POST"]),
    Route("/mine/sign-out", leave, methods=["POST"]),
    Route("/mine/consents", withdraw, methods=["POST"]),
]
