"""An event's page: what it is, what is left of it, and holding tickets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from babel.numbers import get_currency_precision
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from handstamp.auth.find_profile import Profile, profile_of
from handstamp.clubs.find_clubs import may_buy
from handstamp.discounts.find_codes import takes_codes, texts_of
from handstamp.discounts.rules import codes_in
from handstamp.discounts.try_codes import try_codes
from handstamp.events.find_events import public_event, published_event, tier_of
from handstamp.events.models import Event
from handstamp.events.price_rules import Terms, Wanted
from handstamp.events.set_prices import terms_of
from handstamp.kit.clock import MINUTE
from handstamp.orders.availability import EventAvailability, availability, without
from handstamp.orders.buyers import Buyer, buyer_of, set_cookie
from handstamp.orders.find_orders import items_of, pending_order
from handstamp.orders.hold_book import codes_of
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.quote_order import Quote, quote
from handstamp.payments.payment_accounts import account_of, why_not_selling
from handstamp.plumbing.errors import BadInput, NotFound, Problem, TooMany
from handstamp.plumbing.web import actor, require_checkout, services
from handstamp.storefront.cancelled_page import cancelled
from handstamp.storefront.code_field import CodeField, code_field
from handstamp.storefront.pages import public_page, render
from handstamp.storefront.sale_notice import SaleNotice, sale_notice
from handstamp.storefront.share_data import share_data
from handstamp.storefront.tier_rows import Row, rows
from handstamp.storefront.waiting_pages import wait_box

MOST_DIGITS = 4
LONGEST_TYPED = 250
_OF_CODES = {
    "no_such_code",
    "code_used_up",
    "code_not_yet",
    "code_ended",
    "code_not_for",
    "one_code",
    "too_many_codes",
    "TooMany",
}


@dataclass(frozen=True)
class _Found:
    """All that an event's page shows, as it stands now."""

    event: Event
    left: EventAvailability
    organizer: Profile
    can_charge: bool
    may_buy: bool
    buyer: Buyer
    terms: Terms
    takes_codes: bool
    hidden: frozenset[str]
    waiting: Order | None = None
    own: Mapping[str, int] = field(default_factory=dict)
    own_codes: tuple[str, ...] = ()


@public_page
async def event(request: Request) -> Response:
    """Show an event with its tiers; take a choice and codes, and hold it."""
    try:
        found = await _find(request)
    except NotFound:
        return await cancelled(request, request.path_params["slug"])
    if request.method == "GET":
        typed = codes_in(request.query_params.get("code", "")[:LONGEST_TYPED])
        typed = typed or (found.own_codes if request.query_params.get("change") else ())
        return await _show(request, found, _asked(request, found), typed)
    form = await request.form()
    chosen = _chosen(form)
    typed = codes_in(str(form.get("code", ""))[:LONGEST_TYPED])
    if form.get("do") in ("total", "code"):
        return await _show(request, found, chosen, typed)
    try:
        require_checkout(request)
        order = await hold(services(request), found.buyer, found.event.id, chosen, codes=typed)
    except Problem as problem:
        found = await _find(request)
        return await _show(request, found, chosen, typed, problem=problem)
    answer = RedirectResponse(f"/tickets/order/{order.id}", status_code=303)
    set_cookie(answer, services(request).settings, found.buyer)
    return answer


async def _find(request: Request) -> _Found:
    now, buyer = services(request).clock(), buyer_of(request)
    async with services(request).db.read() as session:
        shown = await public_event(session, request.path_params["slug"])
        waiting = await pending_order(session, buyer, now)
        own, codes = {}, []
        if waiting is not None and waiting.event_id == shown.id:
            own = {item.tier_id: item.qty for item in await items_of(session, waiting)}
            codes = await texts_of(session, codes_of(waiting))
        left = await availability(session, shown, now, hidden=True)
        return _Found(
            event=shown,
            left=left,
            organizer=await profile_of(session, shown.organizer_id),
            may_buy=await may_buy(session, shown, actor(request).id),
            can_charge=not why_not_selling(await account_of(session, shown.organizer_id)),
            buyer=buyer,
            terms=await terms_of(session, shown),
            takes_codes=await takes_codes(session, shown.id),
            hidden=frozenset(tier.id for tier in left.tiers if tier.visibility != "public"),
            waiting=waiting,
            own=own,
            own_codes=tuple(codes),
        )


async def _codes(
    request: Request,
    found: _Found,
    chosen: Mapping[str, int],
    typed: tuple[str, ...],
    problem: Problem | None,
) -> CodeField:
    """Look the typed codes up; one that was just refused is not counted as a guess twice."""
    if problem is not None and problem.code in _OF_CODES:
        return CodeField(" ".join(typed), wrong=problem.detail)
    network = found.buyer.network
    try:
        known = await try_codes(services(request), found.event.id, typed, network=network)
    except (TooMany, BadInput) as refused:
        return CodeField(" ".join(typed), wrong=refused.detail)
    waiting = found.waiting
    return code_field(
        typed,
        known,
        wants=chosen,
        hidden=found.hidden,
        own=codes_of(waiting) if waiting else (),
        currency=found.event.currency,
        now=services(request).clock(),
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


async def _show(
    request: Request,
    found: _Found,
    chosen: Mapping[str, int],
    typed: tuple[str, ...] = (),
    *,
    problem: Problem | None = None,
) -> Response:
    settings, now = services(request).settings, services(request).clock()
    codes = await _codes(request, found, chosen, typed, problem)
    seen = found.hidden & (codes.chosen.opens | found.own.keys())
    found = replace(found, left=without(found.event, found.left, found.hidden - seen, now))
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
        quote=_quote(shown, found.terms, codes),
        terms=found.terms,
        codes=codes if found.takes_codes or codes.typed else None,
        closed=notice,
        selling=_selling(notice, shown),
        wait_box=await wait_box(request, found.event, found.left),
        waiting=found.waiting if found.waiting and found.waiting.expires_at > now else None,
        errors={} if codes.wrong else _errors(problem),
        hold_for=settings.ticket_payment_timeout * MINUTE,
        digits=get_currency_precision(found.event.currency),
        shared=share_data(settings, found.event, found.organizer, found.left),
    )


def _quote(shown: list[Row], terms: Terms, codes: CodeField) -> Quote:
    wants = [Wanted(row.id, row.qty, row.price) for row in shown if row.qty]
    discount = codes.chosen.discount
    return quote(wants, terms, discount.off if discount else None)


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
