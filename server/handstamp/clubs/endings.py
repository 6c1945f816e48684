"""Tells the room above that pre-orders have lost their ground; a job there lets them go."""

from dataclasses import asdict, dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.plumbing.jobs import enqueue

ENDED_JOB = "preorders.ended"


@dataclass(frozen=True)
class Ending:
    """What ended at a moment: a member's time in a club, an offer, or (both '') a club."""

    club: str
    at: Millis
    member: str = ""
    event: str = ""


async def tell_ended(session: AsyncSession, ending: Ending) -> None:
    """Enqueue the job, in the transaction that ends something."""
    await enqueue(session, ENDED_JOB, asdict(ending))
