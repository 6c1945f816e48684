"""Every page of the public and of buyers, below /tickets."""

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from handstamp.plumbing.form_guard import FormGuard
from handstamp.storefront import (
    checkout_pages,
    credential_pages,
    event_page,
    join_pages,
    legal_pages,
    member_pages,
    mine_pages,
    order_pages,
    own_data_pages,
    pass_pages,
    payment_page,
    preorder_pages,
    public_pages,
    waiting_pages,
    widget,
)

_PAGES = [
    *public_pages.routes,
    *event_page.routes,
    *waiting_pages.routes,
    *checkout_pages.routes,
    *order_pages.routes,
    *payment_page.routes,
    *pass_pages.routes,
    *mine_pages.routes,
    *join_pages.routes,
    *member_pages.routes,
    *preorder_pages.routes,
    *credential_pages.routes,
    *own_data_pages.routes,
    *legal_pages.routes,
]


def _guarded(page: Route) -> Route:
    methods = sorted((page.methods or set()) - {"HEAD"})
    return Route(
        f"/tickets{page.path}", page.endpoint, methods=methods, middleware=[Middleware(FormGuard)]
    )


routes: list[BaseRoute] = [
    Route("/tickets", public_pages.home),
    *[_guarded(page) for page in _PAGES],
    *widget.routes,
]
