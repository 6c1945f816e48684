"""What buyers and this site owe each other: terms, and what happens with personal details."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.kit.clock import DAY
from handstamp.orders.buyers import LIFE as BUYER_COOKIE_LIFE
from handstamp.orders.rules import KEEP_ABANDONED
from handstamp.plumbing.web import services
from handstamp.storefront.pages import buyers_page, render


@buyers_page
async def terms(request: Request) -> Response:
    """Show the terms of buying here."""
    minutes = services(request).settings.ticket_payment_timeout
    return render(request, "terms.html", kept=True, minutes=minutes)


@buyers_page
async def privacy(request: Request) -> Response:
    """Show what is kept about people, how long, and whom to ask."""
    return render(
        request,
        "privacy.html",
        kept=True,
        contact=_address(services(request).settings.mail_from),
        abandoned_days=KEEP_ABANDONED // DAY,
        cookie_days=BUYER_COOKIE_LIFE // DAY,
    )


def _address(sender: str) -> str:
    return sender.partition("<")[2].rstrip("> ") or sender


routes = [Route("/terms", terms), Route("/privacy", privacy)]
