"""Time for an installation that sells: it passes when a test says so, and work is waited for.

Clocks are left alone. What waits for a moment (holds, jobs) is moved so much nearer instead, so
nothing sleeps and no clock of three programs has to agree with another.
"""

import asyncio

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import HOUR, MINUTE, Millis
from handstamp.orders.models import Order
from handstamp.plumbing.job_queue import read_now
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.models import CronSlot, Job
from handstamp.plumbing.web import Services
from handstamp.webhooks.models import StripeEvent

FAR: Millis = 2 * HOUR  # jobs later than this are of another day: reminders
HOLD: Millis = 16 * MINUTE


async def pass_time(services: Services, millis: Millis) -> None:
    """Let so much time pass for holds and for jobs that wait."""
    async with services.db.write() as session:
        await session.execute(
            update(Order)
            .where(Order.status == "pending")
            .values(expires_at=Order.expires_at - millis)
        )
        await session.execute(
            update(Job).where(Job.state == "ready").values(run_at=Job.run_at - millis)
        )


async def run_now(services: Services, kind: str) -> None:
    """Queue a job as the schedule does when its time has come."""
    async with services.db.write() as session:
        await enqueue(session, kind, {})


async def keep_from_running(services: Services, name: str, every: Millis) -> None:
    """Let the schedule believe that a job of its ran already, now and for the next two times."""
    async with services.db.write() as session:
        now = await read_now(session)
        taken = set(await session.scalars(select(CronSlot.slot).where(CronSlot.name == name)))
        first = now - now % every
        for slot in {first, first + every, first + 2 * every} - taken:
            session.add(CronSlot(name=name, slot=slot, created_at=now))


async def give_leases_up(services: Services, process_id: int) -> None:
    """Let the lease of a dead process's jobs run out."""
    async with services.db.write() as session:
        await session.execute(
            update(Job)
            .where(Job.state == "running", Job.owner.like(f"{process_id}-%"))
            .values(lease_until=0)
        )


async def left_to_do(session: AsyncSession) -> tuple[bool, Millis | None]:
    """Tell whether something is being done or due now; and how long until the next thing."""
    now = await read_now(session)
    running = await _any(session, Job.state == "running")
    due = await _any(session, (Job.state == "ready") & (Job.run_at <= now))
    new = await session.scalar(select(func.count()).where(StripeEvent.status == "new"))
    wanted = select(func.min(Job.run_at)).where(Job.state == "ready", Job.run_at < now + FAR)
    following = await session.scalar(wanted)
    pending = await session.scalar(select(func.min(Order.expires_at)).where(_pending()))
    moments = [moment for moment in (following, pending) if moment is not None]
    busy = running or due or (bool(new) and following is None)
    return busy, max(0, min(moments) - now) + 1 if moments else None


def _pending() -> ColumnElement[bool]:
    return Order.status == "pending"


async def _any(session: AsyncSession, where: ColumnElement[bool]) -> bool:
    return (await session.execute(select(Job.id).where(where).limit(1))).first() is not None


async def work_done(services: Services, seconds: float = 60.0) -> bool:
    """Wait until nothing is due; what waits for later stays. False when it took too long."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                async with services.db.read() as session:
                    busy, _ = await left_to_do(session)
                if not busy:
                    return True
                await asyncio.sleep(0.03)
    except TimeoutError:
        return False
