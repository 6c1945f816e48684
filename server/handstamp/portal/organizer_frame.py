"""What the pages about an organizer need: which one is meant, and which others there are."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from handstamp.auth.find_organizers import organizers_of
from handstamp.auth.models import Organizer
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user


def organizer_path(page: str, organizer_id: str, tail: str = "") -> str:
    """Return the address of a page about one organizer."""
    return f"/tickets/organizer/{page}/{organizer_id}{tail}"


async def frame(session: AsyncSession, request: Request, tab: str) -> dict[str, Any]:
    """Return what the frame of an organizer's pages shows.

    `organizer` is the one in the address, or else the first; None where there is none.

    Raises:
        Unauthenticated: nobody is signed in.
        NotFound: the one in the address is not the actor's.
    """
    organizers = await organizers_of(session, require_user(request))
    wanted = request.path_params.get("organizer_id") or request.query_params.get("organizer", "")
    return {
        "organizer": _chosen(organizers, str(wanted)),
        "organizers": organizers,
        "tab_name": tab,
    }


def _chosen(organizers: list[Organizer], wanted: str) -> Organizer | None:
    if not wanted:
        return organizers[0] if organizers else None
    for organizer in organizers:
        if organizer.id == wanted:
            return organizer
    raise NotFound(_("There is no such organizer among yours."))
