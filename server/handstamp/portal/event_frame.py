"""What every page of one event needs: the event itself, if it is the actor's, and its alerts."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from handstamp.checkin.find_conflicts import count_open
from handstamp.events.find_events import lists_of, owned_event
from handstamp.events.models import Event
from handstamp.plumbing.web import require_user


def path_of(event_id: str, tail: str = "") -> str:
    """Return the address of an event's page."""
    return f"/tickets/organizer/events/{event_id}{tail}"


async def event_of(session: AsyncSession, request: Request) -> Event:
    """Return the event in the address.

    Raises:
        Unauthenticated: nobody is signed in.
        NotFound: there is none, or it is another organizer's.
    """
    return await owned_event(session, require_user(request), request.path_params["event_id"])


async def frame(session: AsyncSession, event: Event, tab: str) -> dict[str, Any]:
    """Return what the frame of an event's pages shows: event, open tab, conflicts to look at."""
    return {
        "event": event,
        "tab_name": tab,
        "open_conflicts": await count_open(session, event.id),
    }


async def list_names(session: AsyncSession, event_id: str) -> dict[int, str]:
    """Return the names of an event's check-in lists, closed ones too, by number."""
    return {view.number: view.name for view in await lists_of(session, event_id, archived=True)}
