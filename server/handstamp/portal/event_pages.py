"""Pages about events: the list, creating, changing, publishing, and the overview."""

from typing import Any

from pydantic import ValidationError as ShapeError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.auth.find_organizers import organizers_of
from handstamp.checkin.door_board import board
from handstamp.checkin.door_figures import admitted_by_event
from handstamp.events.create_event import create_event
from handstamp.events.edit_event import edit_event
from handstamp.events.enter_review import reason_of
from handstamp.events.find_events import list_events, lists_of, owned_event, tiers_of
from handstamp.events.models import Event
from handstamp.events.publish_event import publish_event
from handstamp.events.shapes import EventChange, NewEvent
from handstamp.notices.check_date import USE_NEW_DATE, kept_start
from handstamp.orders.availability import availability
from handstamp.orders.count_sales import count_sales
from handstamp.payments.payment_accounts import account_of
from handstamp.plumbing.errors import Conflict, NotFound, Problem
from handstamp.plumbing.paging import link
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal import words
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.forms import EventForm
from handstamp.portal.next_steps import next_steps
from handstamp.portal.pages import go, page, render
from handstamp.portal.selling import blocks
from handstamp.refunds.find_disputes import open_disputes
from handstamp.refunds.rules import waits_for_answer
from handstamp.tickets.find_tickets import count_by_event, count_tickets

PAGE = 25


@page
async def events(request: Request) -> Response:
    """List the actor's events, or lead on to the first organizer or event."""
    actor = require_user(request)
    search = request.query_params.get("q", "").strip()[:100]
    status = request.query_params.get("status", "")
    status = status if status in words.event_statuses() else ""
    if not actor.managed and actor.kind != "admin":
        helps = "/tickets/support/find"
        return go(request, helps if actor.organizers else "/tickets/organizer/new")
    async with services(request).db.read() as session:
        after_id = request.query_params.get("after")
        after = await owned_event(session, actor, after_id) if after_id else None
        found = await list_events(
            session, actor, words=search, status=status or None, after=after, limit=PAGE + 1
        )
        ids = [event.id for event in found[:PAGE]]
        guests = await count_by_event(session, ids)
        admitted = await admitted_by_event(session, ids)
    rows = [
        {"event": event, "guests": guests.get(event.id, 0), "admitted": admitted.get(event.id, 0)}
        for event in found[:PAGE]
    ]
    return render(
        request,
        "events.html",
        rows=rows,
        search=search,
        wanted=status,
        statuses=list(words.event_statuses().items()),
        status_names=words.event_statuses(),
        more=link(request, after=found[PAGE - 1].id) if len(found) > PAGE else None,
    )


@page
async def new_event(request: Request) -> Response:
    """Show and take the form of a new event."""
    actor = require_user(request)
    async with services(request).db.read() as session:
        organizers = await organizers_of(session, actor)
    if not organizers:
        return go(request, "/tickets/organizer/new")
    form = await EventForm.from_formdata(
        request,
        time_zone=request.cookies.get("hs_zone", "America/Vancouver"),
        currency="CAD",
        unknown_policy="accept_and_flag",
        unknown_hours=12,
        release_hours=24,
        snapshot_fields=["name", "email", "order", "note"],
    )
    if request.method == "POST" and await form.validate():
        chosen = (await request.form()).get("organizer", organizers[0].id)
        try:
            new = NewEvent(**form.values(), currency=form.currency.data or "CAD")
            async with services(request).db.write(actor=actor.id) as session:
                event = await create_event(session, services(request), actor, str(chosen), new)
        except (ShapeError, Problem) as error:
            form.take(error)
        else:
            return go(
                request,
                path_of(event.id),
                _("The event is made. It stays a draft until you publish it."),
            )
    return _form_page(request, form, {"event": None, "organizers": organizers, "moved": False})


@page
async def change_event(request: Request) -> Response:
    """Show and take the form of an event's details."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "edit")
    form = await EventForm.from_formdata(request, **_shown(event))
    moved = False
    if request.method == "POST" and await form.validate():
        actor, values = require_user(request), form.values()
        try:
            async with services(request).db.write(actor=actor.id) as session:
                values["start_at"] = await kept_start(session, event, values["start_at"])
                change = EventChange(**values)
                await edit_event(session, services(request), actor, event.id, change)
        except NotFound:
            raise
        except (ShapeError, Problem) as error:
            form.take(error)
            moved = isinstance(error, Problem) and error.code == USE_NEW_DATE
        else:
            return go(request, path_of(event.id), _("Saved. Phones hear of it at once."))
    return _form_page(request, form, {**around, "organizers": [], "moved": moved})


def _shown(event: Event) -> dict[str, Any]:
    stored = {name: getattr(event, name) for name in EventChange.model_fields}
    return {
        **stored,
        "unknown_hours": event.unknown_max_age_s // 3600,
        "snapshot_fields": [name for name in event.snapshot_fields.split(",") if name],
    }


def _form_page(request: Request, form: EventForm, around: dict[str, Any]) -> Response:
    return render(
        request,
        "event_form.html",
        status=422 if form.errors else 200,
        form=form,
        policies=words.policies(),
        personal=words.personal_fields(),
        **around,
    )


@page
async def overview(request: Request) -> Response:
    """Show where an event stands, and what to do next."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "overview")
        tiers = await tiers_of(session, event.id)
        lists = await lists_of(session, event.id)
        counts = await count_tickets(session, event.id)
        now = services(request).clock()
        door = await board(session, event.id, now)
        shop = await availability(session, event, now, hidden=True)
        sales = await count_sales(session, event.id)
        account = await account_of(session, event.organizer_id)
        why = await reason_of(session, event)
        disputes = await open_disputes(session, event.id)
    phones = [device for device in door.devices if device.kind == "phone"]
    return render(
        request,
        "event_overview.html",
        phones=phones,
        hidden_why=why,
        disputes=[one.dispute for one in disputes if waits_for_answer(one.dispute.status)],
        tiers=tiers,
        lists=lists,
        counts=counts,
        door=door,
        shop=shop,
        sales=sales,
        sale_states=words.sale_states(),
        blocks=blocks(event, tiers, account, services(request).settings, now),
        steps=next_steps(event, tiers, lists, counts.total, len(phones)),
        status_names=words.event_statuses(),
        status_names_of_tickets=words.ticket_statuses(),
        **around,
    )


@page
async def set_status(request: Request) -> Response:
    """Publish, unpublish, archive or bring back an event."""
    actor = require_user(request)
    wanted = str((await request.form()).get("status", ""))
    if wanted not in words.event_statuses():
        raise Conflict(_("That is not a status of an event."))
    async with services(request).db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        before = event.status
        event = await publish_event(session, services(request), actor, event.id, wanted)
        account = await account_of(session, event.organizer_id)
        tiers = await tiers_of(session, event.id)
    shared = services(request)
    held = blocks(event, tiers, account, shared.settings, shared.clock())
    return go(request, path_of(event.id), _said(event, before, sells=not held))


def _said(event: Event, before: str, *, sells: bool) -> str:
    if event.status == before:
        return _("Nothing changed.")
    if event.status == "published":
        if sells:
            return _("Published: the event stands in the public list, and its tickets are on sale.")
        return _("Published: the event stands in the public list.")
    if event.status == "review":
        return _("Sent: an administrator looks at the page before it is public. You get a mail.")
    if event.status == "archived":
        return _("Archived: it is out of the way, and nothing is lost.")
    return _("It is a draft again: the public list does not show it.")


routes = [
    Route("/organizer", events),
    Route("/organizer/events/new", new_event, methods=["GET", "POST"]),
    Route("/organizer/events/{event_id}", overview),
    Route("/organizer/events/{event_id}/edit", change_event, methods=["GET", "POST"]),
    Route("/organizer/events/{event_id}/status", set_status, methods=["POST"]),
]
