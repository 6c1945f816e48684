"""Uploading tickets from elsewhere: a file, a look at what it would do, and how it went.

Nothing of a file is kept between the look and the commit: the browser sends it twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from handstamp.auth.find_team import team_of
from handstamp.events.models import Event
from handstamp.plumbing.errors import Conflict, Problem
from handstamp.plumbing.local_time import zone_names
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.pool.check_upload import MASK, SAMPLE, UploadReport, check_manager, check_upload
from handstamp.pool.csv_rows import FORMATS
from handstamp.pool.find_uploads import uploads_of
from handstamp.pool.import_tickets import Imported, import_tickets
from handstamp.pool.pool_file import MAX_BYTES
from handstamp.pool.routes import count_upload
from handstamp.pool.upload_progress import (
    UploadProgress,
    owned_upload,
    upload_progress,
    uploads_of_event,
)
from handstamp.portal import event_frame, organizer_frame
from handstamp.portal.pages import fragment, page, render
from handstamp.portal.pool_fixes import Decision, corrections, fixes_of, read_decisions
from handstamp.tickets.guest_file import says

RECENT = 10
PAGE = 50


@dataclass(frozen=True)
class Place:
    """Where somebody uploads: beside one event, or for all events of an organizer.

    `around`: what the frame shows; `zone`: in which times are written.
    """

    organizer_id: str
    here: str
    layout: str
    zone: str
    around: Mapping[str, Any]
    event: Event | None = None


@dataclass
class Sent:
    """A file as the browser sent it, with what a person has decided so far."""

    filename: str
    content: bytes
    data: FormData
    decisions: Sequence[Decision] = ()

    @property
    def commits(self) -> bool:
        """Tell whether it is to be stored."""
        return self.data.get("do") == "commit"

    @property
    def leaves_out_bad(self) -> bool:
        """Tell whether rows that cannot be stored are to be left out."""
        return "leave_out_bad" in self.data


async def _place(session: AsyncSession, request: Request) -> Place:
    require_preorders(request)
    if "event_id" in request.path_params:
        event = await event_frame.event_of(session, request)
        around = await event_frame.frame(session, event, "pool")
        here = event_frame.path_of(event.id, "/pool")
        return Place(event.organizer_id, here, "event.html", event.time_zone, around, event)
    around = await organizer_frame.frame(session, request, "pool")
    organizer_id = around["organizer"].id
    check_manager(require_user(request), organizer_id)
    wanted = request.cookies.get("hs_zone", "")
    zone = wanted if wanted in zone_names() else "UTC"
    here = organizer_frame.organizer_path("pool", organizer_id)
    return Place(organizer_id, here, "organizer.html", zone, around)


@page
async def upload(request: Request) -> Response:
    """Show the place to drop a file; of a file that comes, show what it would do, or take it."""
    async with services(request).db.read() as session:
        place = await _place(session, request)
    if request.method == "GET":
        return await _shown(request, place)
    data = await request.form()
    file = data.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return await _shown(request, place, wrong=_("Choose a file first."), status=422)
    sent = Sent(file.filename, await file.read(), data)
    try:
        await count_upload(services(request), require_user(request))
        sent.decisions = read_decisions(data)
        if sent.commits:
            return await _commit(request, place, sent)
        return await _look(request, place, sent)
    except Problem as problem:
        return await _refused(request, place, sent, problem)


async def _commit(request: Request, place: Place, sent: Sent) -> Response:
    done = await import_tickets(
        services(request),
        require_user(request),
        place.organizer_id,
        sent.content,
        filename=sent.filename,
        fixes=fixes_of(sent.decisions),
        leave_out_bad=sent.leaves_out_bad,
    )
    request.session["pool_upload"] = asdict(done)
    return RedirectResponse(f"{place.here}/uploads/{done.upload_id}", status_code=303)


async def _look(
    request: Request, place: Place, sent: Sent, problem: Problem | None = None
) -> Response:
    of = services(request)
    async with of.db.read() as session:
        report = await check_upload(
            session,
            of,
            require_user(request),
            place.organizer_id,
            sent.content,
            filename=sent.filename,
            fixes=fixes_of(sent.decisions),
        )
    return await _shown(
        request,
        place,
        status=problem.status if problem else 200,
        wrong=problem.detail if problem else "",
        report=report,
        corrections=corrections(report, sent.decisions),
        leave_out_bad=sent.leaves_out_bad,
    )


async def _refused(request: Request, place: Place, sent: Sent, problem: Problem) -> Response:
    """Say what is wrong with a file, or with committing one that can be read."""
    if sent.commits and isinstance(problem, Conflict):
        try:
            return await _look(request, place, sent, problem)
        except Problem as unreadable:
            problem = unreadable
    return await _shown(request, place, wrong=problem.detail, status=problem.status)


async def _shown(
    request: Request,
    place: Place,
    *,
    status: int = 200,
    wrong: str = "",
    report: UploadReport | None = None,
    **values: Any,
) -> Response:
    actor = require_user(request)
    async with services(request).db.read() as session:
        if place.event is None:
            found = await uploads_of(session, actor, organizer_id=place.organizer_id, limit=RECENT)
        else:
            found = await uploads_of_event(session, place.event.id, RECENT)
        names = await _names(session, request, place)
    return _rendered(
        request,
        "pool_upload.html",
        place,
        status=status,
        wrong=wrong,
        report=report,
        uploads=found,
        names=names,
        formats=[",".join(columns) for columns in FORMATS],
        limits={"bytes": MAX_BYTES, "sample": SAMPLE, "mask": MASK},
        says=says,
        **values,
    )


def _rendered(
    request: Request, name: str, place: Place, *, status: int = 200, **values: Any
) -> Response:
    return render(
        request,
        name,
        status=status,
        layout=place.layout,
        here=place.here,
        zone=place.zone,
        own_event=place.event,
        **values,
        **place.around,
    )


async def _names(session: AsyncSession, request: Request, place: Place) -> dict[str, str]:
    team = await team_of(session, require_user(request), place.organizer_id)
    return {member.user_id: member.name or member.email for member in team}


@page
async def uploads(request: Request) -> Response:
    """List the files of an organizer, the latest first."""
    actor = require_user(request)
    async with services(request).db.read() as session:
        place = await _place(session, request)
        after = request.query_params.get("after", "")
        found = await uploads_of(
            session, actor, organizer_id=place.organizer_id, after=after, limit=PAGE + 1
        )
        names = await _names(session, request, place)
    more = found[PAGE - 1].id if len(found) > PAGE else ""
    return _rendered(
        request, "pool_uploads.html", place, uploads=found[:PAGE], names=names, more=more,
        first=not after,
    )  # fmt: skip


@page
async def result(request: Request) -> Response:
    """Show what a committed file brought, and follow its tickets to the members."""
    async with services(request).db.read() as session:
        place = await _place(session, request)
        found = await _progress(session, request, place)
        names = await _names(session, request, place)
    done = request.session.get("pool_upload", {})
    fresh = Imported(**done) if done.get("upload_id") == found.upload.id else None
    return _rendered(request, "pool_upload_done.html", place, found=found, names=names, fresh=fresh)


@page
async def live(request: Request) -> Response:
    """Return the part of the page that follows the tickets of a file."""
    async with services(request).db.read() as session:
        place = await _place(session, request)
        found = await _progress(session, request, place)
    return fragment(request, "pool_upload_live.html", found=found)


async def _progress(session: AsyncSession, request: Request, place: Place) -> UploadProgress:
    actor, upload_id = require_user(request), request.path_params["upload_id"]
    upload = await owned_upload(session, actor, place.organizer_id, upload_id)
    return await upload_progress(session, upload)


_EVENT, _ORGANIZER = "/organizer/events/{event_id}/pool", "/organizer/pool/{organizer_id}"
_AROUND_A_FILE = 1 << 20
_LARGE = [Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BYTES + _AROUND_A_FILE)]
routes = [
    Route(_ORGANIZER + "/uploads", uploads),
    *(
        route
        for base in (_EVENT, _ORGANIZER)
        for route in (
            Route(base + "/upload", upload, methods=["GET", "POST"], middleware=_LARGE),
            Route(base + "/uploads/{upload_id}", result),
            Route(base + "/uploads/{upload_id}/live", live),
        )
    ),
]
