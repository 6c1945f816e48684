"""Builds what Stripe is asked for a Checkout Session."""

from typing import Any

from handstamp.kit.clock import SECOND
from handstamp.payments.facts import NewCheckout

# Methods that tell at once whether they paid: a ticket cannot wait for days for its money.
INSTANT = [
    "card",
    "link",
    "alipay",
    "amazon_pay",
    "bancontact",
    "blik",
    "cashapp",
    "eps",
    "ideal",
    "mobilepay",
    "revolut_pay",
    "swish",
    "twint",
    "wechat_pay",
]
LOCALES = (
    {"auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr"}
    | {"fr-CA", "hi-IN", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl"}
    | {"pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW"}
)
LONGEST_NAME = 250
ORDER_MARK = "order_id"  # in the metadata of every page and payment of an order


def checkout_request(wanted: NewCheckout) -> dict[str, Any]:
    """Return the parameters; the order's id stands on the session and on its payment.

    Those two marks are how a payment is matched with its order when everything else is lost.
    """
    marks = {ORDER_MARK: wanted.order_id, "order_number": wanted.number}
    request: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": wanted.order_id,
        "line_items": [_line(wanted.currency, *line) for line in wanted.lines],
        "allowed_payment_method_types": INSTANT,
        "payment_intent_data": _payment(wanted, marks),
        "metadata": marks,
        "locale": locale_of(wanted.locale),
        "expires_at": -(-wanted.expires_at // SECOND),
    }
    if wanted.automatic_tax:
        request["automatic_tax"] = _automatic_tax(wanted)
        request["line_items"] = [_untaxed(line) for line in request["line_items"]]
    if wanted.email:
        request["customer_email"] = wanted.email
    if wanted.ui == "elements":
        return {**request, "ui_mode": "elements", "return_url": wanted.success_url}
    addresses = {"success_url": wanted.success_url, "cancel_url": wanted.cancel_url}
    return {**request, "ui_mode": "hosted_page", **addresses}


def locale_of(language: str) -> str:
    """Return the language tag as Stripe knows it: itself, its first part, or "auto"."""
    first = language.partition("-")[0]
    return next((tag for tag in (language, first) if tag in LOCALES), "auto")


def _line(currency: str, name: str, unit_amount: int, quantity: int) -> dict[str, Any]:
    price = {
        "currency": currency.lower(),
        "unit_amount": unit_amount,
        "product_data": {"name": name[:LONGEST_NAME]},
    }
    return {"price_data": price, "quantity": quantity}


def _automatic_tax(wanted: NewCheckout) -> dict[str, Any]:
    """Say whose registrations count and who owes the tax: who sells, never the platform.

    Of a direct charge the seller makes the call, of a destination charge they are named.
    """
    if wanted.destination:
        return {"enabled": True, "liability": {"type": "account", "account": wanted.destination}}
    return {"enabled": True, "liability": {"type": "self"}}


def _untaxed(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "price_data": {**line["price_data"], "tax_behavior": "exclusive"}}


def _payment(wanted: NewCheckout, marks: dict[str, str]) -> dict[str, Any]:
    # Captured at once, not "async": only then is Stripe's fee known together with the payment.
    data: dict[str, Any] = {
        "metadata": marks,
        "description": wanted.number,
        "capture_method": "automatic",
    }
    if wanted.destination:
        data["transfer_data"] = {"destination": wanted.destination}
        data["on_behalf_of"] = wanted.destination
    if wanted.application_fee > 0:
        data["application_fee_amount"] = wanted.application_fee
    return data
