"""The document of an event's tickets, whoever they were issued to."""

from collections.abc import Iterable

from handstamp.auth.find_profile import Profile
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.pdf.ticket_document import PdfTicket, TicketDocument


def document_of_event(
    event: Event,
    profile: Profile,
    tickets: Iterable[PdfTicket],
    *,
    number: str,
    language: str,
    made_at: Millis,
    logo: tuple[bytes, str],
) -> TicketDocument:
    """Return what the PDF of some tickets of an event says.

    Args:
        number: what is printed as their order's.
        logo: a picture and its type.
    """
    picture, picture_type = logo
    return TicketDocument(
        language=language,
        organizer=profile.name,
        title=event.title,
        start_at=event.start_at,
        end_at=event.end_at,
        time_zone=event.time_zone,
        venue=event.venue,
        city=", ".join(part for part in (event.city, event.province) if part),
        order_number=number,
        tickets=tuple(tickets),
        made_at=made_at,
        brand_color=profile.brand_color,
        logo=picture,
        logo_type=picture_type,
    )
