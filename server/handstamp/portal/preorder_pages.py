"""Pages about an event's pre-orders: who wants a ticket, and who decides on it."""

from babel.numbers import get_currency_precision
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.clubs.find_clubs import club_of, clubs_of_event
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.mail.find_mails import undelivered
from handstamp.plumbing.errors import Conflict, NotFound, TooMany
from handstamp.plumbing.money_text import money
from handstamp.plumbing.paging import link
from handstamp.plumbing.texts import _, ngettext
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.portal import words
from handstamp.portal.club_board import rows_of_event
from handstamp.portal.decisions import chosen_by, decide, refusal_names, said
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.pages import go, page, render
from handstamp.portal.preorder_story import preorder_story
from handstamp.portal.refund_form import reason_and_note
from handstamp.preorders.approve_preorders import approve_up_to_stock
from handstamp.preorders.find_preorders import (
    owned_preorder,
    preorders_by_id,
    preorders_of_event,
)
from handstamp.preorders.models import PreOrder
from handstamp.preorders.preorder_mails import about
from handstamp.preorders.resend_ticket import resend_ticket
from handstamp.preorders.verify_draw import verify_draw
from handstamp.refunds.find_refunds import failed_among
from handstamp.refunds.refund_preorder import refund_preorder

PAGE = 50


@page
async def preorders(request: Request) -> Response:
    """List an event's pre-orders with what there is for them; filters stand in the address."""
    require_preorders(request)
    query, actor = request.query_params, require_user(request)
    search, status = query.get("q", "").strip()[:100], query.get("status", "")
    status, club = status if status in words.preorder_statuses() else "", query.get("club", "")
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "preorders")
        tiers = await tiers_of(session, event.id)
        terms = [one for one in await clubs_of_event(session, event.id) if not one.withdrawn_at]
        offers = await rows_of_event(session, event, tiers, terms)
        after_id = query.get("after")
        after = await owned_preorder(session, actor, after_id) if after_id else None
        found = await preorders_of_event(
            session,
            actor,
            event.id,
            club_id=club or None,
            words=search,
            status=status or None,
            after=after,
            limit=PAGE + 1,
        )
        shown = list(found[:PAGE])
        unrefunded = await failed_among(session, preorders=[one.id for one in shown])
        lost = {mail.about for mail in await undelivered(session, [about(o.id) for o in shown])}
    return render(
        request,
        "preorders.html",
        rows=shown,
        offers=offers,
        lost={preorder.id for preorder in shown if about(preorder.id) in lost},
        unrefunded=unrefunded,
        chosen={"q": search, "status": status, "club": club},
        filtered=bool(search or status or club),
        digits=get_currency_precision(event.currency),
        status_names=words.preorder_statuses(),
        tones=words.PREORDER_TONES,
        first=link(request, after=None) if after_id else None,
        more=link(request, after=shown[-1].id) if len(found) > PAGE else None,
        **around,
    )


def _here(event: Event, tail: str = "") -> str:
    return path_of(event.id, f"/pre-orders{tail}")


@page
async def decide_some(request: Request) -> Response:
    """Ask whether to approve, deny or withdraw, naming how many and for how much; then do it."""
    require_preorders(request)
    actor, of = require_user(request), services(request)
    sent = await request.form()
    async with of.db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "preorders")
        chosen = await chosen_by(session, actor, event, sent)
    if not chosen.ids:
        return go(request, _here(event), _("Choose at least one that can be decided."), tone="warn")
    if sent.get("sure") != str(chosen.total):
        return render(request, "preorders_decide.html", chosen=chosen, **around)
    done = await decide(of, actor, event.id, chosen)
    return go(request, _here(event), said(chosen.verb, done), tone=done.tone)


@page
async def approve_by_rule(request: Request) -> Response:
    """Approve as many as there is stock for."""
    require_preorders(request)
    actor, of = require_user(request), services(request)
    club = str((await request.form()).get("club", ""))
    async with of.db.read() as session:
        event = await event_of(session, request)
    try:
        async with of.db.write(actor=actor.id) as session:
            done = await approve_up_to_stock(session, of, actor, club, event.id)
    except Conflict as problem:
        return go(request, _here(event), problem.detail, tone="warn")
    approved, waiting = len(done.done), len(done.refused)
    told = ngettext("%(num)s is approved.", "%(num)s are approved.", approved) % {"num": approved}
    if waiting:
        without = ngettext(
            "%(num)s waits: no ticket is left for it.",
            "%(num)s wait: no tickets are left for them.",
            waiting,
        )
        told = f"{told} {without % {'num': waiting}}"
    return go(request, _here(event), told)


@page
async def draw(request: Request) -> Response:
    """Show a draw computed again: the promise, the seed, the places, and whether it was fair."""
    actor, of = require_user(request), services(request)
    async with of.db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "preorders")
        club = await club_of(session, actor, request.query_params.get("club", ""))
        report = await verify_draw(session, of, club.id, event.id)
        named = await preorders_by_id(session, event.id, report.places)
    return render(request, "preorders_draw.html", report=report, named=named, club=club, **around)


@page
async def preorder(request: Request) -> Response:
    """Show one pre-order: member, price, card, payment, mails, and what happened to it."""
    of = services(request)
    async with of.db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "preorders")
        found = await _preorder(session, request, event)
        story = await preorder_story(session, found)
    return render(
        request,
        "preorder.html",
        preorder=found,
        story=story,
        status_names=words.preorder_statuses(),
        tones=words.PREORDER_TONES,
        mail_kinds=words.mail_kinds(),
        refusals=refusal_names(),
        refund_statuses=words.refund_statuses(),
        refund_tones=words.REFUND_TONES,
        refund_origins=words.refund_origins(),
        reasons=words.refund_reasons(),
        **around,
    )


async def _preorder(session: AsyncSession, request: Request, event: Event) -> PreOrder:
    found = await owned_preorder(session, require_user(request), request.path_params["preorder_id"])
    if found.event_id != event.id:
        raise NotFound(_("There is no such pre-order in this event."))
    return found


@page
async def resend(request: Request) -> Response:
    """Mail a pre-order's ticket once more."""
    actor, of = require_user(request), services(request)
    async with of.db.read() as session:
        event = await event_of(session, request)
        found = await _preorder(session, request, event)
    here = _here(event, f"/{found.id}")
    try:
        await resend_ticket(of, actor, found.id)
    except (Conflict, TooMany) as problem:
        return go(request, here, problem.detail, tone="warn")
    said = _("The ticket is mailed again to %(email)s.") % {"email": found.email}
    return go(request, here, said)


@page
async def refund(request: Request) -> Response:
    """Give back all that is left of a pre-order's payment."""
    require_preorders(request)
    actor, of = require_user(request), services(request)
    reason, note = reason_and_note(await request.form())
    async with of.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        found = await _preorder(session, request, event)
        asked = await refund_preorder(session, of, actor, found.id, reason=reason, note=note)
    said = _("%(amount)s is on its way back. The ticket turns red on every phone.")
    amount = money(asked.amount, asked.currency)
    return go(request, _here(event, f"/{found.id}"), said % {"amount": amount})


_LIST = "/organizer/events/{event_id}/pre-orders"
routes = [
    Route(_LIST, preorders),
    Route(_LIST + "/decide", decide_some, methods=["POST"]),
    Route(_LIST + "/by-rule", approve_by_rule, methods=["POST"]),
    Route(_LIST + "/draw", draw),
    Route(_LIST + "/{preorder_id}", preorder),
    Route(_LIST + "/{preorder_id}/resend", resend, methods=["POST"]),
    Route(_LIST + "/{preorder_id}/refund", refund, methods=["POST"]),
]
