"""The API of tickets from elsewhere: upload a file, first to look, then to commit."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.kit.clock import HOUR
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.limits import hit
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import (
    Actor,
    Services,
    require_preorders,
    require_user,
    services,
)
from handstamp.pool import upload_shapes as shapes
from handstamp.pool.check_upload import check_manager, check_upload
from handstamp.pool.find_uploads import uploads_of
from handstamp.pool.import_tickets import import_tickets
from handstamp.pool.upload_body import LIMIT, read_sent

UPLOADS_PER_HOUR = 300
_TAGS = ["ticket pool"]
_FRESH = {"Cache-Control": "no-store"}


async def count_upload(services: Services, actor: Actor) -> None:
    """Count one file that an actor sends, to look at or to commit.

    Raises:
        TooMany: more than 300 within the hour.
    """
    await hit(services, f"pool-upload:{actor.id}", limit=UPLOADS_PER_HOUR, window_ms=HOUR)


@spec.validate(
    query=shapes.UploadQuery,
    resp=answers(HTTP_200=shapes.UploadReportBody, HTTP_201=shapes.ImportedBody),
    tags=_TAGS,
)
async def upload(request: Request, query: shapes.UploadQuery) -> Response:
    """Look at a CSV of tickets (the body, or `file` of a multipart form), or commit it.

    A form may carry `fixes` too. Committing the same file again adds nothing.
    """
    require_preorders(request)
    who, of = require_user(request), services(request)
    organizer_id = _organizer(who, query.organizer_id)
    await count_upload(of, who)
    sent = await read_sent(request)
    fixes = shapes.fixes_of(sent.fields.get("fixes", "") or query.fixes)
    filename = query.filename or sent.filename
    if query.commit:
        imported = await import_tickets(
            of, who, organizer_id, sent.content, filename=filename, fixes=fixes,
            leave_out_bad=query.leave_out_bad,
        )  # fmt: skip
        told = shapes.imported_body(imported).model_dump()
        return JSONResponse(told, status_code=201, headers=_FRESH)
    async with of.db.read() as session:
        report = await check_upload(
            session, of, who, organizer_id, sent.content, filename=filename, fixes=fixes
        )
    return JSONResponse(shapes.report_body(report).model_dump(), headers=_FRESH)


@spec.validate(query=shapes.UploadsQuery, resp=answers(HTTP_200=shapes.UploadsBody), tags=_TAGS)
async def find_uploads(request: Request, query: shapes.UploadsQuery) -> Response:
    """List the committed files, the newest first."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        found = await uploads_of(
            session, who, organizer_id=query.organizer_id, after=query.after, limit=query.limit
        )
    following = found[-1].id if len(found) == query.limit else None
    told = [shapes.upload_body(one).model_dump() for one in found]
    return JSONResponse({"uploads": told, "next": following}, headers=_FRESH)


def _organizer(who: Actor, organizer_id: str) -> str:
    if not organizer_id:
        if len(who.managed) != 1:
            raise BadInput(_("Say whose tickets these are: organizer_id is missing."))
        return who.managed[0]
    check_manager(who, organizer_id)
    return organizer_id


_POOL = "/api/tickets/admin/tickets"

routes: list[BaseRoute] = [
    Route(f"{_POOL}/upload", upload, methods=["POST"], middleware=[LIMIT]),
    Route(f"{_POOL}/uploads", find_uploads, methods=["GET"]),
]
