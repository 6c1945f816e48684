"""Tickets and facts as they are fed, made of columns of the database. Knows no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from handstamp.checkin.stored_facts import SERVER_KINDS
from handstamp.checkin.verdict import STATUS_CODES
from handstamp.checkin.wire import FactRow, TicketRow, decode_fact, row_of

LATER_STATUS = 4  # a status this protocol does not know reads as cancelled (R30)


@dataclass(frozen=True)
class Personal:
    """Which personal fields the organizer lets phones have."""

    name: bool
    email: bool
    order: bool
    note: bool = False

    @classmethod
    def of(cls, fields: str) -> "Personal":
        """Read the event's `snapshot_fields`."""
        allowed = set(fields.split(","))
        return cls("name" in allowed, "email" in allowed, "order" in allowed, "note" in allowed)


def tickets_of(rows: Iterable[Any], personal: Personal) -> list[TicketRow]:
    """Make tickets of (serial, tier, status, epoch, name, email, order, code digest, note)."""
    return [
        TicketRow(
            serial,
            tier,
            STATUS_CODES.get(status, LATER_STATUS),
            epoch,
            name if personal.name else "",
            email if personal.email else "",
            order if personal.order else "",
            code or b"",
            note if personal.note else "",
        )
        for serial, tier, status, epoch, name, email, order, code, note in rows
    ]


def facts_of(rows: Iterable[Any]) -> list[FactRow]:
    """Make facts of (bytes, tag, stamp, scanned, after the end, kind of the device, …)."""
    return [
        row_of(
            decode_fact(raw),
            tag,
            stamp=stamp,
            scanned=scanned,
            backed=claimed or kind in SERVER_KINDS,
            after_end=after_end,
            granted=granted,
        )
        for raw, tag, stamp, scanned, after_end, kind, claimed, granted in rows
    ]
