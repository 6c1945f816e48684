"""The demo's page of "another site": its own strict policy, and the widget as its one script."""

from urllib.parse import urlsplit

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.demo.tonight import tonight
from handstamp.events.models import Event
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.pages import Pages
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_ticketing, services

PATH = "/tickets/demo/site"
_pages = Pages(__package__)


async def site(request: Request) -> Response:
    """Show the page; only in the demo. Opened at 127.0.0.1 it is of another origin than the shop.

    Raises:
        NotFound: this server is no demo, or it has no event tonight.
    """
    require_ticketing(request)
    shared = services(request)
    slug = f"demo-{tonight(shared.clock(), 0).date}"
    event = None
    if shared.settings.demo:
        async with shared.db.read() as session:
            event = await session.scalar(select(Event).where(Event.slug == slug))
    if event is None:
        raise NotFound(_("There is nothing at this address."))
    shop = shared.settings.public_url
    text = _pages.text(request, "site.html", event=event, shop=shop)
    address = "{0.scheme}://{0.netloc}".format(urlsplit(shop))
    policy = f"default-src 'none'; script-src {address}; connect-src {address}; style-src 'self'"
    return HTMLResponse(
        text, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    )


def elsewhere(public_url: str) -> str:
    """Return the page's address under another name of this computer, if there is one."""
    return public_url.replace("//localhost:", "//127.0.0.1:") + PATH


routes: list[BaseRoute] = [Route(PATH, site)]
