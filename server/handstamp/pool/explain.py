"""Why somebody has a ticket or none yet, and why a ticket is with somebody or with nobody."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.web import Actor


class Explanation(NamedTuple):
    """A code, and sentences that say the same (translated); the first one is the short answer."""

    code: str
    sentences: Sequence[str]


async def explain_demand(session: AsyncSession, actor: Actor, demand_id: str) -> Explanation:
    """Say why a pre-order has the ticket it has, or none.

    Raises:
        NotFound: there is no such demand, or it is of somebody else's event.
    """
    raise NotImplementedError


async def explain_ticket(session: AsyncSession, actor: Actor, ticket_id: str) -> Explanation:
    """Say why a ticket is with whom it is, or with nobody.

    Raises:
        NotFound: there is no such ticket, or it is of somebody else's event.
    """
    raise NotImplementedError
