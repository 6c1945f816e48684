"""Tickets of one order as one PDF, and the children that draw any, off the event loop."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from handstamp.pdf.drawing_pool import DrawingFailed, DrawingPool
from handstamp.pdf.printed_text import script_language
from handstamp.pdf.ticket_document import TicketDocument
from handstamp.plumbing.metrics import PDFS
from handstamp.plumbing.web import Services

ROOM = "pdf"
FONTS = "pdf.fonts"
_log = structlog.get_logger("handstamp.pdf")


@dataclass(frozen=True)
class DrawnPdf:
    """A drawn document; `missing` are letters that no font of this machine could draw."""

    content: bytes
    missing: str


async def draw_tickets(services: Services, document: TicketDocument) -> DrawnPdf:
    """Draw an order's tickets, a page each.

    Raises:
        DrawingFailed: Pango is not installed, or the process that draws fails.
    """
    return await drawn(services, document.to_json())


async def drawn(services: Services, request: Mapping[str, Any]) -> DrawnPdf:
    """Have a child draw what a document's `to_json` returned, count it, and tell what it lacks.

    Raises:
        DrawingFailed: Pango is not installed, or the process that draws fails.
    """
    try:
        head, body = await pool_of(services).ask(request)
    except DrawingFailed as error:
        PDFS.labels(outcome="failed").inc()
        _log.warning("pdf_failed", reason=str(error))
        raise
    missing = str(head["missing"])
    PDFS.labels(outcome="letters_missing" if missing else "drawn").inc()
    if missing:
        languages = sorted({script_language(letter) or "other" for letter in missing})
        _log.warning("pdf_letters_missing", languages=languages)
    return DrawnPdf(body, missing)


def pool_of(services: Services) -> DrawingPool:
    """Return the process's pool; its children start with the first document."""
    pool: DrawingPool = services.rooms.setdefault(ROOM, DrawingPool())
    return pool


async def close_pdf(services: Services) -> None:
    """End the children that draw."""
    asked: asyncio.Task[list[str]] | None = services.rooms.pop(FONTS, None)
    if asked is not None:
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
    pool: DrawingPool | None = services.rooms.pop(ROOM, None)
    if pool is not None:
        await pool.close()
