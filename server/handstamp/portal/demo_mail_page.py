"""The demo's mails on a page, since none leaves the machine."""

import base64
import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from handstamp.mail.demo_outbox import demo_mail as find_mail
from handstamp.mail.demo_outbox import demo_outbox
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import services
from handstamp.portal.pages import page, render

# A mail brings its own looks and pictures; it may load nothing and run nothing.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
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
            "id": mail.id,
            "to": mail.to,
            "subject": mail.subject,
            "parts": parts_of(mail.text),
            "sent_at": mail.created_at,
            "files": [file.name for file in mail.attachments],
        }
        for mail in await demo_outbox(services(request))
    ]
    return render(request, "demo_mail.html", mails=mails)


@page
async def as_sent(request: Request) -> Response:
    """Show one mail as its reader would see it, its pictures in place."""
    mail = await find_mail(services(request), request.path_params["mail"])
    html = mail.html
    for picture in mail.inline:
        content = base64.b64encode(await picture.make()).decode()
        html = html.replace(
            f'"cid:{picture.name}"', f'"data:{picture.media_type};base64,{content}"'
        )
    return HTMLResponse(html, headers={"Content-Security-Policy": _MAIL_POLICY})


@page
async def attachment(request: Request) -> Response:
    """Hand out one file of a mail, counted from 0."""
    mail = await find_mail(services(request), request.path_params["mail"])
    number = request.path_params["number"]
    content = b""
    if number < len(mail.attachments):
        content = await mail.attachments[number].make()
    if not content:
        raise NotFound(_("There is nothing at this address."))
    file = mail.attachments[number]
    named = f'inline; filename="{file.name}"'
    return Response(content, media_type=file.media_type, headers={"Content-Disposition": named})


routes = [
    Route("/demo/mail", demo_mail),
    Route("/demo/mail/{mail}", as_sent),
    Route("/demo/mail/{mail}/{number:int}", attachment),
]
