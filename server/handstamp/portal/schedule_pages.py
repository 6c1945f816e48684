"""Exports that come by themselves: setting them up, and the files that mails tell of."""

import json
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.auth.find_team import TeamMember, team_of
from handstamp.events.models import Event
from handstamp.orders import export_orders
from handstamp.orders.filter_orders import OrderFilter
from handstamp.orders.find_schedules import owned_run, schedules_of
from handstamp.orders.models import ExportSchedule
from handstamp.orders.schedule_exports import (
    COLUMNS,
    NewSchedule,
    add_schedule,
    owned_schedule,
    remove_schedule,
    set_paused,
)
from handstamp.plumbing.errors import NotFound, Problem
from handstamp.plumbing.file_answer import CSV_TYPE, XLSX_TYPE, file_answer
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import RUN_BY, require_user, services
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.pages import go, page, render
from handstamp.tickets import export_guests

USUAL = {"orders": export_orders.USUAL, "guests": export_guests.USUAL}


def day_names() -> dict[str, str]:
    """Name when an export may come, by weekday; '' is every day."""
    return {
        "": _("Every day"),
        "0": _("Mondays"),
        "1": _("Tuesdays"),
        "2": _("Wednesdays"),
        "3": _("Thursdays"),
        "4": _("Fridays"),
        "5": _("Saturdays"),
        "6": _("Sundays"),
    }


@page
async def schedules(request: Request) -> Response:
    """List what comes by itself, with a form for another one."""
    return await _show(request, FormData())


async def _show(request: Request, sent: FormData, problem: str = "") -> Response:
    actor = require_user(request)
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "exports")
        team = await _team(session, request, event)
        found = await schedules_of(session, actor, event.id)
    names = {one.user_id: one.name or one.email for one in team}
    return render(
        request,
        "export_schedules.html",
        status=422 if problem else 200,
        problem=problem,
        rows=[_row(one, names) for one in found],
        team=team,
        mine=actor.id,
        days=day_names(),
        hours=[f"{hour:02}:00" for hour in range(24)],
        columns={
            what: {name: _(label) for name, label in labels.items()}
            for what, labels in COLUMNS.items()
        },
        usual=USUAL,
        sent=sent,
        **around,
    )


async def _team(session: AsyncSession, request: Request, event: Event) -> list[TeamMember]:
    people = await team_of(session, require_user(request), event.organizer_id)
    return [one for one in people if one.role in RUN_BY]


def _row(found: ExportSchedule, names: dict[str, str]) -> dict[str, Any]:
    people = [names[one] for one in json.loads(found.people_json) if one in names]
    day = "" if found.weekday is None else str(found.weekday)
    return {
        "it": found,
        "when": f"{day_names()[day]}, {found.hour:02}:00",
        "people": people,
        "columns": [_(COLUMNS[found.what][name]) for name in json.loads(found.columns_json)],
    }


@page
async def add(request: Request) -> Response:
    """Set one up."""
    actor, of = require_user(request), services(request)
    sent = await request.form()
    what, hour = str(sent.get("what", "")), _number(sent.get("hour"), 23)
    wanted = NewSchedule(
        what=what,
        columns=[str(one) for one in sent.getlist(f"{what}-column")],
        weekday=_number(sent.get("weekday"), 6),
        hour=-1 if hour is None else hour,
        people=[str(one) for one in sent.getlist("person")],
    )
    try:
        async with of.db.write(actor=actor.id) as session:
            event = await event_of(session, request)
            await add_schedule(session, of, actor, event.id, wanted)
    except NotFound:
        raise
    except Problem as error:
        return await _show(request, sent, error.detail)
    return go(request, _here(event), _("Set up. A mail tells where the file is each time."))


def _number(text: object, most: int) -> int | None:
    known = {str(number): number for number in range(most + 1)}
    return known.get(str(text or ""))


def _here(event: Event) -> str:
    return path_of(event.id, "/exports/schedules")


@page
async def change(request: Request) -> Response:
    """Pause one, let it go on, or remove it."""
    actor, of = require_user(request), services(request)
    act = str((await request.form()).get("do", ""))
    schedule_id = request.path_params["schedule_id"]
    async with of.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        _event, found = await owned_schedule(session, actor, schedule_id)
        if found.event_id != event.id:
            raise NotFound(_("There is no such export in this event."))
        if act == "remove":
            await remove_schedule(session, actor, schedule_id)
        else:
            await set_paused(session, of, actor, schedule_id, paused=act == "pause")
    told = {"remove": _("Removed. No more mails come."), "pause": _("Paused.")}
    return go(request, _here(event), told.get(act, _("It goes on at its next hour.")))


@page
async def file(request: Request) -> Response:
    """Show a file that a mail told of, and send it when it is asked for."""
    actor, of = require_user(request), services(request)
    run_id = request.path_params["export_id"]
    async with of.db.read() as session:
        event = await event_of(session, request)
        _event, schedule, run = await owned_run(session, actor, event.id, run_id)
        around = await frame(session, event, "exports")
    if request.method == "GET":
        return render(request, "export_file.html", run=run, schedule=schedule, **around)
    xlsx = (await request.form()).get("format") == "xlsx"
    suffix, kind = ("xlsx", XLSX_TYPE) if xlsx else ("csv", CSV_TYPE)
    columns = json.loads(schedule.columns_json)
    if schedule.what == "guests":
        async with of.db.write(actor=actor.id) as session:
            guests = await export_guests.begin_export(session, actor, event.id, columns=columns)
        make = export_guests.xlsx_pieces if xlsx else export_guests.csv_pieces
        return file_answer(make(of, guests), export_guests.file_name(event, suffix), kind)
    begun = OrderFilter(begun=(run.since, run.until))
    async with of.db.write(actor=actor.id) as session:
        orders = await export_orders.begin_order_export(
            session, actor, event.id, columns=columns, wanted=begun
        )
    pieces = export_orders.order_file(of, orders, suffix)
    return file_answer(pieces, export_orders.order_file_name(event, suffix), kind)


_EXPORTS = "/organizer/events/{event_id}/exports"
routes = [
    Route(_EXPORTS + "/schedules", schedules),
    Route(_EXPORTS + "/schedules", add, methods=["POST"]),
    Route(_EXPORTS + "/schedules/{schedule_id}", change, methods=["POST"]),
    Route(_EXPORTS + "/files/{export_id}", file, methods=["GET", "POST"]),
]
