"""The page that makes a phone's scans void from a moment on: looked at first, never taken back."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.checkin.models import Device
from handstamp.checkin.void_facts import (
    VoidPreview,
    first_from,
    owned_device,
    preview_void,
    void_facts,
)
from handstamp.events.models import Event
from handstamp.kit.ids import device_hex, device_of_hex
from handstamp.plumbing.errors import NotFound, Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.forms import VoidForm
from handstamp.portal.pages import go, page, render


@page
async def void(request: Request) -> Response:
    """Ask from when on and why; show what changes; then do it."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        device = await _device(session, request, event)
        around = await frame(session, event, "devices")
    form = await VoidForm.from_formdata(request, time_zone=event.time_zone)
    preview: VoidPreview | None = None
    if request.method == "POST" and await form.validate():
        try:
            preview = await _preview(request, device, form)
            if form.number.data == preview.number:
                reason = form.reason.data or ""
                return await _do(request, event, device, preview.number, reason)
        except Problem as error:
            form.take(error)
    return render(
        request,
        "void.html",
        status=422 if form.errors or form.form_errors else 200,
        form=form,
        preview=preview,
        device=device,
        here=path_of(event.id, f"/devices/{device_hex(device.id)}/void"),
        **around,
    )


async def _device(session: AsyncSession, request: Request, event: Event) -> Device:
    device_id = device_of_hex(request.path_params["device"])
    device = await owned_device(session, require_user(request), device_id)
    if device.event_id != event.id:
        raise NotFound(_("There is no such device among yours."))
    return device


async def _preview(request: Request, device: Device, form: VoidForm) -> VoidPreview:
    async with services(request).db.read() as session:
        number = await first_from(session, device, form.since.data or 0)
        return await preview_void(session, device, number or 0)


async def _do(request: Request, event: Event, device: Device, number: int, reason: str) -> Response:
    actor = require_user(request)
    done = await void_facts(services(request), actor, device.id, number, reason)
    said = _("Void from scan %(number)s on. Phones with a connection know it at once.")
    return go(request, path_of(event.id, "/devices"), said % {"number": done.number})


_PAGE = "/organizer/events/{event_id}/devices/{device}/void"
routes = [Route(_PAGE, void, methods=["GET", "POST"])]
