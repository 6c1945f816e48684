"""An event with a new date: the members' deadlines for tickets move along, cards come before it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs import rules, store
from handstamp.clubs.find_clubs import clubs_by_id, clubs_of_event
from handstamp.clubs.models import Club, ClubEvent
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.local_time import day_and_time
from handstamp.plumbing.texts import _, format_language


async def check_move(session: AsyncSession, event: Event, by: Millis) -> int:
    """Return how many clubs' deadlines would move along if an event moved by so much.

    Raises:
        BadInput: it would begin, or a deadline would lie, before the members' cards are charged.
    """
    found = await clubs_of_event(session, event.id)
    return len(await _checked(session, event, found, by))


async def move_offers(session: AsyncSession, event: Event, by: Millis, now: Millis) -> int:
    """Move the deadlines of clubs that have an event, as it was until now; return how many.

    Where an offer was withdrawn, who has paid may still wait for a ticket: that deadline moves too.

    Raises:
        BadInput: as `check_move`.
    """
    known = await clubs_of_event(session, event.id)
    clubs = sorted(one.club_id for one in known)
    locked = [await store.club_event(session, club, event.id, lock=True) for club in clubs]
    found = [one for one in locked if one is not None]
    living = await _checked(session, event, found, by)
    for terms in found:
        terms.ticket_deadline_at += by
        terms.updated_at = now
    await session.flush()
    return len(living)


async def _checked(
    session: AsyncSession, event: Event, found: Sequence[ClubEvent], by: Millis
) -> list[ClubEvent]:
    clubs = await clubs_by_id(session, [one.club_id for one in found])
    living = [
        one for one in found if one.withdrawn_at is None and clubs[one.club_id].archived_at is None
    ]
    for terms in living:
        _check(clubs[terms.club_id], terms, event, by)
    return living


def _check(club: Club, terms: ClubEvent, event: Event, by: Millis) -> None:
    charge_at = rules.charge_time(terms.week, club.time_zone, club.charge_weekday, club.charge_at)
    when = day_and_time(charge_at, event.time_zone, format_language())
    told = ""
    if rules.begins_too_early(charge_at, event.start_at + by):
        told = _(
            "The event would begin before the cards of %(club)s are charged, on %(when)s. Choose a"
            " later date, or take the event back from that club first."
        )
    elif not rules.deadline_fits(charge_at, terms.ticket_deadline_at + by, event.end_at + by):
        told = _(
            "The members' deadline for tickets moves along and would lie before the cards of"
            " %(club)s are charged, on %(when)s. Set a later deadline at the club first, or choose"
            " a later date."
        )
    if told:
        message = told % {"club": club.name, "when": when}
        raise BadInput(message, errors=[{"field": "start_at", "message": message}])
