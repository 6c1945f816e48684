"""Pages of signing in and out: an address, then a link with a button or a 6-digit code."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from handstamp.auth.finish_sign_in import SignedIn, by_code, by_link
from handstamp.auth.request_sign_in import request_sign_in
from handstamp.auth.rules import HOME, safe_next
from handstamp.auth.session_cookie import clear_session_cookie, set_session_cookie
from handstamp.auth.sign_out import sign_out
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import actor, services
from handstamp.portal.forms import CodeForm, SignInForm
from handstamp.portal.pages import go, page, render
from handstamp.transfers.find_given import has_tickets


@page
async def sign_in(request: Request) -> Response:
    """Ask for an address and mail a link and a code to it."""
    if actor(request).kind != "nobody" and request.method == "GET":
        return RedirectResponse(HOME, status_code=303)
    form = await SignInForm.from_formdata(request)
    next_path = safe_next(request.query_params.get("next", ""))
    if request.method == "POST":
        next_path = safe_next(str((await request.form()).get("next", "")))
        if await form.validate():
            try:
                address = await request_sign_in(
                    services(request),
                    form.email.data,
                    next_path,
                    actor(request).ip,
                    known=has_tickets,
                )
            except Problem as error:
                form.take(error)
            else:
                request.session["sign_in"] = {"email": address, "next": next_path}
                return RedirectResponse("/tickets/sign-in/code", status_code=303)
    status = 422 if form.errors or form.form_errors else 200
    return render(request, "sign_in.html", status=status, form=form, next_path=next_path)


@page
async def code(request: Request) -> Response:
    """Ask for the 6 digits and sign in with them."""
    asked = request.session.get("sign_in")
    if not asked:
        return RedirectResponse("/tickets/sign-in", status_code=303)
    form = await CodeForm.from_formdata(request)
    if request.method == "POST" and await form.validate():
        try:
            done = await by_code(
                services(request), asked["email"], form.code.data, actor(request).ip
            )
        except Problem as error:
            form.code.errors = [error.detail]
        else:
            return _signed_in(request, done)
    status = 422 if form.errors else 200
    return render(request, "sign_in_code.html", status=status, form=form, email=asked["email"])


@page
async def mailed_link(request: Request) -> Response:
    """Show a button for the mailed link; only pressing it uses the link up."""
    token = request.query_params.get("token", "")[:200]
    if request.method == "POST":
        return _signed_in(request, await by_link(services(request), token, actor(request).ip))
    return render(request, "sign_in_link.html")


def _signed_in(request: Request, done: SignedIn) -> Response:
    request.session.clear()
    answer = RedirectResponse(safe_next(done.next_path), status_code=303)
    set_session_cookie(answer, services(request).settings, done.token)
    return answer


@page
async def leave(request: Request) -> Response:
    """End this session."""
    who = actor(request)
    if who.kind != "nobody":
        await sign_out(services(request), who, request.state.session_token)
    request.session.clear()
    answer = go(request, "/tickets/sign-in", _("You are signed out."))
    clear_session_cookie(answer)
    return answer


routes = [
    Route("/sign-in", sign_in, methods=["GET", "POST"]),
    Route("/sign-in/code", code, methods=["GET", "POST"]),
    Route("/sign-in/link", mailed_link, methods=["GET", "POST"]),
    Route("/sign-out", leave, methods=["POST"]),
]
