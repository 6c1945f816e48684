"""Make a mail's text from its folder of templates, just before it is sent or shown."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from handstamp.kit.clock import SECOND
from handstamp.mail.models import Mail
from handstamp.plumbing import texts
from handstamp.plumbing.web import Services

Prepare = Callable[[Services, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
Preparers = Mapping[str, Prepare]


@dataclass(frozen=True)
class Rendered:
    """The three parts of a mail in its language."""

    subject: str
    text: str
    html: str


@lru_cache(maxsize=1)
def _templates() -> Environment:
    env = Environment(
        loader=PackageLoader("handstamp.mail", "messages"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        keep_trailing_newline=True,
    )
    texts.install(env)
    return env


async def render_mail(services: Services, preparers: Preparers, mail: Mail) -> Rendered:
    """Fetch what the mail names and fill its templates.

    Raises:
        KeyError: no preparer for this kind of mail.
    """
    args = json.loads(mail.args_json)
    values = await preparers[mail.kind](services, args)
    env = _templates()

    def part(name: str) -> str:
        return env.get_template(f"{mail.kind}/{name}").render(**values)

    with texts.speaking(args.get("language", texts.SOURCE)):
        subject = " ".join(part("subject.txt").split())
        return Rendered(subject, part("body.txt"), part("body.html"))


def to_message(services: Services, mail: Mail, rendered: Rendered) -> EmailMessage:
    """Build the message; its id follows from the mail's, so that a second copy is known as one."""
    domain = urlsplit(services.settings.public_url).hostname or "localhost"
    message = EmailMessage()
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.created_at / SECOND, UTC))
    message["From"] = services.settings.mail_from
    message["To"] = mail.to_email
    message["Subject"] = rendered.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return message
