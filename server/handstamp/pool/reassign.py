"""Giving a certain ticket to a certain person by hand; it can be undone for a while."""

from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import SECOND, Millis
from handstamp.plumbing.web import Actor
from handstamp.pool.models import Assignment

UNDO: Millis = 10 * SECOND  # until then the member's side does not follow


class Reassigned(NamedTuple):
    """A ticket given by hand; `undo_until` is when the member's side follows, ms UTC."""

    assignment: Assignment
    undo_until: Millis


async def reassign(
    session: AsyncSession, actor: Actor, *, ticket_id: str, demand_id: str
) -> Reassigned:
    """Give a ticket to a demand, whoever had it; who is left without waits in their old place.

    The ticket that the demand had is free again. The same again changes nothing.

    Raises:
        NotFound: there is no such ticket or demand, or it is somebody else's.
        Conflict: it was used, taken out of the pool, or is of another event, or the
            demand is closed.
    """
    raise NotImplementedError


async def undo(session: AsyncSession, actor: Actor, assignment_id: str) -> None:
    """Take a reassignment back: everybody has again what they had, if it is still free.

    The same again changes nothing.

    Raises:
        NotFound: there is no such assignment by hand, or it is somebody else's.
        Conflict: the ticket was used meanwhile.
    """
    raise NotImplementedError
