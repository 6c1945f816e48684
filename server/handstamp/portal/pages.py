"""How every portal page answers: rendered, redirected with a notice, or refused in plain words."""

from functools import wraps
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette_wtf import csrf_token

from handstamp.events.tax_lines import tax_lines
from handstamp.kit.ids import device_hex
from handstamp.plumbing.errors import NotFound, Problem, Unauthenticated
from handstamp.plumbing.form_guard import Handler, guarded
from handstamp.plumbing.money_text import money, percent, price
from handstamp.plumbing.pages import Pages
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_ticketing
from handstamp.portal import spoken
from handstamp.portal.club_board import sum_of
from handstamp.portal.refund_form import parts_of

_pages = Pages("handstamp.portal")
_pages.env.filters.update(
    ago=spoken.ago,
    lasting=spoken.lasting,
    act_name=spoken.act_name,
    actor_name=spoken.actor_name,
    thing_name=spoken.thing_name,
    hex=device_hex,
    price=price,
    money=money,
    percent=percent,
    sum_of=sum_of,
    charge_words=spoken.charge_words,
    parts_of=parts_of,
    tax_lines=tax_lines,
)


def render(request: Request, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a portal template with the notice left by the page before and a form token."""
    if request.method == "GET":
        values.setdefault("notice", request.session.pop("notice", None))
    values.setdefault("notice", None)
    return _pages.answer(request, name, status=status, csrf=lambda: csrf_token(request), **values)


def fragment(request: Request, name: str, **values: Any) -> HTMLResponse:
    """Render a part of a page for a script that replaces it."""
    return _pages.answer(request, name, csrf=lambda: csrf_token(request), notice=None, **values)


def go(
    request: Request,
    path: str,
    notice: str = "",
    *,
    tone: str = "good",
    undo: tuple[str, str] | None = None,
    until: int | None = None,
) -> RedirectResponse:
    """Send the browser on, with a notice to show there.

    Args:
        undo: (path to post to, label) of the step back, shown beside the notice.
        until: when the step back is offered no longer, ms UTC; None is for as long as it is shown.
    """
    if notice:
        kept = {"text": notice, "tone": tone, "undo": undo, "until": until}
        request.session["notice"] = kept
    return RedirectResponse(path, status_code=303)


def page(handler: Handler) -> Handler:
    """Make a page of a handler: forms are checked, refusals are shown in the portal's frame."""
    safe = guarded(handler)

    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            require_ticketing(request)
            return await safe(request)
        except Unauthenticated:
            return _ask_to_sign_in(request)
        except Problem as problem:
            return problem_page(request, problem)

    return answer


def problem_page(request: Request, problem: Problem) -> Response:
    """Show a refusal: what is wrong, and where to go on."""
    answer = render(request, "problem.html", status=problem.status, problem=problem, notice=None)
    answer.headers.update(problem.headers)
    return answer


@page
async def nothing_here(_request: Request) -> Response:
    """Answer an address under /tickets that no page has."""
    raise NotFound(_("There is nothing at this address."))


def _ask_to_sign_in(request: Request) -> Response:
    target = request.url.path if request.method == "GET" else "/tickets/organizer"
    if request.method == "GET" and request.url.query:
        target += "?" + request.url.query
    return RedirectResponse(f"/tickets/sign-in?next={quote(target, safe='')}", status_code=303)
