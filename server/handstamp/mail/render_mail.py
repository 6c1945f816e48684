"""Make a mail's text from its folder of templates, just before it is sent or shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from handstamp.mail.addresses import one_line
from handstamp.mail.models import Mail
from handstamp.mail.prepared import Part, Prepared, Preparers, Ready, arguments
from handstamp.plumbing import money_text, texts
from handstamp.plumbing.web import Services


@dataclass(frozen=True)
class Rendered:
    """A mail in its language, with the files that are still to be made."""

    subject: str
    text: str
    html: str
    attachments: Sequence[Part] = ()
    inline: Sequence[Part] = ()
    sender: str = ""
    reply_to: str = ""
    language: str = texts.SOURCE


@lru_cache(maxsize=1)
def _templates() -> Environment:
    env = Environment(
        loader=PackageLoader("handstamp.mail", "messages"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        keep_trailing_newline=True,
        auto_reload=False,
    )
    texts.install(env)
    env.filters["price"] = money_text.price
    env.globals["direction"] = texts.direction
    return env


async def render_mail(
    services: Services, preparers: Preparers, mail: Mail, ready: Ready | None = None
) -> Rendered:
    """Fetch what the mail names, unless that is `ready`, and fill its templates.

    Raises:
        KeyError: no preparer for this kind of mail.
        NoLongerWanted: the mail should not go out any more.
    """
    args = arguments(mail)
    env = _templates()

    def part(name: str) -> str:
        return env.get_template(f"{mail.kind}/{name}").render(**made.values)

    spoken = args.get("language", texts.SOURCE)
    with texts.speaking(spoken):
        found = ready() if ready else await preparers[mail.kind](services, args)
        made = found if isinstance(found, Prepared) else Prepared(found)
        return Rendered(
            one_line(part("subject.txt")),
            part("body.txt"),
            part("body.html"),
            made.attachments,
            made.inline,
            made.sender,
            made.reply_to,
            spoken,
        )
