"""The page that gives an organizer the "Buy tickets" button for their own website."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.find_events import tiers_of
from handstamp.payments.payment_accounts import account_of
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import services
from handstamp.plumbing.widget_script import LATEST, integrity
from handstamp.portal.event_frame import event_of, frame
from handstamp.portal.pages import page, render
from handstamp.portal.selling import blocks
from handstamp.portal.widget_lines import event_lines, organizer_lines, pinned_lines


@page
async def widget(request: Request) -> Response:
    """Show the lines to copy, how they look, and what a strict site must allow."""
    settings, now = services(request).settings, services(request).clock()
    site = settings.public_url
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "widget")
        tiers = await tiers_of(session, event.id)
        account = await account_of(session, event.organizer_id)
    return render(
        request,
        "widget.html",
        blocks=blocks(event, tiers, account, settings, now),
        lines={
            "event": event_lines(site, event.slug, event.title),
            "all": organizer_lines(site, event.organizer_id, _("Our events")),
            "pinned": pinned_lines(
                site, event.slug, event.title, version=LATEST, integrity=integrity(LATEST)
            ),
        },
        origin="{0.scheme}://{0.netloc}".format(urlsplit(site)),
        **around,
    )


routes = [Route("/organizer/events/{event_id}/widget", widget)]
