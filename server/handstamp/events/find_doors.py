"""When an event's doors open: its start, or the first entry window before it."""

import json
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events import store
from handstamp.events.models import Event, ListRevision
from handstamp.events.rules import list_tiers
from handstamp.kit.clock import Millis


async def doors_open_at(session: AsyncSession, event: Event) -> Millis:
    """Return when the first person may come in, ms UTC; lists that were closed do not count."""
    newest: dict[int, ListRevision] = {}
    for revision in await store.revisions(session, event.id):
        newest[revision.list_no] = revision
    return min([event.start_at, *_openings(list(newest.values()))])


def _openings(revisions: Sequence[ListRevision]) -> list[Millis]:
    return [
        tier.opens
        for revision in revisions
        if not json.loads(revision.rules_json).get("archived")
        for tier in list_tiers(revision.rules_json)
        if tier.opens is not None
    ]
