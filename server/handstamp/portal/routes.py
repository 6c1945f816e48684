"""Every page of the organizer's desk, area by area, below /tickets."""

from pathlib import Path

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from handstamp.plumbing.form_guard import FormGuard
from handstamp.portal import (
    board_pages,
    capacity_pages,
    change_pages,
    charge_pages,
    club_member_pages,
    club_offer_pages,
    club_pages,
    code_pages,
    conflict_pages,
    dead_letter_pages,
    demo_mail_page,
    device_pages,
    dispute_pages,
    door_settings_pages,
    drill_pages,
    event_pages,
    export_pages,
    give_pages,
    guest_holder_pages,
    guest_pages,
    import_pages,
    list_pages,
    log_pages,
    notice_pages,
    order_chosen_pages,
    order_pages,
    overview_pages,
    payment_pages,
    payout_pages,
    people_pages,
    pool_all_pages,
    pool_detail_pages,
    pool_pages,
    pool_reassign_pages,
    pool_support_pages,
    pool_upload_pages,
    preorder_pages,
    price_pages,
    refund_pages,
    review_pages,
    sales_pages,
    scan_pages,
    schedule_pages,
    self_test_pages,
    settings_pages,
    sheet_page,
    sign_in_pages,
    signal_pages,
    support_pages,
    team_pages,
    tier_pages,
    void_pages,
    waiting_pages,
    widget_pages,
)
from handstamp.portal.pages import nothing_here

_STATIC = Path(__file__).parent / "static"
_TOKENS = Path(__file__).resolve().parents[3] / "pwa" / "styles" / "tokens.css"
_KEEP = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Styles and scripts, kept by browsers for as long as their version is asked for."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file; an address without a version is checked again each time."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = _KEEP if b"v=" in scope["query_string"] else "no-cache"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


async def tokens(_request: Request) -> Response:
    """Serve the colours, spaces and sizes that these pages share with the door app."""
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return FileResponse(_TOKENS, media_type="text/css", headers=headers)


_PAGES: list[BaseRoute] = [
    *sign_in_pages.routes,
    *demo_mail_page.routes,
    *team_pages.routes,
    *settings_pages.routes,
    *payment_pages.routes,
    *payout_pages.routes,
    *club_pages.routes,
    *charge_pages.routes,
    *club_member_pages.routes,
    *club_offer_pages.routes,
    *event_pages.routes,
    *tier_pages.routes,
    *price_pages.routes,
    *code_pages.routes,
    *waiting_pages.routes,
    *capacity_pages.routes,
    *widget_pages.routes,
    *list_pages.routes,
    *order_chosen_pages.routes,
    *sales_pages.routes,
    *give_pages.routes,
    *order_pages.routes,
    *refund_pages.routes,
    *dispute_pages.routes,
    *notice_pages.routes,
    *change_pages.routes,
    *preorder_pages.routes,
    *pool_upload_pages.routes,
    *pool_pages.routes,
    *pool_detail_pages.routes,
    *pool_reassign_pages.routes,
    *pool_all_pages.routes,
    *pool_support_pages.routes,
    *support_pages.routes,
    *guest_holder_pages.routes,
    *guest_pages.routes,
    *import_pages.routes,
    *export_pages.routes,
    *schedule_pages.routes,
    *sheet_page.routes,
    *device_pages.routes,
    *void_pages.routes,
    *log_pages.routes,
    *door_settings_pages.routes,
    *board_pages.routes,
    *drill_pages.routes,
    *conflict_pages.routes,
    *scan_pages.routes,
    *dead_letter_pages.routes,
    *people_pages.routes,
    *review_pages.routes,
    *overview_pages.routes,
    *self_test_pages.routes,
    *signal_pages.routes,
    Route("/{path:path}", nothing_here, methods=["GET", "POST"]),
]

routes: list[BaseRoute] = [
    Route("/tickets/assets/tokens.css", tokens),
    Mount("/tickets/assets", Assets(directory=_STATIC)),
    Mount("/tickets", routes=_PAGES, middleware=[Middleware(FormGuard)]),
]
