"""Builds what Stripe is asked to charge a saved card with."""

from typing import Any

from handstamp.payments.facts import NewCharge


def charge_request(wanted: NewCharge) -> dict[str, Any]:
    """Return the parameters; the same charge always makes the same ones, as its key demands."""
    # Captured at once, not "async": only then is Stripe's fee known together with the payment.
    request: dict[str, Any] = {
        "amount": wanted.amount,
        "currency": wanted.currency.lower(),
        "customer": wanted.customer_id,
        "payment_method": wanted.payment_method_id,
        "allowed_payment_method_types": ["card"],
        "off_session": True,
        "confirm": True,
        "capture_method": "automatic",
        "description": wanted.description,
        "return_url": wanted.return_url,
        "metadata": wanted.metadata,
    }
    if wanted.destination:
        request["transfer_data"] = {"destination": wanted.destination}
        request["on_behalf_of"] = wanted.destination
    if wanted.application_fee > 0:
        request["application_fee_amount"] = wanted.application_fee
    return request
