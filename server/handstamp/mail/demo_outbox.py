"""What the demo would have mailed, newest first, for its page."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select

from handstamp.kit.clock import Millis
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted, Part, Preparers
from handstamp.mail.render_mail import Rendered, render_mail
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

ROOM = "mail.preparers"
SHOWN = 50


@dataclass(frozen=True)
class DemoMail:
    """One mail as its reader would see it; its files are made when they are opened."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    created_at: Millis
    attachments: Sequence[Part] = ()
    inline: Sequence[Part] = ()


async def demo_outbox(services: Services) -> list[DemoMail]:
    """Return the newest mails, rendered now; those no longer wanted are left out.

    Raises:
        NotFound: this is no demo; mails are for their readers only.
    """
    preparers = _preparers(services)
    async with services.db.read() as session:
        newest = select(Mail).order_by(Mail.created_at.desc(), Mail.id.desc()).limit(SHOWN)
        mails = list((await session.execute(newest)).scalars())
    shown = []
    for mail in mails:
        with suppress(NoLongerWanted):
            shown.append(_shown(mail, await render_mail(services, preparers, mail)))
    return shown


async def demo_mail(services: Services, mail_id: str) -> DemoMail:
    """Return one mail, rendered now.

    Raises:
        NotFound: this is no demo, or there is no such mail.
    """
    preparers = _preparers(services)
    async with services.db.read() as session:
        mail = await session.get(Mail, mail_id)
    if mail is None:
        raise NotFound(_("There is nothing at this address."))
    try:
        return _shown(mail, await render_mail(services, preparers, mail))
    except NoLongerWanted as error:
        raise NotFound(_("This mail would not be sent any more.")) from error


def _preparers(services: Services) -> Preparers:
    if not services.settings.demo:
        raise NotFound(_("There is nothing at this address."))
    preparers: Preparers = services.rooms[ROOM]
    return preparers


def _shown(mail: Mail, made: Rendered) -> DemoMail:
    return DemoMail(
        id=mail.id,
        to=mail.to_email,
        subject=made.subject,
        text=made.text,
        html=made.html,
        created_at=mail.created_at,
        attachments=made.attachments,
        inline=made.inline,
    )
