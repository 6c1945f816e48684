"""Pages about organizers: the first one, the team, and what was done."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.audit.find_entries import entries_of
from handstamp.auth.create_organizer import create_organizer, may_create_organizer
from handstamp.auth.find_team import team_of
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.paging import link, number_in
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.forms import OrganizerForm
from handstamp.portal.organizer_frame import frame
from handstamp.portal.pages import go, page, render

PAGE = 100


@page
async def new_organizer(request: Request) -> Response:
    """Show and take the form of an organizer, if this person may make one."""
    actor, shared = require_user(request), services(request)
    if not may_create_organizer(shared.settings, actor):
        return render(request, "organizer_none.html")
    form = await OrganizerForm.from_formdata(request)
    if request.method == "POST" and await form.validate():
        try:
            async with shared.db.write(actor=actor.id) as session:
                await create_organizer(
                    session, shared.settings, actor, form.name.data, form.code.data
                )
        except Problem as error:
            form.take(error)
        else:
            return go(request, "/tickets/organizer", _("Welcome. Now make your first event."))
    return render(request, "organizer_new.html", status=422 if form.errors else 200, form=form)


@page
async def team(request: Request) -> Response:
    """Show the actor's organizers with their people."""
    actor = require_user(request)
    async with services(request).db.read() as session:
        around = await frame(session, request, "team")
        people = {
            organizer.id: await team_of(session, actor, organizer.id)
            for organizer in around["organizers"]
        }
    return render(
        request,
        "team.html",
        people=people,
        may_create=may_create_organizer(services(request).settings, actor),
        **around,
    )


@page
async def audit(request: Request) -> Response:
    """List what was done by whom, newest first."""
    actor = require_user(request)
    search = request.query_params.get("q", "").strip()[:100]
    async with services(request).db.read() as session:
        around = await frame(session, request, "audit")
        found = await entries_of(
            session,
            organizers=None if actor.kind == "admin" else list(actor.organizers),
            words=search,
            before=number_in(request, "before"),
            limit=PAGE + 1,
        )
    shown = found[:PAGE]
    return render(
        request,
        "audit.html",
        entries=shown,
        search=search,
        first=link(request, before=None) if request.query_params.get("before") else None,
        more=link(request, before=shown[-1].id) if len(found) > PAGE else None,
        **around,
    )


routes = [
    Route("/organizer/new", new_organizer, methods=["GET", "POST"]),
    Route("/organizer/team", team),
    Route("/organizer/audit", audit),
]
