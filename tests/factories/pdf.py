"""Ticket documents for tests, as plain values."""

from typing import Any

from handstamp.kit.clock import HOUR
from handstamp.pdf.ticket_document import PdfTicket, TicketDocument

START = 1_780_030_800_000


def make_qr_text(number: int = 0) -> str:
    """Return 122 letters as a signed token has."""
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "HS" + "".join(letters[(at * 7 + number * 3 + at * at) % 32] for at in range(120))


def make_document(count: int = 1, **others: Any) -> TicketDocument:
    """Return a document of `count` tickets; `others` are members of `TicketDocument`."""
    values: dict[str, Any] = {
        "language": "en",
        "organizer": "Moon Gallery",
        "title": "Paper Lanterns",
        "start_at": START,
        "end_at": START + 5 * HOUR,
        "time_zone": "America/Vancouver",
        "venue": "The Rickshaw, 254 East Hastings Street",
        "city": "Vancouver, BC",
        "order_number": "HS-7K3QX",
        "made_at": START,
        "tickets": tuple(make_pdf_ticket(number) for number in range(count)),
    }
    return TicketDocument(**{**values, **others})


def make_pdf_ticket(number: int = 0, **others: Any) -> PdfTicket:
    """Return one page's values."""
    values = {
        "printed_id": f"MOON-PL-20260529-7XK3Q9B{number % 10}Z",
        "qr": make_qr_text(number),
        "tier": "General admission",
        "holder": "Ada Lovelace",
    }
    return PdfTicket(**{**values, **others})
