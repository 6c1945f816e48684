"""An event's waiting list for its organizer: how it works, who waits, whom to offer what."""

from typing import Any

from pydantic import ValidationError as ShapeError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import BooleanField

from handstamp.events.find_events import tiers_of
from handstamp.plumbing.errors import Conflict, Problem
from handstamp.plumbing.form_fields import PageForm
from handstamp.plumbing.paging import link
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_checkout, require_user, services
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.forms import WholeNumberField
from handstamp.portal.pages import go, page, render
from handstamp.portal.words import waiting_statuses
from handstamp.waitlist.change_list import change_list, put_in_front, unset
from handstamp.waitlist.find_waiting import PAGE, Listed, list_waiting
from handstamp.waitlist.free_tickets import free_of
from handstamp.waitlist.leave_list import remove_from_list
from handstamp.waitlist.offer_tickets import offer_by_hand
from handstamp.waitlist.rules import MOST_HOURS, STATUSES, UNLIMITED
from handstamp.waitlist.shapes import ListChange

_TAIL = "/waiting-list"


class TermsForm(PageForm):
    """How a list works."""

    open = BooleanField()
    auto = BooleanField()
    members_first = BooleanField()
    offer_hours = WholeNumberField(least=1, most=MOST_HOURS)


@page
async def waiting_list(request: Request) -> Response:
    """Show the list and how it works; take changes of how it works."""
    actor, shared = require_user(request), services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
        found = await list_waiting(session, actor, event.id, **_asked(request))
    terms = found.terms or unset(event.id)
    names = ("open", "auto", "members_first", "offer_hours")
    form = await TermsForm.from_formdata(request, **{name: getattr(terms, name) for name in names})
    if request.method == "POST" and await form.validate():
        try:
            change = ListChange(**{name: form[name].data for name in names})
            async with shared.db.write(actor=actor.id) as session:
                await change_list(session, shared, actor, event.id, change)
        except (ShapeError, Problem) as error:
            form.take(error)
        else:
            return go(request, path_of(event.id, _TAIL), _("The waiting list is saved."))
    return await _show(request, found, form)


def _asked(request: Request) -> dict[str, Any]:
    status = request.query_params.get("status", "")
    return {
        "words": request.query_params.get("words", "")[:100],
        "status": status if status in STATUSES else None,
        "after": request.query_params.get("after", "")[:60],
    }


async def _show(request: Request, found: Listed, form: TermsForm) -> Response:
    shared, event = services(request), found.event
    async with shared.db.read() as session:
        around = await frame(session, event, "waiting")
        free = await free_of(session, event, shared.clock())
        tiers = {tier.id: tier.name for tier in await tiers_of(session, event.id, archived=True)}
    statuses = waiting_statuses()
    rows = [
        {
            "row": row,
            "place": found.places.get(row.id),
            "offer": found.offers.get(row.id),
            "tier": tiers.get(row.tier_id, "") if row.tier_id else _("Any"),
            "member": row.user_id in found.members,
            "said": statuses[row.status],
        }
        for row in found.rows
    ]
    left = [
        (tiers[tier_id], None if room.free >= UNLIMITED else room.free)
        for tier_id, room in free.tiers.items()
    ]
    return render(
        request,
        "waiting_list.html",
        status=422 if form.errors else 200,
        form=form,
        terms=found.terms or unset(event.id),
        counts=found.counts,
        rows=rows,
        left=left,
        words=statuses,
        asked=_asked(request),
        following=link(request, after=found.rows[-1].id) if len(found.rows) == PAGE else "",
        **around,
    )


@page
async def act(request: Request) -> Response:
    """Offer tickets to somebody out of turn, put them in front or back, or take them off."""
    actor, shared = require_user(request), services(request)
    wanted, waiting_id = (await request.form()).get("do"), request.path_params["waiting_id"]
    async with shared.db.read() as session:
        event = await event_of(session, request)
    said = ""
    try:
        async with shared.db.write(actor=actor.id) as session:
            if wanted == "offer":
                require_checkout(request)
                await offer_by_hand(session, shared, actor, waiting_id)
                said = _("The offer is made. The mail is on its way.")
            elif wanted in ("front", "back"):
                await put_in_front(session, actor, waiting_id, front=wanted == "front")
                said = _("The order of the list has changed.")
            elif wanted == "remove":
                await remove_from_list(session, shared, actor, waiting_id)
                said = _("Taken off the list. Only who had an offer is told.")
    except Conflict as problem:
        return go(request, path_of(event.id, _TAIL), problem.detail, tone="bad")
    return go(request, path_of(event.id, _TAIL), said)


_LIST = "/organizer/events/{event_id}/waiting-list"
routes = [
    Route(_LIST, waiting_list, methods=["GET", "POST"]),
    Route(_LIST + "/{waiting_id}", act, methods=["POST"]),
]
