"""The administrator's page of people's rights: look somebody up, hand out, erase."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_admin, services
from handstamp.portal.forms import SignInForm
from handstamp.portal.organizer_frame import frame
from handstamp.portal.pages import go, page, render
from handstamp.privacy.erase_person import erase_person
from handstamp.privacy.export_person import export_person
from handstamp.privacy.look_up_person import Counted, look_up_person
from handstamp.privacy.routes import zipped

HERE = "/tickets/admin/people"


@page
async def people(request: Request) -> Response:
    """Ask for an address."""
    require_admin(request)
    return await _show(request, await SignInForm.from_formdata(request))


@page
async def look(request: Request) -> Response:
    """Show how much there is of somebody; the address stands in no page's address."""
    who = require_admin(request)
    form = await SignInForm.from_formdata(request)
    if not await form.validate():
        return await _show(request, form)
    try:
        found = await look_up_person(services(request), who, form.email.data)
    except BadInput as problem:
        form.email.errors = [problem.detail]
        return await _show(request, form)
    return await _show(request, form, found)


@page
async def export(request: Request) -> Response:
    """Hand out a person's data, to be passed on to them."""
    who, of = require_admin(request), services(request)
    email = await _address(request)
    async with of.db.write(actor=who.id) as session:
        return zipped(await export_person(session, of, who, email))


@page
async def erase(request: Request) -> Response:
    """Erase a person, or say why not."""
    who = require_admin(request)
    form = await SignInForm.from_formdata(request)
    try:
        erased = await erase_person(services(request), who, await _address(request))
    except Conflict as problem:
        form.take(problem)
        return await _show(request, form)
    said = _("Erased. Nothing here names them any more.")
    if erased.stripe:
        said += " " + _("What Stripe keeps is under: %(ids)s") % {"ids": ", ".join(erased.stripe)}
    if not erased.in_journal:
        said += " " + _("The journal beside the database could not be written; it is tried hourly.")
    return go(request, HERE, said)


async def _address(request: Request) -> str:
    return str((await request.form()).get("email", ""))


async def _show(request: Request, form: SignInForm, found: Counted | None = None) -> Response:
    async with services(request).db.read() as session:
        around = await frame(session, request, "people")
    status = 422 if form.errors or form.form_errors else 200
    return render(request, "people.html", status=status, form=form, found=found, **around)


_PEOPLE = "/admin/people"
routes = [
    Route(_PEOPLE, people),
    Route(_PEOPLE, look, methods=["POST"]),
    Route(_PEOPLE + "/export", export, methods=["POST"]),
    Route(_PEOPLE + "/erase", erase, methods=["POST"]),
]
