"""Draws tickets, and plain facts, as PDF with WeasyPrint; only the child process imports this."""

import io
import logging
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any

import pydyf
import segno
import weasyprint
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from handstamp.kit.clock import HOUR
from handstamp.pdf.brand import brand, ink_on
from handstamp.pdf.plain_document import PlainDocument
from handstamp.pdf.plain_page import made, plain_page
from handstamp.pdf.printed_text import clean, direction, script_language, shorten, size
from handstamp.pdf.ticket_document import PICTURES, PdfTicket, TicketDocument
from handstamp.plumbing import texts
from handstamp.plumbing.local_time import clock_time, day, day_and_time, zone_note
from handstamp.plumbing.texts import _

QUIET, MASK = 4, 3
ONE_EVENING = 18 * HOUR
CARD_LEFT, CARD_TOP, CARD_SIDE, PAGE_HEIGHT = 24.5, 53.5, 56.0, 148.0
POINTS = 72 / 25.4
LOGO_SIDE = 4000
_SCHEME = "handstamp:"
_FOLDER = resources.files("handstamp.pdf")


@dataclass(frozen=True)
class Drawn:
    """A PDF, and the letters for which no font was found."""

    pdf: bytes
    missing: str


class OwnBytes(URLFetcher):  # type: ignore[misc]
    """Gives WeasyPrint our fonts and the logo at hand; everything else is refused."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("handstamp",))
        self.logo = b""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return bytes of our own.

        Raises:
            ValueError: the address is none of ours.
        """
        name = url.removeprefix(_SCHEME)
        if url == f"{_SCHEME}logo":
            return URLFetcherResponse(url, self.logo)
        if url.startswith(_SCHEME) and re.fullmatch(r"Inter-\w+\.woff2", name):
            return URLFetcherResponse(url, (_FOLDER / "fonts" / name).read_bytes())
        raise ValueError("tickets are drawn from what is at hand")


class MissingLetters(logging.Handler):
    """Collects the letters that WeasyPrint says no font can draw."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the letter of one complaint."""
        if str(record.msg).startswith(".notdef") and isinstance(record.args, tuple):
            self.letters[str(record.args[0])] = None


class Drawer:
    """Draws documents one after another; fonts and style sheet are read once."""

    def __init__(self) -> None:
        self._fetcher = OwnBytes()
        self._fonts = FontConfiguration()
        self._style = self._sheet("tickets.css")
        self._plain = self._sheet("plain.css")  # its font is the one the sheet before brought
        env = Environment(
            loader=PackageLoader("handstamp.pdf", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
        )
        texts.install(env)
        env.globals |= {"direction": texts.direction, "script": _script}
        self._env = env
        self._template = env.get_template("tickets.html")
        self._missing = MissingLetters()
        logger = logging.getLogger("weasyprint")
        logger.handlers[:] = [self._missing]
        logger.propagate = False

    def draw(self, document: TicketDocument) -> Drawn:
        """Return the PDF of an order: a page a ticket."""
        self._missing.letters.clear()
        self._fetcher.logo = document.logo if _is_picture(document) else b""
        with texts.speaking(document.language):
            page = self._template.render(_values(document, has_logo=bool(self._fetcher.logo)))
        laid_out = weasyprint.HTML(string=page, url_fetcher=self._fetcher).render(
            font_config=self._fonts, stylesheets=[self._style]
        )

        def add_codes(_document: Any, pdf: pydyf.PDF) -> None:
            _draw_codes(pdf, document.tickets)

        content = laid_out.write_pdf(finisher=add_codes, pdf_tags=True)
        return Drawn(content, "".join(self._missing.letters))

    def draw_plain(self, document: PlainDocument) -> Drawn:
        """Return the PDF of facts and tables."""
        self._missing.letters.clear()
        with texts.speaking(document.language):
            page = plain_page(self._env, document)
        content = weasyprint.HTML(string=page, url_fetcher=self._fetcher).write_pdf(
            font_config=self._fonts, stylesheets=[self._plain], pdf_tags=True
        )
        return Drawn(content, "".join(self._missing.letters))

    def _sheet(self, name: str) -> weasyprint.CSS:
        style = (_FOLDER / "templates" / name).read_text()
        return weasyprint.CSS(string=style, font_config=self._fonts, url_fetcher=self._fetcher)


def _values(document: TicketDocument, *, has_logo: bool) -> dict[str, Any]:
    color = brand(document.brand_color)
    locale = texts.format_language()
    title, count = shorten(clean(document.title), 110), len(document.tickets)
    order = shorten(clean(document.order_number), 40)
    places = (clean(document.venue), clean(document.city))
    return {
        "title": title,
        "title_size": size(title, 17, 48),
        "organizer": clean(document.organizer),
        "subject": _("Tickets of order %(order)s") % {"order": order},
        "made": made(document.made_at),
        "brand": color,
        "ink": ink_on(color),
        "logo": has_logo,
        "when": _when(document, locale),
        "zone": zone_note(document.start_at, document.time_zone),
        "place": [shorten(place, 80) for place in places if place],
        "tickets": [
            {
                "printed_id": ticket.printed_id,
                **_sized("tier", ticket.tier),
                **_sized("holder", ticket.holder),
                "order_line": _order_line(order, number, count),
            }
            for number, ticket in enumerate(document.tickets, 1)
        ],
    }


def _sized(name: str, text: str) -> dict[str, Any]:
    shown = shorten(clean(text), 110)
    return {name: shown, f"{name}_size": size(shown, 34, 66)}


def _when(document: TicketDocument, locale: str) -> tuple[str, str]:
    """Return the day and from when to when; of two days, a line each."""
    start, end, zone = document.start_at, document.end_at, document.time_zone
    if end - start < ONE_EVENING:
        hours = f"{clock_time(start, zone, locale=locale)} – {clock_time(end, zone, locale=locale)}"
        return day(start, zone, locale), hours
    return day_and_time(start, zone, locale), f"– {day_and_time(end, zone, locale)}"


def _order_line(order: str, number: int, count: int) -> str:
    if count == 1:
        return _("Order %(order)s") % {"order": order}
    values = {"order": order, "number": number, "count": count}
    return _("Order %(order)s, ticket %(number)d of %(count)d") % values


def _script(text: str) -> Markup:
    """Return the attributes that have a text drawn in its own direction and letters."""
    language = script_language(text, texts.language())
    attributes = Markup(' dir="{}"').format(direction(text))
    return attributes + (Markup(' lang="{}"').format(language) if language else Markup())


def _is_picture(document: TicketDocument) -> bool:
    if not document.logo or document.logo_type not in PICTURES:
        return False
    try:
        with Image.open(io.BytesIO(document.logo), formats=("PNG", "JPEG")) as picture:
            if max(picture.size) > LOGO_SIDE:
                return False
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True


def _draw_codes(pdf: pydyf.PDF, tickets: tuple[PdfTicket, ...]) -> None:
    """Add each QR code to its page as filled runs of modules: sharp at any size, and small."""
    before = pydyf.Stream([b"q"])
    pdf.add_object(before)
    for number, ticket in zip(pdf.pages["Kids"][::3], tickets, strict=True):
        page = pdf.objects[int(number)]
        after = pydyf.Stream([b"Q", *_code(ticket.qr)], compress=True)
        pdf.add_object(after)
        page["Contents"] = pydyf.Array([before.reference, page["Contents"], after.reference])


def _code(text: str) -> list[bytes]:
    # The text is mostly a signature, so random: one mask reads as well as the best of eight
    # (blurred, 138 of 150 either way), and looking for the best takes a quarter of the time.
    code = segno.make_qr(text, error="m", mode="alphanumeric", boost_error=False, mask=MASK)
    rows = [bytes(row) for row in code.matrix_iter(border=0)]
    module = CARD_SIDE * POINTS / (len(rows) + 2 * QUIET)
    left = CARD_LEFT * POINTS
    bottom = (PAGE_HEIGHT - CARD_TOP - CARD_SIDE) * POINTS
    drawn = [
        f"/Artifact BMC q 0 g {module:.4f} 0 0 {module:.4f} {left:.3f} {bottom:.3f} cm".encode()
    ]
    for down, row in enumerate(rows):
        y = len(rows) + QUIET - 1 - down
        for run in re.finditer(rb"\x01+", row):
            drawn.append(b"%d %d %d 1 re" % (run.start() + QUIET, y, run.end() - run.start()))
    return [*drawn, b"f Q EMC"]
