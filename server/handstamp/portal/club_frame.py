"""What every page of one club needs: the club itself, if it is the actor's, and its counts."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from handstamp.clubs.find_clubs import club_of, member_counts
from handstamp.clubs.models import Club
from handstamp.clubs.rules import week_after, week_of, window_of
from handstamp.plumbing.local_time import day
from handstamp.plumbing.web import require_user

WEEKS_AHEAD = 8


def club_path(club_id: str, tail: str = "") -> str:
    """Return the address of a club's page."""
    return f"/tickets/organizer/club/{club_id}{tail}"


async def club_in(session: AsyncSession, request: Request) -> Club:
    """Return the club in the address.

    Raises:
        Unauthenticated: nobody is signed in.
        NotFound: there is none, or it is another organizer's.
    """
    return await club_of(session, require_user(request), request.path_params["club_id"])


async def frame(session: AsyncSession, club: Club, tab: str) -> dict[str, Any]:
    """Return what the frame of a club's pages shows."""
    counts = await member_counts(session, [club.id])
    return {
        "club": club,
        "tab_name": tab,
        "members": counts.get((club.id, "active"), 0),
        "invited": counts.get((club.id, "invited"), 0),
    }


def week_name(week: str, zone: str) -> str:
    """Write a week by its first and last day: `Mon, 25 May 2026 – Sun, 31 May 2026`."""
    window = window_of(week, zone)
    return f"{day(window.opens, zone)} – {day(window.closes - 1, zone)}"


def coming_weeks(club: Club, now: int) -> list[tuple[str, str]]:
    """Return this week and some after it, each with its name."""
    first = week_of(now, club.time_zone)
    weeks = [week_after(first, ahead) for ahead in range(WEEKS_AHEAD)]
    return [(week, week_name(week, club.time_zone)) for week in weeks]
