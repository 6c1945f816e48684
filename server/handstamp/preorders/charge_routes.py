"""The API of charge runs: plan, start, pause, resume, stop, progress; tickets sent again."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.clubs.find_clubs import club_of
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once, answer_once_outside
from handstamp.plumbing.web import Actor, Services, require_preorders, require_user, services
from handstamp.preorders import charge_shapes as shapes
from handstamp.preorders.charge_run import (
    owned_run,
    pause_run,
    resume_run,
    start_run,
    stop_run,
)
from handstamp.preorders.find_runs import progress_of, runs_of
from handstamp.preorders.models import ChargeRun
from handstamp.preorders.plan_run import plan
from handstamp.preorders.recover_payment import link_to_confirm
from handstamp.preorders.resend_ticket import resend_ticket

_TAGS = ["charge runs"]
_FRESH = {"Cache-Control": "no-store"}
Act = Callable[[AsyncSession, Services, Actor], Awaitable[ChargeRun]]


@spec.validate(resp=answers(HTTP_200=shapes.PlanBody), tags=_TAGS)
async def show_plan(request: Request) -> Response:
    """Say what a club's next run would charge; nothing is changed."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        club = await club_of(session, who, _id(request, "club_id"))
        found = await plan(session, club, of.clock())
    return JSONResponse(shapes.plan_body(found), headers=_FRESH)


@spec.validate(resp=answers(HTTP_200=shapes.RunsBody), tags=_TAGS)
async def list_runs(request: Request) -> Response:
    """List a club's charge runs, the newest first."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        found = await runs_of(session, who, _id(request, "club_id"))
        told = [shapes.run_body(await progress_of(session, run)) for run in found]
    return JSONResponse({"charge_runs": told}, headers=_FRESH)


@spec.validate(json=shapes.StartRun, resp=answers(HTTP_201=shapes.RunBody), tags=_TAGS)
async def start(request: Request, json: shapes.StartRun) -> Response:
    """Begin to charge what is approved, or return the run that goes on already."""
    club = _id(request, "club_id")
    require_preorders(request)
    return await _act(
        request, lambda session, of, who: start_run(session, of, who, club, json.expected()), 201
    )


@spec.validate(resp=answers(HTTP_200=shapes.RunBody), tags=_TAGS)
async def show_run(request: Request) -> Response:
    """Tell how far a run is, and what came of it."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        run, _club = await owned_run(session, who, _id(request))
        found = await progress_of(session, run)
    return JSONResponse(shapes.run_body(found), headers=_FRESH)


@spec.validate(resp=answers(HTTP_200=shapes.RunBody), tags=_TAGS)
async def pause(request: Request) -> Response:
    """Begin no more charges until the run goes on."""
    run = _id(request)
    return await _act(request, lambda session, of, who: pause_run(session, of, who, run))


@spec.validate(resp=answers(HTTP_200=shapes.RunBody), tags=_TAGS)
async def resume(request: Request) -> Response:
    """Go on with a paused run."""
    run = _id(request)
    return await _act(request, lambda session, of, who: resume_run(session, of, who, run))


@spec.validate(resp=answers(HTTP_200=shapes.RunBody), tags=_TAGS)
async def stop(request: Request) -> Response:
    """End a run early: what is not charged by now never is."""
    run = _id(request)
    return await _act(request, lambda session, of, who: stop_run(session, of, who, run))


@spec.validate(resp=answers(HTTP_201=shapes.ResentBody), tags=_TAGS)
async def resend(request: Request) -> Response:
    """Send the ticket of a pre-order of one of your events again."""
    who, of = require_user(request), services(request)

    async def produce() -> Response:
        mail = await resend_ticket(of, who, _id(request, "preorder_id"))
        return JSONResponse({"mail": mail}, status_code=201)

    return await answer_once_outside(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=shapes.ConfirmBody), tags=_TAGS)
async def confirm(request: Request) -> Response:
    """Say where you confirm a payment that your bank asks about."""
    who, of = require_user(request), services(request)
    url = await link_to_confirm(of, who, _id(request, "preorder_id"))
    return JSONResponse({"url": url}, headers=_FRESH)


async def _act(request: Request, act: Act, status: int = 200) -> Response:
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        found = await progress_of(session, await act(session, of, who))
        return JSONResponse(shapes.run_body(found), status_code=status, headers=_FRESH)

    return await answer_once(request, f"user:{who.id}", produce)


def _id(request: Request, name: str = "run_id") -> str:
    return str(request.path_params[name])


_RUNS = "/api/tickets/admin/clubs/{club_id}/charge-runs"
_RUN = "/api/tickets/admin/charge-runs/{run_id}"

routes: list[BaseRoute] = [
    Route(f"{_RUNS}/plan", show_plan, methods=["GET"]),
    Route(_RUNS, list_runs, methods=["GET"]),
    Route(_RUNS, start, methods=["POST"]),
    Route(_RUN, show_run, methods=["GET"]),
    Route(f"{_RUN}/pause", pause, methods=["POST"]),
    Route(f"{_RUN}/resume", resume, methods=["POST"]),
    Route(f"{_RUN}/stop", stop, methods=["POST"]),
    Route("/api/tickets/admin/pre-orders/{preorder_id}/resend", resend, methods=["POST"]),
    Route("/api/tickets/me/pre-orders/{preorder_id}/confirm", confirm, methods=["POST"]),
]
