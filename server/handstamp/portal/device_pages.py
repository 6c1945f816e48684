"""Pages about phones at the door: pairing by code or QR, what each reports, revoking."""

from collections.abc import Sequence
from dataclasses import dataclass

import segno
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handstamp.checkin.find_devices import device_of_code, devices_of, forged_lately, view_of
from handstamp.checkin.find_log_state import log_states
from handstamp.checkin.pair_device import CODE_LIFE, make_pairing_code
from handstamp.checkin.revoke_device import revoke_device
from handstamp.checkin.validate_keys import create_key
from handstamp.events.find_events import ListView, lists_of
from handstamp.kit.ids import device_of_hex
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_scanning, require_user, services
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.forms import DeviceForm, KeyForm
from handstamp.portal.log_words import issue_views
from handstamp.portal.pages import go, page, render

MANY_FORGED = 10  # in an hour: more than a few bad prints


@dataclass(frozen=True)
class Invitation:
    """A code to pair one phone with: the code, its link, the link as QR, and when it ends."""

    code: str
    link: str
    qr: str
    name: str
    expires_at: int


@page
async def devices(request: Request) -> Response:
    """List an event's phones with what each last reported."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "devices")
        lists = await lists_of(session, event.id)
        found = await devices_of(session, event.id, kind="phone")
        states = await log_states(session, event, services(request).clock())
        forged = await forged_lately(session, event.id, services(request).clock())
    return render(
        request,
        "devices.html",
        devices=found,
        forged={device: count for device, count in forged.items() if count >= MANY_FORGED},
        odd={
            device: issue_views(state, services(request).clock())
            for device, state in states.items()
        },
        lists=lists,
        list_names={view.number: view.name for view in lists},
        **around,
    )


@page
async def pair(request: Request) -> Response:
    """Show the form of a pairing; when it is sent, show the code once."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "devices")
        lists = await lists_of(session, event.id)
    form = await DeviceForm.from_formdata(request, role="steward")
    chosen = _numbers(await request.form(), lists) if request.method == "POST" else []
    if request.method == "POST" and await form.validate():
        require_scanning(request)
        actor, shared = require_user(request), services(request)
        async with shared.db.write(actor=actor.id) as session:
            code = await make_pairing_code(
                session,
                shared,
                actor,
                event,
                name=form.name.data,
                lists=chosen,
                gate=form.gate.data or "",
                role=form.role.data,
            )
        invitation = _invitation(request, code, form.name.data)
        return render(request, "pair_code.html", invitation=invitation, **around)
    return render(
        request,
        "pair.html",
        status=422 if form.errors else 200,
        form=form,
        lists=lists,
        chosen=chosen,
        **around,
    )


def _numbers(data: FormData, lists: Sequence[ListView]) -> list[int]:
    known = {str(view.number) for view in lists}
    wanted = {str(number) for number in data.getlist("list")} & known
    return sorted(int(number) for number in wanted) if wanted != known else []


def _invitation(request: Request, code: str, name: str) -> Invitation:
    base = services(request).settings.public_url.rstrip("/")
    link = f"{base}/tickets/checkin/?pair={code}"
    qr = segno.make_qr(link, error="m").svg_inline(border=4, omitsize=True, light="#fff")
    return Invitation(
        code=f"{code[:4]}-{code[4:]}",
        link=link,
        qr=qr,
        name=name,
        expires_at=services(request).clock() + CODE_LIFE,
    )


@page
async def pairing_state(request: Request) -> Response:
    """Tell the page that shows a code whether a phone has used it."""
    code = str((await request.form()).get("code", ""))
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        device = await device_of_code(session, services(request), event.id, code)
    return JSONResponse({"paired": device is not None, "name": device.name if device else ""})


@page
async def revoke(request: Request) -> Response:
    """Revoke a phone or a scanner key."""
    actor, shared = require_user(request), services(request)
    device_id = device_of_hex(request.path_params["device"])
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        device = await revoke_device(session, shared, actor, device_id)
    if device.kind == "api":
        return go(request, path_of(event.id, "/keys"), _("The key is revoked at once."))
    said = _("Revoked. At its next contact the phone hands in its scans and deletes its list.")
    return go(request, path_of(event.id, "/devices"), said)


@page
async def keys(request: Request) -> Response:
    """List the keys of third-party scanners; take the form of a new one and show it once."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "keys")
        lists = await lists_of(session, event.id)
        found = await devices_of(session, event.id, kind="api")
    form = await KeyForm.from_formdata(request)
    fresh = None
    if request.method == "POST" and await form.validate():
        require_scanning(request)
        actor, shared = require_user(request), services(request)
        chosen = _numbers(await request.form(), lists)
        try:
            async with shared.db.write(actor=actor.id) as session:
                device, fresh = await create_key(
                    session,
                    shared,
                    actor,
                    event,
                    name=form.name.data,
                    lists=chosen,
                    gate=form.gate.data or "",
                )
            found = [view_of(device), *found]
            form = KeyForm(request)
        except Problem as error:
            form.take(error)
    return render(
        request,
        "keys.html",
        status=422 if form.errors else 200,
        form=form,
        keys=found,
        fresh=fresh,
        lists=lists,
        list_names={view.number: view.name for view in lists},
        public_url=services(request).settings.public_url.rstrip("/"),
        **around,
    )


_EVENT = "/organizer/events/{event_id}"
routes = [
    Route(_EVENT + "/devices", devices),
    Route(_EVENT + "/devices/pair", pair, methods=["GET", "POST"]),
    Route(_EVENT + "/devices/pairing", pairing_state, methods=["POST"]),
    Route(_EVENT + "/devices/{device}/revoke", revoke, methods=["POST"]),
    Route(_EVENT + "/keys", keys, methods=["GET", "POST"]),
]
