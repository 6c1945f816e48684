"""The page about how an event's door decides: the supervisor's PIN, strict mode."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.edit_event import edit_event
from handstamp.events.set_supervisor_pin import hashed_pin, set_supervisor_pin
from handstamp.events.shapes import EventChange
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.forms import PinForm, StrictForm
from handstamp.portal.pages import go, page, render

USUAL_BUDGET_MS = 400


@page
async def door_settings(request: Request) -> Response:
    """Show how the door decides."""
    return await _settings_page(request)


async def _settings_page(
    request: Request, *, pin: PinForm | None = None, strict: StrictForm | None = None
) -> Response:
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around: dict[str, Any] = await frame(session, event, "door-settings")
    wrong = [form for form in (pin, strict) if form is not None]
    budget = event.strict_budget_ms
    shown = {"strict": budget is not None, "budget_ms": budget or USUAL_BUDGET_MS}
    return render(
        request,
        "door_settings.html",
        status=422 if wrong else 200,
        pin=pin or PinForm(request),
        strict=strict or StrictForm(request, **shown),
        **around,
    )


@page
async def set_pin(request: Request) -> Response:
    """Set or change the supervisor's PIN."""
    actor, shared = require_user(request), services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
    form = await PinForm.from_formdata(request)
    if not await form.validate():
        return await _settings_page(request, pin=form)
    try:
        hashed = await hashed_pin((form.pin.data or "").strip())
    except Problem as error:
        form.take(error)
        return await _settings_page(request, pin=form)
    async with shared.db.write(actor=actor.id) as session:
        await set_supervisor_pin(session, shared, actor, event.id, hashed)
    said = _("The PIN is set. Phones with a connection know it at once, others from their next.")
    return go(request, path_of(event.id, "/door/settings"), said)


@page
async def drop_pin(request: Request) -> Response:
    """Take the supervisor's PIN away."""
    actor, shared = require_user(request), services(request)
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        await set_supervisor_pin(session, shared, actor, event.id, "")
    said = _("There is no PIN any more. Supervisors decide on phones paired for them.")
    return go(request, path_of(event.id, "/door/settings"), said)


@page
async def set_strict(request: Request) -> Response:
    """Switch strict mode on or off."""
    actor, shared = require_user(request), services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
    form = await StrictForm.from_formdata(request)
    if not await form.validate():
        return await _settings_page(request, strict=form)
    budget = (form.budget_ms.data or USUAL_BUDGET_MS) if form.strict.data else None
    async with shared.db.write(actor=actor.id) as session:
        change = EventChange(strict_budget_ms=budget)
        await edit_event(session, shared, actor, event.id, change)
    said = _("Strict mode is on.") if budget else _("Strict mode is off.")
    return go(request, path_of(event.id, "/door/settings"), said)


_DOOR = "/organizer/events/{event_id}/door"
routes = [
    Route(_DOOR + "/settings", door_settings),
    Route(_DOOR + "/pin", set_pin, methods=["POST"]),
    Route(_DOOR + "/pin/remove", drop_pin, methods=["POST"]),
    Route(_DOOR + "/strict", set_strict, methods=["POST"]),
]
