"""The feed: what changed in an event after a cursor, in pages that end on marks (R31-R36)."""

import base64
import binascii
import hmac
import json
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import Organizer
from handstamp.checkin.batch import parsed_rules
from handstamp.checkin.list_rows import Personal, facts_of, tickets_of
from handstamp.checkin.models import Device, Fact, FeedHead, FeedMark
from handstamp.checkin.wire import FactRow, TicketRow
from handstamp.events.models import Event, ListRevision, Tier
from handstamp.tickets.models import Ticket
from handstamp.tickets.printed_id import printed_prefix
from handstamp.tickets.signing_keys import keys_of_event

PAGE_ROWS = 2_000


class Cursor(NamedTuple):
    """A place in an event's feed; `digest` is 16 bytes."""

    feed: str
    seq: int
    digest: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the cursor as R31 has it."""
        return {
            "feed": self.feed,
            "seq": self.seq,
            "digest": base64.b64encode(self.digest).decode(),
        }

    @classmethod
    def from_json(cls, members: dict[str, Any]) -> "Cursor":
        """Read a cursor; what cannot be one becomes a cursor that nobody holds."""
        feed, seq, digest = (members.get(name) for name in ("feed", "seq", "digest"))
        if not isinstance(feed, str) or type(seq) is not int or not isinstance(digest, str):
            return cls("", -1, b"")
        try:
            return cls(feed, seq, base64.b64decode(digest, validate=True))
        except (binascii.Error, ValueError):
            return cls("", -1, b"")


async def feed_end(session: AsyncSession, event_id: str) -> Cursor | None:
    """Return the cursor of the feed's end; None before the door's first batch."""
    row = (
        await session.execute(
            select(FeedHead.feed_id, FeedHead.seq, FeedHead.digest).where(
                FeedHead.event_id == event_id
            )
        )
    ).one_or_none()
    return Cursor(row.feed_id, row.seq, row.digest) if row else None


async def holds(session: AsyncSession, event_id: str, cursor: Cursor, end: Cursor) -> bool:
    """Tell whether the cursor stands on a mark of this feed (R34)."""
    if cursor.feed != end.feed or not 0 <= cursor.seq <= end.seq:
        return False
    digest = await session.scalar(
        select(FeedMark.digest).where(FeedMark.event_id == event_id, FeedMark.seq == cursor.seq)
    )
    return digest is not None and hmac.compare_digest(digest, cursor.digest)


async def changes_after(
    session: AsyncSession, event: Event, cursor: Cursor, end: Cursor
) -> dict[str, Any]:
    """Return one page of changes (R35); `cursor` must be held. Call it in one read transaction."""
    to = cursor
    if end.seq > cursor.seq:
        mark = (
            await session.execute(
                select(FeedMark.seq, FeedMark.digest)
                .where(FeedMark.event_id == event.id, FeedMark.seq <= cursor.seq + PAGE_ROWS)
                .order_by(FeedMark.seq.desc())
                .limit(1)
            )
        ).one()
        to = Cursor(end.feed, mark.seq, mark.digest)
    page: dict[str, Any] = {
        "to": to.to_json(),
        "tickets": [],
        "facts": [],
        "lists": [],
        "devices": [],
        "event": None,
        "tiers": None,
        "keys": None,
        "more": to.seq < end.seq,
    }
    if to.seq > cursor.seq:
        await _fill(session, event, page, cursor.seq, to.seq)
    return page


async def _fill(
    session: AsyncSession, event: Event, page: dict[str, Any], after: int, to: int
) -> None:
    personal = Personal.of(event.snapshot_fields)
    page["tickets"] = [
        row.to_json() for row in await ticket_rows(session, event.id, personal, after, to)
    ]
    page["facts"] = [row.to_json() for row in await fact_rows(session, event.id, after, to)]
    page["lists"] = await list_entries(session, event.id, after, to)
    page["devices"] = await device_entries(session, event.id, after, to)
    if event.feed_seq is not None and after < event.feed_seq <= to:
        page["event"] = await event_entry(session, event)
        page["tiers"] = await tier_entries(session, event.id)
        page["keys"] = await key_entries(session, event)


async def ticket_rows(
    session: AsyncSession, event_id: str, personal: Personal, after: int = -1, to: int | None = None
) -> list[TicketRow]:
    """Return tickets numbered in (after, to], or every ticket when `to` is None."""
    return tickets_of(await session.execute(select_tickets(event_id, after, to)), personal)


async def fact_rows(
    session: AsyncSession, event_id: str, after: int = -1, to: int | None = None
) -> list[FactRow]:
    """Return the fed facts numbered in (after, to], or all when `to` is None."""
    return facts_of(await session.execute(select_facts(event_id, after, to)))


def select_tickets(
    event_id: str, after: int = -1, to: int | None = None
) -> Select[*tuple[Any, ...]]:
    """Select what `tickets_of` reads of tickets numbered in (after, to], or of every one."""
    wanted: Select[*tuple[Any, ...]] = select(
        Ticket.serial,
        Ticket.tier_no,
        Ticket.status,
        Ticket.epoch,
        Ticket.holder_name,
        Ticket.holder_email,
        Ticket.order_ref,
        Ticket.code_digest,
        Ticket.note,
    ).where(Ticket.event_id == event_id)
    if to is None:
        return wanted.order_by(Ticket.serial)
    wanted = wanted.where(Ticket.feed_seq > after, Ticket.feed_seq <= to)
    return wanted.order_by(Ticket.feed_seq)


def select_facts(event_id: str, after: int = -1, to: int | None = None) -> Select[*tuple[Any, ...]]:
    """Select what `facts_of` reads of the fed facts numbered in (after, to], or of all."""
    wanted: Select[*tuple[Any, ...]] = (
        select(
            Fact.bytes,
            Fact.tag,
            Fact.stamp,
            Fact.scanned,
            Fact.after_end,
            Device.kind,
            Fact.backed,
            Fact.granted,
        )
        .join(Device, Device.id == Fact.device_id)
        .where(Fact.event_id == event_id, Fact.feed_seq > after)
        .order_by(Fact.feed_seq)
    )
    return wanted if to is None else wanted.where(Fact.feed_seq <= to)


async def list_entries(
    session: AsyncSession, event_id: str, after: int = -1, to: int | None = None
) -> list[dict[str, Any]]:
    """Return list revisions numbered in (after, to], or all when `to` is None."""
    wanted = select(ListRevision.list_no, ListRevision.rev, ListRevision.rules_json).where(
        ListRevision.event_id == event_id
    )
    if to is not None:
        wanted = wanted.where(ListRevision.feed_seq > after, ListRevision.feed_seq <= to)
    rows = await session.execute(wanted.order_by(ListRevision.list_no, ListRevision.rev))
    return [
        {"list": list_no, "rev": rev, "rules": parsed_rules(text)} for list_no, rev, text in rows
    ]


async def device_entries(
    session: AsyncSession, event_id: str, after: int = -1, to: int | None = None
) -> list[list[Any]]:
    """Return `[id, name, gate, kind]` of devices numbered in (after, to], or of all."""
    wanted = select(Device.id, Device.name, Device.gate, Device.kind).where(
        Device.event_id == event_id
    )
    if to is not None:
        wanted = wanted.where(Device.feed_seq > after, Device.feed_seq <= to)
    return [list(row) for row in await session.execute(wanted.order_by(Device.id))]


async def event_entry(session: AsyncSession, event: Event) -> dict[str, Any]:
    """Return what a phone must know of the event itself."""
    code = await session.scalar(select(Organizer.code).where(Organizer.id == event.organizer_id))
    return {
        "id": event.id,
        "number": event.number,
        "title": event.title,
        "start": event.start_at,
        "end": event.end_at,
        "time_zone": event.time_zone,
        "prefix": printed_prefix(code or "", event.code, event.start_at, event.time_zone),
        "unknown_policy": event.unknown_policy,
        "unknown_max_age_s": event.unknown_max_age_s,
        "fields": event.snapshot_fields.split(","),
        # Null and not absent: phones merge what comes into what they have.
        "strict": {"budget_ms": event.strict_budget_ms} if event.strict_budget_ms else None,
        "supervisor": json.loads(event.supervisor_json) if event.supervisor_json else None,
    }


async def tier_entries(session: AsyncSession, event_id: str) -> list[dict[str, Any]]:
    """Return number, name and prompt (R61) of every tier."""
    wanted = (
        select(Tier.number, Tier.name, Tier.prompt_kinds, Tier.prompt_text)
        .where(Tier.event_id == event_id)
        .order_by(Tier.number)
    )
    return [
        {"tier": number, "name": name} | _prompt(kinds, text)
        for number, name, kinds, text in await session.execute(wanted)
    ]


def _prompt(kinds: str, text: str) -> dict[str, Any]:
    if not kinds and not text:
        return {}
    return {"prompt": {"kinds": [kind for kind in kinds.split(",") if kind], "text": text}}


async def key_entries(session: AsyncSession, event: Event) -> list[dict[str, Any]]:
    """Return the public ticket keys as R39 has them."""
    return [
        {
            "id": key.id,
            "public": base64.b64encode(key.public).decode(),
            "compromised": key.compromised,
        }
        for key in await keys_of_event(session, event)
    ]
