"""Coming into a club: a code or link is looked at, an address signs in, a button joins.

Nothing here tells whether an address is a member's; opening a link changes nothing.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from handstamp.auth.find_profile import profile_of
from handstamp.auth.request_sign_in import Known, request_sign_in
from handstamp.auth.rules import safe_next
from handstamp.clubs.find_clubs import is_known
from handstamp.clubs.join_club import join_by_code, known_by_code, look_at_code
from handstamp.clubs.models import Club
from handstamp.clubs.rules import clean_code, spoken_code
from handstamp.plumbing.errors import Gone, Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import actor, require_preorders, services
from handstamp.storefront.forms import CodeForm, FindForm
from handstamp.storefront.pages import ME, go, member_page, public_page, render

JOIN = "/tickets/clubs/join"


@public_page
async def clubs(_request: Request) -> Response:
    """Lead the link of an invitation to a member's first page, where it can be taken up."""
    return RedirectResponse(ME, status_code=303)


@public_page
async def join(request: Request) -> Response:
    """Look at a code; mail a link to whoever is not signed in, let in whoever is."""
    require_preorders(request)
    form = await CodeForm.from_formdata(request, code=request.query_params.get("code", "")[:60])
    sent = await request.form() if request.method == "POST" else request.query_params
    typed = str(sent.get("code", ""))[:60]
    if not typed:
        wrong = request.method == "POST" and not await form.validate()
        return render(request, "club_code.html", status=422 if wrong else 200, form=form)
    try:
        club = await look_at_code(services(request), typed, actor(request).ip)
    except Gone as problem:
        if actor(request).kind != "nobody" and request.method == "POST":
            return await _enter(request, typed, form)
        form.take(problem)
        return render(request, "club_code.html", status=problem.status, form=form)
    return await _opened(request, club, spoken_code(clean_code(typed)), form)


async def _opened(request: Request, club: Club, code: str, form: CodeForm) -> Response:
    """Go on behind a good code."""
    if request.method == "POST" and (await request.form()).get("do") == "look":
        return RedirectResponse(f"{JOIN}?code={code}", status_code=303)
    if actor(request).kind == "nobody":
        return await _ask(request, club, code)
    if request.method == "POST":
        return await _enter(request, code, form)
    return await _show(request, club, code)


async def _enter(request: Request, code: str, form: CodeForm) -> Response:
    """Let the signed-in person in; a code that is used up still lets a member in."""
    try:
        joined = await join_by_code(services(request), actor(request), code)
    except Problem as problem:
        form.take(problem)
        return render(request, "club_code.html", status=problem.status, form=form)
    return go(request, ME, _("You are a member of %(club)s.") % {"club": joined.club.name})


async def _ask(request: Request, club: Club, code: str) -> Response:
    form = await FindForm.from_formdata(request)
    next_path = f"{JOIN}?code={code}"
    if request.method == "POST" and await form.validate():
        answer = await mail_link(request, form, next_path, known_by_code(services(request), code))
        if answer is not None:
            return answer
    return await _show(request, club, code, form=form)


async def mail_link(
    request: Request, form: FindForm, next_path: str, known: Known
) -> Response | None:
    """Mail a link and lead on to its code; None when the form says what is wrong."""
    try:
        address = await request_sign_in(
            services(request), form.email.data, next_path, actor(request).ip, known=known
        )
    except Problem as problem:
        form.take(problem)
        return None
    request.session["sign_in"] = {"email": address, "next": next_path}
    return RedirectResponse("/tickets/sign-in/code", status_code=303)


async def _show(
    request: Request, club: Club, code: str, *, form: FindForm | None = None
) -> Response:
    async with services(request).db.read() as session:
        organizer = await profile_of(session, club.organizer_id)
    shown = form or await FindForm.from_formdata(request)
    wrong = bool(shown.errors or shown.form_errors)
    return render(
        request,
        "club_join.html",
        status=422 if wrong else 200,
        club=club,
        code=code,
        organizer=organizer,
        form=shown,
    )


@member_page
async def sign_in(request: Request) -> Response:
    """Ask for a member's address and mail a link; whether it is a member's is never told."""
    asked = request.query_params.get("next", "")
    sent = await request.form() if request.method == "POST" else {}
    next_path = safe_next(str(sent.get("next", "")) or asked)
    if not next_path.startswith((ME, JOIN)):
        next_path = ME
    if actor(request).kind != "nobody":
        return RedirectResponse(next_path, status_code=303)
    form = await FindForm.from_formdata(request)
    if request.method == "POST" and await form.validate():
        answer = await mail_link(request, form, next_path, is_known)
        if answer is not None:
            return answer
    wrong = bool(form.errors or form.form_errors)
    return render(
        request,
        "club_sign_in.html",
        status=422 if wrong else 200,
        form=form,
        next_path=next_path,
    )


routes = [
    Route("/clubs", clubs),
    Route("/clubs/join", join, methods=["GET", "POST"]),
    Route("/me/sign-in", sign_in, methods=["GET", "POST"]),
]
