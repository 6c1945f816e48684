"""Giving changed events and list revisions their places in the feed (R32)."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events import store


async def number(session: AsyncSession, event_id: str, start: int) -> list[tuple[str, str, int]]:
    """Number this room's waiting rows of an event from `start` + 1, in order.

    The caller holds the event's lock. Returns (kind letter, row identity, revision): `e`
    with the event's number and the time of its last change, `l` with the list's number and
    its revision.
    """
    numbered: list[tuple[str, str, int]] = []
    event = await store.number_event(session, event_id, start + 1)
    if event is not None:
        numbered.append(("e", str(event.number), event.updated_at))
    for list_no, revision, _place in await store.number_revisions(
        session, event_id, start + len(numbered)
    ):
        numbered.append(("l", str(list_no), revision))
    return numbered
