"""Pages about charging: what would be charged, beginning it, following it, pausing it, results."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.clubs.models import Club
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services, require_preorders, require_user, services
from handstamp.portal.charge_board import charge_board, money_list, running_of
from handstamp.portal.club_frame import club_in, club_path, frame
from handstamp.portal.pages import fragment, go, page, render
from handstamp.preorders.charge_run import (
    Expected,
    owned_run,
    pause_run,
    resume_run,
    start_run,
    stop_run,
)
from handstamp.preorders.models import ChargeRun

Act = Callable[[AsyncSession, Services, Actor, str], Awaitable[ChargeRun]]


@page
async def charging(request: Request) -> Response:
    """Show what would be charged, the run that goes on, and those that are over."""
    require_preorders(request)
    of = services(request)
    async with of.db.read() as session:
        club = await club_in(session, request)
        around = await frame(session, club, "charging")
        found = await charge_board(session, require_user(request), club, of.clock())
    return render(request, "club_charging.html", board=found, money_list=money_list, **around)


@page
async def live(request: Request) -> Response:
    """Return the part of the page that follows a run."""
    async with services(request).db.read() as session:
        club = await club_in(session, request)
        run = await running_of(session, require_user(request), club)
    return fragment(request, "charging_live.html", club=club, run=run)


@page
async def start(request: Request) -> Response:
    """Begin to charge what was seen; if that has changed meanwhile, show it anew instead."""
    require_preorders(request)
    actor, of = require_user(request), services(request)
    expected = _expected(await request.form())
    async with of.db.read() as session:
        club = await club_in(session, request)
    try:
        async with of.db.write(actor=actor.id) as session:
            await start_run(session, of, actor, club.id, expected)
    except Conflict as problem:
        return go(request, _here(club), problem.detail, tone="warn")
    return go(request, _here(club), _("Charging has begun. This page follows it by itself."))


def _expected(sent: Mapping[str, Any]) -> Expected:
    count = str(sent.get("count", ""))
    totals = {}
    for part in str(sent.get("totals", "")).split():
        currency, _colon, amount = part.partition(":")
        if amount.isascii() and amount.isdigit() and len(amount) < 16:
            totals[currency] = int(amount)
    plain = count.isascii() and count.isdigit() and len(count) < 10
    return Expected(int(count) if plain else -1, totals)


def _here(club: Club) -> str:
    return club_path(club.id, "/charging")


async def _act(request: Request, act: Act, said: str) -> Response:
    actor, of = require_user(request), services(request)
    run_id = request.path_params["run_id"]
    async with of.db.read() as session:
        club = await club_in(session, request)
        run, _club = await owned_run(session, actor, run_id)
    if run.club_id != club.id:
        raise Conflict(_("That charge run is another club's."))
    try:
        async with of.db.write(actor=actor.id) as session:
            await act(session, of, actor, run_id)
    except Conflict as problem:
        return go(request, _here(club), problem.detail, tone="warn")
    return go(request, _here(club), said)


@page
async def pause(request: Request) -> Response:
    """Begin no more charges for now."""
    said = _("Paused: no more charges begin. Those that have begun are brought to their end.")
    return await _act(request, pause_run, said)


@page
async def resume(request: Request) -> Response:
    """Go on with a paused run."""
    require_preorders(request)
    return await _act(request, resume_run, _("Charging goes on."))


@page
async def stop(request: Request) -> Response:
    """End a run before its end."""
    said = _("Stopped: who was not charged is told so.")
    return await _act(request, stop_run, said)


_CHARGING = "/organizer/club/{club_id}/charging"
routes = [
    Route(_CHARGING, charging),
    Route(_CHARGING + "/live", live),
    Route(_CHARGING + "/start", start, methods=["POST"]),
    Route(_CHARGING + "/{run_id}/pause", pause, methods=["POST"]),
    Route(_CHARGING + "/{run_id}/resume", resume, methods=["POST"]),
    Route(_CHARGING + "/{run_id}/stop", stop, methods=["POST"]),
]
