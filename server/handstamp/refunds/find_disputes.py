"""An event's disputes: what is open and until when, and how the others ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.refunds import store
from handstamp.refunds.models import Dispute
from handstamp.refunds.rules import dispute_stage


@dataclass(frozen=True)
class DisputeView:
    """A dispute with the number of what was paid for; `stage`: see `rules.dispute_stage`."""

    dispute: Dispute
    number: str

    @property
    def stage(self) -> str:
        """Return whose turn it is, or how it ended."""
        return dispute_stage(self.dispute.status)


async def open_disputes(session: AsyncSession, event_id: str) -> Sequence[DisputeView]:
    """Return what no bank has decided, the next deadline first; the caller runs the event."""
    found = await store.disputes_of_event(session, event_id, is_open=True)
    return [DisputeView(*row) for row in found]


async def event_taken(session: AsyncSession, event_id: str) -> int:
    """Return how much of an event's payments banks hold until disputes are decided.

    In minor units of the event's currency.
    """
    return sum((await store.taken_by_banks(session, event_id=event_id)).values())


async def organizer_taken(session: AsyncSession, organizer_id: str) -> dict[str, int]:
    """Return the same of all events of an organizer, by currency."""
    return await store.taken_by_banks(session, organizer_id=organizer_id)


async def closed_disputes(session: AsyncSession, event_id: str) -> Sequence[DisputeView]:
    """Return what is decided, the last first; the caller runs the event."""
    found = await store.disputes_of_event(session, event_id, is_open=False)
    return [DisputeView(*row) for row in found]
