"""Forget events: their bodies, which hold e-mail addresses, soon; their ids later.

An id outlives the 30 days for which Stripe lists an event, so none is ever stored anew.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import DAY, Millis
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import Services
from handstamp.webhooks import store

JOB = "webhooks.prune"
KEEP_PAYLOADS: Millis = 14 * DAY
KEEP_EVENTS: Millis = 90 * DAY
PIECE = 500

_Forget = Callable[[AsyncSession, Millis, int], Awaitable[int]]


async def prune(ctx: JobContext) -> None:
    """Run the job."""
    await prune_now(ctx.services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def prune_now(services: Services) -> None:
    """Empty old bodies and delete old rows of events that ended; dead letters stay."""
    now = services.clock()
    await _in_pieces(services, store.forget_payloads, now - KEEP_PAYLOADS)
    await _in_pieces(services, store.forget_events, now - KEEP_EVENTS)


async def _in_pieces(services: Services, forget: _Forget, before: Millis) -> None:
    gone = PIECE
    while gone == PIECE:
        async with services.db.write(actor="prune") as session:
            gone = await forget(session, before, PIECE)
