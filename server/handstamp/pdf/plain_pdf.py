"""Facts and tables as a PDF, drawn off the event loop."""

from handstamp.pdf.plain_document import PlainDocument
from handstamp.pdf.ticket_pdf import DrawnPdf, drawn
from handstamp.plumbing.web import Services


async def draw_plain(services: Services, document: PlainDocument) -> DrawnPdf:
    """Draw a plain document, as many pages as it takes.

    Raises:
        DrawingFailed: Pango is not installed, or the process that draws fails.
    """
    return await drawn(services, document.to_json())
