"""Make an event's list of one moment: in this process while it is small, else in a child."""

import asyncio
import base64
import json
import marshal
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from handstamp.checkin.list_changes import (
    device_entries,
    event_entry,
    fact_rows,
    feed_end,
    key_entries,
    list_entries,
    select_facts,
    select_tickets,
    ticket_rows,
    tier_entries,
)
from handstamp.checkin.list_rows import Personal
from handstamp.checkin.models import Fact
from handstamp.checkin.seal_list import SealedList, seal_list
from handstamp.events.models import Event
from handstamp.plumbing.children import Child, ChildDied, child_of
from handstamp.plumbing.errors import Unavailable
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket

PROTOCOL = 1
# Changes in the feed: at least one for each ticket and fact. So many take this process 2 MB, and
# less time (0.05 s) than a child takes to start (0.1 s).
SMALL = 2_000
CHILDREN = 2
PATIENCE_S = 60.0
TRIES = 2
PIECE = 500  # 3 ms of the event loop

_log = structlog.get_logger("handstamp.door")


class MadeList(NamedTuple):
    """A list at feed number `seq`, with the personal `fields` of that moment."""

    seq: int
    fields: str
    sealed: SealedList


class _Moment(NamedTuple):
    header: dict[str, Any]
    seq: int
    fields: str


async def make_list(services: Services, event_id: str, private: bytes) -> MadeList:
    """Read, encode, sign and compress the list at the feed's end.

    Raises:
        Unavailable: the child that makes it ended too early, twice, or took too long.
    """
    async with services.db.read() as session:
        end = await feed_end(session, event_id)
    assert end is not None
    if end.seq < SMALL:
        return await _make_here(services, event_id, private)
    seats = services.rooms.setdefault("checkin.list_children", asyncio.Semaphore(CHILDREN))
    async with seats:
        return await _make_in_child(services, event_id, private)


async def _make_here(services: Services, event_id: str, private: bytes) -> MadeList:
    async with services.db.read() as session:
        moment = await _moment(services, session, event_id)
        tickets = await ticket_rows(session, event_id, Personal.of(moment.fields))
        facts = await fact_rows(session, event_id)
    sealed = await asyncio.to_thread(seal_list, moment.header, tickets, facts, private)
    return MadeList(moment.seq, moment.fields, sealed)


async def _make_in_child(services: Services, event_id: str, private: bytes) -> MadeList:
    for _try in range(TRIES):
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await _ask_child(services, event_id, private)
        except ChildDied:
            _log.warning("list_not_made", reason="the process that makes it ended too early")
        except TimeoutError:
            _log.warning("list_not_made", reason=f"it took longer than {PATIENCE_S:.0f} s")
            break
    raise Unavailable(_("The list cannot be made at the moment. Please try again."), retry_after=5)


async def _ask_child(services: Services, event_id: str, private: bytes) -> MadeList:
    async with child_of("handstamp.checkin.list_child") as child:
        async with services.db.read() as session:
            moment = await _moment(services, session, event_id)
            asked = {
                "header": moment.header,
                "fields": moment.fields,
                "key": base64.b64encode(private).decode(),
            }
            await child.send(json.dumps(asked).encode())
            await _send_rows(session, child, select_tickets(event_id), Ticket.serial)
            await _send_rows(session, child, select_facts(event_id), Fact.feed_seq)
        head, both = await child.answer()
    cut = head["gzip"]
    return MadeList(moment.seq, moment.fields, SealedList(head["tickets"], both[:cut], both[cut:]))


async def _send_rows(
    session: AsyncSession,
    child: Child,
    wanted: Select[*tuple[Any, ...]],
    key: InstrumentedAttribute[Any],
) -> None:
    """Hand over what `wanted` selects in the order of `key`, so that few rows are ever here."""
    last = -1
    length = PIECE
    while length == PIECE:
        piece = wanted.add_columns(key).where(key > last).limit(PIECE)
        rows = [tuple(row) for row in await session.execute(piece)]
        length = len(rows)
        if rows:
            last = rows[-1][-1]
            await child.send(marshal.dumps(rows))
    await child.send(b"")


async def _moment(services: Services, session: AsyncSession, event_id: str) -> _Moment:
    event = await session.get_one(Event, event_id)
    end = await feed_end(session, event_id)
    assert end is not None
    header = {
        "protocol": PROTOCOL,
        "event": await event_entry(session, event),
        "cursor": end.to_json(),
        "made_at": services.clock(),
        "keys": await key_entries(session, event),
        "lists": await list_entries(session, event_id),
        "tiers": await tier_entries(session, event_id),
        "devices": await device_entries(session, event_id),
    }
    return _Moment(header, end.seq, event.snapshot_fields)
