"""A ticket that shows an organizer's looks; its code is of no key and opens no door."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import Profile, logo_of
from handstamp.kit.clock import DAY, HOUR
from handstamp.pdf.ticket_document import PdfTicket, TicketDocument
from handstamp.plumbing.texts import _, language
from handstamp.plumbing.web import Services

_NO_CODE = "HS" + "0" * 120


async def sample_ticket(
    session: AsyncSession, services: Services, profile: Profile
) -> TicketDocument:
    """Return the document of one made-up ticket."""
    now = services.clock()
    logo, logo_type = await logo_of(session, profile.organizer_id)
    start = now - now % HOUR + DAY
    ticket = PdfTicket(
        printed_id=_("SAMPLE-NO-ENTRY"), qr=_NO_CODE, tier=_("Sample"), holder=_("Ada Example")
    )
    return TicketDocument(
        language=language(),
        organizer=profile.name,
        title=_("Sample ticket, no entry"),
        start_at=start,
        end_at=start + 3 * HOUR,
        time_zone="UTC",
        venue=_("Your venue"),
        city="",
        order_number=_("SAMPLE"),
        tickets=(ticket,),
        made_at=now,
        brand_color=profile.brand_color,
        logo=logo,
        logo_type=logo_type,
    )
