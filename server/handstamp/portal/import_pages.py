"""Importing a guest list in three steps: a file, a look at what it would do, the result."""

from dataclasses import asdict, replace
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from handstamp.events.find_events import tiers_of
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.event_frame import event_of, frame, path_of
from handstamp.portal.pages import go, page, render
from handstamp.tickets.guest_columns import FIELDS
from handstamp.tickets.guest_file import MAX_BYTES, read_guest_file, says
from handstamp.tickets.import_guests import (
    Choices,
    commit_import,
    discard_import,
    keep_upload,
    plan_import,
    preview_import,
    save_choices,
)

MAIN_FIELDS = ("name", "email", "tier", "order", "external_id", "quantity", "status", "note")
MOST_TIERS = 255
ENCODINGS = ("utf-8", "windows-1252", "iso-8859-1", "utf-16", "macroman")


def field_names() -> dict[str, str]:
    """Name the fields of a guest that a column can be."""
    return {
        "name": _("Name"),
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "email": _("E-mail"),
        "buyer_name": _("Buyer's name"),
        "buyer_first_name": _("Buyer's first name"),
        "buyer_last_name": _("Buyer's last name"),
        "buyer_email": _("Buyer's e-mail"),
        "tier": _("Tier"),
        "variation": _("Variation of the tier"),
        "order": _("Order number"),
        "external_id": _("Ticket number there"),
        "quantity": _("How many tickets"),
        "note": _("Note for the door"),
        "status": _("Status"),
    }


@page
async def upload(request: Request) -> Response:
    """Show the place to drop a file; keep what was dropped and go on to the look at it."""
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "import")
    wrong = ""
    if request.method == "POST":
        file = (await request.form()).get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            wrong = _("Choose a file first.")
        else:
            try:
                return await _keep(request, event.id, file)
            except Problem as error:
                wrong = error.detail
    status = 422 if wrong else 200
    return render(request, "import_upload.html", status=status, wrong=wrong, **around)


async def _keep(request: Request, event_id: str, file: UploadFile) -> Response:
    actor, shared = require_user(request), services(request)
    content = await file.read()
    await read_guest_file(content)
    async with shared.db.write(actor=actor.id) as session:
        kept = await keep_upload(
            session, shared, actor, event_id, filename=file.filename or "", content=content
        )
    return RedirectResponse(path_of(event_id, f"/import/{kept.id}"), status_code=303)


@page
async def preview(request: Request) -> Response:
    """Show what a kept file would do, and take corrections of columns and tiers."""
    actor, shared = require_user(request), services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
    import_id = request.path_params["import_id"]
    if request.method == "POST":
        await _keep_choices(request, event.id, import_id)
        here = path_of(event.id, f"/import/{import_id}")
        return RedirectResponse(here, status_code=303)
    plan = await plan_import(shared, actor, event.id, import_id)
    async with shared.db.read() as session:
        around = await frame(session, event, "import")
        look = await preview_import(session, actor, plan)
        tiers = await tiers_of(session, event.id)
    if look.status == "committed":
        done = request.session.pop("imported", None)
        return render(request, "import_done.html", done=done, look=look, **around)
    return _look_page(request, look, {**around, "tiers": tiers})


def _look_page(request: Request, look: Any, around: dict[str, Any], wrong: str = "") -> Response:
    return render(
        request,
        "import_preview.html",
        status=409 if wrong else 200,
        look=look,
        wrong=wrong,
        field_names=field_names(),
        main_fields=MAIN_FIELDS,
        more_fields=[name for name in FIELDS if name not in MAIN_FIELDS],
        encodings=ENCODINGS,
        says=says,
        **around,
    )


async def _keep_choices(request: Request, event_id: str, import_id: str) -> None:
    actor, shared = require_user(request), services(request)
    plan = await plan_import(shared, actor, event_id, import_id)
    choices = read_choices(await request.form(), plan.choices, len(plan.table.headings))
    async with shared.db.write(actor=actor.id) as session:
        await save_choices(session, actor, event_id, import_id, choices)


def read_choices(data: FormData, before: Choices, width: int) -> Choices:
    """Read the corrections out of the form; columns beyond the file's width do not count."""
    columns = {}
    for name in FIELDS:
        text = str(data.get(f"column-{name}", ""))
        if text.isascii() and text.isdigit() and int(text) < width:
            columns[name] = int(text)
    chosen = dict(before.tiers)
    for number in range(MOST_TIERS):
        named = str(data.get(f"tier-name-{number}", ""))
        target = str(data.get(f"tier-{number}", ""))
        chosen.pop(named, None)
        if named and target and target != "new":
            chosen[named] = target
    encoding = str(data.get("encoding", ""))
    return replace(
        before,
        columns=columns,
        encoding=encoding if encoding in ENCODINGS else "",
        tier_id=str(data.get("tier_id", "")) or None,
        tiers=chosen,
        create_tiers="create_tiers" in data,
        leave_out_bad="leave_out_bad" in data,
    )


@page
async def commit(request: Request) -> Response:
    """Take the file over, whole or not at all."""
    actor, shared = require_user(request), services(request)
    import_id = request.path_params["import_id"]
    async with shared.db.read() as session:
        event = await event_of(session, request)
    plan = await plan_import(shared, actor, event.id, import_id)
    here = path_of(event.id, f"/import/{import_id}")
    try:
        async with shared.db.write(actor=actor.id) as session:
            done = await commit_import(session, shared, actor, plan)
    except Problem as error:
        return go(request, here, error.detail, tone="bad")
    request.session["imported"] = asdict(done)
    return RedirectResponse(here, status_code=303)


@page
async def discard(request: Request) -> Response:
    """Forget a kept file."""
    actor, shared = require_user(request), services(request)
    async with shared.db.write(actor=actor.id) as session:
        event = await event_of(session, request)
        await discard_import(session, actor, event.id, request.path_params["import_id"])
    return go(request, path_of(event.id, "/import"), _("The file is forgotten."))


_IMPORT = "/organizer/events/{event_id}/import"
_AROUND_A_FILE = 64 * 1024
_UPLOADS = [Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BYTES + _AROUND_A_FILE)]
routes = [
    Route(_IMPORT, upload, methods=["GET", "POST"], middleware=_UPLOADS),
    Route(_IMPORT + "/{import_id}", preview, methods=["GET", "POST"]),
    Route(_IMPORT + "/{import_id}/commit", commit, methods=["POST"]),
    Route(_IMPORT + "/{import_id}/discard", discard, methods=["POST"]),
]
