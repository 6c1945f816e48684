"""The log of every decision at the doors, with filters, and what people did by hand."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.checkin.find_by_hand import by_hand
from handstamp.checkin.find_devices import devices_of
from handstamp.checkin.scan_log import scan_log
from handstamp.kit.ids import device_hex
from handstamp.plumbing.paging import link, number_in
from handstamp.plumbing.web import services
from handstamp.portal import scan_words, words
from handstamp.portal.event_frame import event_of, frame, list_names
from handstamp.portal.pages import page, render
from handstamp.tickets.printed_id import serial_of

PAGE = 100


@page
async def scans(request: Request) -> Response:
    """List decisions, the last received first."""
    query = request.query_params
    search, verdict = query.get("q", "").strip()[:100], query.get("verdict", "")
    chosen_device, chosen_list = query.get("device", ""), number_in(request, "list")
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "scans")
        devices = [
            *await devices_of(session, event.id, kind="phone"),
            *await devices_of(session, event.id, kind="api"),
        ]
        known = {device_hex(view.device.id): view.device.id for view in devices}
        found = await scan_log(
            session,
            event.id,
            serial=(serial_of(search) or -1) if search else None,
            device_id=known.get(chosen_device),
            list_no=chosen_list or None,
            verdict=verdict if verdict in words.verdicts() else None,
            before=number_in(request, "before") or None,
            limit=PAGE + 1,
        )
        names = await list_names(session, event.id)
    shown = found[:PAGE]
    return render(
        request,
        "scans.html",
        scans=shown,
        devices=devices,
        list_names=names,
        verdict_names=words.verdicts(),
        shown=scan_words.shown,
        how_names=words.hows(),
        chosen={"q": search, "verdict": verdict, "device": chosen_device, "list": chosen_list},
        filtered=bool(search or verdict or chosen_device or chosen_list),
        first=link(request, before=None) if query.get("before") else None,
        more=link(request, before=shown[-1].id) if len(found) > PAGE else None,
        **around,
    )


@page
async def by_hand_page(request: Request) -> Response:
    """Show who did what without a code, and how often each searched."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "scans")
        people = await by_hand(session, event.id)
    return render(request, "by_hand.html", people=people, **around)


_SCANS = "/organizer/events/{event_id}/scans"
routes = [Route(_SCANS, scans), Route(_SCANS + "/by-hand", by_hand_page)]
