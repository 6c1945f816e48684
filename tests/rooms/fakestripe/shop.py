"""What the tests buy."""

from typing import Any

import stripe
from stripe.checkout import Session


def asked(amount: int = 1500, quantity: int = 2, **others: Any) -> Any:
    """Return the parameters of a session for `quantity` tickets at `amount`."""
    line = {
        "quantity": quantity,
        "price_data": {
            "currency": "eur", "unit_amount": amount, "product_data": {"name": "Admission"},
        },
    }  # fmt: skip
    return {
        "mode": "payment",
        "line_items": [line],
        "success_url": "http://shop.test/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/cart",
        **others,
    }


async def session(
    sdk: stripe.StripeClient, account: str = "", key: str = "", **others: Any
) -> Session:
    """Open a session."""
    options: Any = {}
    if account:
        options["stripe_account"] = account
    if key:
        options["idempotency_key"] = key
    return await sdk.v1.checkout.sessions.create_async(asked(**others), options)
