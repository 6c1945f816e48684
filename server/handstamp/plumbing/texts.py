"""Every visible string of the server: gettext catalogues, English built in.

Pages speak a language of `PAGES`; mails, tickets and notices speak that of who gets them, one of
`languages()`. The pseudo-language `qps` puts ⟦ ⟧ around every string that came through here and
accents its letters, so that a test can find those that did not; `qpr` does the same from right to
left.
"""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

LOCALE_FOLDER = Path(__file__).parent.parent / "locale"
SOURCE = "en"
PSEUDO = "qps"
PSEUDO_RTL = "qpr"
PAGES = (SOURCE,)
PHONES = "/api/tickets/checkin/"  # what is said there is read on a phone, in its language
_PLACEHOLDER = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]*>|&\w+;)")
_ACCENTS = str.maketrans("aceinouyACEINOUY", "àçéîñöûýÀÇÉÎÑÖÛÝ")
_WEIGHT = re.compile(r"^\s*([\w*-]+)\s*(?:;\s*q\s*=\s*([0-9.]+))?\s*$")


class PseudoTranslations(NullTranslations):
    """Marks what it translates; placeholders and markup stay as they are."""

    def gettext(self, message: str) -> str:
        """Return the message accented between marks."""
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the fitting form accented between marks."""
        return pseudo(msgid1 if n == 1 else msgid2)


def pseudo(message: str) -> str:
    """Accent the letters of a message and set it between ⟦ and ⟧."""
    parts = _PLACEHOLDER.split(message)
    accented = (part.translate(_ACCENTS) if i % 2 == 0 else part for i, part in enumerate(parts))
    return f"⟦{''.join(accented)}⟧"


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """Return the languages there are catalogues for, English first."""
    found = {path.parent.parent.name for path in LOCALE_FOLDER.glob("*/LC_MESSAGES/handstamp.po")}
    return (SOURCE, *sorted(found - {SOURCE}))


def own_name(language: str) -> str:
    """Return the name of a language in itself: `français`."""
    return Locale.parse(language).get_display_name(language) or language


@lru_cache(maxsize=64)
def catalogue(language: str) -> NullTranslations:
    """Return the catalogue of a language; what it lacks is said in English."""
    if language in (PSEUDO, PSEUDO_RTL):
        return PseudoTranslations()
    if language == SOURCE or language not in languages():
        return NullTranslations()
    compiled = io.BytesIO()
    with (LOCALE_FOLDER / language / "LC_MESSAGES" / "handstamp.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


_language: ContextVar[str] = ContextVar("handstamp_language", default=SOURCE)
_asked: ContextVar[str] = ContextVar("handstamp_asked_language", default="")


def language() -> str:
    """Return the language of the page or mail being made."""
    return _language.get()


def format_language() -> str:
    """Return the language in which dates and amounts are written."""
    spoken = _language.get()
    return SOURCE if spoken in (PSEUDO, PSEUDO_RTL) else spoken


def asked_language() -> str:
    """Return the language of `languages()` that the browser asks for; "" when it asks for none."""
    return _asked.get()


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Use one language inside the block."""
    token, asked = _language.set(chosen), _asked.set(chosen)
    try:
        yield
    finally:
        _language.reset(token)
        _asked.reset(asked)


def _(message: str) -> str:
    """Translate a message."""
    return catalogue(_language.get()).gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Translate a message that counts something."""
    return catalogue(_language.get()).ngettext(singular, plural, n)


def install(env: Environment) -> None:
    """Give Jinja templates `_`, `gettext`, `ngettext` and `{% trans %}`.

    They are its "new style" functions but for one thing: Jinja's own copy the whole context at
    each call inside a loop, which was half of the time of a long list.
    """
    env.install_gettext_callables(_, ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(_=_in_page, gettext=_in_page, ngettext=_counted_in_page, language=language)


@pass_eval_context
def _in_page(how: EvalContext, message: str, /, **values: object) -> str:
    return _filled(how, _(message), values)


@pass_eval_context
def _counted_in_page(
    how: EvalContext, singular: str, plural: str, n: int, /, **values: object
) -> str:
    return _filled(how, ngettext(singular, plural, n), {"num": n, **values})


def _filled(how: EvalContext, text: str, values: Mapping[str, object]) -> str:
    said = Markup(text) if how.autoescape else text  # noqa: S704 - our own words; values are escaped
    return said % values if "%" in text else said


@lru_cache(maxsize=256)
def negotiate(accept_language: str, among: tuple[str, ...] = PAGES) -> str:
    """Choose the language of an `Accept-Language` header; "" when none of `among` fits."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language[:500].split(","):
        match = _WEIGHT.match(part)
        if match and _number(match[2]) > 0:
            wanted.append((-_number(match[2]), match[1].replace("-", "_")))
    names = [name for _weight, name in sorted(wanted, key=lambda pair: pair[0])]
    if names[:1] in ([PSEUDO], [PSEUDO_RTL]):
        return names[0]
    return negotiate_locale(names, among) or ""


def _number(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0


def direction() -> str:
    """Return `ltr` or `rtl` for the language in use."""
    if _language.get() == PSEUDO_RTL:
        return "rtl"
    try:
        return Locale.parse(_language.get()).text_direction
    except (UnknownLocaleError, ValueError):
        return "ltr"


class LanguageMiddleware:
    """Speak the language that the browser asks for, and note which it wants to be written in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        header = Headers(scope=scope).get("accept-language", "")
        asked = negotiate(header, languages())
        on_a_phone = scope["path"].startswith(PHONES)
        with speaking((asked if on_a_phone else negotiate(header)) or SOURCE):
            _asked.set(asked)
            await self.app(scope, receive, send)
