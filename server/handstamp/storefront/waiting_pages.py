"""A waiting list for those who wait: joining it, the own place, taking or leaving an offer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from wtforms import BooleanField, SelectField, StringField

from handstamp.auth.find_profile import profile_of
from handstamp.clubs.find_clubs import may_buy
from handstamp.events.find_events import public_event
from handstamp.events.models import Event
from handstamp.orders.availability import EventAvailability, TierAvailability, availability
from handstamp.orders.buyers import buyer_of, set_cookie
from handstamp.orders.find_orders import pending_order
from handstamp.orders.take_offer import take_offer
from handstamp.plumbing.errors import Conflict, Forbidden, Problem, TooMany
from handstamp.plumbing.form_fields import PageForm
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import actor, require_checkout, services
from handstamp.storefront.order_frame import KEPT_LINKS, LONGEST_KEY
from handstamp.storefront.pages import buyers_page, go, public_page, render
from handstamp.waitlist.find_waiting import own_place, place_of, places_of, terms_of
from handstamp.waitlist.join_list import Wanted, confirm_place, join_list
from handstamp.waitlist.leave_list import leave_list
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.rules import MOST_TICKETS

LINKS = "waiting"
_REFUSED = (Conflict, TooMany, Forbidden)


@dataclass(frozen=True)
class WaitBox:
    """What an event's page says of its waiting list: `tiers` to wait for, `own` places."""

    tiers: Sequence[TierAvailability]
    own: Sequence[Waiting]


class JoinForm(PageForm):
    """What somebody waits for, and where they are written to."""

    tier = SelectField(validate_choice=False)
    quantity = StringField()
    fewer = BooleanField()
    email = StringField()


async def wait_box(request: Request, event: Event, left: EventAvailability) -> WaitBox | None:
    """Return what to say of an event's list; None when it has none, or nothing is sold out."""
    of, who = services(request), actor(request)
    if not of.settings.enable_checkout or of.clock() >= event.start_at:
        return None
    async with of.db.read() as session:
        terms = await terms_of(session, event.id)
        if terms is None:
            return None
        own = await places_of(session, event.id, who)
        allowed = await may_buy(session, event, who.id or None)
    gone = [tier for tier in left.tiers if tier.state == "sold_out" and tier.visibility == "public"]
    if not (own or (terms.open and allowed and gone)):
        return None
    return WaitBox(gone if terms.open and allowed else [], own)


@public_page
async def join(request: Request) -> Response:
    """Show and take the form that joins an event's waiting list."""
    of = services(request)
    async with of.db.read() as session:
        event = await public_event(session, request.path_params["slug"])
        left = await availability(session, event, of.clock())
        organizer = await profile_of(session, event.organizer_id)
    box = await wait_box(request, event, left)
    around: dict[str, Any] = {"event": event, "organizer": organizer, "box": box}
    form = await JoinForm.from_formdata(request)
    if request.method == "GET" or box is None or not box.tiers:
        form.quantity.data = "1"
        return render(request, "waiting_join.html", form=form, **_choices(form, box), **around)
    require_checkout(request)
    try:
        joined = await join_list(of, actor(request), event.id, _wanted(form))
    except _REFUSED as problem:
        return go(request, f"/tickets/e/{event.slug}#waiting-list", problem.detail, tone="bad")
    except Problem as problem:
        form.take(problem)
        shown = {**_choices(form, box), **around}
        return render(request, "waiting_join.html", status=422, form=form, **shown)
    if joined.waiting is None:
        return render(request, "waiting_mailed.html", email=joined.email, **around)
    return go(request, f"/tickets/waiting/{joined.waiting.id}", _("You are on the waiting list."))


def _choices(form: JoinForm, box: WaitBox | None) -> dict[str, Any]:
    tiers = box.tiers if box else []
    choices = [(tier.id, tier.name) for tier in tiers]
    if len(choices) > 1:
        choices.insert(0, ("", _("Whichever is free first")))
    form.tier.choices = choices
    return {"most": min(MOST_TICKETS, max((tier.max_per_order for tier in tiers), default=1))}


def _wanted(form: JoinForm) -> Wanted:
    text = (form.quantity.data or "").strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return Wanted(form.tier.data or "", number, bool(form.fewer.data), form.email.data or "")


@buyers_page
async def place(request: Request) -> Response:
    """Show somebody their place; a link from a mail is kept in this browser first."""
    key = request.query_params.get("key", "")
    if key:
        await _take_link(request, key[:LONGEST_KEY])
        return RedirectResponse(request.url.path, status_code=303)
    found = await _own(request)
    of = services(request)
    now = of.clock()
    async with of.db.read() as session:
        shown = await place_of(session, found)
        organizer = await profile_of(session, shown.event.organizer_id)
        pending = await pending_order(session, buyer_of(request), now)
    names = {tier.id: tier for tier in shown.tiers}
    offer = shown.offer
    order = pending if offer and pending and pending.waitlist_offer_id == offer.id else None
    return render(
        request,
        "waiting.html",
        waiting=found,
        event=shown.event,
        organizer=organizer,
        place=shown.place,
        tier=names.get(found.tier_id),
        offer=offer if offer and offer.status in ("open", "ordered") else None,
        offered=names.get(offer.tier_id) if offer else None,
        ends=bool(offer) and offer is not None and now >= offer.expires_at,
        order=order,
    )


@buyers_page
async def confirm(request: Request) -> Response:
    """Take the place up, or up again."""
    require_checkout(request)
    found = await _own(request)
    try:
        await confirm_place(services(request), found)
    except Conflict as problem:
        return go(request, _path(found), problem.detail, tone="bad")
    return go(request, _path(found), _("You are on the waiting list."))


@buyers_page
async def leave(request: Request) -> Response:
    """Leave the list, and give back what is offered."""
    found = await _own(request)
    try:
        async with services(request).db.write(actor="waitlist") as session:
            await leave_list(session, services(request), found)
    except Conflict as problem:
        return go(request, _path(found), problem.detail, tone="bad")
    return go(request, _path(found), _("You have left the waiting list."))


@buyers_page
async def take(request: Request) -> Response:
    """Turn what is offered into an order, and go on to pay it."""
    require_checkout(request)
    found, buyer = await _own(request), buyer_of(request)
    text = str((await request.form()).get("quantity", "")).strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None
    try:
        held = await take_offer(services(request), buyer, found.id, quantity=number)
    except _REFUSED as problem:
        return go(request, _path(found), problem.detail, tone="bad")
    answer = RedirectResponse(f"/tickets/order/{held.order.id}", status_code=303)
    set_cookie(answer, services(request).settings, buyer)
    return answer


async def _own(request: Request) -> Waiting:
    of, waiting_id = services(request), request.path_params["waiting_id"]
    secret = dict(request.session.get(LINKS, {})).get(waiting_id, "")
    async with of.db.read() as session:
        return await own_place(
            session, of.settings, waiting_id, actor=actor(request), secret=secret
        )


async def _take_link(request: Request, key: str) -> None:
    of, waiting_id = services(request), request.path_params["waiting_id"]
    async with of.db.read() as session:
        await own_place(session, of.settings, waiting_id, actor=actor(request), secret=key)
    others = [one for one in dict(request.session.get(LINKS, {})).items() if one[0] != waiting_id]
    request.session[LINKS] = dict([*others, (waiting_id, key)][-KEPT_LINKS:])


def _path(found: Waiting) -> str:
    return f"/tickets/waiting/{found.id}"


routes = [
    Route("/e/{slug}/waiting-list", join, methods=["GET", "POST"]),
    Route("/waiting/{waiting_id}", place),
    Route("/waiting/{waiting_id}/confirm", confirm, methods=["POST"]),
    Route("/waiting/{waiting_id}/leave", leave, methods=["POST"]),
    Route("/waiting/{waiting_id}/take", take, methods=["POST"]),
]
