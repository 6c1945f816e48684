"""Build the message that leaves: text, HTML with its pictures, and files."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime
from urllib.parse import urlsplit

from handstamp.kit.clock import SECOND
from handstamp.mail.addresses import BadAddress, author, recipient
from handstamp.mail.headers import EIGHT_BIT
from handstamp.mail.models import Mail
from handstamp.mail.prepared import Part
from handstamp.mail.render_mail import Rendered
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services


def message_id(settings: Settings, mail_id: str) -> str:
    """Return the id under which every copy of a mail is known as one."""
    return f"<{mail_id}@{urlsplit(settings.public_url).hostname or 'localhost'}>"


async def build_message(services: Services, mail: Mail, rendered: Rendered) -> EmailMessage:
    """Build the message and make its files.

    Raises:
        BadAddress: nothing can be sent to this address.
    """
    message = EmailMessage(policy=EIGHT_BIT)
    message["Message-ID"] = message_id(services.settings, mail.id)
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.created_at / SECOND, UTC))
    message["From"] = author(services.settings.mail_from, rendered.sender)
    message["To"] = recipient(mail.to_email)
    message["Subject"] = rendered.subject
    message["Auto-Submitted"] = "auto-generated"
    _set_reply_to(message, rendered.reply_to)
    _tell_provider(message, services.settings, mail.id)
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    parts: list[MIMEPart] = list(message.iter_parts())
    await _add_pictures(parts[-1], rendered.inline)
    for part in rendered.attachments:
        if content := await part.make():
            kind, _, subtype = part.media_type.partition("/")
            message.add_attachment(content, maintype=kind, subtype=subtype, filename=part.name)
    message["Content-Language"] = rendered.language  # last: parts take such headers with them
    return message


async def _add_pictures(html: MIMEPart, pictures: Sequence[Part]) -> None:
    for picture in pictures:
        kind, _, subtype = picture.media_type.partition("/")
        html.add_related(
            await picture.make(),
            maintype=kind,
            subtype=subtype,
            cid=f"<{picture.name}>",
            filename=f"{picture.name}.{subtype}",
            disposition="inline",
        )


def _set_reply_to(message: EmailMessage, address: str) -> None:
    try:
        message["Reply-To"] = recipient(address)
    except BadAddress:
        return  # the organizer left it empty, or wrote what is none


def _tell_provider(message: EmailMessage, settings: Settings, mail_id: str) -> None:
    """Have a provider's events name our mail; these headers are taken off by the provider."""
    if settings.postmark_webhook:
        message["X-PM-Metadata-mail"] = mail_id
        message["X-PM-KeepID"] = "true"
    if settings.resend_webhook_secret:
        message["Resend-Idempotency-Key"] = mail_id
