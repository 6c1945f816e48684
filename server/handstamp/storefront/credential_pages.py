"""A member's ticket from elsewhere: its e-mail, password and code, shown when asked for."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.web import require_user, services
from handstamp.preorders.own_credential import own_credential
from handstamp.storefront.club_frame import wish_of
from handstamp.storefront.pages import go, member_page, render
from handstamp.storefront.preorder_pages import page_path
from handstamp.tickets.qr_codes import qr_svg


@member_page
async def credential(request: Request) -> Response:
    """Show the credential once; loading the page again leads back, so that nothing lies open."""
    who, of = require_user(request), services(request)
    wish, _offer = await wish_of(request, who)
    here = page_path(wish.preorder.id)
    if request.method == "GET":
        return go(request, here)
    try:
        found = await own_credential(of, who, wish.preorder.id)
    except Conflict as problem:
        return go(request, here, problem.detail, tone="warn")
    code = await asyncio.to_thread(qr_svg, found.code) if found.code else ""
    answer = render(request, "credential.html", wish=wish, credential=found, code=code)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


routes = [
    Route("/me/pre-orders/{preorder_id}/credential", credential, methods=["GET", "POST"]),
]
