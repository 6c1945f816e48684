"""The demo's mails on a page, since none leaves the machine."""

import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.mail.demo_outbox import demo_outbox
from handstamp.plumbing.web import services
from handstamp.portal.pages import page, render

_LINK = re.compile(r"(https?://[^\s<>\"]+)")


@dataclass(frozen=True)
class Part:
    """A piece of a mail's text; `link` when the piece is an address to open."""

    text: str
    link: bool


def parts_of(text: str) -> list[Part]:
    """Split a mail's text at the addresses in it."""
    pieces = _LINK.split(text.strip())
    return [Part(piece, bool(place % 2)) for place, piece in enumerate(pieces) if piece]


@page
async def demo_mail(request: Request) -> Response:
    """Show what would have been mailed, newest first."""
    mails = [
        {
            "to": mail.to,
            "subject": mail.subject,
            "parts": parts_of(mail.text),
            "sent_at": mail.created_at,
        }
        for mail in await demo_outbox(services(request))
    ]
    return render(request, "demo_mail.html", mails=mails)


routes = [Route("/demo/mail", demo_mail)]
