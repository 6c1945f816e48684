"""Pages about organizers: the first one, the team, and what was done."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.audit.find_entries import entries_of
from handstamp.auth.change_team import may_change_team, remove_from_team
from handstamp.auth.create_organizer import create_organizer, may_create_organizer
from handstamp.auth.find_team import team_of
from handstamp.auth.team_mails import invite_to_team
from handstamp.plumbing.errors import NotFound, Problem
from handstamp.plumbing.paging import link, number_in
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.forms import OrganizerForm
from handstamp.portal.organizer_frame import frame
from handstamp.portal.pages import go, page, render
from handstamp.portal.words import team_roles

PAGE = 100
_TEAM = "/tickets/organizer/team"


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
        roles=team_roles(),
        changeable={one.id for one in around["organizers"] if may_change_team(actor, one.id)},
        may_create=may_create_organizer(services(request).settings, actor),
        **around,
    )


@page
async def set_member(request: Request) -> Response:
    """Take somebody into a team, or give them another role."""
    actor, sent = require_user(request), await request.form()
    email, role = str(sent.get("email", "")), str(sent.get("role", ""))
    organizer_id = request.path_params["organizer_id"]
    try:
        async with services(request).db.write(actor=actor.id) as session:
            await invite_to_team(session, actor, organizer_id, email, role)
    except NotFound:
        raise
    except Problem as problem:
        return go(request, _TEAM, problem.detail, tone="warn")
    told = {"email": email.strip(), "role": team_roles()[role][0]}
    said = _("%(email)s is in the team: %(role)s. They sign in with this address, as a mail tells.")
    return go(request, _TEAM, said % told)


@page
async def remove_member(request: Request) -> Response:
    """Let somebody go from a team, at once."""
    actor, path = require_user(request), request.path_params
    try:
        async with services(request).db.write(actor=actor.id) as session:
            await remove_from_team(session, actor, path["organizer_id"], path["user_id"])
    except NotFound:
        raise
    except Problem as problem:
        return go(request, _TEAM, problem.detail, tone="warn")
    return go(request, _TEAM, _("Removed. They see nothing of this organizer any more."))


@page
async def audit(request: Request) -> Response:
    """List what was done by whom, newest first."""
    actor = require_user(request)
    search = request.query_params.get("q", "").strip()[:100]
    async with services(request).db.read() as session:
        around = await frame(session, request, "audit")
        found = await entries_of(
            session,
            organizers=None if actor.kind == "admin" else actor.managed,
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
    Route("/organizer/team/{organizer_id}/members", set_member, methods=["POST"]),
    Route(
        "/organizer/team/{organizer_id}/members/{user_id}/remove", remove_member, methods=["POST"]
    ),
    Route("/organizer/audit", audit),
]
