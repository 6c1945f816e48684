"""The log of every decision at the doors, denials too, as pages and files show it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import Device, Fact
from handstamp.checkin.stored_facts import SERVER_KINDS
from handstamp.checkin.verdict import CODES
from handstamp.checkin.wire import (
    API,
    BY_POLICY,
    BY_SUPERVISOR,
    CLAIMED,
    CLOCK_STEPPED,
    FLAGGED,
    GROUP,
    PROVEN_WITHIN,
    SCAN,
    SEARCH,
    UNCLAIMED,
    WEDGE,
    decode_fact,
)
from handstamp.kit.clock import Millis
from handstamp.tickets.models import Ticket

KINDS = {1: "admit", 2: "deny", 3: "exit", 4: "undo", 5: "override", 6: "void"}
HOWS = {SCAN: "scan", SEARCH: "search", GROUP: "group", WEDGE: "wedge", API: "api"}
VERDICTS = {code: verdict for verdict, code in CODES.items()}
FLAGS = {
    FLAGGED: "flagged",
    BY_POLICY: "by_policy",
    CLOCK_STEPPED: "clock_stepped",
    BY_SUPERVISOR: "supervisor",
    CLAIMED: "claimed",
    UNCLAIMED: "unclaimed",
}
PAGE = 100
EXPORT_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class ScanRow:
    """One decision; times in ms. `at` is the effective time, `claimed_at` the phone's own."""

    id: int
    device_id: int
    device_name: str
    number: int
    tag: int
    kind: str
    verdict: str
    flags: tuple[str, ...]
    how: str
    list_no: int
    rule_rev: int
    serial: int
    epoch: int
    printed_id: str
    holder_name: str
    claimed_at: Millis
    clock_at: Millis
    stamp: Millis
    at: Millis
    gate: str
    operator: str
    note: str
    count: int
    cursor_seq: int
    list_age_s: int
    scanned: bool
    proven: bool
    backed: bool
    after_end: bool


async def scan_log(
    session: AsyncSession,
    event_id: str,
    *,
    serial: int | None = None,
    device_id: int | None = None,
    list_no: int | None = None,
    verdict: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[ScanRow]:
    """Return decisions, the last received first; `before` is the last `id` of the page before."""
    wanted = _wanted(event_id).order_by(Fact.id.desc()).limit(limit)
    if serial is not None:
        wanted = wanted.where(Fact.serial == serial)
    if device_id is not None:
        wanted = wanted.where(Fact.device_id == device_id)
    if list_no is not None:
        wanted = wanted.where(Fact.list_no == list_no)
    if verdict is not None:
        wanted = wanted.where(Fact.verdict == CODES.get(verdict, 0))
    if before is not None:
        wanted = wanted.where(Fact.id < before)
    return [_scan_row(row) for row in await session.execute(wanted)]


async def every_scan(session: AsyncSession, event_id: str) -> AsyncIterator[ScanRow]:
    """Yield all decisions of an event in the order received, a page at a time."""
    last = 0
    while True:
        wanted = _wanted(event_id).where(Fact.id > last).order_by(Fact.id).limit(EXPORT_PAGE)
        rows = [_scan_row(row) for row in await session.execute(wanted)]
        for row in rows:
            yield row
        if len(rows) < EXPORT_PAGE:
            return
        last = rows[-1].id


async def scans_of(session: AsyncSession, event_id: str, serials: set[int]) -> list[ScanRow]:
    """Return every decision about these tickets."""
    wanted = _wanted(event_id).where(Fact.serial.in_(serials)).order_by(Fact.id)
    return [_scan_row(row) for row in await session.execute(wanted)]


def _wanted(event_id: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Fact.id,
            Fact.bytes,
            Fact.tag,
            Fact.stamp,
            Fact.scanned,
            Fact.after_end,
            Fact.backed,
            Device.name,
            Device.kind,
            Ticket.printed_id,
            Ticket.holder_name,
        )
        .join(Device, Device.id == Fact.device_id)
        .outerjoin(Ticket, and_(Ticket.event_id == Fact.event_id, Ticket.serial == Fact.serial))
        .where(Fact.event_id == event_id)
    )


def _scan_row(row: Any) -> ScanRow:
    fact = decode_fact(row.bytes)
    backed = row.backed or row.kind in SERVER_KINDS
    return ScanRow(
        id=row.id,
        device_id=fact.device,
        device_name=row.name,
        number=fact.number,
        tag=row.tag,
        kind=KINDS.get(fact.kind, str(fact.kind)),
        verdict=VERDICTS.get(fact.verdict, str(fact.verdict)),
        flags=tuple(name for bit, name in FLAGS.items() if fact.flags & bit),
        how=HOWS.get(fact.how, str(fact.how)),
        list_no=fact.list_no,
        rule_rev=fact.rule_rev,
        serial=fact.serial,
        epoch=fact.epoch,
        printed_id=row.printed_id or "",
        holder_name=row.holder_name or "",
        claimed_at=fact.claimed,
        clock_at=fact.clock,
        stamp=row.stamp,
        at=min(fact.claimed, row.stamp),
        gate=fact.gate,
        operator=fact.operator,
        note=fact.note,
        count=fact.count,
        cursor_seq=fact.cursor,
        list_age_s=fact.age,
        scanned=row.scanned,
        proven=backed or abs(fact.claimed - row.stamp) <= PROVEN_WITHIN,
        backed=backed,
        after_end=row.after_end,
    )
