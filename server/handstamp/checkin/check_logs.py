"""Verify the logs that this server holds, as anybody would, and note what does not hold."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.export_log import PIECE_FACTS, log_pieces
from handstamp.checkin.models import Device, Fact, LogWatch
from handstamp.checkin.store import insert_for
from handstamp.checkin.stored_facts import stored_columns
from handstamp.checkin.verify_log import LogFault, LogReport, LogVerifier
from handstamp.checkin.wire import decode_fact, fact_hash
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, Millis
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import Services

JOB = "checkin.check_logs"
AT_ONCE = 200  # devices in one run; the next run goes on
AGAIN: Millis = DAY
LOOKED_AFTER: Millis = 30 * DAY  # after an event's end only who asks looks


async def check_logs(ctx: JobContext) -> None:
    """Verify what grew since the last look, and what was not looked at for a day."""
    for device in await _due(ctx.services):
        await check_stored_log(ctx.services, device)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def check_stored_log(services: Services, device_id: int) -> LogReport:
    """Verify one device's log as it is stored now, and keep the result; opens transactions."""
    verifier = LogVerifier()
    async for piece in log_pieces(services, device_id):
        await asyncio.to_thread(_feed, verifier, piece)
    report = verifier.finish()
    if report.fault is None:
        report.fault = await _wrong_columns(services, device_id)
    async with services.db.write(actor="door") as session:
        await _keep(session, device_id, report, services.clock())
    return report


def _feed(verifier: LogVerifier, piece: bytes) -> None:
    for line in piece.splitlines(keepends=True):
        verifier.feed(line)


def fault_of(watch: LogWatch | None) -> LogFault | None:
    """Read what the last look found."""
    return LogFault(**json.loads(watch.fault)) if watch is not None and watch.fault else None


async def _due(services: Services) -> Sequence[int]:
    now = services.clock()
    grown = func.coalesce(LogWatch.checked_number, 0) != Device.head_number
    old = LogWatch.checked_at < now - AGAIN
    query = (
        select(Device.id)
        .join(Event, Event.id == Device.event_id)
        .outerjoin(LogWatch, LogWatch.device_id == Device.id)
        .where(Device.head_number > 0, Event.end_at > now - LOOKED_AFTER, or_(grown, old))
        .order_by(func.coalesce(LogWatch.checked_at, 0), Device.id)
        .limit(AT_ONCE)
    )
    async with services.db.read() as session:
        return (await session.scalars(query)).all()


async def _wrong_columns(services: Services, device_id: int) -> LogFault | None:
    """Find the first fact whose columns, which boards read, are not what its bytes say."""
    last = 0
    async with services.db.read() as session:
        while True:
            query = (
                select(Fact.id, Fact.__table__)
                .where(Fact.device_id == device_id, Fact.id > last)
                .order_by(Fact.id)
                .limit(PIECE_FACTS)
            )
            rows = (await session.execute(query)).mappings().all()
            wrong = await asyncio.to_thread(_first_wrong, rows)
            if wrong is not None or len(rows) < PIECE_FACTS:
                return wrong
            last = rows[-1]["id"]


def _first_wrong(rows: Sequence[Any]) -> LogFault | None:
    for row in rows:
        said = stored_columns(row["bytes"], decode_fact(row["bytes"]), fact_hash(row["bytes"]))
        if any(row[name] != value for name, value in said.items()):
            return LogFault(0, "columns", {"number": row["number"]})
    return None


async def _keep(session: AsyncSession, device_id: int, report: LogReport, now: Millis) -> None:
    fault = report.fault
    values = {
        "checked_at": now,
        "checked_number": report.last_number,
        "fault": json.dumps(fault._asdict()) if fault else "",
        "fault_number": fault.numbers.get("number", report.last_number + 1) if fault else None,
    }
    made = insert_for(session.get_bind().dialect.name, LogWatch)
    row = made.values(device_id=device_id, **values)
    await session.execute(row.on_conflict_do_update(index_elements=["device_id"], set_=values))
