"""Pages about clubs: the list, beginning one, its settings, its week, ending it."""

from typing import Any

from pydantic import ValidationError as ShapeError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.clubs.create_club import create_club
from handstamp.clubs.edit_club import archive_club, edit_club
from handstamp.clubs.find_clubs import clubs_of_organizer, member_counts
from handstamp.clubs.models import Club
from handstamp.clubs.rules import charge_time, week_of, window_of
from handstamp.clubs.shapes import ClubChange, NewClub
from handstamp.plumbing.errors import NotFound, Problem
from handstamp.plumbing.money_text import percent
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.portal import words
from handstamp.portal.club_board import offer_rows
from handstamp.portal.club_forms import ClubForm
from handstamp.portal.club_frame import club_in, club_path, frame, week_name
from handstamp.portal.organizer_frame import frame as organizer_frame
from handstamp.portal.organizer_frame import organizer_path
from handstamp.portal.pages import go, page, render


@page
async def first(request: Request) -> Response:
    """Lead on to the clubs of the organizer that is chosen, or of the first."""
    async with services(request).db.read() as session:
        around = await organizer_frame(session, request, "clubs")
    if around["organizer"] is None:
        return go(request, "/tickets/organizer/new")
    return go(request, organizer_path("clubs", around["organizer"].id))


@page
async def clubs(request: Request) -> Response:
    """List an organizer's clubs."""
    require_preorders(request)
    actor, of = require_user(request), services(request)
    async with of.db.read() as session:
        around = await organizer_frame(session, request, "clubs")
        mine = around["organizer"].id
        found = await clubs_of_organizer(session, actor, mine, archived=True)
        counts = await member_counts(session, [club.id for club in found])
    return render(request, "clubs.html", clubs=found, counts=counts, **around)


@page
async def new(request: Request) -> Response:
    """Show and take the form of a new club."""
    require_preorders(request)
    async with services(request).db.read() as session:
        around = await organizer_frame(session, request, "clubs")
    zone = request.cookies.get("hs_zone", "America/Vancouver")
    form = await ClubForm.from_formdata(request, **{**_shown(None), "time_zone": zone})
    if request.method == "POST" and await form.validate():
        actor, of = require_user(request), services(request)
        try:
            wanted = NewClub(**form.values())
            async with of.db.write(actor=actor.id) as session:
                club = await create_club(session, of, actor, around["organizer"].id, wanted)
        except NotFound:
            raise
        except (ShapeError, Problem) as error:
            form.take(error)
        else:
            said = _("The club is there. Invite its members, then offer them an event.")
            return go(request, club_path(club.id), said)
    return _form(request, form, {**around, "club": None})


@page
async def change(request: Request) -> Response:
    """Show and take the form of a club's settings."""
    require_preorders(request)
    async with services(request).db.read() as session:
        club = await club_in(session, request)
        around = await frame(session, club, "edit")
    form = await ClubForm.from_formdata(request, **_shown(club))
    if request.method == "POST" and await form.validate():
        actor, of = require_user(request), services(request)
        try:
            wanted = ClubChange(**form.values())
            async with of.db.write(actor=actor.id) as session:
                await edit_club(session, of, actor, club.id, wanted)
        except NotFound:
            raise
        except (ShapeError, Problem) as error:
            form.take(error)
        else:
            said = _("Saved. Prices of what is pre-ordered already stay.")
            return go(request, club_path(club.id, "/edit"), said)
    return _form(request, form, around)


def _shown(club: Club | None) -> dict[str, Any]:
    if club is None:
        return {
            "per_week": 1,
            "charge_weekday": "1",
            "charge_at": "19:00",
            "charge_start": "manual",
            "next_in_line": True,
            "recovery_hours": 0,
        }
    shown = {name: getattr(club, name) for name in ClubChange.model_fields}
    discount = percent(club.discount_bp) if club.discount_bp else ""
    return {**shown, "discount": discount, "charge_weekday": str(club.charge_weekday)}


def _form(request: Request, form: ClubForm, around: dict[str, Any]) -> Response:
    return render(
        request,
        "club_form.html",
        status=422 if form.errors or form.form_errors else 200,
        form=form,
        weekdays=words.weekdays(),
        **around,
    )


@page
async def overview(request: Request) -> Response:
    """Show a club's week: what is offered, how many want it, when cards are charged."""
    require_preorders(request)
    of = services(request)
    async with of.db.read() as session:
        club = await club_in(session, request)
        around = await frame(session, club, "overview")
        week = week_of(of.clock(), club.time_zone)
        rows = await offer_rows(session, club, week)
    return render(
        request,
        "club_overview.html",
        rows=rows,
        week=week_name(week, club.time_zone),
        window=window_of(week, club.time_zone),
        charge_at=charge_time(week, club.time_zone, club.charge_weekday, club.charge_at),
        **around,
    )


@page
async def archive(request: Request) -> Response:
    """End a club."""
    actor, of = require_user(request), services(request)
    async with of.db.write(actor=actor.id) as session:
        club = await archive_club(session, of, actor, request.path_params["club_id"])
    said = _("%(club)s has ended. What was pre-ordered and not charged is let go.")
    return go(request, organizer_path("clubs", club.organizer_id), said % {"club": club.name})


_CLUBS = "/organizer/clubs/{organizer_id}"
_CLUB = "/organizer/club/{club_id}"
routes = [
    Route("/organizer/clubs", first),
    Route(_CLUBS, clubs),
    Route(_CLUBS + "/new", new, methods=["GET", "POST"]),
    Route(_CLUB, overview),
    Route(_CLUB + "/edit", change, methods=["GET", "POST"]),
    Route(_CLUB + "/archive", archive, methods=["POST"]),
]
