"""The id printed on a ticket (R9): readable, searchable, with a check letter; opens no door."""

import re
from datetime import UTC, datetime

from handstamp.kit import zones
from handstamp.kit.clock import Millis
from handstamp.kit.ids import base32_decode, base32_encode, luhn32

_TAIL = 9


def printed_prefix(organizer_code: str, event_code: str, start_at: Millis, zone: str) -> str:
    """Return `ORG-EVENT-YYYYMMDD-` with the event's local start date."""
    start = datetime.fromtimestamp(start_at / 1000, UTC).astimezone(zones.zone(zone))
    return f"{organizer_code}-{event_code}-{start:%Y%m%d}-"


def printed_tail(serial: int) -> str:
    """Write a 40-bit serial as 8 letters of Crockford base32 and a Luhn mod 32 check letter."""
    letters = base32_encode(serial, _TAIL - 1)
    return letters + luhn32(letters)


def serial_of(typed: str) -> int | None:
    """Read the serial out of a typed printed id, or out of its last part alone.

    Case does not matter, O reads 0, I and L read 1. None when it is no printed id or its
    check letter is wrong.
    """
    tail = re.sub(r"\s", "", typed).rsplit("-", 1)[-1].upper()
    tail = tail.translate(str.maketrans("OIL", "011"))
    if len(tail) != _TAIL or base32_decode(tail) is None or luhn32(tail[:-1]) != tail[-1]:
        return None
    return base32_decode(tail[:-1])
