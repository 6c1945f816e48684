"""Uploaded tickets that nobody has paid for go to who waits, where a club wants it so."""

import structlog

from handstamp.clubs.find_clubs import clubs_of_event
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import SYSTEM
from handstamp.pool.queue_assigning import AUTO_FILL
from handstamp.preorders.approve_preorders import approve_up_to_stock

__all__ = ["AUTO_FILL", "auto_fill"]
_log = structlog.get_logger("handstamp.preorders")


async def auto_fill(ctx: JobContext) -> None:
    """Approve as many as there are free tickets for, as the organizer would; again changes nothing.

    They are charged by the club's run, and the pool's own matching gives them their tickets.
    """
    event_id = str(ctx.args["event"])
    async with ctx.services.db.read() as session:
        wanting = [
            terms.club_id
            for terms in await clubs_of_event(session, event_id)
            if terms.stock == "pool" and terms.auto_fill and terms.withdrawn_at is None
        ]
    for club_id in wanting:
        try:
            async with ctx.write() as session:
                found = await approve_up_to_stock(session, ctx.services, SYSTEM, club_id, event_id)
            _log.info("auto_filled", of_event=event_id, club=club_id, approved=len(found.done))
        except Conflict as error:  # a draw that is not due yet: it is held by hand afterwards
            _log.info("auto_fill_waits", of_event=event_id, club=club_id, code=error.code)
    async with ctx.write() as session:
        await ctx.acknowledge(session)
