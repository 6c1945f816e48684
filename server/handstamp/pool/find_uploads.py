"""The files of tickets from elsewhere that were committed, newest first, by keyset."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.web import Actor
from handstamp.pool import store
from handstamp.pool.check_upload import check_manager
from handstamp.pool.models import PoolUpload

PAGE = 50


async def uploads_of(
    session: AsyncSession,
    actor: Actor,
    *,
    organizer_id: str = "",
    after: str = "",
    limit: int = PAGE,
) -> Sequence[PoolUpload]:
    """Return uploads of one organizer, or of all that the actor runs.

    Args:
        after: the id of the last upload of the page before.

    Raises:
        NotFound: the actor does not run this organizer's events.
    """
    if organizer_id:
        check_manager(actor, organizer_id)
        organizers: list[str] | None = [organizer_id]
    elif actor.may_manage(""):
        organizers = None
    else:
        organizers = actor.managed
    last = await session.get(PoolUpload, after) if after.isprintable() else None
    before = (last.created_at, last.id) if last else None
    return await store.uploads(session, organizers, before=before, limit=limit)
