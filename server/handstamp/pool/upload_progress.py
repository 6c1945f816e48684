"""How the tickets of one committed file stand: with members, waiting for a run, or left over."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import events_by_id, tiers_of
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.pool import store
from handstamp.pool.count_events import GIVEN
from handstamp.pool.models import PoolTicket, PoolUpload


@dataclass(frozen=True)
class TierProgress:
    """Tickets of one tier that a file brought, by status, and members who still wait for one."""

    event_id: str
    event: str
    tier: str
    counts: Mapping[str, int]
    members_waiting: int

    @property
    def given(self) -> int:
        """Return how many a member has."""
        return sum(self.counts.get(status, 0) for status in GIVEN)

    @property
    def in_line(self) -> int:
        """Return how many no run has looked at yet."""
        return self.counts.get("unassigned", 0)

    @property
    def left_over(self) -> int:
        """Return how many nobody waited for."""
        return self.counts.get("unmatched", 0)

    @property
    def whole(self) -> int:
        """Return how many there are, those taken out of the pool too."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class UploadProgress:
    """A committed file and its tickets, tier by tier, the earliest event first."""

    upload: PoolUpload
    tiers: Sequence[TierProgress] = field(default_factory=list)

    @property
    def given(self) -> int:
        """Return how many tickets a member has."""
        return sum(tier.given for tier in self.tiers)

    @property
    def in_line(self) -> int:
        """Return how many tickets no run has looked at yet."""
        return sum(tier.in_line for tier in self.tiers)

    @property
    def left_over(self) -> int:
        """Return how many tickets nobody waited for."""
        return sum(tier.left_over for tier in self.tiers)

    @property
    def whole(self) -> int:
        """Return how many tickets there are."""
        return sum(tier.whole for tier in self.tiers)

    @property
    def members_waiting(self) -> int:
        """Return how many members still wait for a ticket of these tiers."""
        return sum(tier.members_waiting for tier in self.tiers)


async def owned_upload(
    session: AsyncSession, actor: Actor, organizer_id: str, upload_id: str
) -> PoolUpload:
    """Return a committed file of an organizer.

    Raises:
        NotFound: there is none, or the actor does not run this organizer's events.
    """
    upload = await session.get(PoolUpload, upload_id)
    own = upload is not None and upload.organizer_id == organizer_id
    if upload is None or not own or not actor.may_manage(organizer_id):
        raise NotFound(_("There is no such file among your uploads."))
    return upload


async def upload_progress(session: AsyncSession, upload: PoolUpload) -> UploadProgress:
    """Count the tickets of a committed file; the caller checks whose it is."""
    found = await session.execute(
        select(PoolTicket.event_id, PoolTicket.tier_id, PoolTicket.status, func.count())
        .where(PoolTicket.upload_id == upload.id)
        .group_by(PoolTicket.event_id, PoolTicket.tier_id, PoolTicket.status)
    )
    counts: dict[str, dict[str, Counter[str]]] = {}
    for event_id, tier_id, status, count in found:
        counts.setdefault(event_id, {}).setdefault(tier_id, Counter())[status] += count
    return UploadProgress(upload, await _tiers(session, counts))


async def _tiers(
    session: AsyncSession, counts: Mapping[str, Mapping[str, Counter[str]]]
) -> list[TierProgress]:
    waiting = await store.waiting(session, counts.keys())
    events = await events_by_id(session, counts.keys())
    lines = []
    for event in sorted(events.values(), key=lambda one: (one.start_at, one.id)):
        lines += [
            TierProgress(
                event_id=event.id,
                event=event.title,
                tier=tier.name,
                counts=counts[event.id][tier.id],
                members_waiting=waiting.get((event.id, tier.id), 0),
            )
            for tier in await tiers_of(session, event.id, archived=True)
            if tier.id in counts[event.id]
        ]
    return lines


async def uploads_of_event(session: AsyncSession, event_id: str, limit: int) -> list[PoolUpload]:
    """Return the files that brought tickets of an event, the latest first; the caller checks."""
    named = select(PoolTicket.upload_id).where(PoolTicket.event_id == event_id).distinct()
    query = (
        select(PoolUpload)
        .where(PoolUpload.id.in_(named))
        .order_by(PoolUpload.created_at.desc(), PoolUpload.id.desc())
        .limit(limit)
    )
    return list((await session.scalars(query)).all())
