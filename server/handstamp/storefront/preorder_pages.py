"""Pre-ordering: what it costs and what is agreed to, then its page in every state."""

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handstamp.auth.find_profile import profile_of
from handstamp.clubs.find_clubs import Offered
from handstamp.events.models import Tier
from handstamp.events.tax_lines import tax_name
from handstamp.kit.clock import SECOND
from handstamp.payments.gateway_errors import GatewayError
from handstamp.pdf.drawing_pool import DrawingFailed
from handstamp.plumbing.errors import Conflict, NotFound, Problem, TooMany
from handstamp.plumbing.file_answer import PDF_TYPE, file_answer
from handstamp.plumbing.limits import hit
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, require_preorders, require_user, services
from handstamp.preorders.change_preorder import Change, cancel_preorder, change_preorder
from handstamp.preorders.charge_account import charge_account
from handstamp.preorders.models import SavedCard
from handstamp.preorders.recover_payment import link_to_confirm, settle_recovery
from handstamp.preorders.request_preorder import Placed, Wish, mandate, place, tax_problem
from handstamp.preorders.save_card import settle_card
from handstamp.preorders.saved_cards import cards_of
from handstamp.preorders.told import page_of
from handstamp.storefront.card_choice import card_choice
from handstamp.storefront.club_frame import Wished, offer_for, shown_as, wish_of
from handstamp.storefront.pages import ME, go, member_page, render
from handstamp.storefront.preorder_ticket import pdf_of, ticket_card
from handstamp.storefront.preorder_told import told_preorder
from handstamp.storefront.to_stripe import form_policy, on_to_stripe

ASK_EVERY = 3 * SECOND
ANOTHER = "new"  # asks for a card that is not saved yet
_log = structlog.get_logger("handstamp.storefront")


def page_path(preorder_id: str) -> str:
    """Return the address of a pre-order's page."""
    return f"{ME}pre-orders/{preorder_id}"


@member_page
async def new(request: Request) -> Response:
    """Show what a pre-order costs and what is agreed to; place it."""
    require_preorders(request)
    who = require_user(request)
    sent = await request.form() if request.method == "POST" else request.query_params
    club, event, tier = (str(sent.get(name, ""))[:60] for name in ("club", "event", "tier"))
    if request.method == "GET":
        return await _form(request, who, (club, event, tier))
    card = str(sent.get("card", ""))[:60]
    agreed = bool(sent.get("agreed"))
    wish = Wish(club, event, tier, agreed=agreed, card_id="" if card == ANOTHER else card)
    try:
        placed = await place(services(request), who, wish)
    except NotFound:
        raise
    except Problem as problem:
        return await _form(request, who, (club, event, tier), problem=problem, card=card)
    return _placed(request, placed)


def _placed(request: Request, placed: Placed) -> Response:
    if placed.card_url:
        request.session["card_asked"] = placed.preorder.id
        return on_to_stripe(request, placed.card_url)
    return go(request, page_path(placed.preorder.id))


async def _form(
    request: Request,
    who: Actor,
    wanted: tuple[str, str, str],
    *,
    problem: Problem | None = None,
    card: str = "",
) -> Response:
    club_id, event_id, tier_id = wanted
    of = services(request)
    async with of.db.read() as session:
        offer = await offer_for(session, who, club_id, event_id, of.clock())
        tier = _tier(offer, tier_id)
        if offer is None or tier is None:
            raise NotFound(_("This event cannot be pre-ordered, or not any more."))
        agreed_to = await mandate(session, offer, tier)
        cards, blocked = await _cards(session, who, offer)
        organizer = await profile_of(session, offer.club.organizer_id)
    return render(
        request,
        "preorder_new.html",
        status=problem.status if problem else 200,
        policy=form_policy(of.settings),
        offer=offer,
        tier=tier,
        price=offer.prices[tier.id],
        taxes=[
            (tax_name(tax.name, tax.ppm), tax.amount)
            for tax in offer.prices[tier.id].taxes
            if tax.amount
        ],
        mandate=agreed_to,
        cards=cards,
        chosen=card or (cards[0].id if cards else ANOTHER),
        organizer=organizer,
        problem=problem,
        blocked=blocked,
    )


def _tier(offer: Offered | None, tier_id: str) -> Tier | None:
    tiers = offer.tiers if offer else ()
    return next((tier for tier in tiers if tier.id == tier_id), None)


async def _cards(session: AsyncSession, who: Actor, offer: Offered) -> tuple[list[SavedCard], str]:
    """Return the member's cards that this club can charge, or why it cannot charge any."""
    if untold := tax_problem(offer.event):
        return [], untold
    try:
        where = await charge_account(session, offer.club)
    except Conflict as problem:
        return [], problem.detail
    return list(await cards_of(session, who, where.account)), ""


@member_page
async def preorder(request: Request) -> Response:
    """Show a pre-order to its member; take another tier or card."""
    who = require_user(request)
    wish, offer = await wish_of(request, who)
    if request.method == "POST":
        return await _change(request, who, wish)
    known = await _settle(request, wish)
    wish, offer = await wish_of(request, who)
    return await _show(request, who, wish, offer, known=known)


async def _settle(request: Request, wish: Wished) -> bool:
    """Ask Stripe how a card or its confirmation stands, not too often; tell whether it said so."""
    status = wish.preorder.status
    asked = request.session.get("card_asked") == wish.preorder.id
    if status not in ("draft", "needs_action") and not asked:
        return True
    settle = settle_recovery if status == "needs_action" else settle_card
    try:
        key = f"settle-card/{wish.preorder.id}"
        await hit(services(request), key, limit=1, window_ms=ASK_EVERY)
        await settle(services(request), wish.preorder.id)
    except TooMany:
        return False
    except GatewayError:
        _log.info("card_not_confirmed_yet", preorder=wish.preorder.id)
        return False
    request.session.pop("card_asked", None)
    return True


async def _show(
    request: Request, who: Actor, wish: Wished, offer: Offered, *, known: bool
) -> Response:
    of, found = services(request), wish.preorder
    async with of.db.read() as session:
        cards, _blocked = await _cards(session, who, offer) if wish.changeable else ([], "")
        organizer = await profile_of(session, found.organizer_id)
        ticket = await ticket_card(session, of, wish)
    return render(
        request,
        "preorder.html",
        policy=form_policy(of.settings),
        wish=wish,
        offer=offer,
        told=told_preorder(wish, waiting=found.status == "draft" and not known),
        cards=card_choice(cards, found),
        organizer=organizer,
        ticket=ticket,
        shown=shown_as([wish]),
        may_change=wish.changeable and of.settings.enable_preorders,
    )


async def _change(request: Request, who: Actor, wish: Wished) -> Response:
    require_preorders(request)
    sent = await request.form()
    tier, card = str(sent.get("tier", ""))[:60], str(sent.get("card", ""))[:60]
    change = Change(tier_id=tier, card_id="" if card == ANOTHER else card, new_card=card == ANOTHER)
    here = page_path(wish.preorder.id)
    try:
        changed = await change_preorder(services(request), who, wish.preorder.id, change)
    except Conflict as problem:
        return go(request, here, problem.detail, tone="bad")
    if changed.card_url:
        return _placed(request, changed)
    return go(request, here, _("Saved. Your pre-order is changed."))


@member_page
async def cancel(request: Request) -> Response:
    """Ask whether to cancel a pre-order, and do it."""
    who, of = require_user(request), services(request)
    wish, offer = await wish_of(request, who)
    here = page_path(wish.preorder.id)
    if request.method == "GET":
        if not wish.changeable:
            return go(request, here)
        return render(request, "preorder_cancel.html", wish=wish, offer=offer)
    try:
        async with of.db.write(actor=who.id) as session:
            await cancel_preorder(session, of, who, wish.preorder.id)
    except Conflict as problem:
        return go(request, here, problem.detail, tone="bad")
    return go(request, ME, _("Your pre-order is cancelled. Nothing was charged."))


@member_page
async def confirm(request: Request) -> Response:
    """Lead to where the bank lets the member confirm the payment."""
    who = require_user(request)
    preorder_id = request.path_params["preorder_id"]
    try:
        url = await link_to_confirm(services(request), who, preorder_id)
    except Conflict as problem:
        return go(request, page_path(preorder_id), problem.detail, tone="bad")
    if url == page_of(services(request).settings, preorder_id):
        return go(request, page_path(preorder_id))
    return on_to_stripe(request, url)


@member_page
async def ticket_pdf(request: Request) -> Response:
    """Hand out the ticket as a PDF."""
    wish, _offer = await wish_of(request, require_user(request))
    try:
        content = await pdf_of(services(request), wish)
    except DrawingFailed:
        said = _("The PDF cannot be made just now. The code on this page opens the door too.")
        return go(request, page_path(wish.preorder.id), said, tone="warn")
    return file_answer(content, f"{wish.preorder.number}.pdf", PDF_TYPE)


@member_page
async def status(request: Request) -> Response:
    """Tell a waiting page whether there is something else to show."""
    who = require_user(request)
    wish, _offer = await wish_of(request, who)
    await _settle(request, wish)
    wish, _offer = await wish_of(request, who)
    headers = {"Cache-Control": "no-store"}
    return JSONResponse({"shown": shown_as([wish]), "unpaid": False}, headers=headers)


_ONE = "/me/pre-orders/{preorder_id}"
routes = [
    Route("/me/pre-orders/new", new, methods=["GET", "POST"]),
    Route(_ONE, preorder, methods=["GET", "POST"]),
    Route(_ONE + "/cancel", cancel, methods=["GET", "POST"]),
    Route(_ONE + "/confirm", confirm, methods=["POST"]),
    Route(_ONE + "/status", status),
    Route(_ONE + "/ticket.pdf", ticket_pdf),
]
