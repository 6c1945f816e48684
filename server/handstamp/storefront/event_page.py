"""An event's page: what it is, what is left of it, and holding tickets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from babel.numbers import get_currency_precision
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from handstamp.auth.find_profile import Profile, profile_of
from handstamp.clubs.find_clubs import may_buy
from handstamp.events.find_events import public_event, published_event, tier_of
from handstamp.events.models import Event
from handstamp.kit.clock import MINUTE
from handstamp.orders.availability import EventAvailability, availability
from handstamp.orders.buyers import Buyer, buyer_of, set_cookie
from handstamp.orders.find_orders import items_of, pending_order
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.payments.payment_accounts import account_of, why_not_selling
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.web import actor, require_checkout, services
from handstamp.storefront.pages import public_page, render
from handstamp.storefront.sale_notice import SaleNotice, sale_notice
from handstamp.storefront.share_data import share_data
from handstamp.storefront.tier_rows import Row, rows

MOST_DIGITS = 4


@dataclass(frozen=True)
class _Found:
    """All that an event's page shows, as it stands now."""

    event: Event
    left: EventAvailability
    organizer: Profile
    can_charge: bool
    may_buy: bool
    buyer: Buyer
    waiting: Order | None = None
    own: Mapping[str, int] = field(default_factory=dict)


@public_page
async def event(request: Request) -> Response:
    """Show an event with its tiers; take a choice, and hold it."""
    found = await _find(request)
    if request.method == "GET":
        return _show(request, found, _asked(request, found))
    form = await request.form()
    chosen = _chosen(form)
    if form.get("do") == "total":
        return _show(request, found, chosen)
    try:
        require_checkout(request)
        order = await hold(services(request), found.buyer, found.event.id, chosen)
    except Problem as problem:
        found = await _find(request)
        return _show(request, found, chosen, problem=problem)
    answer = RedirectResponse(f"/tickets/order/{order.id}", status_code=303)
    set_cookie(answer, services(request).settings, found.buyer)
    return answer


async def _find(request: Request) -> _Found:
    now, buyer = services(request).clock(), buyer_of(request)
    async with services(request).db.read() as session:
        shown = await public_event(session, request.path_params["slug"])
        waiting = await pending_order(session, buyer, now)
        own = {}
        if waiting is not None and waiting.event_id == shown.id:
            own = {item.tier_id: item.qty for item in await items_of(session, waiting)}
        return _Found(
            event=shown,
            left=await availability(session, shown, now),
            organizer=await profile_of(session, shown.organizer_id),
            may_buy=await may_buy(session, shown, actor(request).id),
            can_charge=not why_not_selling(await account_of(session, shown.organizer_id)),
            buyer=buyer,
            waiting=waiting,
            own=own,
        )


def _asked(request: Request, found: _Found) -> Mapping[str, int]:
    """Return what a link chooses: one of a tier, or what the buyer's order holds."""
    if request.query_params.get("change") and found.own:
        return found.own
    tier = request.query_params.get("tier", "")
    return {tier: 1} if tier else {}


def _chosen(form: FormData) -> dict[str, int]:
    """Read how many of each tier; what is no number is none."""
    chosen = {}
    for name, value in form.multi_items():
        tier = name.removeprefix("qty-")
        text = value.strip() if isinstance(value, str) else ""
        if tier != name and text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS:
            chosen[tier] = int(text)
    return {tier: qty for tier, qty in chosen.items() if qty}


def _show(
    request: Request,
    found: _Found,
    chosen: Mapping[str, int],
    *,
    problem: Problem | None = None,
) -> Response:
    settings, now = services(request).settings, services(request).clock()
    notice = sale_notice(
        found.event,
        found.left,
        settings,
        can_charge=found.can_charge,
        now=now,
        may_buy=found.may_buy,
    )
    shown = rows(
        found.left,
        found.event.time_zone,
        chosen=chosen,
        own=found.own,
        can_charge=found.can_charge,
    )
    said: dict[str, Any] = {"notice": {"text": problem.detail, "tone": "bad"}} if problem else {}
    return render(
        request,
        "event_page.html",
        status=problem.status if problem else 200,
        **said,
        event=found.event,
        organizer=found.organizer,
        rows=shown,
        total=sum(row.price * row.qty for row in shown),
        closed=notice,
        selling=_selling(notice, shown),
        waiting=found.waiting if found.waiting and found.waiting.expires_at > now else None,
        errors=_errors(problem),
        hold_for=settings.ticket_payment_timeout * MINUTE,
        digits=get_currency_precision(found.event.currency),
        shared=share_data(settings, found.event, found.organizer, found.left),
    )


def _selling(notice: SaleNotice | None, shown: list[Row]) -> bool:
    return (notice is None or not notice.stops) and any(row.open for row in shown)


def _errors(problem: Problem | None) -> dict[str, list[str]]:
    """Return what is wrong, by tier; '' is about the whole choice."""
    if problem is None:
        return {}
    found: dict[str, list[str]] = {}
    for item in problem.errors:
        found.setdefault(str(item.get("tier", "")), []).append(str(item.get("message", "")))
    return found or {"": [problem.detail]}


@public_page
async def chosen_tier(request: Request) -> Response:
    """Lead a link that names event and tier to the event's page, with one of them chosen."""
    tier_id: str = request.path_params["tier_id"]
    async with services(request).db.read() as session:
        shown = await published_event(session, request.path_params["event_id"])
        tier = await tier_of(session, shown.id, tier_id)
    query = f"?tier={tier.id}" if tier.visibility == "public" else ""
    return RedirectResponse(f"/tickets/e/{shown.slug}{query}#tickets", status_code=303)


routes = [
    Route("/e/{slug}", event, methods=["GET", "POST"]),
    Route("/checkout/{event_id}/{tier_id}", chosen_tier),
]
