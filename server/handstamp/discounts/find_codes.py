"""Looking codes up: an event's, one of an actor's, and the texts of an order's."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.discounts import store
from handstamp.discounts.models import Discount
from handstamp.events.find_events import owned_event
from handstamp.events.models import Event
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor


async def codes_of(session: AsyncSession, actor: Actor, event_id: str) -> Sequence[Discount]:
    """Return an event's codes, by name.

    Raises:
        NotFound: the event is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    return await store.of_event(session, event.id)


async def owned_code(
    session: AsyncSession, actor: Actor, code_id: str, *, lock: bool = False
) -> tuple[Event, Discount]:
    """Return a code with its event.

    Raises:
        NotFound: there is no such code of an event that the actor runs.
    """
    found = await store.by_id(session, code_id, lock=lock)
    if found is None:
        raise _nothing()
    try:
        return await owned_event(session, actor, found.event_id), found
    except NotFound as error:
        raise _nothing() from error


async def takes_codes(session: AsyncSession, event_id: str) -> bool:
    """Tell whether an event has a code that can be typed."""
    return await store.has_active(session, event_id)


async def texts_of(session: AsyncSession, code_ids: Sequence[str | None]) -> list[str]:
    """Return codes as they are typed, by id; the caller knows who may see them."""
    found = [await store.by_id(session, code_id) for code_id in code_ids if code_id]
    return [code.code for code in found if code is not None]


async def names_of_codes(session: AsyncSession, event_id: str) -> dict[str, str]:
    """Return an event's codes as they are typed, by id; the caller knows who may see them."""
    return {code.id: code.code for code in await store.of_event(session, event_id)}


def _nothing() -> NotFound:
    return NotFound(_("There is no such code among yours."))
