"""How every public and buyer's page answers: rendered, sent on, or refused in plain words."""

from collections.abc import Mapping
from functools import wraps
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette_wtf import csrf_token

from handstamp.events.tax_lines import tax_lines, tax_percent
from handstamp.plumbing.duration_text import days_left, time_left
from handstamp.plumbing.errors import NotFound, Problem, SwitchedOff, Unauthenticated
from handstamp.plumbing.form_guard import Handler, guarded
from handstamp.plumbing.money_text import money, percent, price
from handstamp.plumbing.pages import Pages, content_policy
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_ticketing
from handstamp.storefront import words

MINE = "/tickets/mine"
ME = "/tickets/me/"

_pages = Pages("handstamp.storefront", foreign_images=True)
_pages.env.filters.update(
    price=price,
    money=money,
    time_left=time_left,
    days_left=days_left,
    open_until=words.open_until,
    percent=percent,
    tax_lines=tax_lines,
    tax_percent=tax_percent,
)


def render(
    request: Request,
    name: str,
    *,
    status: int = 200,
    kept: bool = False,
    policy: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Render a template with a form token and the notice that the page before left.

    Args:
        kept: nothing on the page is anybody's own, so caches may keep and revalidate it.
        policy: what this page may load or post to besides its own site, by directive.
    """
    if request.method == "GET":
        values.setdefault("notice", request.session.pop("notice", None))
    values.setdefault("notice", None)
    answer = _pages.answer(request, name, status=status, csrf=lambda: csrf_token(request), **values)
    if kept:
        answer.headers["Cache-Control"] = "no-cache"
    if policy:
        answer.headers["Content-Security-Policy"] = content_policy({"img-src": "https:", **policy})
    return answer


def go(request: Request, path: str, notice: str = "", *, tone: str = "good") -> RedirectResponse:
    """Send the browser on, with a notice to show there."""
    if notice:
        request.session["notice"] = {"text": notice, "tone": tone}
    return RedirectResponse(path, status_code=303)


def public_page(handler: Handler) -> Handler:
    """Make a page that says so, in its own frame, while ticketing is switched off."""

    async def while_open(request: Request) -> Response:
        try:
            require_ticketing(request)
        except SwitchedOff as problem:
            return render(
                request, "closed.html", status=problem.status, problem=problem, notice=None
            )
        return await handler(request)

    return buyers_page(wraps(handler)(while_open))


def buyers_page(handler: Handler) -> Handler:
    """Make a page that stays open whatever is switched off: somebody has paid for it."""
    safe = guarded(handler)

    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            return await safe(request)
        except Unauthenticated:
            return RedirectResponse(MINE, status_code=303)
        except Problem as problem:
            return problem_page(request, problem)

    return answer


def problem_page(request: Request, problem: Problem) -> Response:
    """Show a refusal: what is wrong, and where to go on."""
    name = "no_event.html" if isinstance(problem, NotFound) else "refusal.html"
    answer = render(request, name, status=problem.status, problem=problem, notice=None)
    answer.headers.update(problem.headers)
    return answer


def member_page(handler: Handler) -> Handler:
    """Make a page of a member; whoever is not signed in is asked for an address first."""
    safe = guarded(handler)

    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            return await safe(request)
        except Unauthenticated:
            here = request.url.path if request.method == "GET" else ME
            return RedirectResponse(f"{ME}sign-in?next={quote(here, safe='')}", status_code=303)
        except Problem as problem:
            return problem_page(request, problem)

    return answer


def nothing_here() -> NotFound:
    """Return the refusal of an address that shows nothing to this browser."""
    return NotFound(_("There is nothing here that you may see."))
