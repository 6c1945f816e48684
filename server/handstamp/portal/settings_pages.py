"""Pages about how an organizer appears to buyers: legal entity, looks, refund policy."""

from typing import Any

from pydantic import ValidationError as ShapeError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.auth.clean_logo import MAX_BYTES, clean_logo
from handstamp.auth.find_profile import TEXTS, Profile, owned_profile
from handstamp.auth.save_profile import save_logo, save_profile
from handstamp.auth.shapes import ProfileChange
from handstamp.pdf.brand import brand, ink_on
from handstamp.pdf.drawing_pool import DrawingFailed
from handstamp.pdf.ticket_pdf import draw_tickets
from handstamp.plumbing.errors import BadInput, Conflict, Problem
from handstamp.plumbing.texts import _, languages, own_name
from handstamp.plumbing.web import require_user, services
from handstamp.portal.organizer_frame import frame, organizer_path
from handstamp.portal.pages import go, page, render
from handstamp.portal.profile_form import ProfileForm
from handstamp.portal.sample_ticket import sample_ticket


@page
async def first(request: Request) -> Response:
    """Lead on to the settings of the organizer that is chosen, or of the first."""
    async with services(request).db.read() as session:
        around = await frame(session, request, "settings")
    if around["organizer"] is None:
        return go(request, "/tickets/organizer/new")
    return go(request, organizer_path("settings", around["organizer"].id))


async def _around(request: Request) -> tuple[dict[str, Any], Profile]:
    async with services(request).db.read() as session:
        around = await frame(session, request, "settings")
        actor = require_user(request)
        return around, await owned_profile(session, actor, around["organizer"].id)


@page
async def settings(request: Request) -> Response:
    """Show and take what is said about an organizer."""
    around, profile = await _around(request)
    shown = {name: getattr(profile, name) for name in TEXTS}
    form = await ProfileForm.from_formdata(request, **shown)
    if request.method == "POST" and await form.validate():
        actor = require_user(request)
        try:
            change = ProfileChange(**form.values())
            async with services(request).db.write(actor=actor.id) as session:
                await save_profile(session, actor, profile.organizer_id, change)
        except (ShapeError, Problem) as error:
            form.take(error)
        else:
            here = organizer_path("settings", profile.organizer_id)
            return go(request, here, _("Saved. New receipts and tickets say it this way."))
    return _settings_page(request, around, profile, form)


def _settings_page(
    request: Request, around: dict[str, Any], profile: Profile, form: ProfileForm, wrong: str = ""
) -> Response:
    color = brand(profile.brand_color)
    return render(
        request,
        "settings.html",
        status=422 if form.errors or wrong else 200,
        form=form,
        profile=profile,
        color=color,
        ink=ink_on(color),
        wrong=wrong,
        languages=[(one, own_name(one)) for one in languages()],
        **around,
    )


@page
async def upload_logo(request: Request) -> Response:
    """Take a picture as the organizer's logo."""
    around, profile = await _around(request)
    actor = require_user(request)
    file = (await request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise BadInput(_("Choose a picture first."))
        logo = await run_in_threadpool(clean_logo, await file.read())
    except BadInput as error:
        form = ProfileForm(request, **{name: getattr(profile, name) for name in TEXTS})
        return _settings_page(request, around, profile, form, error.detail)
    async with services(request).db.write(actor=actor.id) as session:
        await save_logo(session, actor, profile.organizer_id, logo)
    here = organizer_path("settings", profile.organizer_id)
    return go(request, here, _("The logo is kept. New tickets bear it."))


@page
async def remove_logo(request: Request) -> Response:
    """Take the organizer's logo away."""
    _around_it, profile = await _around(request)
    actor = require_user(request)
    async with services(request).db.write(actor=actor.id) as session:
        await save_logo(session, actor, profile.organizer_id, None)
    return go(request, organizer_path("settings", profile.organizer_id), _("The logo is gone."))


@page
async def sample(request: Request) -> Response:
    """Draw a sample of the organizer's PDF ticket; its code opens no door."""
    _around_it, profile = await _around(request)
    async with services(request).db.read() as session:
        document = await sample_ticket(session, services(request), profile)
    try:
        drawn = await draw_tickets(services(request), document)
    except DrawingFailed as error:
        raise Conflict(_("PDF tickets cannot be drawn on this server at the moment.")) from error
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(drawn.content, media_type="application/pdf", headers=headers)


_AROUND_A_FILE = 64 * 1024
_UPLOADS = [Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BYTES + _AROUND_A_FILE)]
_SETTINGS = "/organizer/settings/{organizer_id}"
routes = [
    Route("/organizer/settings", first),
    Route(_SETTINGS, settings, methods=["GET", "POST"]),
    Route(_SETTINGS + "/logo", upload_logo, methods=["POST"], middleware=_UPLOADS),
    Route(_SETTINGS + "/logo/remove", remove_logo, methods=["POST"]),
    Route(_SETTINGS + "/sample-ticket.pdf", sample),
]
