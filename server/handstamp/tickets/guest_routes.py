"""The API of guest-list imports: upload, look, correct, take over or discard."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.find_events import owned_event
from handstamp.kit.clock import HOUR
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.limits import hit
from handstamp.plumbing.web import require_ticketing, require_user, services
from handstamp.tickets.guest_columns import FIELDS
from handstamp.tickets.guest_file import MAX_BYTES, read_guest_file, says
from handstamp.tickets.guest_rows import MAX_COLUMNS, Issue
from handstamp.tickets.guest_text import ENCODINGS
from handstamp.tickets.import_guests import (
    Choices,
    Preview,
    Result,
    commit_import,
    discard_import,
    keep_upload,
    make_plan,
    plan_import,
    preview_import,
    save_choices,
)

UPLOADS_PER_HOUR = 120
_TAGS = ["guest lists"]
Field_ = Literal[FIELDS]  # type: ignore[valid-type]
Encoding = Literal["", *ENCODINGS]  # type: ignore[valid-type]


class UploadQuery(BaseModel):
    """What the file is called."""

    filename: str = Field(default="", max_length=200)


class ChoicesShape(BaseModel):
    """What was decided about a file; columns are counted from 0, null = as guessed."""

    model_config = ConfigDict(extra="forbid")

    columns: dict[Field_, Annotated[int, Field(ge=0, lt=MAX_COLUMNS)]] | None = None
    encoding: Encoding = ""
    tier_id: Annotated[str, Field(max_length=60)] | None = None
    tiers: Annotated[
        dict[
            Annotated[str, Field(max_length=500)],
            Annotated[str, Field(max_length=60)],
        ],
        Field(max_length=255),
    ] = {}
    create_tiers: bool = False
    leave_out_bad: bool = False

    def choices(self) -> Choices:
        """Return it as the import knows it."""
        return Choices(**self.model_dump())


class LineBody(BaseModel):
    """What is said of a line of the file (0: of the whole file)."""

    line: int
    message: str


class FileTierBody(BaseModel):
    """A tier as the file names it ('' = none), and the event's tier it goes to."""

    name: str
    rows: int
    tier_id: str | None


class PreviewBody(BaseModel):
    """What an import would do; nothing is issued before it is committed."""

    id: str
    filename: str
    status: str
    ready: bool
    headings: list[str]
    columns: dict[str, int]
    choices: ChoicesShape
    sample: list[list[str]]
    rows: int
    tickets: int
    known: int
    alike: int
    tiers: list[FileTierBody]
    notes: list[str]
    bad: list[LineBody]
    bad_count: int
    left_out: list[LineBody]
    left_out_count: int


class ResultBody(BaseModel):
    """What an import did; `known` tickets were here already, `tiers` were made."""

    tickets: int
    known: int
    left_out: int
    bad: int
    tiers: list[str]


def preview_body(preview: Preview) -> dict[str, Any]:
    """Return a preview as the API tells it."""
    return {
        "id": preview.id,
        "filename": preview.filename,
        "status": preview.status,
        "ready": preview.ready,
        "headings": preview.headings,
        "columns": dict(preview.columns),
        "choices": vars(preview.choices),
        "sample": [row.cells for row in preview.sample],
        "rows": preview.rows,
        "tickets": preview.tickets,
        "known": preview.known,
        "alike": preview.alike,
        "tiers": [vars(tier) for tier in preview.tiers],
        "notes": [says(issue) for issue in preview.notes],
        "bad": _lines(preview.bad),
        "bad_count": preview.bad_count,
        "left_out": _lines(preview.left_out),
        "left_out_count": preview.left_out_count,
    }


def _lines(issues: list[Issue]) -> list[dict[str, Any]]:
    return [{"line": issue.line, "message": says(issue)} for issue in issues]


def _result_body(result: Result) -> dict[str, Any]:
    return dict(vars(result))


def _ids(request: Request) -> tuple[str, str]:
    return str(request.path_params["event_id"]), str(request.path_params["import_id"])


def _scope(request: Request) -> str:
    return f"user:{require_user(request).id}"


@spec.validate(query=UploadQuery, resp=answers(HTTP_201=PreviewBody), tags=_TAGS)
async def upload(request: Request, query: UploadQuery) -> Response:
    """Upload a guest list (the file itself is the body) and see what importing would do."""
    require_ticketing(request)
    who, of = require_user(request), services(request)
    event_id = str(request.path_params["event_id"])
    async with of.db.read() as session:
        await owned_event(session, who, event_id)
    await hit(of, f"upload:{who.id}", limit=UPLOADS_PER_HOUR, window_ms=HOUR)
    content = await request.body()
    table = await read_guest_file(content)

    async def produce(session: AsyncSession) -> Response:
        kept = await keep_upload(
            session, of, who, event_id, filename=query.filename, content=content
        )
        plan = make_plan(kept.id, event_id, table, Choices())
        preview = await preview_import(session, who, plan)
        return JSONResponse(preview_body(preview), status_code=201)

    return await answer_once(request, _scope(request), produce)


@spec.validate(resp=answers(HTTP_200=PreviewBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """See again what importing an uploaded file would do."""
    return await _preview(request)


@spec.validate(json=ChoicesShape, resp=answers(HTTP_200=PreviewBody), tags=_TAGS)
async def choose(request: Request, json: ChoicesShape) -> Response:
    """Correct what was guessed about a file, and see what importing it would do."""
    who = require_user(request)
    event_id, import_id = _ids(request)
    async with services(request).db.write(actor=_scope(request)) as session:
        await save_choices(session, who, event_id, import_id, json.choices())
    return await _preview(request)


@spec.validate(resp=answers(HTTP_200=ResultBody), tags=_TAGS)
async def commit(request: Request) -> Response:
    """Issue the tickets of an uploaded file: all of them, or none when rows are bad."""
    require_ticketing(request)
    who, of = require_user(request), services(request)
    plan = await plan_import(of, who, *_ids(request))

    async def produce(session: AsyncSession) -> Response:
        return JSONResponse(_result_body(await commit_import(session, of, who, plan)))

    return await answer_once(request, _scope(request), produce)


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def discard(request: Request) -> Response:
    """Forget an uploaded file."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        await discard_import(session, who, *_ids(request))
        return Response(status_code=204)

    return await answer_once(request, _scope(request), produce)


async def _preview(request: Request) -> Response:
    who, of = require_user(request), services(request)
    plan = await plan_import(of, who, *_ids(request))
    async with of.db.read() as session:
        preview = await preview_import(session, who, plan)
    return JSONResponse(preview_body(preview))


_IMPORTS = "/api/tickets/events/{event_id}/guest-imports"
_IMPORT = "/api/tickets/events/{event_id}/guest-imports/{import_id}"
_UPLOADS = [Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BYTES + 1)]

routes: list[BaseRoute] = [
    Route(_IMPORTS, upload, methods=["POST"], middleware=_UPLOADS),
    Route(_IMPORT, show, methods=["GET"]),
    Route(_IMPORT, choose, methods=["PUT"]),
    Route(_IMPORT, discard, methods=["DELETE"]),
    Route(f"{_IMPORT}/commit", commit, methods=["POST"]),
]
