"""Paying inside our own page: Stripe's form in Stripe's frame, where the setting asks for it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.orders.find_orders import names_of
from handstamp.orders.start_checkout import BuyerDetails, start_checkout
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import BadInput, Gone
from handstamp.plumbing.web import require_checkout, services
from handstamp.storefront.order_frame import Shown, order_of
from handstamp.storefront.pages import buyers_page, go, render
from handstamp.storefront.to_stripe import on_to_stripe

RELEASE = "endive"
SCRIPTS = "https://js.stripe.com"
FRAMES = f"{SCRIPTS} https://*.js.stripe.com https://hooks.stripe.com"
CALLS = "https://api.stripe.com"


def element_policy(settings: Settings) -> dict[str, str]:
    """Return what a page with Stripe's form may load; with a double, the double alone."""
    if settings.stripe_api_url:
        own = settings.stripe_api_url
        return {"script-src": own, "frame-src": own, "connect-src": own}
    return {"script-src": f"{SCRIPTS} https://*.js.stripe.com", "frame-src": FRAMES,
            "connect-src": CALLS}  # fmt: skip


@buyers_page
async def pay(request: Request) -> Response:
    """Show Stripe's form for an order whose details are known; the same again is the same form."""
    require_checkout(request)
    settings, shown = services(request).settings, await order_of(request)
    path = f"/tickets/order/{shown.order.id}"
    if shown.order.status != "pending" or shown.order.terms_at is None:
        return go(request, path)
    try:
        started = await start_checkout(services(request), shown.order.id, _details(shown))
    except (BadInput, Gone):
        return go(request, path)
    if started.url:
        return on_to_stripe(request, started.url, **shown.values())
    if not started.client_secret:
        return go(request, path)
    return render(
        request,
        "payment.html",
        policy=element_policy(settings),
        client_secret=started.client_secret,
        stripe_js=f"{settings.stripe_api_url or SCRIPTS}/{RELEASE}/stripe.js",
        **(await order_of(request)).values(),
    )


def _details(shown: Shown) -> BuyerDetails:
    """Return the details as they are stored, so that nothing of them changes."""
    order = shown.order
    names = {item.tier_id: names_of(item) for item in shown.view.items}
    return BuyerDetails(
        email=order.email, name=order.name, phone=order.phone, names=names, terms=True
    )


routes = [Route("/order/{order_id}/pay", pay)]
