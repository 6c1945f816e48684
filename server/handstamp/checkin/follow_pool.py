"""Tickets from elsewhere follow the door: who was let in has used theirs, till it is taken back."""

from sqlalchemy import Connection, func, select

from handstamp.checkin.models import Admission
from handstamp.plumbing import job_queue
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import SYSTEM
from handstamp.pool.note_used import note_unused, note_used
from handstamp.tickets.models import Ticket

JOB = "checkin.follow_pool"
POOL = "pool:"  # begins the id by which a door's ticket names its ticket from elsewhere


def queue(connection: Connection, event_id: str, serials: list[int]) -> None:
    """Have it looked at, after this commit, whether these tickets are used now."""
    job_queue.add_on(connection, JOB, [({"event": event_id, "serials": serials}, None)])


async def follow_pool(ctx: JobContext) -> None:
    """Mark as used what has been admitted by now, and as unused what no list admits any more."""
    event_id, serials = str(ctx.args["event"]), list(ctx.args["serials"])
    admitted = (
        select(Ticket.external_id, func.min(Admission.admitted_at))
        .join(
            Admission,
            (Admission.event_id == Ticket.event_id) & (Admission.serial == Ticket.serial),
        )
        .where(Ticket.event_id == event_id, Ticket.serial.in_(serials))
        .where(Ticket.external_id.startswith(POOL))
        .group_by(Ticket.external_id)
    )
    async with ctx.write() as session:
        found = [
            (str(row[0]).removeprefix(POOL), row[1]) for row in await session.execute(admitted)
        ]
        await note_used(
            session, SYSTEM, {one: at for one, at in found if at is not None}, how="door"
        )
        await note_unused(session, SYSTEM, [one for one, at in found if at is None])
        await ctx.acknowledge(session)
