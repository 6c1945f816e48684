"""What an event's page tells other sites: the text of a shared link, and schema.org's Event."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

from handstamp.auth.find_profile import Profile
from handstamp.events.models import Event
from handstamp.orders.availability import EventAvailability, TierAvailability
from handstamp.plumbing.config import Settings
from handstamp.plumbing.local_time import day_and_time, local

LONGEST_TEXT = 200
_STATES = {"sold_out": "SoldOut", "not_yet": "PreOrder", "few_left": "LimitedAvailability"}
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


@dataclass(frozen=True)
class Shared:
    """The page's address, a text of one line, and JSON that is safe inside a script element."""

    url: str
    text: str
    data: str


def share_data(
    settings: Settings, event: Event, organizer: Profile, left: EventAvailability
) -> Shared:
    """Return what the head of an event's page says."""
    url = f"{settings.public_url}/tickets/e/{event.slug}"
    when = day_and_time(event.start_at, event.time_zone)
    place = ", ".join(part for part in (event.venue, event.city) if part)
    text = " ".join((event.summary or f"{when} {place}").split())
    data = json.dumps(_event(url, event, organizer, left), ensure_ascii=False)
    data = data.replace('\\"', "\\u0022")
    return Shared(url, text[:LONGEST_TEXT], data.translate(_ESCAPES))


def _event(url: str, event: Event, organizer: Profile, left: EventAvailability) -> dict[str, Any]:
    about: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": event.title,
        "url": url,
        "startDate": local(event.start_at, event.time_zone).isoformat(),
        "endDate": local(event.end_at, event.time_zone).isoformat(),
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": {
            "@type": "Place",
            "name": event.venue or event.city or event.title,
            "address": {
                "@type": "PostalAddress",
                "addressLocality": event.city,
                "addressRegion": event.province,
            },
        },
        "organizer": {"@type": "Organization", "name": organizer.name},
        "offers": [_offer(url, tier) for tier in left.tiers],
    }
    if event.summary or event.description:
        about["description"] = event.summary or event.description
    if event.cover_url:
        about["image"] = [event.cover_url]
    return about


def _offer(url: str, tier: TierAvailability) -> dict[str, Any]:
    digits = get_currency_precision(tier.currency)
    return {
        "@type": "Offer",
        "name": tier.name,
        "price": f"{Decimal(tier.price).scaleb(-digits):.{digits}f}",
        "priceCurrency": tier.currency,
        "availability": f"https://schema.org/{_STATES.get(tier.state, 'InStock')}",
        "url": url,
    }
