"""Overbooking: how much more is sold than there is room for, and giving back what has no room."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import StringField, TextAreaField

from handstamp.events.models import Event
from handstamp.events.rules import limit_of
from handstamp.events.set_overbooking import MOST_BP, MOST_NUMBER, Overbooking, set_overbooking
from handstamp.notices.declare_capacity import (
    LONGEST,
    MOST_SHOWN,
    declare_capacity,
    latest_of,
    look_at_capacity,
    taken_of,
)
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.form_fields import PageForm, at_most
from handstamp.plumbing.money_text import percent
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_refunds, require_user, services
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.forms import WholeNumberField
from handstamp.portal.pages import go, page, render
from handstamp.portal.price_forms import read_percent

_TAIL = "/capacity"


class OverbookForm(PageForm):
    """How much more is sold."""

    overbook_bp = StringField()
    overbook_number = WholeNumberField(most=MOST_NUMBER)


class RealForm(PageForm):
    """How many the event really holds, and the organizer's words."""

    capacity = WholeNumberField()
    message = TextAreaField(validators=[at_most(LONGEST)])


@page
async def capacity(request: Request) -> Response:
    """Show what is sold of an event and how much more may be; take a change of that."""
    actor, shared = require_user(request), services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
    form = await OverbookForm.from_formdata(request, **_set(event))
    if request.method == "POST" and await form.validate():
        try:
            text = (form.overbook_bp.data or "").strip()
            bp = read_percent(text, 100, MOST_BP) if text else 0
            change = Overbooking(overbook_bp=bp, overbook_number=form.overbook_number.data or 0)
            async with shared.db.write(actor=actor.id) as session:
                await set_overbooking(session, shared, actor, event.id, change)
        except Problem as problem:
            form.take(problem)
        except ValueError as error:
            form.overbook_bp.errors = [str(error)]
        else:
            return go(request, path_of(event.id, _TAIL), _("Saved."))
    return await _show(request, event, form=form, real=RealForm(request))


@page
async def real(request: Request) -> Response:
    """Show whose tickets have no room if the event holds so many; agreed to, give them back."""
    actor, shared = require_user(request), services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
    form = await RealForm.from_formdata(request)
    sent = await request.form()
    if not await form.validate() or form.capacity.data is None:
        if form.capacity.data is None and not form.capacity.errors:
            form.capacity.errors = [_("Write how many people there is room for.")]
        return await _show(request, event, form=OverbookForm(request, **_set(event)), real=form)
    try:
        if sent.get("do") == "declare":
            require_refunds(request)
            async with shared.db.write(actor=actor.id) as session:
                run = await declare_capacity(
                    session, shared, actor, event.id,
                    capacity=form.capacity.data,
                    seen=str(sent.get("seen", ""))[:100],
                    message=form.message.data or "",
                )  # fmt: skip
            said = _("Saved. Nobody loses a ticket: there is room for all that is sold.")
            if run is not None:
                said = _("Saved. Tickets without room are being given back, one order at a time.")
            return go(request, path_of(event.id, _TAIL), said)
    except Problem as problem:
        form.take(problem)
    async with shared.db.read() as session:
        look = await look_at_capacity(session, actor, event.id, form.capacity.data)
    return await _show(
        request, event, form=OverbookForm(request, **_set(event)), real=form, look=look
    )


def _set(event: Event) -> dict[str, Any]:
    return {
        "overbook_bp": percent(event.overbook_bp) if event.overbook_bp else "",
        "overbook_number": event.overbook_number or None,
    }


async def _show(request: Request, event: Event, **values: Any) -> Response:
    async with services(request).db.read() as session:
        around = await frame(session, event, "capacity")
        taken = await taken_of(session, event.id)
        latest = await latest_of(session, event.id)
    wrong = any(values[name].errors or values[name].form_errors for name in ("form", "real"))
    return render(
        request,
        "capacity.html",
        status=422 if wrong else 200,
        taken=taken,
        latest=latest,
        limit=limit_of(event, event.capacity),
        most_shown=MOST_SHOWN,
        **{"look": None, **values},
        **around,
    )


_CAPACITY = "/organizer/events/{event_id}/capacity"
routes = [
    Route(_CAPACITY, capacity, methods=["GET", "POST"]),
    Route(_CAPACITY + "/real", real, methods=["POST"]),
]
