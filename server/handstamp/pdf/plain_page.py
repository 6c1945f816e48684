"""The page of a plain document before it is drawn: every text cleaned of what steers others."""

from datetime import UTC, datetime

from jinja2 import Environment

from handstamp.kit.clock import SECOND, Millis
from handstamp.pdf.plain_document import PlainDocument, PlainSection
from handstamp.pdf.printed_text import clean


def made(at: Millis) -> str:
    """Write when a document was made, as its metadata has it."""
    return f"{datetime.fromtimestamp(at / SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}"


def plain_page(env: Environment, document: PlainDocument) -> str:
    """Return the page's HTML in the language being spoken."""
    return env.get_template("plain.html").render(
        author=clean(document.author),
        title=clean(document.title),
        lead=clean(document.lead),
        made=made(document.made_at),
        sections=[_cleaned(section) for section in document.sections],
    )


def _cleaned(section: PlainSection) -> PlainSection:
    return PlainSection(
        heading=clean(section.heading),
        facts=tuple((clean(label), clean(value)) for label, value in section.facts),
        columns=tuple(map(clean, section.columns)),
        rows=tuple(tuple(map(clean, row)) for row in section.rows),
        text="\n".join(map(clean, section.text.splitlines())),
        note=clean(section.note),
    )
