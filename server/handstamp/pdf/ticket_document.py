"""What a PDF of tickets says, in plain values that cross to the process that draws it."""

import base64
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handstamp.kit.clock import Millis

PICTURES = ("image/png", "image/jpeg")
BRAND = "#4a2fae"


@dataclass(frozen=True)
class PdfTicket:
    """One page. `qr` are the 122 letters of the signed token."""

    printed_id: str
    qr: str
    tier: str
    holder: str


@dataclass(frozen=True)
class TicketDocument:
    """The tickets of one order. Times are milliseconds UTC, `brand_color` is `#rrggbb`."""

    language: str
    organizer: str
    title: str
    start_at: Millis
    end_at: Millis
    time_zone: str
    venue: str
    city: str
    order_number: str
    tickets: tuple[PdfTicket, ...]
    made_at: Millis
    brand_color: str = ""
    logo: bytes = b""
    logo_type: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the document as JSON values."""
        return {**dataclasses.asdict(self), "logo": base64.b64encode(self.logo).decode()}


def from_json(values: Mapping[str, Any]) -> TicketDocument:
    """Read what `to_json` wrote.

    Raises:
        TypeError, ValueError: it is no document.
    """
    tickets = tuple(PdfTicket(**ticket) for ticket in values["tickets"])
    logo = base64.b64decode(values["logo"])
    return TicketDocument(**{**values, "tickets": tickets, "logo": logo})
