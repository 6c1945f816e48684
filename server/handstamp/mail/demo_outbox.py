"""What the demo would have mailed, newest first, for its page."""

from dataclasses import dataclass

from sqlalchemy import select

from handstamp.kit.clock import Millis
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import Preparers, render_mail
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

ROOM = "mail.preparers"
SHOWN = 50


@dataclass(frozen=True)
class DemoMail:
    """One mail as its reader would see it."""

    to: str
    subject: str
    text: str
    html: str
    created_at: Millis


async def demo_outbox(services: Services) -> list[DemoMail]:
    """Return the newest mails, rendered now.

    Raises:
        NotFound: this is no demo; mails are for their readers only.
    """
    if not services.settings.demo:
        raise NotFound(_("There is nothing at this address."))
    preparers: Preparers = services.rooms[ROOM]
    async with services.db.read() as session:
        newest = select(Mail).order_by(Mail.created_at.desc(), Mail.id.desc()).limit(SHOWN)
        mails = list((await session.execute(newest)).scalars())
    shown = []
    for mail in mails:
        made = await render_mail(services, preparers, mail)
        shown.append(DemoMail(mail.to_email, made.subject, made.text, made.html, mail.created_at))
    return shown
