"""Leads a browser to a page of Stripe's: at once where forms may, else by a button."""

from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import services
from handstamp.storefront.pages import render

STRIPE_PAGES = "https://checkout.stripe.com"


def payment_origins(settings: Settings) -> set[str]:
    """Return the sites whose payment pages a form may lead to."""
    return {STRIPE_PAGES, *([_origin(settings.stripe_api_url)] if settings.stripe_api_url else [])}


def form_policy(settings: Settings) -> dict[str, str]:
    """Return what a page with a form that ends at Stripe may post to besides its own site."""
    return {"form-action": " ".join(sorted(payment_origins(settings)))}


def on_to_stripe(request: Request, url: str, **values: Any) -> Response:
    """Send the browser to a page of Stripe's."""
    if _origin(url) in payment_origins(services(request).settings):
        return RedirectResponse(url, status_code=303)
    return render(request, "leave.html", url=url, **values)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
